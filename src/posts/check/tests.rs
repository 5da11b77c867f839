//! Each rule on its own, against a platform that takes 10 characters or 12 bytes, two pictures or one film, no thread.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::{
    channels::{Channel, ChannelState},
    kit::{ChannelId, MediaId, OrgId, text::Doc},
    media::Media,
    providers::{Call, Choice, Descriptor, Failure, Field, Fut, Limits, MediaRef, Outcome, Provider, Text},
};

const ABOUT: Descriptor = Descriptor {
    id: "narrow",
    name: "Narrow",
    settings: &[Field::choice("who", "l", &[Choice { value: "all", label: "l" }])],
    limits: Limits { text: Text::graphemes(10).bytes(12), images: 2, videos: 1, video_bytes: 1_000, alt: 5, ..Limits::NONE },
    ..Descriptor::EMPTY
};

struct Narrow;

impl Provider for Narrow {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn publish<'a>(&'a self, _: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { Err(Failure::unsupported("publishing")) })
    }

    fn review(&self, draft: &providers::Draft<'_>) -> Vec<providers::Problem> {
        let shouts = |p: &providers::DraftPart| p.text.to_plain().contains('!');
        let found = draft.parts.iter().position(shouts);
        found.into_iter().map(|n| providers::Problem { part: Some(n), field: "content", message: "shouting".into() }).collect()
    }
}

const PICTURE: &str = "image/png";
const FILM: &str = "video/mp4";

/// A draft for one channel and what is known of it.
struct Case {
    draft: Draft,
    known: Known,
    now: DateTime<Utc>,
}

