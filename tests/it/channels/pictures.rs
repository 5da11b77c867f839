//! Pictures of accounts: copied when connecting, looked at again every week, served by us.

use rostrum::{
    channels::{self, Channel, ChannelState},
    db::q,
};
use serde_json::json;

use super::{
    connect::{back, begin, on_both},
    platform::Platform,
};
use crate::{
    media::samples,
    support::{Engine, TestApp},
};

async fn only(app: &TestApp, org: rostrum::kit::OrgId) -> Channel {
    Channel::list(&app.app.db, org).await.unwrap().pop().unwrap()
}

async fn connected(platform: &Platform, app: &TestApp) -> (crate::support::Owner, Channel) {
    let owner = app.owner().await;
    let picture = format!("{}/picture.png", platform.url);
    platform.change(|state| state.me["picture"] = json!(picture));
    let query = begin(platform, &owner.browser, &[]).await;
    back(&owner.browser, &query["state"]).await.expect(303);
    let channel = only(app, owner.org).await;
    assert_eq!(channel.picture.as_deref(), Some(picture.as_str()), "until there is a copy");
    (owner, channel)
}

/// A week later.
async fn a_week_later(app: &TestApp) {
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE channels SET picture_at = $1").bind(app.app.clock.now() - chrono::TimeDelta::days(8)).exec(&mut tx).await.unwrap();
    rostrum::queue::enqueue(&mut tx, &channels::RefreshPictures {}, app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

on_both! {
    /// The copy is small, of a type we know, and the same for everybody; the old one goes when there is another.
    async fn a_picture_is_copied_and_kept_fresh(platform, app) {
        platform.change(|state| state.picture = samples::png(600, 600));
        let (owner, channel) = connected(&platform, &app).await;
        app.run_jobs().await;
        let first = only(&app, owner.org).await.picture.unwrap();
        assert!(first.starts_with(&format!("/channels/pictures/{}-", channel.id)) && first.ends_with(".png"), "{first}");
        let served = app.visitor().get(&first).await.expect(200);
        assert_eq!(served.header("content-type"), "image/png");
        assert!(served.header("cache-control").contains("immutable"));
        assert!(served.body.starts_with(b"\x89PNG") && served.body.len() < 256 * 1024);
        assert!(owner.browser.get("/channels").await.expect(200).page().contains(&first));
        let wire = owner.api.get("/public/v1/integrations").await.expect(200).json();
        assert_eq!(wire[0]["picture"], json!(app.app.link(&first)));
        app.visitor().get("/channels/pictures/nothing.png").await.expect(404);
        app.visitor().get(&first.replace(".png", ".svg")).await.expect(404);

        platform.change(|state| {
            state.picture = samples::png(40, 20);
            state.me["handle"] = json!("@anna");
            state.me["name"] = json!("Anna Newname");
        });
        app.run_jobs().await;
        assert_eq!(only(&app, owner.org).await.picture.unwrap(), first, "not before a week is over");
        a_week_later(&app).await;
        let channel = only(&app, owner.org).await;
        assert_ne!(channel.picture.as_deref(), Some(first.as_str()));
        assert_eq!((channel.handle.as_str(), channel.name.as_str()), ("anna", "Ann of Loop"), "a name may be a person's choice");
        app.visitor().get(&first).await.expect(404);
        app.visitor().get(&channel.picture.unwrap()).await.expect(200);
    }

    /// What is no picture changes nothing; an access that has ended is noticed.
    async fn what_is_no_picture_is_not_kept(platform, app) {
        platform.change(|state| state.picture = b"<svg onload=alert(1)>".to_vec());
        let (owner, channel) = connected(&platform, &app).await;
        app.run_jobs().await;
        assert_eq!(only(&app, owner.org).await.picture, channel.picture);
        platform.change(|state| state.picture = samples::png(4, 4));
        a_week_later(&app).await;
        let kept = only(&app, owner.org).await.picture;
        assert!(kept.as_ref().unwrap().starts_with("/channels/pictures/"));
        platform.change(|state| state.revoked = true);
        a_week_later(&app).await;
        let channel = only(&app, owner.org).await;
        assert_eq!((channel.state, channel.picture.clone()), (ChannelState::Reconnect, kept));
        assert!(matches!(channels::test(&app.app, &channel).await, Err(rostrum::Error::Provider(_))));
    }

    /// From the page and the command line: whose access it is.
    async fn a_channel_is_tested(platform, app) {
        let (owner, channel) = connected(&platform, &app).await;
        let path = format!("/channels/{}", channel.id);
        let health = channels::test(&app.app, &channel).await.unwrap();
        assert!(health.same && health.identity.id == "id:ann");
        for (id, words) in [("id:ann", "The access works: it is that of ann."), ("id:bob", "it is that of another account")] {
            platform.change(|state| state.me["id"] = json!(id));
            owner.browser.submit(&format!("{path}/test"), &[]).await.expect(303);
            assert!(owner.browser.get(&path).await.expect(200).text().contains(words));
        }
        app.owner().await.browser.submit(&format!("{path}/test"), &[]).await.expect(404);
        assert_eq!(only(&app, owner.org).await.state, ChannelState::Active);
    }
}
