//! What people are told, when, how often and no longer: notices in the pages and by mail, on both databases.

mod mails;
mod pages;

use chrono::TimeDelta;
use rostrum::{
    channels,
    db::q,
    delivery,
    events::{self, Event},
    kit::{ChannelId, Clock, PostId, TargetId, UserId, text::Doc},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
};
use serde_json::{Value as Json, json};

use crate::support::{Client, Engine, Owner, TestApp, map};

/// An instance with a mail server, an owner and a channel, on a clock of its own.
pub struct Desk {
    pub app: TestApp,
    pub clock: Clock,
    pub owner: Owner,
    pub channel: ChannelId,
}

impl Desk {
    pub async fn new(engine: Engine) -> Self {
        let clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
        let app = TestApp::with_mail(engine, clock.clone()).await;
        let owner = app.owner().await;
        let channel = channel_of(&app, &owner).await;
        Self { app, clock, owner, channel }
    }

    /// A planned post that is brought into a state, with the event that comes with it, as delivery writes both.
    pub async fn post_in(&self, state: &'static str, event: &'static str, data: Json) -> (PostId, TargetId) {
        let post = post(&self.app, &self.owner, self.channel).await;
        self.bring(post, state, event, data).await;
        post
    }

    pub async fn bring(&self, (post, target): (PostId, TargetId), state: &'static str, event: &'static str, data: Json) {
        let mut tx = self.app.app.db.begin().await.unwrap();
        q("UPDATE targets SET state = $2 WHERE id = $1").bind(target).bind(state).exec(&mut tx).await.unwrap();
        let event = Event {
            kind: event,
            post: Some(post),
            target: Some(target),
            channel: Some(self.channel),
            data: Some(data),
            ..Event::default()
        };
        events::record(&mut tx, self.owner.org, event, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn fail(&self) -> (PostId, TargetId) {
        self.post_in("failed", "part.failed", json!({"message": "Text <too> long"})).await
    }

    pub async fn break_channel(&self) {
        let mut tx = self.app.app.db.begin().await.unwrap();
        channels::mark_reconnect(&mut tx, (self.owner.org, self.channel), None, "token revoked", self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Lets the time of gathering pass and everything run.
    pub async fn gathered(&self) {
        self.app.run_jobs().await;
        self.clock.advance(TimeDelta::seconds(61));
        self.app.run_jobs().await;
    }

    pub async fn notices(&self) -> Vec<(String, i64, bool)> {
        q("SELECT kind, count, resolved_at IS NOT NULL FROM notices ORDER BY id").all(&self.app.app.db).await.unwrap()
    }

    pub fn mails(&self) -> Vec<crate::support::Received> {
        self.app.mail().received()
    }

    /// Another member of the same organisation, with a browser.
    pub async fn member(&self, role: &'static str) -> (UserId, Client) {
        let other = self.app.owner().await;
        let mut tx = self.app.app.db.begin().await.unwrap();
        q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)")
            .bind(self.owner.org)
            .bind(other.user)
            .bind(role)
            .bind(self.clock.now())
            .exec(&mut tx)
            .await
            .unwrap();
        q("UPDATE sessions SET org_id = $1 WHERE user_id = $2")
            .bind(self.owner.org)
            .bind(other.user)
            .exec(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        (other.user, other.browser)
    }

    /// Chooses for every kind.
    pub async fn choose(&self, browser: &Client, how: &str) {
        let kinds = rostrum::notify::Kind::ALL.map(rostrum::notify::Kind::as_str);
        let mut fields = vec![("_method", "PUT")];
        fields.extend(kinds.map(|kind| (kind, how)));
        browser.submit("/settings/notices", &fields).await.expect(303);
    }
}

pub async fn channel_of(app: &TestApp, owner: &Owner) -> ChannelId {
    channels::connect(&app.app, owner.org, "sandbox", &map(&[("handle", "ann")])).await.unwrap().id
}

pub async fn post(app: &TestApp, owner: &Owner, channel: ChannelId) -> (PostId, TargetId) {
    let part = EntryPart { id: None, text: Doc::from_plain("Good morning & hello"), media: vec![], delay_seconds: 0 };
    let entry = Entry { target: None, channel, settings: json!({}), parts: vec![part] };
    let when = When::At(app.app.clock.now() + TimeDelta::days(5));
    let draft = Draft { when, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
    let caller = Caller::machine(owner.org, "UTC", Source::Api);
    let saved = posts::create(&app.app, &caller, &draft).await.unwrap().unwrap();
    let target = saved.targets[0].0;
    assert!(delivery::find_target(&app.app.db, owner.org, target).await.is_ok());
    (saved.post, target)
}

/// Each test on each database, with a desk of its own.
#[macro_export]
macro_rules! tells {
    ($($(#[$meta:meta])* async fn $name:ident($desk:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;
            async fn body(engine: $crate::support::Engine) {
                let $desk = $crate::notify::Desk::new(engine).await;
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
