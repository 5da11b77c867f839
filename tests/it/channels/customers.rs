//! Whom channels are run for: in the pages, and as groups in Postiz's API.

use rostrum::{
    channels::{Channel, Customer},
    db::q,
};
use serde_json::json;

use super::unknown_channel;
use crate::{
    api_v1::{call, named, robot},
    both_databases,
    support::TestApp,
};

async fn customers(app: &TestApp, org: rostrum::kit::OrgId) -> Vec<Customer> {
    Customer::list(&app.app.db, org).await.unwrap()
}

both_databases! {
    /// The same for scripts: `listCustomers`, `createCustomer`, `renameCustomer`, `deleteCustomer`.
    async fn scripts_sort_channels_by_customer(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let (robot, theirs) = (robot(&app, &owner).await, robot(&app, &other).await);
        let (id, second) = (unknown_channel(&app, owner.org).await, unknown_channel(&app, owner.org).await);
        let made = robot.post_json("/api/v1/customers", &json!({"name": " Zoe & Sons "})).await.expect(201).json();
        let (zoe, path) = (made["id"].as_str().unwrap().to_owned(), format!("/customers/{}", made["id"].as_str().unwrap()));
        assert_eq!(made, json!({"id": zoe, "name": "Zoe & Sons"}));
        for wrong in [json!({"name": "Zoe & Sons"}), json!({"name": " "}), json!({}), json!({"name": "x".repeat(101)})] {
            let refused = robot.post_json("/api/v1/customers", &wrong).await.expect(422);
            assert_eq!(named(&refused), ["name"], "{wrong}");
        }
        let renamed = call(&robot, "put", &path, &[], json!({"name": "Zoe"})).await.expect(200).json();
        assert_eq!(renamed["name"], "Zoe");
        let listed = robot.get("/api/v1/customers").await.expect(200).json();
        assert_eq!(listed, json!({"data": [{"id": zoe, "name": "Zoe"}], "next_cursor": null}));

        let channel = format!("/channels/{id}");
        let changed = call(&robot, "patch", &channel, &[], json!({"customer": zoe})).await.expect(200).json();
        assert_eq!(changed["customer"], json!({"id": zoe, "name": "Zoe"}));
        let of_zoe = robot.get(&format!("/api/v1/channels?customer={zoe}")).await.expect(200).json();
        assert_eq!(of_zoe["data"].as_array().unwrap().len(), 1);
        assert_eq!((&of_zoe["data"][0]["id"], &of_zoe["data"][0]["customer"]["name"]), (&json!(id.to_string()), &json!("Zoe")));
        let all = robot.get("/api/v1/channels").await.expect(200).json();
        let without = all["data"].as_array().unwrap().iter().find(|c| c["id"] == second.to_string()).unwrap().clone();
        assert_eq!(without["customer"], json!(null));

        // Nobody else's, and what is none.
        for unknown in ["x".to_owned(), uuid::Uuid::now_v7().to_string()] {
            let refused = call(&robot, "patch", &channel, &[], json!({"customer": unknown})).await.expect(422);
            assert_eq!(named(&refused), ["customer"]);
        }
        assert_eq!(named(&robot.get("/api/v1/channels?customer=x").await.expect(422)), ["customer"]);
        let foreign = unknown_channel(&app, other.org).await;
        let refused = call(&theirs, "patch", &format!("/channels/{foreign}"), &[], json!({"customer": zoe})).await.expect(422);
        assert_eq!(named(&refused), ["customer"]);
        call(&theirs, "put", &path, &[], json!({"name": "Mine"})).await.expect(404);
        call(&theirs, "delete", &path, &[], json!(null)).await.expect(404);
        assert_eq!(theirs.get("/api/v1/customers").await.expect(200).json()["data"], json!([]));
        assert_eq!(theirs.get(&format!("/api/v1/channels?customer={zoe}")).await.expect(200).json()["data"], json!([]));

        let taken_out = call(&robot, "patch", &channel, &[], json!({"customer": ""})).await.expect(200).json();
        assert_eq!(taken_out["customer"], json!(null));
        call(&robot, "patch", &channel, &[], json!({"customer": zoe})).await.expect(200);
        assert_eq!(call(&robot, "delete", &path, &[], json!(null)).await.expect(200).json()["name"], "Zoe");
        assert_eq!(Channel::find(&app.app.db, owner.org, id).await.unwrap().customer_id, None);
    }

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
        // From the list and from the page of customers one stays there; anything else leads nowhere else.
        for (from, to) in [("list", "/channels"), ("customers", "/channels/customers"), ("https://evil.example", &*format!("/channels/{id}"))] {
            let fields = [("_method", "PUT"), ("customer", zoe.as_str()), ("from", from)];
            assert_eq!(owner.browser.submit(&assign, &fields).await.expect(303).header("location"), to);
        }
        let page = owner.browser.get("/channels/customers").await.expect(200).page();
        assert!(page.contains(&format!("action=\"/channels/{id}/customer\"")) && page.contains(&format!("value=\"{zoe}\" selected")), "{page}");
        let list = owner.browser.get(&format!("/channels?customer={zoe}")).await.expect(200).text();
        assert!(list.contains(&id.to_string()) && !list.contains(&second.to_string()), "{list}");
        assert!(owner.browser.get(&format!("/channels?customer={acme}")).await.expect(200).text().contains("No channels of this customer"));
        owner.browser.get("/channels?customer=x").await.expect(404);

        // The list is grouped, and what was said last is taken back to whom it was before, or to nobody.
        let list = owner.browser.get("/channels").await.expect(200).page();
        let places = ["Acme</a>", "Zoe</a>", "Nobody in particular"].map(|name| list.find(name).unwrap_or_else(|| panic!("{name}: {list}")));
        assert!(places.is_sorted() && list.matches("data-movable").count() == 2, "{list}");
        let whose = async || Channel::find(&app.app.db, owner.org, id).await.unwrap().customer_id.map(|c| c.to_string());
        owner.browser.submit(&assign, &[("_method", "PUT"), ("customer", &acme), ("from", "list")]).await.expect(303);
        let undo = format!("{assign}/reversal?customer={zoe}");
        assert!(owner.browser.get("/channels").await.expect(200).page().contains(&undo));
        owner.browser.submit(&format!("{assign}/reversal?customer="), &[]).await.expect(303);
        assert_eq!(whose().await, None);
        assert_eq!(owner.browser.submit(&undo, &[]).await.expect(303).header("location"), "/channels");
        assert_eq!(whose().await, Some(zoe.clone()));
        owner.browser.submit(&format!("{assign}/reversal?customer=x"), &[]).await.expect(404);

        // Nobody else's.
        other.browser.submit(&undo, &[]).await.expect(404);
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
