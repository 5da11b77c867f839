//! Connecting at a consent page, from the form to the channel, and everything that can come in between.

use std::collections::BTreeMap;

use rostrum::{
    channels::{Channel, ChannelState, Vault, mark_reconnect},
    db::q,
    kit::{OrgId, SessionId, crypto},
    providers::Tokens as _,
};
use serde_json::json;
use url::Url;

use super::{
    demote,
    platform::{CLIENT, Platform},
};
use crate::support::{Client, Engine, Owner, TestApp};

/// The consent page that a page leads to, as its query, after the platform has seen it.
pub fn consent(platform: &Platform, page: &str) -> BTreeMap<String, String> {
    let start = page.find("url=http").unwrap_or_else(|| panic!("leads nowhere: {page}")) + 4;
    let address = page[start..].split('"').next().unwrap().replace("&amp;", "&").replace("&#x2f;", "/");
    let url = Url::parse(&address).unwrap();
    assert_eq!(format!("{}://{}", url.scheme(), url.authority()), platform.url);
    assert_eq!(url.path(), "/oauth/authorize");
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    platform.change(|state| state.challenge = query["code_challenge"].clone());
    query
}

/// Begins and gives the query of the consent page.
pub async fn begin(platform: &Platform, browser: &Client, fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    consent(platform, &browser.submit("/channels/connect/loop", fields).await.expect(200).text())
}

/// Comes back with a code.
pub async fn back(browser: &Client, state: &str) -> crate::support::Answer {
    browser.get(&format!("/integrations/social/loop?code=good&state={state}&iss=x")).await
}

async fn only(app: &TestApp, org: OrgId) -> Channel {
    let mut all = Channel::list(&app.app.db, org).await.unwrap();
    assert_eq!(all.len(), 1);
    all.pop().unwrap()
}

async fn restart_of(page: &str) -> String {
    let page = page.replace("&#x2f;", "/");
    let start = page.find("/channels/connections/").unwrap_or_else(|| panic!("no way to begin again: {page}"));
    page[start..].split('"').next().unwrap().to_owned()
}

async fn connected(platform: &Platform, app: &TestApp, owner: &Owner) -> Channel {
    let query = begin(platform, &owner.browser, &[]).await;
    back(&owner.browser, &query["state"]).await.expect(303);
    only(app, owner.org).await
}

macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($platform:ident, $app:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let $platform = Platform::start().await;
                let $app = $platform.instance(Engine::Sqlite, true).await;
                $body
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let $platform = Platform::start().await;
                let $app = $platform.instance(Engine::Postgres, true).await;
                $body
            }
        }
    )*};
}
pub(crate) use on_both;

