//! The clean-ups: they remove what nobody needs and nothing else.

use chrono::TimeDelta;
use rostrum::{
    channels,
    db::q,
    delivery,
    kit::{ChannelId, Clock, MediaId, text::Doc},
    media::{self, Media},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
    providers::MediaRef,
};
use serde_json::json;

use crate::{
    media::samples,
    support::{Engine, Owner, TestApp, map},
};

struct House {
    app: TestApp,
    clock: Clock,
    owner: Owner,
    channel: ChannelId,
}

impl House {
    async fn new(engine: Engine) -> Self {
        let clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
        let app = TestApp::with(engine, clock.clone(), |_| {}).await;
        let owner = app.owner().await;
        let channel = channels::connect(&app.app, owner.org, "sandbox", &map(&[("handle", "ann")])).await.unwrap().id;
        Self { app, clock, owner, channel }
    }

    fn caller(&self) -> Caller {
        Caller::machine(self.owner.org, "UTC", Source::Api)
    }

    async fn upload(&self, name: &str) -> Media {
        media::upload(&self.app.app, &self.caller(), name, &samples::png(4, 4)[..]).await.unwrap()
    }

    async fn post(&self, media: MediaId, channels: &[ChannelId], when: When) {
        let part = EntryPart {
            id: None,
            text: Doc::from_plain("x"),
            media: vec![MediaRef { id: media, alt: String::new() }],
            delay_seconds: 0,
        };
        let entry =
            |channel: &ChannelId| Entry { target: None, channel: *channel, settings: json!({}), parts: vec![part.clone()] };
        let draft =
            Draft { when, zone: chrono_tz::Tz::UTC, entries: channels.iter().map(entry).collect(), allow_duplicate: true };
        posts::create(&self.app.app, &self.caller(), &draft).await.unwrap().unwrap();
    }

    async fn delete(&self, id: MediaId) {
        let mut tx = self.app.app.db.begin().await.unwrap();
        Media::delete(&mut tx, self.owner.org, id, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn has_bytes(&self, media: &Media) -> bool {
        self.app.app.store.read_all(&media.file, 1 << 20).await.is_ok()
    }

    async fn run(&self, sql: &'static str) {
        let mut tx = self.app.app.db.begin().await.unwrap();
        q(sql).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Bytes go a day after their file left the library, unless something that has not gone out shows it.
async fn bytes_are_removed(engine: Engine) {
    let house = House::new(engine).await;
    // From here on the clean-up has its turn each night.
    house.app.run_jobs().await;
    let (planned, sent, unused, fresh, kept) = (
        house.upload("planned.png").await,
        house.upload("sent.png").await,
        house.upload("unused.png").await,
        house.upload("fresh.png").await,
        house.upload("kept.png").await,
    );
    let at = When::At(house.clock.now() + TimeDelta::days(60));
    house.post(sent.id, &[house.channel], at).await;
    house.run("UPDATE parts SET state = 'published', next_at = NULL").await;
    house.run("UPDATE targets SET state = 'published'").await;
    house.post(planned.id, &[house.channel], at).await;
    for media in [&planned, &sent, &unused] {
        house.delete(media.id).await;
    }
    house.clock.advance(TimeDelta::hours(23));
    house.delete(fresh.id).await;
    house.clock.advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
    house.app.run_jobs().await;
    assert!(house.has_bytes(&planned).await, "a planned post shows it");
    assert!(house.has_bytes(&fresh).await, "it can be put back for a day");
    assert!(house.has_bytes(&kept).await);
    assert!(!house.has_bytes(&unused).await);
    assert!(!house.has_bytes(&sent).await);
    // What has no bytes cannot be put back or chosen.
    house.owner.browser.submit(&format!("/media/{}/restoration", unused.id), &[]).await.expect(404);
    house.owner.browser.submit(&format!("/media/{}/restoration", planned.id), &[]).await.expect(303);
    // Even when the table beside the posts says otherwise, what the posts say counts.
    house.run("DELETE FROM part_media").await;
    house.delete(planned.id).await;
    house.clock.advance(TimeDelta::days(3));
    house.app.run_jobs().await;
    assert!(house.has_bytes(&planned).await);
}

/// How often a file is used is looked up in a table; parts from before it are entered once.
async fn uses_are_entered(engine: Engine) {
    let house = House::new(engine).await;
    let picture = house.upload("a.png").await;
    let at = When::At(house.clock.now() + TimeDelta::days(1));
    house.post(picture.id, &[house.channel], at).await;
    house.post(picture.id, &[house.channel], at).await;
    let uses = async || Media::uses(&house.app.app.db, house.owner.org, &[picture.id]).await.unwrap().first().map(|u| u.posts);
    assert_eq!(uses().await, Some(2));
    house.run("DELETE FROM part_media").await;
    assert_eq!(uses().await, None);
    delivery::fill_part_media(&house.app.app.db).await.unwrap();
    assert_eq!(uses().await, None, "it was done at the start");
    house.run("UPDATE instance SET part_media_filled = FALSE").await;
    delivery::fill_part_media(&house.app.app.db).await.unwrap();
    assert_eq!(uses().await, Some(2));
}

/// Sessions that are over and counters that mean nothing are removed.
async fn logins_are_removed(engine: Engine) {
    let house = House::new(engine).await;
    house.run("UPDATE sessions SET expires_at = created_at").await;
    let count = async |sql: &'static str| q(sql).one::<(i64,)>(&house.app.app.db).await.unwrap().0;
    assert_eq!(count("SELECT count(*) FROM sessions").await, 1);
    house.app.visitor().submit("/login", &[("email", "a@example.org"), ("password", "wrong")]).await;
    assert!(count("SELECT count(*) FROM throttles").await > 0);
    house.clock.advance(TimeDelta::hours(2));
    house.app.run_jobs().await;
    assert_eq!(count("SELECT count(*) FROM sessions").await, 0);
    assert_eq!(count("SELECT count(*) FROM throttles").await, 0);
}

macro_rules! on_both {
    ($($test:ident),*) => {$(
        mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$test(super::Engine::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$test(super::Engine::Postgres).await;
            }
        }
    )*};
}
on_both!(bytes_are_removed, uses_are_entered, logins_are_removed);
