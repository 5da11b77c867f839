//! Delivery against a platform that misbehaves as told: never twice, never lost, and said why when it waits.

mod catch_up;
mod failures;
mod fairness;
mod limits;
mod people;
mod publish;
mod races;
mod settings;
mod takedown;
mod trouble;

use chrono::{DateTime, TimeDelta, Utc};
use rostrum::{
    channels::{self, Channel},
    config::Config,
    db::q,
    delivery::{self, Engine, Handle, PartState, Target, TargetState},
    kit::{ChannelId, Clock, TargetId, text::Doc},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
};
use serde_json::{Value as Json, json};

use crate::{
    sandbox::Platform,
    support::{Engine as Database, Owner, TestApp, map},
};

/// An instance with one owner, a platform of its own and one channel there.
pub struct Rig {
    pub app: TestApp,
    pub owner: Owner,
    pub platform: Platform,
    pub channel: ChannelId,
    engine: Option<Handle>,
}

impl Rig {
    pub async fn new(database: Database) -> Self {
        Self::with(database, Clock::system(), |_| {}).await
    }

    pub async fn with(database: Database, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let app = TestApp::with(database, clock, change).await;
        let (owner, platform) = (app.owner().await, Platform::start().await);
        let channel = connect(&app, &owner, &platform, "me").await.id;
        let engine = Some(Engine::start(&app.app));
        Self { app, owner, platform, channel, engine }
    }

    /// Another channel on the same platform.
    pub async fn channel(&self, handle: &str) -> ChannelId {
        connect(&self.app, &self.owner, &self.platform, handle).await.id
    }

    /// Saves a thread for the rig's channel.
    pub async fn post(&self, when: When, texts: &[&str]) -> TargetId {
        self.post_to(self.channel, when, texts).await
    }

    pub async fn post_to(&self, channel: ChannelId, when: When, texts: &[&str]) -> TargetId {
        let part = |text: &&str| EntryPart { id: None, text: Doc::from_plain(text), media: vec![], delay_seconds: 0 };
        let entry = Entry { target: None, channel, settings: json!({}), parts: texts.iter().map(part).collect() };
        let draft = Draft { when, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
        let saved = posts::create(&self.app.app, &self.caller(), &draft).await.unwrap().unwrap();
        saved.targets[0].0
    }

    pub fn caller(&self) -> Caller {
        Caller::machine(self.owner.org, "UTC", Source::Api)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.app.clock.now()
    }

    pub async fn target(&self, id: TargetId) -> Target {
        delivery::find_target(&self.app.app.db, self.owner.org, id).await.unwrap()
    }

    pub async fn parts(&self, id: TargetId) -> Vec<delivery::Part> {
        delivery::parts_of(&self.app.app.db, self.owner.org, &[id]).await.unwrap()
    }

    pub async fn part_states(&self, id: TargetId) -> Vec<PartState> {
        self.parts(id).await.into_iter().map(|p| p.state).collect()
    }

    /// Waits until the target is in this state.
    pub async fn reaches(&self, id: TargetId, state: TargetState) -> Target {
        let what = format!("the target becomes {}", state.as_str());
        self.app.until(&what, async || Some(self.target(id).await).filter(|t| t.state == state)).await
    }

    /// Waits until the first part is in this state.
    pub async fn part_reaches(&self, id: TargetId, state: PartState) {
        let what = format!("the first part becomes {}", state.as_str());
        self.app.until(&what, async || (self.part_states(id).await[0] == state).then_some(())).await;
    }

    /// The platform's posts, oldest first.
    pub async fn live(&self) -> Vec<Json> {
        let mut posts =
            self.platform.client.get("/api/posts?limit=1000").await.expect(200).json()["posts"].as_array().unwrap().clone();
        posts.reverse();
        posts
    }

    /// Ends the engine as a crash does: what is in flight is neither finished nor written down.
    pub async fn crash(&mut self) {
        self.engine.take().unwrap().stop().await;
    }

    pub fn restart(&mut self) {
        self.engine = Some(Engine::start(&self.app.app));
    }

    /// How often each word of the audit trail stands at a target.
    pub async fn events(&self, id: TargetId) -> Vec<String> {
        let rows: Vec<(String,)> =
            q("SELECT kind FROM events WHERE target_id = $1 ORDER BY id").bind(id).all(&self.app.app.db).await.unwrap();
        rows.into_iter().map(|(kind,)| kind).collect()
    }
}

pub async fn connect(app: &TestApp, owner: &Owner, platform: &Platform, handle: &str) -> Channel {
    let answers = map(&[("server", &platform.url), ("handle", handle)]);
    channels::connect(&app.app, owner.org, "sandbox", &answers).await.unwrap()
}

/// Written without the checks that people's posts go through: for what only time can bring about.
pub async fn overdue(rig: &Rig, by: TimeDelta) -> TargetId {
    let id = rig.post(When::At(rig.now() + TimeDelta::hours(1)), &["late"]).await;
    let due = rig.now() - by;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    q("UPDATE targets SET due_at = $2 WHERE id = $1").bind(id).bind(due).exec(&mut tx).await.unwrap();
    q("UPDATE parts SET next_at = $2 WHERE target_id = $1").bind(id).bind(due).exec(&mut tx).await.unwrap();
    q("UPDATE lanes SET next_due = $2 WHERE channel_id = $1").bind(rig.channel).bind(due).exec(&mut tx).await.unwrap();
    tx.publish(rostrum::db::Topic::Schedule);
    tx.commit().await.unwrap();
    id
}

/// Every test of delivery runs on both databases.
#[macro_export]
macro_rules! delivers {
    ($($(#[$meta:meta])* async fn $name:ident($rig:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;
            async fn body(database: $crate::support::Engine) {
                #[allow(unused_mut, reason = "only tests that crash the engine change the rig")]
                let mut $rig = $crate::delivery::Rig::new(database).await;
                $body
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::support::Engine::Sqlite).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($crate::support::Engine::Postgres).await;
            }
        }
    )*};
}
