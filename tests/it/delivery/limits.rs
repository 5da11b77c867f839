//! G10: what a platform allows, and what we allow ourselves, on a clock moved by hand. Used tokens are used, whoever used
//! them and whatever became of it.

use chrono::{DateTime, TimeDelta, Utc};
use rostrum::{
    config::{Config, Cost, Rate, Scope},
    db::q,
    delivery::{self, Engine, PartState, TargetState},
    kit::{Clock, TargetId},
    orgs::Rules,
    posts::When,
};
use serde_json::json;

use super::Rig;
use crate::support::Engine as Database;

const START: &str = "2026-11-23T12:00:00Z";

async fn rig(database: Database, change: impl FnOnce(&mut Config)) -> Rig {
    Rig::with(database, Clock::manual(START.parse().unwrap()), |config| {
        config.delivery.drain_seconds = 0;
        config.delivery.lease_seconds = 1;
        change(config);
    })
    .await
}

async fn limited(database: Database, rates: &[Rate]) -> Rig {
    rig(database, |config| config.providers.entry("sandbox".into()).or_default().rates = Some(rates.to_vec())).await
}

fn advance(rig: &Rig, by: TimeDelta) {
    rig.app.app.clock.advance(by);
}

/// So many posts of one channel, now, in this order.
async fn posts(rig: &Rig, count: usize) -> Vec<TargetId> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(rig.post(When::Now, &[&n.to_string()]).await);
    }
    ids
}

async fn published(rig: &Rig, ids: &[TargetId]) {
    for id in ids {
        rig.reaches(*id, TargetState::Published).await;
    }
}

/// Waits until the engine has nothing to do before `until`, and has put these off until then.
async fn put_off(rig: &Rig, ids: &[TargetId], until: DateTime<Utc>) {
    for id in ids {
        let next = async || (rig.parts(*id).await[0].next_at == Some(until)).then_some(());
        rig.app.until(&format!("the post is put off until {until}"), next).await;
    }
}

/// The platform asked for twenty hours, then the clock is set back by a month: no wait ends later than one that is chosen
/// now may (G15).
async fn no_wait_outlives_a_clock_that_is_set_back(database: Database) {
    let rig = rig(database, |_| {}).await;
    rig.platform.behave(json!({"mode": "rate_limit", "retry_after_s": 72_000, "times": 1})).await;
    let id = posts(&rig, 1).await[0];
    put_off(&rig, &[id], rig.now() + TimeDelta::hours(20)).await;
    rig.app.app.clock.set_by(-TimeDelta::days(30));
    let latest = rig.now() + TimeDelta::hours(24) + TimeDelta::minutes(30);
    let shortened = async || {
        advance(&rig, TimeDelta::seconds(10));
        rig.parts(id).await[0].next_at.filter(|at| *at <= latest)
    };
    let at = rig.app.until("the wait is shortened", shortened).await;
    let (blocked,): (Option<DateTime<Utc>>,) =
        q("SELECT blocked_until FROM lanes WHERE channel_id = $1").bind(rig.channel).one(&rig.app.app.db).await.unwrap();
    assert_eq!(blocked, Some(at));
    advance(&rig, at - rig.now());
    published(&rig, &[id]).await;
    assert_eq!(rig.platform.count().await, 1);
}

