//! Every platform of the registry against a server of its own, through the whole program and on both databases: connected as a
//! person connects it, asked whether it works, and published to by the engine; then once more with an answer that gets lost.
//!
//! `cargo test --test it smoke::`. The list is the registry: a provider without a server here fails.

mod articles;
mod chats;
mod communities;
#[allow(dead_code, reason = "the providers' own tests use more of it")]
#[path = "../../../src/providers/testing/fake.rs"]
pub mod fake;
mod relay;
mod social;
mod world;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::multipart::Part;
use rostrum::{
    channels::{self, Channel},
    delivery::{self, Engine, TargetState},
    kit::{Clock, OrgId, TargetId},
    providers::{Auth, Provider, REGISTRY},
};
use serde_json::{Value as Json, json};
use url::Url;

use crate::{
    media::samples::png,
    support::{Client, Engine as Database, Owner, TestApp},
};
use world::Server;

/// How long a platform's post may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(60);

/// One platform, and the channel there.
struct Smoke {
    provider: &'static dyn Provider,
    server: Server,
    channel: Channel,
}

/// An instance on which every platform is connected.
struct World {
    app: TestApp,
    owner: Owner,
    smokes: Vec<Smoke>,
}

impl World {
    async fn start(database: Database) -> Self {
        let servers = join_all(REGISTRY.iter().map(|provider| Server::of(provider.about().id))).await;
        let app = TestApp::with(database, Clock::system(), |config| {
            servers.iter().for_each(|server| server.configure(config));
        })
        .await;
        let owner = app.owner().await;
        let mut smokes = Vec::new();
        for (provider, server) in REGISTRY.iter().zip(servers) {
            let channel = connect(&app, &owner, *provider, &server).await;
            smokes.push(Smoke { provider: *provider, server, channel });
        }
        Self { app, owner, smokes }
    }

    /// Runs the check on every platform, and names all that fail it.
    async fn each(&self, what: &str, check: impl AsyncFn(&Smoke) -> Result<(), String>) {
        let results = join_all(self.smokes.iter().map(|smoke| check(smoke))).await;
        let failed: Vec<String> = std::iter::zip(&self.smokes, results)
            .filter_map(|(smoke, result)| Some(format!("{}: {}", smoke.id(), result.err()?)))
            .collect();
        assert!(failed.is_empty(), "{what}:\n{}", failed.join("\n"));
    }

