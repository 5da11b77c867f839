//! The API key: replaced at will, shown once, stored as a hash.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    kit::crypto::sha256,
    orgs::{Role, Source, by_api_key},
};

use crate::{both_databases, support::TestApp};

/// The 64 hex digits of the page's element `id`.
fn shown_key(page: &str) -> Option<String> {
    let start = page.find("id=\"new-key\">")? + "id=\"new-key\">".len();
    Some(page[start..start + 64].to_owned())
}

async fn used_at(app: &TestApp) -> Option<chrono::DateTime<chrono::Utc>> {
    let (at,) = q("SELECT used_at FROM api_keys").one(&app.app.db).await.unwrap();
    at
}

both_databases! {
    /// The new key is in the answer to its making and nowhere else; the old one is dead at once.
    async fn a_new_key_is_shown_once_and_ends_the_old_one(app) {
        let owner = app.owner().await;
        assert_eq!(by_api_key(&app.app, &owner.api_key).await.unwrap().unwrap().org, owner.org);
        let before = owner.browser.get("/settings/organisation").await.expect(200).page();
        assert!(before.contains("/public/v1/integrations") && before.contains("YOUR_KEY") && shown_key(&before).is_none());

        let answer = owner.browser.submit("/settings/api-key", &[]).await.expect(200);
        let key = shown_key(&answer.page()).unwrap();
        assert!(key.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)), "{key}");
        assert!(answer.page().contains(&format!("Authorization: {key}")), "the example can be run as it stands");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.headers.values().all(|v| !v.to_str().unwrap_or_default().contains(&key)));
        assert!(by_api_key(&app.app, &owner.api_key).await.unwrap().is_none());
        let caller = by_api_key(&app.app, &key).await.unwrap().unwrap();
        assert_eq!((caller.org, caller.role, caller.source, caller.user), (owner.org, Role::Admin, Source::Api, None));

        let after = owner.browser.get("/settings/organisation").await.expect(200).page();
        assert!(!after.contains(&key) && after.contains(&format!("…{}", &key[60..])), "{after}");
        let (hash, data): (Vec<u8>, String) =
            q("SELECT k.key_hash, CAST(e.data AS TEXT) FROM api_keys k JOIN events e ON e.org_id = k.org_id WHERE e.kind = 'api_key.replaced'")
                .one(&app.app.db)
                .await
                .unwrap();
        assert_eq!(hash, sha256(key.as_bytes()));
        assert!(!data.contains(&key));
        assert_eq!(owner.browser.get("/settings/api-key").await.expect(303).header("location"), "/settings/organisation");
    }

    /// One organisation's new key leaves the others' alone; unknown keys are nobody's.
    async fn keys_belong_to_one_organisation(app) {
        let (a, b) = (app.owner().await, app.owner().await);
        a.browser.submit("/settings/api-key", &[]).await.expect(200);
        assert_eq!(by_api_key(&app.app, &b.api_key).await.unwrap().unwrap().org, b.org);
        for unknown in ["", "0", &"0".repeat(64), &b.api_key.to_uppercase(), &format!("{} ", b.api_key)] {
            assert!(by_api_key(&app.app, unknown).await.unwrap().is_none(), "{unknown:?}");
        }
    }

    /// Its use is noted at most once a minute.
    async fn its_use_is_noted_at_most_once_a_minute(app) {
        let owner = app.owner().await;
        assert!(used_at(&app).await.is_none());
        by_api_key(&app.app, &owner.api_key).await.unwrap();
        let first = used_at(&app).await.unwrap();
        by_api_key(&app.app, &owner.api_key).await.unwrap();
        assert_eq!(used_at(&app).await, Some(first));
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE api_keys SET used_at = $1").bind(first - TimeDelta::seconds(61)).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        by_api_key(&app.app, &owner.api_key).await.unwrap();
        assert!(used_at(&app).await.unwrap() >= first);
    }

    /// An organisation without a key is offered one.
    async fn an_organisation_without_a_key_can_make_one(app) {
        let owner = app.owner().await;
        let mut tx = app.app.db.begin().await.unwrap();
        q("DELETE FROM api_keys").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(owner.browser.get("/settings/organisation").await.expect(200).page().contains("Create a key"));
        let page = owner.browser.submit("/settings/api-key", &[]).await.expect(200).page();
        assert!(by_api_key(&app.app, &shown_key(&page).unwrap()).await.unwrap().is_some());
    }
}