/// Three an hour: the fourth and fifth are seen to wait, need nobody, and go out by themselves.
async fn a_channel_has_so_many_posts_an_hour(database: Database) {
    let rig = rig(database, |config| {
        config.delivery.limit_sandbox = true;
        config.delivery.channel_per_hour = 3;
    })
    .await;
    let begun = rig.now();
    let other = rig.channel("other").await;
    let ids = posts(&rig, 5).await;
    published(&rig, &ids[..3]).await;
    for id in &ids[3..] {
        let held = rig.reaches(*id, TargetState::Held).await;
        assert_eq!(held.reason.as_deref(), Some(delivery::HOURLY));
    }
    put_off(&rig, &ids[3..], begun + TimeDelta::hours(1)).await;
    assert_eq!(delivery::waiting_for_person(&rig.app.app.db, rig.owner.org).await.unwrap(), 0);
    let page = rig.owner.browser.get(&format!("/posts/{}", rig.target(ids[3]).await.post_id)).await.expect(200).text();
    assert!(page.contains("has had its posts of this hour") && page.contains("goes on by itself"), "{page}");
    // A thread counts once, and another channel has an hour of its own.
    let thread = rig.post_to(other, When::Now, &["a", "b", "c", "d", "e"]).await;
    published(&rig, &[thread]).await;
    advance(&rig, TimeDelta::minutes(59));
    let asked = rig.post_to(other, When::Now, &["again"]).await;
    published(&rig, &[asked]).await;
    assert_eq!(rig.platform.count().await, 3 + 5 + 1);
    advance(&rig, TimeDelta::minutes(1));
    published(&rig, &ids[3..4]).await;
    // It is late by now, and no burst either.
    advance(&rig, TimeDelta::minutes(1));
    published(&rig, &ids[4..]).await;
    assert!(rig.events(ids[4]).await.iter().filter(|k| *k == "target.held").count() == 1);
    assert_eq!(rig.platform.count().await, 3 + 5 + 1 + 2);
}

/// What an organisation chooses holds as far as the instance allows; what is held can be withdrawn.
async fn an_organisation_can_choose_less(database: Database) {
    let rig = rig(database, |config| config.delivery.limit_sandbox = true).await;
    let rules = Rules { channel_per_hour: Some(1), ..Rules::default() };
    let mut tx = rig.app.app.db.begin().await.unwrap();
    rules.save(&mut tx, rig.owner.org).await.unwrap();
    tx.commit().await.unwrap();
    let ids = posts(&rig, 2).await;
    published(&rig, &ids[..1]).await;
    rig.reaches(ids[1], TargetState::Held).await;
    let mut tx = rig.app.app.db.begin().await.unwrap();
    delivery::cancel(&mut tx, rig.owner.org, ids[1], None, rig.now()).await.unwrap();
    tx.commit().await.unwrap();
    advance(&rig, TimeDelta::hours(2));
    let marker = rig.post(When::Now, &["marker"]).await;
    published(&rig, &[marker]).await;
    assert_eq!(rig.target(ids[1]).await.state, TargetState::Cancelled);
    assert_eq!(rig.platform.count().await, 2);
}

/// One developer app, three channels, two engines on one database: four tokens are four posts.
async fn workers_share_a_bucket(database: Database) {
    let rate = Rate { scope: Scope::App, ..Rate::account(4, 3_600) };
    let rig = limited(database, &[rate]).await;
    let second = Engine::start(&rig.app.app);
    let channels = [rig.channel, rig.channel("b").await, rig.channel("c").await];
    let mut ids = Vec::new();
    for n in 0..4 {
        for channel in channels {
            ids.push(rig.post_to(channel, When::At(rig.now() + TimeDelta::minutes(1)), &[&n.to_string()]).await);
        }
    }
    advance(&rig, TimeDelta::minutes(1));
    let next = rig.now() + TimeDelta::minutes(15);
    for expected in [4, 5, 6] {
        let rested = async || {
            let rows: Vec<(i64,)> = q("SELECT count(*) FROM parts WHERE state = 'waiting' AND next_at >= $1")
                .bind(next)
                .all(&rig.app.app.db)
                .await
                .unwrap();
            let out = rig.platform.count().await;
            (rows[0].0 + out == 12 && out >= expected).then_some(out)
        };
        assert_eq!(rig.app.until("every post is out or waits for a token", rested).await, expected);
        if expected < 6 {
            advance(&rig, TimeDelta::minutes(15));
        }
    }
    assert_eq!(rig.platform.stats().await["duplicates"], 0);
    second.stop().await;
}