on_both! {
    /// The whole way; what the platform was sent, what is stored, and that an answer counts once.
    async fn an_account_is_connected_at_the_consent_page(platform, app) {
        let owner = app.owner().await;
        let form = owner.browser.get("/channels/connect/loop").await.expect(200).page();
        assert!(form.contains("Go on to Loop") && form.contains(&app.app.link("/integrations/social/loop")), "{form}");
        let query = begin(&platform, &owner.browser, &[]).await;
        let redirect = app.app.link("/integrations/social/loop");
        assert_eq!((query["client_id"].as_str(), query["redirect_uri"].as_str()), (CLIENT.0, redirect.as_str()));
        assert_eq!((query["scope"].as_str(), query["response_type"].as_str()), ("read write", "code"));
        let (kept,): (Vec<u8>,) = q("SELECT kept FROM connections").one(&app.app.db).await.unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains("verifier"));
        let answer = back(&owner.browser, &query["state"]).await.expect(303);
        let channel = only(&app, owner.org).await;
        assert_eq!(answer.header("location"), format!("/channels/{}", channel.id));
        assert_eq!((channel.name.as_str(), channel.handle.as_str(), channel.provider.as_str()), ("Ann of Loop", "ann", "loop"));
        let sent = platform.state.lock().unwrap().exchanged.clone();
        assert_eq!(sent.len(), 1);
        assert_eq!((&sent[0]["grant_type"], &sent[0]["code"], &sent[0]["redirect_uri"]), (&json!("authorization_code"), &json!("good"), &json!(redirect)));
        let stored = Vault::open(&app.app, owner.org, channel.id).await.unwrap().current();
        assert_eq!((&stored["access"], &stored["refresh"]), (&json!("access-good"), &json!("refresh-1")));
        let page = back(&owner.browser, &query["state"]).await.expect(410).text();
        assert!(page.contains("This is done already"), "{page}");
        assert_eq!(platform.state.lock().unwrap().exchanged.len(), 1);
    }

    /// Two tabs, each with its own answer, in the other order.
    async fn several_tabs_go_on_side_by_side(platform, app) {
        let owner = app.owner().await;
        let first = begin(&platform, &owner.browser, &[]).await;
        let second = begin(&platform, &owner.browser, &[]).await;
        assert_ne!(first["state"], second["state"]);
        back(&owner.browser, &second["state"]).await.expect(303);
        platform.change(|state| state.challenge = first["code_challenge"].clone());
        back(&owner.browser, &first["state"]).await.expect(303);
        only(&app, owner.org).await;
    }

    /// Refused by the person, by the platform, by the token endpoint: in words, with a way to begin again.
    async fn a_refusal_is_said_in_words(platform, app) {
        let owner = app.owner().await;
        for (answer, words) in [
            ("error=access_denied&error_description=x", "Access was not granted at Loop"),
            ("error=invalid_scope", "may not ask for the permissions"),
            ("error=odd&error_description=The+moon+is+full", "The moon is full"),
            ("code=bad", "invalid_grant it is"),
            ("", "without an answer"),
        ] {
            let query = begin(&platform, &owner.browser, &[]).await;
            let back = format!("/integrations/social/loop?{answer}&state={}", query["state"]);
            let page = owner.browser.get(&back).await.expect(422).text();
            assert!(page.contains(words), "{page}");
            owner.browser.get(&back).await.expect(410);
            let again = owner.browser.submit(&restart_of(&page).await, &[]).await.expect(200).text();
            assert_ne!(consent(&platform, &again)["state"], query["state"]);
        }
        assert!(Channel::list(&app.app.db, owner.org).await.unwrap().is_empty());
    }

    /// After its quarter of an hour an answer counts no more, and the page begins again with what was given.
    async fn an_answer_that_comes_late_counts_no_more(platform, app) {
        let owner = app.owner().await;
        let query = begin(&platform, &owner.browser, &[]).await;
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE connections SET expires_at = $1").bind(app.app.clock.now()).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let page = back(&owner.browser, &query["state"]).await.expect(410).text();
        assert!(page.contains("This took too long"), "{page}");
        assert!(platform.state.lock().unwrap().exchanged.is_empty());
        let again = owner.browser.submit(&restart_of(&page).await, &[]).await.expect(200).text();
        let again = consent(&platform, &again);
        back(&owner.browser, &again["state"]).await.expect(303);
        only(&app, owner.org).await;
    }

    /// Others cannot use it, and do not learn that it exists; whose it is can go on afterwards.
    async fn an_answer_is_for_whoever_began(platform, app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let query = begin(&platform, &owner.browser, &[]).await;
        let theirs = back(&other.browser, &query["state"]).await.expect(404).text();
        assert!(theirs.contains("We do not know this answer"));
        back(&owner.browser, "made-up").await.expect(404);
        owner.browser.get("/integrations/social/telegraph?code=x&state=y").await.expect(404);
        let lost = app.visitor().get(&format!("/integrations/social/loop?code=good&state={}", query["state"])).await.expect(303);
        let next = format!("/login?next=%2Fintegrations%2Fsocial%2Floop%3Fcode%3Dgood%26state%3D{}", query["state"]);
        assert_eq!(lost.header("location"), next);
        // The same person at work for another organisation.
        let cookie = second_session(&app, &owner, other.org).await;
        let elsewhere = Client::browser(app.address, Some(cookie));
        assert!(back(&elsewhere, &query["state"]).await.expect(409).text().contains("Begun for another organisation"));
        back(&owner.browser, &query["state"]).await.expect(303);
        assert!(Channel::list(&app.app.db, other.org).await.unwrap().is_empty());
    }

    /// Another account is refused with both names; the right one keeps id, name and slots, and is active again.
    async fn reconnecting_refuses_another_account(platform, app) {
        let owner = app.owner().await;
        let channel = connected(&platform, &app, &owner).await;
        let mut tx = app.app.db.begin().await.unwrap();
        mark_reconnect(&mut tx, (owner.org, channel.id), None, "revoked", app.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let id = channel.id.to_string();
        platform.change(|state| state.me = json!({"id": "id:bob", "name": "Bob", "handle": "bob"}));
        let query = begin(&platform, &owner.browser, &[("channel", &id)]).await;
        let page = back(&owner.browser, &query["state"]).await.expect(422).text();
        assert!(page.contains("This is the account bob, but this channel belongs to ann"), "{page}");
        assert_eq!(only(&app, owner.org).await.state, ChannelState::Reconnect);
        platform.change(|state| state.me = json!({"id": "id:ann", "name": "Anna", "handle": "anna"}));
        let again = owner.browser.submit(&restart_of(&page).await, &[]).await.expect(200).text();
        let query = consent(&platform, &again);
        back(&owner.browser, &query["state"]).await.expect(303);
        let now = only(&app, owner.org).await;
        assert_eq!((now.id, now.state, now.name.as_str(), now.handle.as_str()), (channel.id, ChannelState::Active, "Ann of Loop", "anna"));
        assert!(owner.browser.get(&format!("/channels/{id}")).await.expect(200).text().contains("connected again"));
    }

    /// Members may not; a platform that is away is said with a way to begin again.
    async fn who_may_not_and_what_is_away(platform, app) {
        let owner = app.owner().await;
        let query = begin(&platform, &owner.browser, &[]).await;
        platform.change(|state| state.revoked = true);
        let page = back(&owner.browser, &query["state"]).await.expect(422).text();
        assert!(page.contains("Loop did not accept this"), "{page}");
        demote(&app, owner.org).await;
        owner.browser.get("/channels/connect").await.expect(403);
        back(&owner.browser, &query["state"]).await.expect(403);
        owner.browser.submit("/channels/connect/loop", &[]).await.expect(403);
    }

    /// One of two pages, both, one that fails; the pictures come through us.
    async fn pages_are_chosen(platform, app) {
        let owner = app.owner().await;
        let picture = format!("{}/picture.png", platform.url);
        platform.change(|state| {
            state.picture = crate::media::samples::png(8, 8);
            state.me = json!({"pages": [
                {"id": "one", "name": "One & Only", "note": "blog", "picture": picture},
                {"id": "two", "name": "Two", "note": "", "picture": null},
                {"id": "broken", "name": "Broken", "note": "", "picture": null},
            ]});
        });
        let query = begin(&platform, &owner.browser, &[]).await;
        let here = back(&owner.browser, &query["state"]).await.expect(303).header("location").to_owned();
        assert!(here.starts_with("/channels/connections/"), "{here}");
        let page = owner.browser.get(&here).await.expect(200).page();
        assert!(page.contains("One &amp; Only") && page.contains("type=\"checkbox\"") && page.contains(&format!("{here}/pictures/0")), "{page}");
        assert!(!page.contains(&picture));
        let shown = owner.browser.get(&format!("{here}/pictures/0")).await.expect(200);
        assert_eq!(shown.header("content-type"), "image/png");
        owner.browser.get(&format!("{here}/pictures/1")).await.expect(404);
        for wrong in [vec![], vec![("page", "three")]] {
            let page = owner.browser.submit(&here, &wrong).await.expect(422).text();
            assert!(page.contains("id=\"e-page\""), "{page}");
        }
        let page = owner.browser.submit(&here, &[("page", "one"), ("page", "broken")]).await.expect(422).text();
        assert!(page.contains("Broken: Loop did not accept this: “this page is closed”"), "{page}");
        let first = only(&app, owner.org).await;
        assert_eq!((first.remote_id.as_str(), first.name.as_str()), ("one", "Page one"));
        let stranger = app.owner().await;
        stranger.browser.get(&here).await.expect(404);
        stranger.browser.submit(&here, &[("page", "two")]).await.expect(404);
        let done = owner.browser.submit(&here, &[("page", "two"), ("page", "one")]).await.expect(303);
        assert_eq!(done.header("location"), "/channels");
        assert_eq!(Channel::list(&app.app.db, owner.org).await.unwrap().len(), 2);
        owner.browser.submit(&here, &[("page", "two")]).await.expect(410);

        // Reconnecting one of them asks nothing: it is the one.
        let id = first.id.to_string();
        let query = begin(&platform, &owner.browser, &[("channel", &id)]).await;
        assert_eq!(back(&owner.browser, &query["state"]).await.expect(303).header("location"), format!("/channels/{id}"));
        assert_eq!(Channel::list(&app.app.db, owner.org).await.unwrap().len(), 2);
    }

    /// A word to be sent: shown with a code to be scanned, asked for at most every two seconds, and connected when it arrived.
    async fn a_word_is_waited_for(platform, app) {
        let owner = app.owner().await;
        let begun = owner.browser.submit("/channels/connect/knock", &[]).await.expect(303);
        let here = begun.header("location").to_owned();
        let page = owner.browser.get(&here).await.expect(200).page();
        assert!(page.contains("/connect abcd") && page.contains("class=\"qr\"") && page.contains("<noscript><meta"), "{page}");
        let check = format!("{here}/check");
        owner.browser.submit(&check, &[]).await.expect(200);
        platform.change(|state| state.chat = json!({"id": "-100", "name": "Readers", "handle": "readers"}));
        // Too soon: the platform is not asked again.
        owner.browser.submit(&check, &[]).await.expect(200);
        assert!(Channel::list(&app.app.db, owner.org).await.unwrap().is_empty());
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE connections SET checked_at = NULL").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let script = owner.browser.request(reqwest::Method::GET, &format!("{here}?look=1")).header("hx-request", "true");
        let done = owner.browser.send(script).await.expect(200);
        let channel = only(&app, owner.org).await;
        assert_eq!(done.header("hx-redirect"), format!("/channels/{}", channel.id));
        assert_eq!((channel.name.as_str(), channel.remote_id.as_str()), ("Readers", "-100"));
        owner.browser.get(&here).await.expect(410);

        let other = owner.browser.submit("/channels/connect/knock", &[]).await.expect(303).header("location").to_owned();
        owner.browser.submit(&other, &[("_method", "DELETE")]).await.expect(303);
        owner.browser.get(&other).await.expect(404);
    }

    /// Everything that is offered, in groups, and what of it matches; what is unofficial only where it was switched on.
    async fn the_gallery_is_searched(platform, app) {
        let owner = app.owner().await;
        let page = owner.browser.get("/channels/connect").await.expect(200).page();
        assert!(page.contains("/channels/connect/loop") && page.contains("Chats and communities") && page.contains("Developer app is set up"));
        assert!(!page.contains("Secretly"));
        owner.browser.get("/channels/connect/secretly").await.expect(404);
        let found = owner.browser.get("/channels/connect?q=LOOP+custom").await.expect(200).page();
        let card = |name: &str| found.split("<li class=\"card\"").find(|c| c.contains(&format!("/channels/connect/{name}\""))).unwrap().to_owned();
        let is_hidden = |card: String| card.split('>').next().unwrap().ends_with(" hidden");
        assert!(!is_hidden(card("loop")) && is_hidden(card("bluesky")));
        let none = owner.browser.get("/channels/connect?q=nothing-of-the-kind").await.expect(200).text();
        assert!(none.contains("role=\"status\">"), "the empty place is shown");
        drop(platform);
    }
}

/// A session of the same person in another organisation.
async fn second_session(app: &TestApp, owner: &Owner, org: OrgId) -> String {
    let (cookie, now) = (crypto::random_token(), app.app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)")
        .bind(org)
        .bind(owner.user)
        .bind(now)
        .exec(&mut tx)
        .await
        .unwrap();
    q("INSERT INTO sessions (id, token_hash, user_id, org_id, agent, address, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, '', '', $5, $5, $6)")
        .bind(SessionId::new()).bind(crypto::sha256(cookie.as_bytes()).to_vec()).bind(owner.user).bind(org)
        .bind(now).bind(now + chrono::TimeDelta::days(1)).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    cookie
}
