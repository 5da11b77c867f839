//! A witness that cannot see a crime is no witness.

use chrono::{DateTime, TimeDelta};
use serde_json::json;

use super::*;
use crate::{
    db::Json as JsonColumn,
    delivery::Target,
    error::{Failure, FailureKind},
    kit::{ChannelId, OrgId, PartId, PostId, VersionId},
    posts::ListedChannel,
};

fn part(text: &str, state: PartState) -> Part {
    Part {
        id: PartId::new(),
        org_id: OrgId::new(),
        target_id: TargetId::new(),
        channel_id: ChannelId::new(),
        position: 0,
        delay_seconds: 0,
        content: format!("<p>{text}</p>"),
        media: JsonColumn(vec![]),
        state,
        next_at: None,
        tries: 0,
        looks: 0,
        failure: None,
        published_at: None,
    }
}

fn listed(state: TargetState, parts: Vec<Part>) -> Listed {
    let at = DateTime::UNIX_EPOCH;
    let target = Target {
        id: TargetId::new(),
        org_id: OrgId::new(),
        post_id: PostId::new(),
        version_id: VersionId::new(),
        channel_id: ChannelId::new(),
        entry: 0,
        due_at: Some(at + TimeDelta::seconds(1)),
        zone: "UTC".into(),
        state,
        reason: None,
        settings: json!({}),
        url: None,
        created_at: at,
        published_at: None,
    };
    let channel =
        ListedChannel { provider: "sandbox".into(), remote_id: "1".into(), name: "a".into(), handle: "a".into(), picture: None };
    Listed { target, channel, parts, remote: None }
}

fn wall(texts: &[&str]) -> Wall {
    let mut wall = Wall::default();
    let posts: Vec<Json> = texts.iter().map(|t| json!({"text": t, "arrived_at": 1_250_000})).collect();
    wall.read(&json!({"posts": posts}));
    wall
}

/// Judged alone: published, duplicates, lost, told wrong, waiting for a person, refused, still trying.
fn counts(told: &[Listed], wall: &Wall) -> [usize; 7] {
    let r = compare(told, &[], wall);
    [r.published, r.duplicates, r.lost, r.told_wrong, r.waiting_for_a_person, r.refused, r.still_trying]
}

#[test]
fn every_crime_is_seen() {
    use PartState::*;
    let one = |state| [listed(TargetState::Sending, vec![part("a", state)])];
    assert_eq!(counts(&one(Published), &wall(&["a"])), [1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&one(Published), &wall(&["a", "a", "a"])), [1, 2, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&one(Published), &wall(&[])), [0, 0, 1, 0, 0, 0, 0], "called live and nowhere");
    assert_eq!(counts(&one(Waiting), &wall(&[])), [0, 0, 1, 0, 0, 0, 0], "forgotten");
    assert_eq!(counts(&one(Sending), &wall(&["a"])), [0, 0, 1, 0, 0, 0, 0], "forgotten under way");
    assert_eq!(counts(&one(Retrying), &wall(&[])), [0, 0, 1, 0, 0, 0, 0], "nobody will look at it again");
    assert_eq!(counts(&one(Failed), &wall(&[])), [0, 0, 1, 0, 0, 0, 0], "failed without a word");
    assert_eq!(counts(&one(Failed), &wall(&["a"])), [0, 0, 0, 1, 0, 0, 0], "said not to be live");
    assert_eq!(counts(&one(NeedsYou), &wall(&["a"])), [0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn what_waits_with_a_reason_is_not_lost() {
    use PartState::*;
    let failure = Some(JsonColumn(Failure::new(FailureKind::Rejected, "no")));
    let refused = Part { failure, ..part("a", Failed) };
    let rest = Part { position: 1, ..part("b", Skipped) };
    let told = [listed(TargetState::Failed, vec![refused, rest])];
    assert_eq!(counts(&told, &wall(&[])), [0, 0, 0, 0, 0, 2, 0]);
    let held = [listed(TargetState::Held, vec![part("a", Waiting)])];
    assert_eq!(counts(&held, &wall(&[])), [0, 0, 0, 0, 1, 0, 0]);
    let later = Part { next_at: Some(DateTime::UNIX_EPOCH), ..part("a", Uncertain) };
    let rest = Part { position: 1, ..part("b", Waiting) };
    let told = [listed(TargetState::Sending, vec![later, rest])];
    assert_eq!(counts(&told, &wall(&["a"])), [0, 0, 0, 0, 0, 0, 2]);
}

#[test]
fn a_broken_promise_fails_the_run_and_lateness_counts_from_the_due_time() {
    let told = [listed(TargetState::Published, vec![part("a", PartState::Published)])];
    let kept = Sent { target: told[0].target.id, parts: 1 };
    let report = compare(&told, std::slice::from_ref(&kept), &wall(&["a"]));
    assert!(report.passed);
    assert_eq!(report.lateness.p50_ms, 250.0);
    let report = compare(&told, &[kept, Sent { target: TargetId::new(), parts: 3 }], &wall(&["a"]));
    assert!(!report.passed);
    assert_eq!(report.lost, 3);
    assert!(!compare(&[], &[], &wall(&[])).passed, "a run without posts proves nothing");
}
