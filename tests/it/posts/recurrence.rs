//! Posts that recur: what becomes a target and when, that one occurrence never touches another, and what people do with a
//! series. On a clock that is moved by hand.

use chrono::TimeDelta;
use rostrum::{
    Error,
    delivery::{self, TargetState},
    kit::{
        Clock,
        recur::{End, Every, Rule},
        zone,
    },
    posts::recurrence,
};

use super::*;
use crate::{delivery::Rig, support::Engine as Database};

/// Monday, 23 November 2026, nine o'clock in Berlin.
const NOW: &str = "2026-11-23T08:00:00Z";

macro_rules! recurs {
    ($($(#[$meta:meta])* async fn $name:ident($rig:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;
            async fn body(database: Database) {
                #[allow(unused_mut, reason = "only tests that crash the engine change the rig")]
                let mut $rig = Rig::with(database, Clock::manual(instant(NOW)), |_| {}).await;
                $body
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(Database::Sqlite).await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body(Database::Postgres).await;
            }
        }
    )*};
}

fn rule(every: Every, start: &str) -> Rule {
    let start = chrono::NaiveDateTime::parse_from_str(start, "%Y-%m-%d %H:%M").unwrap();
    Rule { every, start, zone: chrono_tz::Tz::Europe__Berlin, end: End::Never }
}

async fn recurring(rig: &Rig, rule: &Rule, texts: &[&str]) -> PostId {
    let first = When::At(recurrence::preview(rule, rig.now(), 1)[0]);
    let draft = Draft { when: first, zone: rule.zone, entries: vec![entry(rig.channel, texts)], allow_duplicate: true };
    recurrence::create(&rig.app.app, &rig.caller(), &draft, rule).await.unwrap().unwrap().post
}

async fn all(rig: &Rig, post: PostId) -> Vec<Listed> {
    let mut all = posts::of_post(&rig.app.app.db, rig.owner.org, post).await.unwrap();
    all.sort_by_key(|l| l.target.due_at);
    all
}

/// Local times of what waits.
async fn ahead(rig: &Rig, post: PostId) -> Vec<String> {
    let waits = |l: &Listed| l.target.state == TargetState::Scheduled;
    let wall = |l: &Listed| zone::wall(chrono_tz::Tz::Europe__Berlin, l.target.due_at.unwrap()).format("%m-%d %H:%M").to_string();
    all(rig, post).await.iter().filter(|l| waits(l)).map(wall).collect()
}

async fn plan(rig: &Rig) {
    posts::plan_due(&rig.app.app).await.unwrap();
}

/// Does something in a transaction of its own.
macro_rules! within {
    ($rig:ident, |$tx:ident, $caller:ident, $now:ident| $call:expr) => {{
        let mut tx = $rig.app.app.db.begin().await.unwrap();
        let ($tx, $caller, $now) = (&mut tx, &$rig.caller(), $rig.now());
        let done = $call.await;
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done
    }};
}

