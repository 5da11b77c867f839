//! Whom channels are run for: in the pages, and as groups in Postiz's API.

use rostrum::{
    channels::{Channel, Customer},
    db::q,
};
use serde_json::json;

use super::unknown_channel;
use crate::{both_databases, support::TestApp};

async fn customers(app: &TestApp, org: rostrum::kit::OrgId) -> Vec<Customer> {
    Customer::list(&app.app.db, org).await.unwrap()
}

both_databases! {
    /// Added, renamed, assigned, asked for, removed.
    async fn channels_are_sorted_by_customer(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let (id, second) = (unknown_channel(&app, owner.org).await, unknown_channel(&app, owner.org).await);
        for name in ["Zoe & Sons", "Acme"] {
            owner.browser.submit("/channels/customers", &[("name", name)]).await.expect(303);
        }
        for (wrong, words) in [("Acme", "of this name already"), (" ", "Enter a name."), (&*"x".repeat(101).leak(), "at most 100")] {
            let page = owner.browser.submit("/channels/customers", &[("name", wrong)]).await.expect(422).text();
            assert!(page.contains("id=\"e-name\"") && page.contains(words), "{page}");
        }
        let all = customers(&app, owner.org).await;
        assert_eq!(all.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Acme", "Zoe & Sons"]);
        let (acme, zoe) = (all[0].id.to_string(), all[1].id.to_string());
        let taken = format!("/channels/customers/{zoe}");
        let page = owner.browser.submit(&taken, &[("_method", "PUT"), ("name", "Acme")]).await.expect(422).text();
        assert!(page.contains(&format!("id=\"e-name-{zoe}\"")), "{page}");
        owner.browser.submit(&taken, &[("_method", "PUT"), ("name", "Zoe")]).await.expect(303);

        let assign = format!("/channels/{id}/customer");
        owner.browser.submit(&assign, &[("_method", "PUT"), ("customer", &zoe)]).await.expect(303);
        assert!(owner.browser.get(&format!("/channels/{id}")).await.expect(200).text().contains(&format!("value=\"{zoe}\" selected")));
        let list = owner.browser.get(&format!("/channels?customer={zoe}")).await.expect(200).text();
        assert!(list.contains(&id.to_string()) && !list.contains(&second.to_string()), "{list}");
        assert!(owner.browser.get(&format!("/channels?customer={acme}")).await.expect(200).text().contains("No channels of this customer"));
        owner.browser.get("/channels?customer=x").await.expect(404);

        // Nobody else's.
        other.browser.get(&format!("/channels?customer={zoe}")).await.expect(404);
        other.browser.submit(&taken, &[("_method", "DELETE")]).await.expect(404);
        other.browser.submit(&taken, &[("_method", "PUT"), ("name", "Mine")]).await.expect(404);
        let theirs = unknown_channel(&app, other.org).await;
        let path = format!("/channels/{theirs}/customer");
        other.browser.submit(&path, &[("_method", "PUT"), ("customer", &zoe)]).await.expect(404);
        other.browser.submit(&assign, &[("_method", "PUT"), ("customer", "")]).await.expect(404);

        // The API's groups.
        let groups = owner.api.get("/public/v1/groups").await.expect(200).json();
        assert_eq!(groups, json!([{"id": acme, "name": "Acme"}, {"id": zoe, "name": "Zoe"}]));
        let of_zoe = owner.api.get(&format!("/public/v1/integrations?group={zoe}")).await.expect(200).json();
        assert_eq!(of_zoe.as_array().unwrap().len(), 1);
        assert_eq!((&of_zoe[0]["id"], &of_zoe[0]["customer"]), (&json!(id.to_string()), &json!({"id": zoe, "name": "Zoe"})));
        assert_eq!(owner.api.get(&format!("/public/v1/integrations?group={acme}")).await.expect(200).json(), json!([]));
        let all = owner.api.get("/public/v1/integrations?group=").await.expect(200).json();
        assert_eq!(all.as_array().unwrap().len(), 2);
        assert!(all.as_array().unwrap().iter().any(|one| one.get("customer").is_none()));
        assert_eq!(other.api.get(&format!("/public/v1/integrations?group={zoe}")).await.expect(200).json(), json!([]));

        owner.browser.submit(&taken, &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(Channel::find(&app.app.db, owner.org, id).await.unwrap().customer_id, None);
        let (left,): (i64,) = q("SELECT count(*) FROM customers WHERE org_id = $1").bind(owner.org).one(&app.app.db).await.unwrap();
        assert_eq!(left, 1);
    }
}
