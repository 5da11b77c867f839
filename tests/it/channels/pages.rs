//! The list, one channel, renaming, pausing, removing, and who may.

use chrono::{DateTime, Utc};
use rostrum::{
    channels::{Channel, ChannelState, mark_reconnect},
    db::q,
    kit::{ChannelId, OrgId},
};

use super::{demote, unknown_channel};
use crate::{
    both_databases,
    support::{Client, TestApp},
};

/// What stands only on the page of somebody who may change the channel.
const CONTROLS: [&str; 5] = ["slot-form", "name=\"zone\"", "value=\"DELETE\"", "Pause", "Reconnect"];

async fn find(app: &TestApp, org: OrgId, id: ChannelId) -> Channel {
    Channel::find(&app.app.db, org, id).await.unwrap()
}

async fn break_it(app: &TestApp, org: OrgId, id: ChannelId) {
    let mut tx = app.app.db.begin().await.unwrap();
    mark_reconnect(&mut tx, (org, id), None, "It was \"revoked\".", app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every way to change a channel, with its path.
async fn every_change(browser: &Client, id: &str) -> Vec<u16> {
    let here = format!("/channels/{id}");
    let pause = format!("{here}/pause");
    let slots = format!("{here}/slots");
    let slot = format!("{slots}/{}", uuid::Uuid::now_v7());
    vec![
        browser.submit(&here, &[("_method", "PUT"), ("name", "X"), ("zone", "UTC")]).await.status,
        browser.submit(&pause, &[]).await.status,
        browser.submit(&pause, &[("_method", "DELETE")]).await.status,
        browser.submit(&slots, &[("time", "10:00"), ("weekday", "1")]).await.status,
        browser.submit(&slot, &[("_method", "DELETE")]).await.status,
        browser.submit(&slot, &[("_method", "PUT"), ("on", "1")]).await.status,
        browser.submit(&format!("{slots}/restoration?time=10:00&days=1"), &[]).await.status,
        browser.submit(&here, &[("_method", "DELETE")]).await.status,
    ]
}

both_databases! {
    /// The list says that there is nothing, then shows the channel by its provider's id, and pictures of ours only.
    async fn the_list_shows_channels_also_of_an_unknown_provider(app) {
        let owner = app.owner().await;
        assert!(owner.browser.get("/channels").await.expect(200).text().contains("No channels yet"));
        let id = unknown_channel(&app, owner.org).await;
        let page = owner.browser.get("/channels").await.expect(200).text();
        assert!(page.contains(&format!("/channels/{id}")) && page.contains("Ann &lt;b&gt;") && page.contains("telegraph"), "{page}");
        assert!(!page.contains("cdn.example"));
        let page = owner.browser.get(&format!("/channels/{id}")).await.expect(200).text();
        assert!(page.contains("@ann") && page.contains("in Europe") && CONTROLS.iter().all(|c| page.contains(c)), "{page}");
    }

    /// When a channel is next due is told on the reader's clock.
    async fn the_list_tells_what_is_next(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let at: DateTime<Utc> = "2031-07-01T08:20:00Z".parse().unwrap();
        let mut tx = app.app.db.begin().await.unwrap();
        q("INSERT INTO lanes (channel_id, org_id, epoch, next_due) VALUES ($1, $2, 0, $3)")
            .bind(id).bind(owner.org).bind(at).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(owner.browser.get("/channels").await.expect(200).text().contains("1 Jul 2031, 10:20"));
    }

    /// Strangers are sent to the login; what belongs to another organisation, is no id or is gone, does not exist.
    async fn nobody_else_gets_near(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let id = unknown_channel(&app, owner.org).await;
        let path = format!("/channels/{id}");
        for path in ["/channels", "/channels/connect/sandbox", path.as_str()] {
            assert!(app.visitor().get(path).await.expect(303).header("location").starts_with("/login"));
        }
        other.browser.get(&path).await.expect(404);
        other.browser.get("/channels/not-an-id").await.expect(404);
        assert_eq!(every_change(&other.browser, &id.to_string()).await, [404; 8]);
        assert_eq!(every_change(&other.browser, "not-an-id").await, [404; 8]);
        assert!(!other.browser.get("/channels").await.expect(200).text().contains("telegraph"));
        other.browser.get("/channels/connect/telegraph").await.expect(404);
        other.browser.submit("/channels/connect/telegraph", &[]).await.expect(404);
        assert_eq!(find(&app, owner.org, id).await.name, "Ann <b>");
    }

    /// A member sees channels but no way to change them, and cannot.
    async fn members_look_but_do_not_touch(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        demote(&app, owner.org).await;
        let list = owner.browser.get("/channels").await.expect(200).text();
        assert!(list.contains("Ask one of them") && !list.contains("/channels/connect/"));
        let page = owner.browser.get(&format!("/channels/{id}")).await.expect(200).text();
        assert!(page.contains("@ann") && !CONTROLS.iter().any(|c| page.contains(c)), "{page}");
        assert_eq!(every_change(&owner.browser, &id.to_string()).await, [403; 8]);
        owner.browser.get("/channels/connect/sandbox").await.expect(403);
        owner.browser.submit("/channels/connect/sandbox", &[]).await.expect(403);
    }

    /// Name and zone are a person's choice; what is wrong is named and nothing changes.
    async fn name_and_zone_are_changed_and_checked(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let here = format!("/channels/{id}");
        let change = |name: &'static str, zone: &'static str| {
            let (browser, here) = (owner.browser.clone(), here.clone());
            async move { browser.submit(&here, &[("_method", "PUT"), ("name", name), ("zone", zone)]).await }
        };
        assert_eq!(change(" Ours ", "Asia/Tokyo").await.expect(303).header("location"), here);
        let channel = find(&app, owner.org, id).await;
        assert_eq!((channel.name.as_str(), channel.zone.as_str()), ("Ours", "Asia/Tokyo"));
        let page = change(" ", "Europe/Nowhere").await.expect(422).text();
        assert!(page.contains("id=\"e-name\"") && page.contains("id=\"e-zone\""), "{page}");
        assert!(change(&*"x".repeat(101).leak(), "UTC").await.expect(422).text().contains("100"));
        assert_eq!(find(&app, owner.org, id).await.name, "Ours");
    }

    /// Pausing and resuming, twice each, and a channel that broke meanwhile.
    async fn pausing_keeps_what_is_broken_in_mind(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let pause = format!("/channels/{id}/pause");
        for _ in 0..2 {
            owner.browser.submit(&pause, &[]).await.expect(303);
            assert_eq!(find(&app, owner.org, id).await.state, ChannelState::Paused);
        }
        assert!(owner.browser.get(&format!("/channels/{id}")).await.expect(200).text().contains("This channel is paused"));
        for _ in 0..2 {
            owner.browser.submit(&pause, &[("_method", "DELETE")]).await.expect(303);
            assert_eq!(find(&app, owner.org, id).await.state, ChannelState::Active);
        }
        owner.browser.submit(&pause, &[]).await.expect(303);
        break_it(&app, owner.org, id).await;
        assert_eq!(find(&app, owner.org, id).await.state, ChannelState::Paused);
        owner.browser.submit(&pause, &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(find(&app, owner.org, id).await.state, ChannelState::Reconnect);
        let kinds: Vec<(String,)> =
            q("SELECT kind FROM events WHERE org_id = $1 ORDER BY id").bind(owner.org).all(&app.app.db).await.unwrap();
        let expected = ["paused", "resumed", "paused", "broken", "resumed"].map(|k| format!("channel.{k}"));
        assert_eq!(kinds.into_iter().map(|k| k.0).collect::<Vec<_>>(), expected);
    }

    /// A broken channel says why and offers the way back; the reason is written down once.
    async fn a_broken_channel_says_why(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        break_it(&app, owner.org, id).await;
        break_it(&app, owner.org, id).await;
        for path in ["/channels".to_owned(), format!("/channels/{id}")] {
            let page = owner.browser.get(&path).await.expect(200).text();
            assert!(page.contains("It was &quot;revoked&quot;”. Reconnect"), "{page}");
            assert!(page.contains(&format!("/channels/connect/telegraph?channel={id}")));
        }
        let (count,): (i64,) =
            q("SELECT count(*) FROM events WHERE channel_id = $1").bind(id).one(&app.app.db).await.unwrap();
        assert_eq!(count, 1);
    }

    /// A removed channel is gone from every page, and so are its credentials; its row stays for the history.
    async fn a_removed_channel_is_gone(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let here = format!("/channels/{id}");
        assert_eq!(owner.browser.submit(&here, &[("_method", "DELETE")]).await.expect(303).header("location"), "/channels");
        assert!(owner.browser.get("/channels").await.expect(200).text().contains("Ann &lt;b&gt; was removed."));
        owner.browser.get(&here).await.expect(404);
        owner.browser.submit(&here, &[("_method", "DELETE")]).await.expect(404);
        let (bytes,): (Vec<u8>,) = q("SELECT credentials FROM channels WHERE id = $1").bind(id).one(&app.app.db).await.unwrap();
        assert!(bytes.is_empty());
    }

    /// Many at once, in one query: others' and unknown ones are not among them.
    async fn several_channels_are_found_at_once(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ids = [unknown_channel(&app, owner.org).await, unknown_channel(&app, owner.org).await];
        let foreign = unknown_channel(&app, other.org).await;
        let asked = [ids[1], foreign, ids[0], ids[1], ChannelId::new()];
        let found = Channel::find_many(&app.app.db, owner.org, &asked).await.unwrap();
        assert_eq!(found.iter().map(|c| c.id).collect::<Vec<_>>(), ids);
        assert!(Channel::find_many(&app.app.db, owner.org, &[]).await.unwrap().is_empty());
    }
}
