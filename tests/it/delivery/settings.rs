//! The pages on which people choose what becomes of late posts, and how many go out.

use rostrum::{
    channels::Channel,
    delivery::Policy,
    kit::{ChannelId, OrgId},
    orgs::{LatePolicy, Rules},
};

use crate::{both_databases, channels::demote, posts::channel, support::TestApp};

const PATH: &str = "/settings/delivery";

fn put<'a>(minutes: &'a str, policy: &'a str, burst: &'a str, hourly: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("_method", "PUT"),
        ("late_minutes", minutes),
        ("late_policy", policy),
        ("burst_per_minute", burst),
        ("channel_per_hour", hourly),
    ]
}

async fn policy(app: &TestApp, org: OrgId, channel: ChannelId) -> (i64, LatePolicy) {
    let policy = Policy::load(&app.app.db, &app.app.config.delivery, org, channel).await.unwrap();
    (policy.late.num_minutes(), policy.then)
}

both_databases! {
    /// What is chosen is kept and shown; what is emptied is the instance's again; nobody else's changes.
    async fn an_organisation_chooses(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let page = owner.browser.get(PATH).await.expect(200).page();
        assert!(page.contains("Empty: 60.") && page.contains("Empty: 30, which is the most"), "{page}");
        owner.browser.submit(PATH, &put("90", "skip", "3", "12")).await.expect(303);
        let rules = Rules::find(&app.app.db, owner.org).await.unwrap();
        let expected = Rules {
            late_minutes: Some(90),
            late_policy: Some(LatePolicy::Skip),
            burst_per_minute: Some(3),
            channel_per_hour: Some(12),
        };
        assert_eq!(rules, expected);
        let page = owner.browser.get(PATH).await.expect(200).page();
        assert!(page.contains("value=\"90\"") && page.contains("value=\"skip\" selected") && page.contains("value=\"12\""), "{page}");
        assert_eq!(Rules::find(&app.app.db, other.org).await.unwrap(), Rules::default());
        owner.browser.submit(PATH, &put("", "", "", "")).await.expect(303);
        assert_eq!(Rules::find(&app.app.db, owner.org).await.unwrap(), Rules::default());
    }

    /// Wrong fields are named, what was typed stays, nothing changes.
    async fn wrong_fields_are_named(app) {
        let owner = app.owner().await;
        let page = owner.browser.submit(PATH, &put("soon", "later", "0", "31")).await.expect(422).page();
        for field in ["late_minutes", "late_policy", "burst_per_minute", "channel_per_hour"] {
            assert!(page.contains(&format!("id=\"e-{field}\"")), "{field}: {page}");
        }
        assert!(page.contains("value=\"soon\"") && page.contains("value=\"31\""), "{page}");
        let page = owner.browser.submit(PATH, &put("43201", "hold", "", "")).await.expect(422).page();
        assert!(page.contains("from 1 to 43200"), "{page}");
        assert_eq!(Rules::find(&app.app.db, owner.org).await.unwrap(), Rules::default());
    }

    /// A channel's own choice, and back to the organisation's.
    async fn a_channel_chooses(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let id = channel(&app, owner.org, "Ann").await;
        let path = format!("/channels/{id}/late");
        let put = |minutes: &'static str, policy: &'static str| [("_method", "PUT"), ("late_minutes", minutes), ("late_policy", policy)];
        assert_eq!(policy(&app, owner.org, id).await, (60, LatePolicy::Hold));
        owner.browser.submit(&path, &put("5", "next_free_slot")).await.expect(303);
        assert_eq!(policy(&app, owner.org, id).await, (5, LatePolicy::NextFreeSlot));
        let page = owner.browser.get(&format!("/channels/{id}")).await.expect(200).page();
        assert!(page.contains("value=\"next_free_slot\" selected"), "{page}");
        let page = owner.browser.submit(&path, &put("-5", "x")).await.expect(422).page();
        assert!(page.contains("id=\"e-late_minutes\"") && page.contains("id=\"e-late_policy\"") && page.contains("value=\"-5\""), "{page}");
        other.browser.submit(&path, &put("9", "skip")).await.expect(404);
        app.visitor().submit(&path, &put("9", "skip")).await.expect(401);
        assert_eq!(policy(&app, owner.org, id).await, (5, LatePolicy::NextFreeSlot));
        owner.browser.submit(&path, &put("", "")).await.expect(303);
        let stored = Channel::find(&app.app.db, owner.org, id).await.unwrap();
        assert_eq!((stored.late_minutes, stored.late_policy), (None, None));
        demote(&app, owner.org).await;
        owner.browser.submit(&path, &put("9", "skip")).await.expect(403);
    }

    /// Members may neither see nor change it; strangers are sent to the login.
    async fn members_and_strangers_choose_nothing(app) {
        let owner = app.owner().await;
        demote(&app, owner.org).await;
        owner.browser.get(PATH).await.expect(403);
        owner.browser.submit(PATH, &put("5", "skip", "", "")).await.expect(403);
        assert!(app.visitor().get(PATH).await.expect(303).header("location").starts_with("/login"));
        app.visitor().submit(PATH, &put("5", "skip", "", "")).await.expect(401);
        assert_eq!(Rules::find(&app.app.db, owner.org).await.unwrap(), Rules::default());
    }
}