impl Case {
    fn new(texts: &[&str]) -> Self {
        let now: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let channel = Channel {
            id: ChannelId::new(),
            org_id: OrgId::new(),
            provider: "narrow".into(),
            remote_id: "r".into(),
            name: "Ann".into(),
            handle: "ann".into(),
            picture: None,
            url: None,
            state: ChannelState::Paused,
            reason: None,
            zone: "UTC".into(),
            late_minutes: None,
            late_policy: None,
            customer_id: None,
            created_at: now,
        };
        let part = |text: &&str| EntryPart { id: None, text: Doc::from_plain(text), media: vec![], delay_seconds: 0 };
        let parts = texts.iter().map(part).collect();
        let entry = Entry { target: None, channel: channel.id, settings: json!({"who": "all"}), parts };
        let draft = Draft { when: When::Now, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
        let channels = HashMap::from([(channel.id, Destination { channel, provider: Some(&Narrow) })]);
        Self { draft, known: Known { channels, ..Known::default() }, now }
    }

    fn with(mut self, mime: &str, bytes: i64, alt: &str) -> Self {
        let id = MediaId::new();
        let media = Media {
            id,
            org_id: OrgId::new(),
            name: "x".into(),
            file: "x".into(),
            mime: mime.into(),
            bytes,
            sha256: vec![],
            width: None,
            height: None,
            duration_ms: None,
            alt: String::new(),
            created_at: self.now,
            deleted_at: None,
            focus_x: None,
            focus_y: None,
            cover_id: None,
            cover_file: None,
        };
        self.known.media.insert(id, media);
        self.draft.entries[0].parts[0].media.push(MediaRef { id, alt: alt.into() });
        self
    }

    fn when(mut self, when: When) -> Self {
        self.draft.when = when;
        self
    }

    /// `field key` of each problem, the part before the field when there is one.
    fn problems(&self) -> Vec<String> {
        let told = |p: Problem| match p.part {
            Some(n) => format!("{n} {} {}", p.field, p.message.key),
            None => format!("{} {}", p.field, p.message.key),
        };
        check(&self.draft, &self.known, self.now).into_iter().map(told).collect()
    }
}

#[test]
fn what_fits_has_no_problem() {
    assert_eq!(Case::new(&["0123456789"]).problems(), Vec::<String>::new());
    assert_eq!(Case::new(&[""]).with(PICTURE, 1, "").with(PICTURE, 1, "12345").problems(), Vec::<String>::new());
    assert_eq!(Case::new(&["a"]).with(FILM, 1_000, "").problems(), Vec::<String>::new());
}

#[test]
fn texts_are_counted_as_the_platform_counts_and_the_excess_is_named() {
    let case = Case::new(&["0123456789ab"]);
    let problems = check(&case.draft, &case.known, case.now);
    assert_eq!(problems[0].message.key, "problem.too_long");
    assert!(problems[0].message.args.contains(&("count", "2".into())), "{problems:?}");
    assert_eq!(Case::new(&["👨‍👩‍👧"]).problems(), ["0 content problem.too_many_bytes"]);
    assert_eq!(Case::new(&["  "]).problems(), ["0 content problem.empty"]);
    assert_eq!(Case::new(&["a", "b"]).problems(), ["1 content problem.no_thread"]);
    assert_eq!(Case::new(&["a!"]).problems(), ["0 content shouting"]);
}

#[test]
fn media_are_counted_by_kind() {
    let three = Case::new(&["a"]).with(PICTURE, 1, "").with(PICTURE, 1, "").with(PICTURE, 1, "");
    assert_eq!(three.problems(), ["0 image problem.images"]);
    assert_eq!(Case::new(&["a"]).with(PICTURE, 1, "").with(FILM, 1, "").problems(), ["0 image problem.mixed"]);
    assert_eq!(Case::new(&["a"]).with(FILM, 1_001, "").problems(), ["0 image problem.video_size"]);
    assert_eq!(Case::new(&["a"]).with(PICTURE, 1, "123456").problems(), ["0 image problem.alt"]);
    let mut foreign = Case::new(&["a"]).with(PICTURE, 1, "");
    foreign.known.media.clear();
    assert_eq!(foreign.problems(), ["0 image problem.media"]);
}

#[test]
fn settings_are_named_as_the_caller_wrote_them() {
    let mut case = Case::new(&["a"]);
    case.draft.entries[0].settings = json!({"who": "nobody"});
    assert_eq!(case.problems(), ["settings.who field.choice"]);
    case.draft.entries[0].settings = json!([]);
    assert_eq!(case.problems(), ["settings field.object"]);
}

#[test]
fn a_draft_is_checked_for_its_structure_only() {
    let draft = |texts: &[&str]| Case::new(texts).when(When::Draft(None));
    assert_eq!(draft(&["0123456789ab", ""]).problems(), Vec::<String>::new());
    assert_eq!(draft(&[]).problems(), ["content problem.no_part"]);
    let many = vec!["a"; MAX_PARTS + 1];
    assert_eq!(draft(&many).problems(), ["content problem.parts"]);
    let mut waits = draft(&["a", "b"]);
    waits.draft.entries[0].parts[1].delay_seconds = MAX_DELAY.num_seconds() + 1;
    assert_eq!(waits.problems(), ["1 delay problem.delay"]);
    waits.draft.entries.clear();
    assert_eq!(waits.problems(), Vec::<String>::new());
    assert_eq!(waits.when(When::Now).problems(), ["channel problem.no_channel"]);
}

#[test]
fn a_time_just_passed_means_now_and_an_older_one_is_refused() {
    let at = |by: TimeDelta| {
        let case = Case::new(&["a"]);
        let when = When::At(case.now + by);
        case.when(when).problems()
    };
    assert_eq!(at(-GRACE), Vec::<String>::new());
    assert_eq!(at(-GRACE - TimeDelta::seconds(1)), ["date problem.past"]);
    assert_eq!(at(TimeDelta::days(5 * 365)), Vec::<String>::new());
    assert_eq!(at(TimeDelta::days(5 * 366 + 1)), ["date problem.far"]);
    let old = Case::new(&["a"]);
    let long_ago = old.now - TimeDelta::days(9);
    assert_eq!(old.when(When::Draft(Some(long_ago))).problems(), Vec::<String>::new());
}

#[test]
fn a_platform_this_program_does_not_know_can_keep_drafts_only() {
    let mut case = Case::new(&["a"]);
    case.known.channels.values_mut().for_each(|c| c.provider = None);
    assert_eq!(case.problems(), ["channel problem.provider"]);
    assert_eq!(case.when(When::Draft(None)).problems(), Vec::<String>::new());
}
