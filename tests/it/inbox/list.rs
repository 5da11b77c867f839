//! The list: what is in it, its filters, its pages, its plan, and doing one thing with many.

use chrono::TimeDelta;
use rostrum::{
    db::q,
    delivery::{PartState, TargetState},
    inbox,
    kit::{ChannelId, OrgId, PostId, TargetId},
    posts::When,
};

use crate::{
    both_databases,
    posts::{channel, entry, listed, play, saved},
    support::{Owner, TestApp},
};

/// A target of one part that waits for a person.
async fn waiting(app: &TestApp, owner: &Owner, to: ChannelId, text: &str, sql: &'static str) -> (PostId, TargetId) {
    let post = saved(app, owner, When::Now, vec![entry(to, &[text])]).await;
    let target = post.targets[0].0;
    play(app, "UPDATE parts SET next_at = NULL WHERE target_id = $1", target).await;
    play(app, sql, target).await;
    (post.post, target)
}

const HELD: &str = "UPDATE targets SET state = 'held', reason = 'late' WHERE id = $1";
const PAUSED: &str = "UPDATE targets SET state = 'held', reason = 'paused' WHERE id = $1";
const MISSED: &str = "UPDATE targets SET state = 'missed', reason = 'late' WHERE id = $1";
const FAILED: &str = "UPDATE targets SET state = 'failed' WHERE id = $1";
const PART_FAILED: &str = "UPDATE parts SET state = 'failed' WHERE target_id = $1";

async fn failed(app: &TestApp, owner: &Owner, to: ChannelId, text: &str) -> (PostId, TargetId) {
    let made = waiting(app, owner, to, text, FAILED).await;
    play(app, PART_FAILED, made.1).await;
    made
}

async fn state(app: &TestApp, owner: &Owner, post: PostId) -> (TargetState, Vec<PartState>) {
    let listed = listed(app, owner, post).await;
    (listed[0].target.state, listed[0].parts.iter().map(|p| p.state).collect())
}