    /// Publishes one post at once, as a script does, and waits until it has come to rest. Gives its state, and why.
    async fn publish(&self, smoke: &Smoke) -> Result<(TargetState, String), String> {
        let image = self.upload(smoke).await;
        let mut settings: Json = serde_json::from_str(smoke.server.script.settings).unwrap();
        settings["__type"] = smoke.id().into();
        let value = json!([{"content": format!("Smoke at {}", smoke.id()), "image": image}]);
        let body = json!({
            "type": "now", "date": "2026-11-23T08:00:00.000Z", "shortLink": false, "tags": [],
            "posts": [{"integration": {"id": smoke.channel.id.to_string()}, "value": value, "settings": settings}],
        });
        let created = self.owner.api.post_json("/public/v1/posts", &body).await;
        if created.status != 201 {
            return Err(format!("refused with {}: {}", created.status, created.text()));
        }
        let id: TargetId = created.json()[0]["postId"].as_str().unwrap().parse().unwrap();
        let (db, org, deadline) = (&self.app.app.db, self.owner.org, Instant::now() + PATIENCE);
        loop {
            let target = delivery::find_target(db, org, id).await.unwrap();
            let parts = delivery::parts_of(db, org, &[id]).await.unwrap();
            let why = parts[0].failure.as_ref().map(|failure| failure.0.message.clone()).unwrap_or_default();
            if !matches!(target.state, TargetState::Scheduled | TargetState::Sending) {
                return Ok((target.state, why));
            }
            if Instant::now() > deadline {
                return Err(format!("is {} ({}) after a minute: {why}", target.state.as_str(), parts[0].state.as_str()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn upload(&self, smoke: &Smoke) -> Json {
        let Some((width, height)) = smoke.server.script.picture else { return json!([]) };
        let file = Part::bytes(png(width, height)).file_name("smoke.png");
        let media = self.owner.api.submit_multipart("/public/v1/upload", |form| form.part("file", file)).await.expect(201).json();
        json!([{"id": media["id"], "path": media["path"]}])
    }
}

impl Smoke {
    fn id(&self) -> &'static str {
        self.provider.about().id
    }
}

/// As a person does it in the browser, whatever the platform wants.
async fn connect(app: &TestApp, owner: &Owner, provider: &dyn Provider, server: &Server) -> Channel {
    let (about, browser) = (provider.about(), &owner.browser);
    browser.get(&format!("/channels/connect/{}", about.id)).await.expect(200);
    let form = server.form();
    let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.submit(&format!("/channels/connect/{}", about.id), &fields).await;
    match about.auth {
        Auth::Form => drop(answer.expect(303)),
        Auth::OAuth2(_) => consented(browser, about.id, (&answer.expect(200).page(), server)).await,
        Auth::Await => invited(browser, answer.expect(303).header("location"), server).await,
    }
    connected(app, owner.org, about.id).await.unwrap_or_else(|| panic!("{} is not connected: {:?}", about.id, server.strange()))
}

async fn connected(app: &TestApp, org: OrgId, provider: &str) -> Option<Channel> {
    Channel::list(&app.app.db, org).await.unwrap().into_iter().find(|channel| channel.provider == provider)
}

/// The consent page is the platform's own, and the platform sends the person back to ours.
async fn consented(browser: &Client, id: &str, (page, server): (&str, &Server)) {
    let start = page.find("url=http").unwrap_or_else(|| panic!("{id} leads nowhere: {page}")) + "url=".len();
    let consent = Url::parse(&page[start..].split('"').next().unwrap().replace("&amp;", "&")).unwrap();
    assert!(consent.as_str().starts_with(&server.url()), "{id} asks for consent at {consent}");
    let query = |wanted: &str| consent.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let (back, state) = (Url::parse(&query("redirect_uri").unwrap()).unwrap(), query("state").unwrap());
    let answer = browser.get(&format!("{}?{}&state={state}", back.path(), server.script.back)).await;
    assert_eq!(answer.status, 303, "{id}: {}", answer.page());
}

/// The person does at the platform what the page says, and the page looks.
async fn invited(browser: &Client, here: &str, server: &Server) {
    let page = browser.get(here).await.expect(200).page();
    let word = page.split_once("id=\"word\">").map(|(_, rest)| rest.split('<').next().unwrap().to_owned());
    server.invited(&word.unwrap_or_else(|| "approved".into()));
    browser.submit(&format!("{here}/check"), &[]).await.expect(303);
}

/// Connected, tested and published to; and listed for scripts, with what it accepts.
async fn every_platform(database: Database) {
    let world = World::start(database).await;
    let engine = Engine::start(&world.app.app);
    let listed = world.owner.api.get("/public/v1/integrations").await.expect(200).json();
    world
        .each("a platform does not work", async |smoke| {
            let health = channels::test(&world.app.app, &smoke.channel).await.map_err(|e| format!("channel test: {e:?}"))?;
            if !health.same {
                return Err(format!("channel test finds another account: {:?}", health.identity));
            }
            let of_channel = |one: &&Json| one["id"] == smoke.channel.id.to_string();
            let identifier = listed.as_array().unwrap().iter().find(of_channel).map(|one| one["identifier"].clone());
            if identifier != Some(smoke.id().into()) {
                return Err(format!("is listed as {identifier:?}"));
            }
            let settings = world.owner.api.get(&format!("/public/v1/integration-settings/{}", smoke.channel.id)).await;
            if settings.status != 200 || settings.json()["output"]["maxLength"].as_u64().is_none() {
                return Err(format!("has no settings: {}", settings.text()));
            }
            let (state, why) = world.publish(smoke).await?;
            match (state, smoke.server.live().await, smoke.server.strange()) {
                (TargetState::Published, 1, strange) if strange.is_empty() => Ok(()),
                (state, live, strange) => {
                    Err(format!("{} ({why}), {live} posts live; not documented: {strange:?}", state.as_str()))
                }
            }
        })
        .await;
    engine.stop().await;
}

/// The write was accepted and its answer lost: it is live once, and found or left to a person, never sent again.
async fn every_lost_answer(database: Database) {
    let world = World::start(database).await;
    let engine = Engine::start(&world.app.app);
    world
        .each("a lost answer is not understood", async |smoke| {
            smoke.server.lose_one().await;
            let (state, why) = world.publish(smoke).await?;
            let (live, lost, strange) = (smoke.server.live().await, smoke.server.has_lost().await, smoke.server.strange());
            if (live, lost) != (1, true) || !strange.is_empty() {
                return Err(format!("{} ({why}) with {live} posts live; lost: {lost}; {strange:?}", state.as_str()));
            }
            // Who can read back has to find it; who cannot must ask.
            match (state, smoke.provider.about().can.find) {
                (TargetState::Published, _) | (TargetState::NeedsYou, false) => Ok(()),
                (state, find) => Err(format!("{} ({why}); reads back: {find}", state.as_str())),
            }
        })
        .await;
    engine.stop().await;
}

macro_rules! on_both {
    ($($(#[$meta:meta])* $name:ident: $body:path;)*) => {$(
        mod $name {
            use super::*;
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $body(Database::Sqlite).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $body(Database::Postgres).await;
            }
        }
    )*};
}

on_both! {
    /// See [`every_platform`].
    every_platform_is_connected_tested_and_published_to: every_platform;
    /// See [`every_lost_answer`].
    every_lost_answer_is_found_or_left_to_a_person: every_lost_answer;
}