/// A bucket of one organisation is not another's.
async fn organisations_have_buckets_of_their_own(database: Database) {
    let rate = Rate { scope: Scope::Organisation, ..Rate::account(1, 3_600) };
    let rig = limited(database, &[rate]).await;
    let stranger = rig.app.owner().await;
    let other = super::connect(&rig.app, &stranger, &rig.platform, "other").await.id;
    let second = rig.channel("second").await;
    let mine = posts(&rig, 1).await;
    published(&rig, &mine).await;
    let waits = rig.post_to(second, When::Now, &["mine too"]).await;
    put_off(&rig, &[waits], rig.now() + TimeDelta::hours(1)).await;
    let part = rostrum::posts::EntryPart {
        id: None,
        text: rostrum::kit::text::Doc::from_plain("theirs"),
        media: vec![],
        delay_seconds: 0,
    };
    let entry = rostrum::posts::Entry { target: None, channel: other, settings: json!({}), parts: vec![part] };
    let draft = rostrum::posts::Draft { when: When::Now, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
    let caller = rostrum::orgs::Caller::machine(stranger.org, "UTC", rostrum::orgs::Source::Api);
    rostrum::posts::create(&rig.app.app, &caller, &draft).await.unwrap().unwrap();
    rig.app.until("the other organisation's post is out", async || (rig.platform.count().await == 2).then_some(())).await;
    assert_eq!(rig.target(waits).await.state, TargetState::Scheduled);
}

/// The order of a channel is kept while it waits for tokens; waiting is no try.
async fn what_waits_for_a_token_keeps_its_order(database: Database) {
    let rig = rig(database, |config| {
        config.providers.entry("sandbox".into()).or_default().rates = Some(vec![Rate::account(1, 30)]);
        config.delivery.burst_per_minute = 0;
    })
    .await;
    let begun = rig.now();
    let ids = posts(&rig, 4).await;
    published(&rig, &ids[..1]).await;
    put_off(&rig, &ids[1..], begun + TimeDelta::seconds(30)).await;
    let last = rig.post(When::Now, &["4"]).await;
    for (n, id) in (1i64..).zip(ids[1..].iter().chain([&last])) {
        advance(&rig, TimeDelta::seconds(30));
        published(&rig, &[*id]).await;
        assert_eq!(rig.platform.count().await, n + 1);
    }
    let texts: Vec<String> = rig.live().await.iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4"]);
    assert!(rig.parts(last).await[0].tries == 1 && rig.parts(ids[2]).await[0].tries == 1);
}

/// Two in any day: the third waits for the first to be a day old, the fourth for the second.
async fn a_daily_cap_rolls(database: Database) {
    let rig = limited(database, &[Rate::daily(2)]).await;
    let (begun, first) = (rig.now(), posts(&rig, 1).await);
    published(&rig, &first).await;
    advance(&rig, TimeDelta::hours(5));
    let second = posts(&rig, 1).await;
    published(&rig, &second).await;
    let more = posts(&rig, 2).await;
    put_off(&rig, &more, begun + TimeDelta::hours(24)).await;
    advance(&rig, TimeDelta::hours(19) - TimeDelta::seconds(1));
    assert_eq!(rig.platform.count().await, 2);
    advance(&rig, TimeDelta::seconds(1));
    published(&rig, &more[..1]).await;
    put_off(&rig, &more[1..], begun + TimeDelta::hours(29)).await;
    advance(&rig, TimeDelta::hours(5));
    published(&rig, &more[1..]).await;
}

/// Crashed after the intent: the token is spent, and the next process knows.
async fn a_crash_gives_nothing_back(database: Database) {
    let mut rig = limited(database, &[Rate::daily(1)]).await;
    let begun = rig.now();
    rig.platform.behave(json!({"mode": "hang", "delay_ms": 300_000, "times": 1})).await;
    let lost = posts(&rig, 1).await[0];
    rig.part_reaches(lost, PartState::Sending).await;
    rig.app.until("the platform has it", async || (rig.platform.count().await == 1).then_some(())).await;
    rig.crash().await;
    rig.platform.behave(json!({"mode": "ok"})).await;
    advance(&rig, TimeDelta::seconds(2));
    rig.restart();
    let found = async || {
        advance(&rig, TimeDelta::seconds(1));
        (rig.target(lost).await.state == TargetState::Published).then_some(())
    };
    rig.app.until("it is found", found).await;
    let next = posts(&rig, 1).await;
    put_off(&rig, &next, begun + TimeDelta::hours(24)).await;
    rig.crash().await;
    // Past the lease of the one that crashed.
    advance(&rig, TimeDelta::seconds(2));
    rig.restart();
    let again = posts(&rig, 1).await;
    put_off(&rig, &again, begun + TimeDelta::hours(24)).await;
    assert_eq!(rig.platform.count().await, 1);
    advance(&rig, TimeDelta::hours(24));
    published(&rig, &next).await;
    assert_eq!(rig.platform.stats().await["duplicates"], 0);
}

/// A limit of requests counts uploads, too; a post whose write has no room begins none.
async fn no_upload_for_what_cannot_be_written(database: Database) {
    let rates = [Rate { cost: Cost::Request, ..Rate::account(100, 60) }, Rate::daily(1)];
    let rig = limited(database, &rates).await;
    published(&rig, &posts(&rig, 1).await).await;
    let next = posts(&rig, 1).await;
    put_off(&rig, &next, rig.now() + TimeDelta::hours(24)).await;
    let (attempts,): (i64,) = q("SELECT count(*) FROM attempts").one(&rig.app.app.db).await.unwrap();
    assert_eq!(attempts, 1);
    assert_eq!(rig.parts(next[0]).await[0].tries, 0);
}

/// The last answer said that nothing is left: nothing is sent before there is more, and the bucket knows.
async fn a_success_that_says_nothing_is_left_is_obeyed(database: Database) {
    let rig = limited(database, &[Rate::account(10, 600)]).await;
    rig.platform.behave(json!({"mode": "ok", "remaining": 0, "retry_after_s": 90, "times": 1})).await;
    let begun = rig.now();
    let ids = posts(&rig, 1).await;
    published(&rig, &ids).await;
    let (blocked,): (Option<DateTime<Utc>>,) =
        q("SELECT blocked_until FROM lanes WHERE channel_id = $1").bind(rig.channel).one(&rig.app.app.db).await.unwrap();
    assert_eq!(blocked, Some(begun + TimeDelta::seconds(90)));
    let (full_at,): (DateTime<Utc>,) = q("SELECT full_at FROM buckets WHERE org_id = $1 AND key LIKE '%/0'")
        .bind(rig.owner.org)
        .one(&rig.app.app.db)
        .await
        .unwrap();
    assert_eq!(full_at, begun + TimeDelta::seconds(600));
    let next = posts(&rig, 1).await;
    let elsewhere = rig.channel("elsewhere").await;
    published(&rig, &[rig.post_to(elsewhere, When::Now, &["free"]).await]).await;
    advance(&rig, TimeDelta::seconds(89));
    published(&rig, &[rig.post_to(elsewhere, When::Now, &["still free"]).await]).await;
    assert_eq!((rig.target(next[0]).await.state, rig.platform.count().await), (TargetState::Scheduled, 3));
    advance(&rig, TimeDelta::seconds(1));
    published(&rig, &next).await;
}

macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { super::super::$name(super::super::Database::Sqlite).await; }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { super::super::$name(super::super::Database::Postgres).await; }
        }
    )*};
}

mod on {
    on_both! {
        a_channel_has_so_many_posts_an_hour
        an_organisation_can_choose_less
        workers_share_a_bucket
        organisations_have_buckets_of_their_own
        what_waits_for_a_token_keeps_its_order
        a_daily_cap_rolls
        a_crash_gives_nothing_back
        no_upload_for_what_cannot_be_written
        a_success_that_says_nothing_is_left_is_obeyed
        no_wait_outlives_a_clock_that_is_set_back
    }
}