/// So many held targets, a second apart, straight into the tables.
async fn many(app: &TestApp, org: OrgId, like: TargetId, count: i64) {
    let mut tx = app.app.db.begin().await.unwrap();
    for n in 0..count {
        let (id, due) = (TargetId::new(), app.app.clock.now() - TimeDelta::seconds(n));
        q("INSERT INTO targets (id, org_id, post_id, version_id, channel_id, entry, occurrence_key, due_at, zone, state, reason, settings, created_at)
           SELECT $1, org_id, post_id, version_id, channel_id, 1000 + $5, 'once', $2, zone, 'held', 'late', settings, created_at FROM targets WHERE id = $3 AND org_id = $4")
        .bind(id).bind(due).bind(like).bind(org).bind(n).exec(&mut tx).await.unwrap();
        q("INSERT INTO parts (id, org_id, target_id, channel_id, position, delay_seconds, content, media, state, tries, looks)
           SELECT $1, org_id, $1, channel_id, 0, 0, content, media, 'waiting', 0, 0 FROM parts WHERE target_id = $2")
        .bind(id)
        .bind(like)
        .exec(&mut tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

both_databases! {
    /// Each kind is found under its filter, and nothing else is in the list.
    async fn everything_that_waits_is_listed_by_its_kind(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        for (text, sql) in [("was late", HELD), ("is paused", PAUSED), ("was missed", MISSED)] {
            waiting(&app, &owner, ann, text, sql).await;
        }
        failed(&app, &owner, ann, "was refused").await;
        saved(&app, &owner, When::Draft(None), vec![entry(ann, &["only a draft"])]).await;
        saved(&app, &owner, When::At(app.app.clock.now() + TimeDelta::hours(1)), vec![entry(ann, &["is planned"])]).await;
        let texts = ["was late", "is paused", "was missed", "was refused"];
        for (filter, shown) in [("", &texts[..]), ("held_late", &texts[..1]), ("held_paused", &texts[1..2]), ("missed", &texts[2..3]), ("failed", &texts[3..])] {
            let page = owner.browser.get(&format!("/inbox?filter={filter}")).await.expect(200).page();
            for text in texts {
                assert_eq!(page.contains(text), shown.contains(&text), "{filter}: {text}");
            }
            assert!(!page.contains("only a draft") && !page.contains("is planned"));
            assert!(page.contains("Held: late") && page.contains("Failed") && !page.contains("Uncertain"), "only kinds that there are");
        }
        let posts = owner.browser.get("/posts").await.page();
        assert!(posts.contains("<span class=\"count loud grow-end\">4<"), "the navigation counts what waits");
        let other = app.owner().await;
        let page = other.browser.get("/inbox").await.page();
        assert!(page.contains("Nothing waits for you") && texts.iter().all(|text| !page.contains(text)));
    }

    /// A channel that must be connected again stands in the list, with what waits for it.
    async fn channels_that_must_be_connected_again_are_listed(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        waiting(&app, &owner, ann, "waits for Ann", "UPDATE targets SET state = 'held', reason = 'reconnect' WHERE id = $1").await;
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE channels SET state = 'reconnect', reason = 'Token revoked' WHERE id = $1").bind(ann).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        for path in ["/inbox", "/inbox?filter=held_reconnect"] {
            let page = owner.browser.get(path).await.expect(200).page();
            assert!(page.contains("Ann needs to be reconnected") && page.contains("Token revoked") && page.contains("1 post waits for it"));
            assert!(page.contains(&format!("/channels/connect/sandbox?channel={ann}")) && page.contains("waits for Ann"));
        }
        assert!(!owner.browser.get("/inbox?filter=failed").await.page().contains("Token revoked"));
    }

    /// Pages follow each other without a gap or a repetition, and a cursor of nobody's is refused by its name.
    async fn pages_follow_each_other(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (_, like) = waiting(&app, &owner, ann, "one of many", HELD).await;
        many(&app, owner.org, like, 120).await;
        let (mut path, mut seen, mut pages) = ("/inbox?filter=held_late".to_owned(), Vec::new(), 0);
        loop {
            let page = owner.browser.get(&path).await.expect(200).page();
            seen.extend(page.split("id=\"item-").skip(1).map(|rest| rest[..36].to_owned()));
            pages += 1;
            let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else { break };
            path = next.split('"').next().unwrap().replace("&amp;", "&");
        }
        assert_eq!((pages, seen.len()), (3, 121));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 121);
        let refused = owner.browser.get("/inbox?after=somewhere").await.expect(400);
        assert!(refused.page().contains("after"));
        owner.browser.get("/inbox?filter=..%2F..").await.expect(200);
    }

    /// A hundred thousand posts, a few of which wait: the list walks along its index and reads no more than it shows.
    async fn the_list_runs_along_its_index(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let (_, like) = waiting(&app, &owner, ann, "one of many", HELD).await;
        many(&app, owner.org, like, 60).await;
        let mut tx = app.app.db.begin().await.unwrap();
        // Ids of sixteen bytes, made from a number.
        q("INSERT INTO targets (id, org_id, post_id, version_id, channel_id, entry, occurrence_key, due_at, zone, state, settings, created_at)
           WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
           SELECT ")
            .dialect("CAST(lpad(to_hex(n.i), 32, '0') AS UUID)", "unhex(printf('%032x', n.i))")
            .push(", t.org_id, t.post_id, t.version_id, t.channel_id, 100000 + n.i, 'once', t.due_at, t.zone, 'published', t.settings, t.created_at
           FROM n CROSS JOIN targets t WHERE t.id = $1")
            .bind(like).exec(&mut tx).await.unwrap();
        if app.app.db.is_postgres() {
            q("ANALYZE targets").exec(&mut tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let cursor = inbox::Cursor { due_at: app.app.clock.now(), id: like };
        for (kind, after, index) in [
            (None, None, "targets_inbox"),
            (None, Some(cursor), "targets_inbox"),
            (Some("held_late"), Some(cursor), "targets_inbox_kind"),
        ] {
            let plan = inbox::list_query(owner.org, kind, after, 51).plan(&app.app.db).await.unwrap();
            let words: Vec<&str> = plan.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            assert!(words.contains(&index), "{kind:?}: {plan}");
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE") && !plan.contains("Seq Scan"), "{kind:?}: {plan}");
        }
        let page = owner.browser.get("/inbox").await.expect(200).page();
        assert_eq!(page.split("id=\"item-").count() - 1, 50);
        assert!(page.contains(">61<"));
    }

    /// One thing with many: what fits is done, what does not is said, and the others are left alone.
    async fn one_thing_is_done_with_many(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let held = waiting(&app, &owner, ann, "held", HELD).await;
        let missed = waiting(&app, &owner, ann, "missed", MISSED).await;
        let broken = failed(&app, &owner, ann, "failed").await;
        let untouched = failed(&app, &owner, ann, "untouched").await;
        let (h, m, f) = (held.1.to_string(), missed.1.to_string(), broken.1.to_string());
        let bulk = [("act", "publish_now"), ("target", &h), ("target", &m), ("target", &f), ("filter", "failed")];
        let led = owner.browser.submit("/inbox", &bulk).await.expect(303);
        assert_eq!(led.header("location"), "/inbox?filter=failed");
        assert!(owner.browser.get("/inbox").await.page().contains("Done: 2. Not possible for 1 post"));
        assert_eq!(state(&app, &owner, held.0).await, (TargetState::Scheduled, vec![PartState::Waiting]));
        assert_eq!(state(&app, &owner, missed.0).await, (TargetState::Scheduled, vec![PartState::Waiting]));
        assert_eq!(state(&app, &owner, broken.0).await.0, TargetState::Failed);
        owner.browser.submit("/inbox", &[("act", "retry"), ("target", &f)]).await.expect(303);
        assert_eq!(state(&app, &owner, broken.0).await, (TargetState::Scheduled, vec![PartState::Waiting]));
        assert_eq!(state(&app, &owner, untouched.0).await, (TargetState::Failed, vec![PartState::Failed]));
        owner.browser.submit("/inbox", &[("act", "drop"), ("target", &untouched.1.to_string())]).await.expect(303);
        assert_eq!(state(&app, &owner, untouched.0).await.0, TargetState::Failed);
        assert!(owner.browser.get("/inbox").await.page().contains("Nothing waits for you"));
        let shown = owner.browser.get(&format!("/posts/{}", untouched.0)).await.page();
        assert!(shown.contains("Left as it is, by Ann"));
    }

    /// What is kept back is planned for the next free posting time; what failed is not.
    async fn what_is_kept_back_moves_to_the_next_free_time(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let held = waiting(&app, &owner, ann, "held", HELD).await;
        let broken = failed(&app, &owner, ann, "failed").await;
        let (h, f) = (held.1.to_string(), broken.1.to_string());
        owner.browser.submit("/inbox", &[("act", "move"), ("target", &h), ("target", &f)]).await.expect(303);
        assert!(owner.browser.get("/inbox").await.page().contains("Done: 1. Not possible for 1 post"));
        assert_eq!(state(&app, &owner, held.0).await, (TargetState::Scheduled, vec![PartState::Waiting]));
        assert_eq!(state(&app, &owner, broken.0).await.0, TargetState::Failed);
        let due = listed(&app, &owner, held.0).await[0].target.due_at.unwrap();
        assert!(due > app.app.clock.now(), "{due}");
    }

    /// What is dropped while it is held is withdrawn.
    async fn what_is_held_and_dropped_is_withdrawn(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let held = waiting(&app, &owner, ann, "held", HELD).await;
        owner.browser.submit("/inbox", &[("act", "drop"), ("target", &held.1.to_string())]).await.expect(303);
        assert_eq!(state(&app, &owner, held.0).await, (TargetState::Cancelled, vec![PartState::Cancelled]));
    }

    /// A form that makes no sense is shown again with what is wrong; ids of others are not there.
    async fn bad_forms_are_told_what_is_wrong(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let held = waiting(&app, &owner, ann, "held", HELD).await;
        let id = held.1.to_string();
        let nothing = owner.browser.submit("/inbox", &[("act", "publish_now")]).await.expect(422).page();
        assert!(nothing.contains("Tick at least one post first"));
        owner.browser.submit("/inbox", &[("act", "burn"), ("target", &id)]).await.expect(422);
        owner.browser.submit("/inbox", &[("act", "drop"), ("target", "no id")]).await.expect(422);
        let much: Vec<(&str, &str)> = std::iter::once(("act", "drop")).chain(std::iter::repeat_n(("target", id.as_str()), 201)).collect();
        assert!(owner.browser.submit("/inbox", &much).await.expect(422).page().contains("At most 200"));
        other.browser.submit("/inbox", &[("act", "publish_now"), ("target", &id)]).await.expect(404);
        assert_eq!(state(&app, &owner, held.0).await.0, TargetState::Held);
        // Back to a place of ours, whatever the form says.
        let led = owner.browser.submit("/inbox", &[("act", "drop"), ("target", &id), ("outage", "//evil.example"), ("after", "x"), ("filter", "/..")]).await;
        assert_eq!(led.expect(303).header("location"), "/inbox");
    }
}