recurs! {
    /// Sixty days ahead, each once however often it is planned, at nine on the wall clock over the clock change (F10).
    async fn occurrences_become_targets_sixty_days_ahead(rig) {
        rig.app.app.clock.advance(TimeDelta::days(100));
        let post = recurring(&rig, &rule(Every::Days(1), "2026-11-24 09:00"), &["daily"]).await;
        let first = ahead(&rig, post).await;
        assert_eq!((first.len(), first[0].as_str()), (60, "03-04 09:00"));
        assert!(first.iter().all(|wall| wall.ends_with(" 09:00")), "{first:?}");
        let dues: Vec<_> = all(&rig, post).await.iter().map(|l| l.target.due_at.unwrap().format("%m-%d %H:%M").to_string()).collect();
        assert!(dues.contains(&"03-27 08:00".into()) && dues.contains(&"03-28 07:00".into()), "{dues:?}");
        plan(&rig).await;
        assert_eq!(ahead(&rig, post).await, first, "nothing is planned twice");
        rig.crash().await;
        rig.app.app.clock.advance(TimeDelta::days(2));
        let app = &rig.app.app;
        let four = tokio::join!(posts::plan_due(app), posts::plan_due(app), posts::plan_due(app), posts::plan_due(app));
        four.0.and(four.1).and(four.2).and(four.3).unwrap();
        assert_eq!(ahead(&rig, post).await.len(), 62);
        let far = (rig.now() + TimeDelta::days(70), rig.now() + TimeDelta::days(73));
        let drawn = recurrence::upcoming(&app.db, rig.owner.org, far).await.unwrap();
        assert_eq!((drawn.len(), drawn[0].post), (3, post));
        assert!(recurrence::upcoming(&app.db, rig.app.owner().await.org, far).await.unwrap().is_empty());
    }

    /// F4: one goes out, the others stay where they are; the next goes out in its own time.
    async fn f4_publishing_one_touches_no_other(rig) {
        let post = recurring(&rig, &rule(Every::Days(1), "2026-11-24 09:00"), &["daily"]).await;
        let before = all(&rig, post).await;
        for one in &before[..2] {
            rig.app.app.clock.advance(TimeDelta::days(1));
            rig.reaches(one.target.id, TargetState::Published).await;
            plan(&rig).await;
        }
        assert_eq!(rig.live().await.len(), 2);
        let after = all(&rig, post).await;
        for (was, is) in before.iter().zip(&after).skip(2) {
            assert_eq!((is.target.id, is.target.due_at, is.target.state), (was.target.id, was.target.due_at, TargetState::Scheduled));
        }
    }

    /// After a downtime one occurrence of a frequent rule catches up, and not a burst of them.
    async fn a_frequent_rule_catches_up_once(rig) {
        let post = recurring(&rig, &rule(Every::Minutes(10), "2026-11-23 09:10"), &["often"]).await;
        assert_eq!(ahead(&rig, post).await.len(), 100);
        rig.crash().await;
        rig.app.app.clock.advance(TimeDelta::minutes(45));
        rig.restart();
        let newest = all(&rig, post).await[3].target.id;
        rig.reaches(newest, TargetState::Published).await;
        let all = all(&rig, post).await;
        let states: Vec<_> = all[..5].iter().map(|l| (l.target.state, l.target.reason.as_deref())).collect();
        let passed = (TargetState::Cancelled, Some("superseded"));
        assert_eq!(states, [passed, passed, passed, (TargetState::Published, None), (TargetState::Scheduled, None)]);
        assert_eq!(rig.live().await.len(), 1);
    }

    /// The hundred that a frequent rule has as targets are filled up before they run out.
    async fn a_frequent_rule_never_runs_out(rig) {
        let post = recurring(&rig, &rule(Every::Hours(1), "2026-11-23 10:00"), &["hourly"]).await;
        rig.crash().await;
        let series = recurrence::of_post(&rig.app.app.db, rig.owner.org, post).await.unwrap().unwrap();
        let wait = series.plan_at.unwrap() - rig.now();
        assert_eq!(wait, TimeDelta::hours(51));
        rig.app.app.clock.advance(wait);
        plan(&rig).await;
        assert_eq!(all(&rig, post).await.len(), 151);
    }

    /// What is edited alone keeps its words; what is edited for all reaches what has not begun.
    async fn one_or_all_are_edited(rig) {
        let rule = rule(Every::Days(7), "2026-11-24 09:00");
        let post = recurring(&rig, &rule, &["weekly"]).await;
        let before = all(&rig, post).await;
        rig.app.app.clock.advance(TimeDelta::days(1));
        rig.reaches(before[0].target.id, TargetState::Published).await;
        let named = |n: usize, text: &str| Entry { target: Some(before[n].target.id), ..entry(rig.channel, &[text]) };
        let at = |n: usize| When::At(before[n].target.due_at.unwrap());
        let one = Draft { when: at(2), zone: rule.zone, entries: vec![named(2, "alone")], allow_duplicate: true };
        posts::amend(&rig.app.app, &rig.caller(), post, &one).await.unwrap().unwrap();
        let noon = Rule { start: "2026-12-01T12:00:00".parse().unwrap(), ..rule.clone() };
        let when = When::At(recurrence::preview(&noon, rig.now(), 1)[0]);
        let every = Draft { when, zone: rule.zone, entries: vec![named(1, "for all")], allow_duplicate: true };
        recurrence::amend(&rig.app.app, &rig.caller(), post, &every, &noon).await.unwrap().unwrap();
        let after = all(&rig, post).await;
        let told: Vec<_> = after.iter().map(|l| (l.target.id, l.content().to_owned())).collect();
        assert_eq!(told[0], (before[0].target.id, "<p>weekly</p>".into()));
        assert_eq!(told[1], (before[1].target.id, "<p>for all</p>".into()));
        assert_eq!(told[2], (before[2].target.id, "<p>alone</p>".into()));
        assert_eq!(told[3], (before[3].target.id, "<p>for all</p>".into()));
        assert_eq!(ahead(&rig, post).await[..3], ["12-01 12:00", "12-08 09:00", "12-15 12:00"]);
        let off = Draft { when: at(1), zone: rule.zone, entries: vec![named(1, "x")], allow_duplicate: true };
        assert!(matches!(posts::amend(&rig.app.app, &rig.app.owner().await.caller(), post, &off).await, Err(Error::NotFound(_))));
    }

    /// A pause keeps the next one in sight and sends nothing; going on does not make up for what passed.
    async fn a_pause_sends_nothing_and_is_taken_back(rig) {
        let post = recurring(&rig, &rule(Every::Days(1), "2026-11-24 09:00"), &["daily"]).await;
        within!(rig, |tx, caller, now| recurrence::pause(tx, caller, post, now)).unwrap();
        let held = all(&rig, post).await;
        assert_eq!((held.len(), held[0].target.state, held[0].target.reason.as_deref()), (1, TargetState::Held, Some("series")));
        assert_eq!(delivery::waiting_for_person(&rig.app.app.db, rig.owner.org).await.unwrap(), 0);
        rig.app.app.clock.advance(TimeDelta::days(3));
        plan(&rig).await;
        assert_eq!((all(&rig, post).await.len(), rig.live().await.len()), (1, 0));
        within!(rig, |tx, caller, now| recurrence::resume(tx, caller, post, now)).unwrap();
        let after = all(&rig, post).await;
        assert_eq!((after[0].target.state, after[0].target.reason.as_deref()), (TargetState::Cancelled, Some("series")));
        assert_eq!(ahead(&rig, post).await[0], "11-27 09:00");
        let other = rig.app.owner().await.caller();
        let mut tx = rig.app.app.db.begin().await.unwrap();
        assert!(matches!(recurrence::pause(&mut tx, &other, post, rig.now()).await, Err(Error::NotFound(_))));
    }

    /// One is removed and does not come back; this one and what follows end the series; with all of it goes the post.
    async fn one_some_or_all_are_removed(rig) {
        let post = recurring(&rig, &rule(Every::Days(1), "2026-11-24 09:00"), &["daily"]).await;
        let before = all(&rig, post).await;
        within!(rig, |tx, caller, now| delivery::remove_one(tx, caller.org, before[1].target.id, None, now)).unwrap();
        plan(&rig).await;
        let mut other = rule(Every::Days(1), "2026-11-24 10:00");
        within!(rig, |tx, caller, now| recurrence::set(tx, caller, post, &other, now)).unwrap();
        assert_eq!(ahead(&rig, post).await[..2], ["11-24 10:00", "11-26 10:00"], "a removed one stays removed");
        let from = all(&rig, post).await[2].target.due_at.unwrap();
        within!(rig, |tx, caller, now| recurrence::end(tx, caller, post, from, now)).unwrap();
        assert_eq!(ahead(&rig, post).await, ["11-24 10:00", "11-26 10:00"]);
        let series = recurrence::of_post(&rig.app.app.db, rig.owner.org, post).await.unwrap().unwrap();
        assert_eq!((series.plan_at, series.next_at, series.ended_at.is_some()), (None, None, true));
        within!(rig, |tx, caller, now| recurrence::end(tx, caller, post, now, now)).unwrap();
        rig.owner.browser.get(&format!("/posts/{post}")).await.expect(404);
        other.end = End::Count(0);
        let post = recurring(&rig, &rule(Every::Days(1), "2026-11-24 09:00"), &["x"]).await;
        assert!(matches!(within!(rig, |tx, caller, now| recurrence::set(tx, caller, post, &other, now)), Err(Error::Invalid(_))));
    }

    /// A rule with an end has as many as it says, and what ends is not looked at again.
    async fn an_end_is_kept(rig) {
        let post = recurring(&rig, &Rule { end: End::Count(3), ..rule(Every::Days(1), "2026-11-24 09:00") }, &["three"]).await;
        assert_eq!(ahead(&rig, post).await, ["11-24 09:00", "11-25 09:00", "11-26 09:00"]);
        assert_eq!(posts::plan_due(&rig.app.app).await.unwrap(), 0);
        let yearly = recurring(&rig, &rule(Every::Years(1), "2027-06-01 09:00"), &["far"]).await;
        assert_eq!(ahead(&rig, yearly).await, ["06-01 09:00"], "the next one is always there");
    }

    /// G13: another time zone database moves what is ahead, and says so.
    async fn g13_new_time_zone_rules_move_what_is_ahead(rig) {
        let post = recurring(&rig, &rule(Every::Days(1), "2026-11-24 09:00"), &["daily"]).await;
        let moved = all(&rig, post).await[4].target.clone();
        let due = moved.due_at.unwrap();
        let mut tx = rig.app.app.db.begin().await.unwrap();
        q("UPDATE recurrences SET tzdata = '1999a' WHERE post_id = $1").bind(post).exec(&mut tx).await.unwrap();
        q("UPDATE targets SET due_at = $2 WHERE id = $1").bind(moved.id).bind(due - TimeDelta::hours(1)).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        plan(&rig).await;
        assert_eq!(rig.target(moved.id).await.due_at, Some(due));
        assert_eq!(rig.parts(moved.id).await[0].next_at, Some(due));
        assert_eq!(rig.events(moved.id).await, ["target.rescheduled"]);
        assert_eq!(posts::plan_due(&rig.app.app).await.unwrap(), 0);
    }

    /// A draft recurs from when it is scheduled.
    async fn a_draft_recurs_once_it_is_scheduled(rig) {
        let rule = rule(Every::Days(1), "2026-11-24 09:00");
        let first = recurrence::preview(&rule, rig.now(), 1)[0];
        let draft = |when, target| Draft { when, zone: rule.zone, entries: vec![Entry { target, ..entry(rig.channel, &["daily"]) }], allow_duplicate: true };
        let saved = recurrence::create(&rig.app.app, &rig.caller(), &draft(When::Draft(Some(first)), None), &rule).await.unwrap().unwrap();
        assert_eq!(all(&rig, saved.post).await.len(), 1);
        plan(&rig).await;
        assert_eq!(all(&rig, saved.post).await.len(), 1);
        let scheduled = draft(When::At(first), Some(saved.targets[0].0));
        posts::amend(&rig.app.app, &rig.caller(), saved.post, &scheduled).await.unwrap().unwrap();
        assert_eq!(ahead(&rig, saved.post).await.len(), 60);
    }
}
