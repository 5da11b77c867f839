//! Developer apps: entered for the instance, an organisation and a channel; the nearest counts, and no secret comes back.

use rostrum::{
    channels::{Channel, ChannelState},
    db::q,
    kit::OrgId,
};

use super::{
    connect::{back, begin},
    platform::Platform,
};
use crate::support::{Client, Engine, TestApp};

const OF_ORGANISATION: &str = "/settings/apps/loop";
const OF_INSTANCE: &str = "/admin/apps/loop";

/// Enters an app of this name, with the secret that the platform knows for it.
async fn enter(browser: &Client, path: &str, name: &str) -> crate::support::Answer {
    let (id, secret) = (format!("client-{name}"), format!("secret-of-client-{name}"));
    browser.submit(path, &[("_method", "PUT"), ("client_id", &id), ("client_secret", &secret)]).await
}

async fn remove(browser: &Client, path: &str) -> crate::support::Answer {
    browser.submit(path, &[("_method", "DELETE")]).await
}

async fn only(app: &TestApp, org: OrgId) -> Channel {
    Channel::list(&app.app.db, org).await.unwrap().pop().unwrap()
}

async fn whole(platform: Platform, app: TestApp) {
    let owner = app.owner().await;
    let missing = owner.browser.get("/channels/connect/loop").await.expect(200).page();
    assert!(missing.contains("Loop needs a developer app") && !missing.contains(OF_INSTANCE), "{missing}");
    assert!(owner.browser.get("/channels/connect").await.expect(200).text().contains("Needs a developer app"));
    let refused = owner.browser.submit("/channels/connect/loop", &[]).await.expect(422).text();
    assert!(refused.contains("Loop needs a developer app first"), "{refused}");
    owner.browser.get(OF_INSTANCE).await.expect(404);
    enter(&owner.browser, OF_INSTANCE, "x").await.expect(404);
    app.make_operator(&owner).await;

    // The instance's.
    let page = owner.browser.get(OF_INSTANCE).await.expect(200).page();
    assert!(
        page.contains(&app.app.link("/integrations/social/loop")) && page.contains(">read<") && page.contains(">write<"),
        "{page}"
    );
    enter(&owner.browser, OF_INSTANCE, "instance").await.expect(303);
    let page = owner.browser.get(OF_INSTANCE).await.expect(200).page();
    assert!(page.contains("client-instance") && !page.contains("secret-of"), "{page}");
    let (sealed,): (Vec<u8>,) = q("SELECT fields FROM developer_apps").one(&app.app.db).await.unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("secret-of"));
    let query = begin(&platform, &owner.browser, &[]).await;
    assert_eq!(query["client_id"], "client-instance");
    back(&owner.browser, &query["state"]).await.expect(303);
    assert!(owner.browser.get(OF_INSTANCE).await.expect(200).text().contains("Ann of Loop"));

    // The organisation's is nearer, so the channel's access, which belongs to the other app, has to be granted again.
    assert!(owner.browser.get(OF_ORGANISATION).await.expect(200).text().contains("entered for this whole server"));
    enter(&owner.browser, OF_ORGANISATION, "organisation").await.expect(303);
    let channel = only(&app, owner.org).await;
    assert_eq!(channel.state, ChannelState::Reconnect);
    assert!(channel.reason.unwrap().contains("The developer app changed"));
    let id = channel.id.to_string();
    let query = begin(&platform, &owner.browser, &[("channel", &id)]).await;
    assert_eq!(query["client_id"], "client-organisation");
    back(&owner.browser, &query["state"]).await.expect(303);
    assert_eq!(only(&app, owner.org).await.state, ChannelState::Active);

    // Another secret of the same app, or none: nothing to be granted again.
    let same = [("_method", "PUT"), ("client_id", "client-organisation"), ("client_secret", "")];
    owner.browser.submit(OF_ORGANISATION, &same).await.expect(303);
    assert_eq!(only(&app, owner.org).await.state, ChannelState::Active);
    let works = format!("{OF_ORGANISATION}/trial");
    owner.browser.submit(&works, &[]).await.expect(303);
    assert!(owner.browser.get(OF_ORGANISATION).await.expect(200).text().contains("Loop knows this app."));
    let other = [("_method", "PUT"), ("client_id", "client-new"), ("client_secret", "")];
    let page = owner.browser.submit(OF_ORGANISATION, &other).await.expect(422).text();
    assert!(page.contains("id=\"e-client_secret\"") && page.contains("client-new"), "{page}");
    let wrong = [("_method", "PUT"), ("client_id", "client-organisation"), ("client_secret", "wrong")];
    owner.browser.submit(OF_ORGANISATION, &wrong).await.expect(303);
    owner.browser.submit(&works, &[]).await.expect(303);
    let page = owner.browser.get(OF_ORGANISATION).await.expect(200).text();
    assert!(page.contains("did not accept this app: “invalid_client it is”") && !page.contains("wrong\""), "{page}");

    // The channel's own is nearest; entered while connecting.
    let own = [("channel", id.as_str()), ("app[client_id]", "client-own"), ("app[client_secret]", "secret-of-client-own")];
    let query = begin(&platform, &owner.browser, &own).await;
    assert_eq!(query["client_id"], "client-own");
    back(&owner.browser, &query["state"]).await.expect(303);
    let of_channel = format!("/channels/{id}/app");
    assert!(owner.browser.get(&of_channel).await.expect(200).text().contains("client-own"));
    enter(&owner.browser, OF_ORGANISATION, "third").await.expect(303);
    assert_eq!(only(&app, owner.org).await.state, ChannelState::Active, "it does not use that one");
    remove(&owner.browser, &of_channel).await.expect(303);
    assert_eq!(only(&app, owner.org).await.state, ChannelState::Reconnect);
    remove(&owner.browser, &of_channel).await.expect(404);
    remove(&owner.browser, OF_ORGANISATION).await.expect(303);
    let query = begin(&platform, &owner.browser, &[]).await;
    assert_eq!(query["client_id"], "client-instance");

    // Nobody else's, and not for what wants none.
    let stranger = app.owner().await;
    let page = stranger.browser.get(OF_ORGANISATION).await.expect(200).text();
    assert!(!page.contains("client-instance") && page.contains("entered for this whole server"), "{page}");
    stranger.browser.get(&of_channel).await.expect(404);
    enter(&stranger.browser, &of_channel, "x").await.expect(404);
    owner.browser.get("/settings/apps/sandbox").await.expect(404);
    let list = stranger.browser.get("/settings/apps").await.expect(200).text();
    assert!(list.contains("Set up for this server"), "{list}");
    assert!(owner.browser.get("/admin/apps").await.expect(200).text().contains("client-instance"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nearest_app_counts_sqlite() {
    let platform = Platform::start().await;
    let app = platform.instance(Engine::Sqlite, false).await;
    whole(platform, app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nearest_app_counts_postgres() {
    let platform = Platform::start().await;
    let app = platform.instance(Engine::Postgres, false).await;
    whole(platform, app).await;
}
