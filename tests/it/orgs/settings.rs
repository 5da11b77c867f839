//! Name and zone of the organisation.

use rostrum::orgs::Organisation;

use crate::{
    both_databases,
    support::{Owner, TestApp},
};

pub async fn make_member(app: &TestApp, owner: &Owner, role: &str) {
    let mut tx = app.app.db.begin().await.unwrap();
    let set = rostrum::db::q("UPDATE memberships SET role = $2 WHERE user_id = $1");
    set.bind(owner.user).bind(role).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn put<'a>(name: &'a str, zone: &'a str) -> [(&'static str, &'a str); 3] {
    [("_method", "PUT"), ("name", name), ("timezone", zone)]
}

both_databases! {
    /// Name and zone change for this organisation and no other.
    async fn name_and_zone_can_be_changed(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let page = owner.browser.get("/settings/organisation").await.expect(200).page();
        assert!(page.contains("Ann &amp; Co") && page.contains("<option value=\"Europe/Berlin\" selected>"), "{page}");
        let done = owner.browser.submit("/settings/organisation", &put("Analytical <Press>", "Asia/Tokyo")).await.expect(303);
        assert_eq!(done.header("location"), "/settings/organisation");
        let page = owner.browser.get("/settings/organisation").await.expect(200).page();
        assert!(page.contains("Analytical &lt;Press&gt;") && page.contains("<option value=\"Asia/Tokyo\" selected>"), "{page}");
        assert_eq!(Organisation::find(&app.app.db, other.org).await.unwrap().name, "Ann & Co");
        assert_eq!(Organisation::list(&app.app.db).await.unwrap().len(), 2);
    }

    /// A change is written down, with what it was before and who did it; saving the same again is none.
    async fn a_change_is_written_down(app) {
        let owner = app.owner().await;
        for _ in 0..2 {
            owner.browser.submit("/settings/organisation", &put("Press", "Asia/Tokyo")).await.expect(303);
        }
        let lines: Vec<(rostrum::kit::UserId, serde_json::Value)> =
            rostrum::db::q("SELECT user_id, data FROM events WHERE kind = 'organisation.changed' AND org_id = $1").bind(owner.org).all(&app.app.db).await.unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].0, owner.user);
        assert_eq!((&lines[0].1["name"], &lines[0].1["before"]["name"], &lines[0].1["zone"]), (&"Press".into(), &"Ann & Co".into(), &"Asia/Tokyo".into()));
    }

    /// Wrong fields are named, what was typed stays, nothing changes.
    async fn wrong_fields_are_named(app) {
        let owner = app.owner().await;
        let page = owner.browser.submit("/settings/organisation", &put(" ", "Mars/Base")).await.expect(422).page();
        assert!(page.contains("id=\"e-name\"") && page.contains("id=\"e-timezone\""), "{page}");
        let page = owner.browser.submit("/settings/organisation", &put("Press", "")).await.expect(422).page();
        assert!(page.contains("id=\"e-timezone\"") && page.contains("value=\"Press\""), "{page}");
        assert_eq!(Organisation::find(&app.app.db, owner.org).await.unwrap().name, "Ann & Co");
    }

    /// Members may neither see nor change it; administrators may.
    async fn members_may_not_change_the_organisation(app) {
        let owner = app.owner().await;
        make_member(&app, &owner, "member").await;
        owner.browser.get("/settings/account").await.expect(200);
        owner.browser.get("/settings/organisation").await.expect(403);
        owner.browser.submit("/settings/organisation", &put("Mine", "UTC")).await.expect(403);
        let refused = owner.browser.submit("/settings/api-key", &[]).await.expect(403).page();
        assert!(refused.contains("Only owners and administrators"), "{refused}");
        assert_eq!(Organisation::find(&app.app.db, owner.org).await.unwrap().name, "Ann & Co");
        make_member(&app, &owner, "admin").await;
        owner.browser.submit("/settings/organisation", &put("Ours", "UTC")).await.expect(303);
    }

    /// Strangers change nothing.
    async fn strangers_change_nothing(app) {
        let visitor = app.visitor();
        visitor.submit("/settings/organisation", &put("Mine", "UTC")).await.expect(401);
        visitor.submit("/settings/api-key", &[]).await.expect(401);
    }
}
