//! One target in two or three sentences: what happened, whether it is live, whose move it is. Pure.

use super::{Listed, words::Reader};
use crate::{
    delivery::{APPROVED_LATE, CHANGES, HOURLY, IN_REVIEW, NOT_APPROVED, Part, PartState, TAKEN_DOWN, TargetState},
    error::{FailureKind, Message},
    render::text,
};

/// The sentences.
pub fn sentence(listed: &Listed, provider: &str, reader: Reader) -> String {
    let rest = match listed.target.state {
        TargetState::Draft => draft(listed, reader),
        TargetState::Scheduled => scheduled(listed, reader),
        TargetState::Held => held(listed, reader),
        TargetState::Sending => sending(&listed.parts, provider, reader),
        TargetState::Published => {
            let since = listed.target.published_at.map(|at| reader.short(at));
            let message = Message::new("sentence.published").with("provider", provider);
            return text(&message.with("when", since.unwrap_or_default()));
        }
        TargetState::PublishedIncomplete => incomplete(&listed.parts, provider),
        TargetState::NeedsYou => {
            let part = first(&listed.parts, |s| s == PartState::NeedsYou);
            Message::new("sentence.needs_you").with("n", part.map_or(1, |p| p.position + 1))
        }
        TargetState::Failed => failed(listed, provider),
        TargetState::Missed if listed.target.reason.as_deref() == Some("skipped") => "sentence.skipped".into(),
        TargetState::Missed if listed.target.reason.as_deref() == Some(NOT_APPROVED) => "sentence.not_approved".into(),
        TargetState::Missed if listed.target.reason.as_deref() == Some(APPROVED_LATE) => "sentence.approved_late".into(),
        TargetState::Missed => "sentence.missed".into(),
        TargetState::Cancelled if listed.target.reason.as_deref() == Some("channel_removed") => "sentence.channel_removed".into(),
        TargetState::Cancelled if listed.target.reason.as_deref() == Some("superseded") => "sentence.superseded".into(),
        TargetState::Cancelled if listed.target.reason.as_deref() == Some("series") => "sentence.series_passed".into(),
        TargetState::Cancelled if listed.target.reason.as_deref() == Some(TAKEN_DOWN) => {
            Message::new("sentence.taken_down").with("provider", provider)
        }
        TargetState::Cancelled => "sentence.cancelled".into(),
    };
    match live(&listed.parts) {
        Some(live) => format!("{} {}", text(&live), text(&rest)),
        None => text(&rest),
    }
}

/// How much of a thread is live, when it is neither nothing nor all.
fn live(parts: &[Part]) -> Option<Message> {
    let live = parts.iter().take_while(|p| p.state == PartState::Published).count();
    match live {
        0 => None,
        1 => Some("sentence.first_live".into()),
        n => Some(Message::new("sentence.some_live").with("n", n)),
    }
}

fn first(parts: &[Part], is: impl Fn(PartState) -> bool) -> Option<&Part> {
    parts.iter().find(|p| is(p.state))
}

fn draft(listed: &Listed, reader: Reader) -> Message {
    match (listed.target.reason.as_deref(), listed.target.due_at) {
        (Some(IN_REVIEW), Some(due)) => Message::new("sentence.in_review").with("when", reader.short(due)),
        (Some(IN_REVIEW), None) => "sentence.in_review_now".into(),
        (Some(CHANGES), _) => "sentence.changes".into(),
        _ => "sentence.draft".into(),
    }
}

fn scheduled(listed: &Listed, reader: Reader) -> Message {
    match listed.target.due_at.filter(|due| *due > reader.now) {
        Some(due) => Message::new("sentence.scheduled").with("when", reader.short(due)),
        // Put off: a limit, or a backlog that is worked off.
        None => match listed.parts.iter().find_map(|p| p.next_at).filter(|at| *at > reader.now) {
            Some(at) => Message::new("sentence.waits_its_turn").with("when", reader.short(at)),
            None => "sentence.due".into(),
        },
    }
}

fn held(listed: &Listed, reader: Reader) -> Message {
    let key = match listed.target.reason.as_deref() {
        Some("late") => "sentence.held_late",
        Some("reconnect") => "sentence.held_reconnect",
        Some("paused") => "sentence.held_paused",
        Some("restored") => "sentence.held_restored",
        Some(HOURLY) => "sentence.held_hourly",
        Some("series") => "sentence.held_series",
        _ => "sentence.held",
    };
    let next = listed.parts.iter().find_map(|p| p.next_at).map(|at| reader.short(at));
    Message::new(key).with("channel", &listed.channel.name).with("when", next.unwrap_or_default())
}

fn sending(parts: &[Part], provider: &str, reader: Reader) -> Message {
    let Some(part) = first(parts, |s| s != PartState::Published) else { return "sentence.sending".into() };
    let key = match part.state {
        PartState::Uncertain => "sentence.uncertain",
        PartState::Processing => "sentence.processing",
        PartState::Retrying if is_limited(part) => "sentence.limited",
        PartState::Retrying => "sentence.retrying",
        PartState::Waiting if part.next_at.is_some() => "sentence.follows",
        _ => "sentence.sending",
    };
    let when = part.next_at.map_or_else(String::new, |at| reader.short(at));
    Message::new(key).with("provider", provider).with("n", part.position + 1).with("when", when)
}

fn is_limited(part: &Part) -> bool {
    part.failure.as_ref().is_some_and(|f| matches!(f.kind, FailureKind::RateLimited { .. }))
}

fn incomplete(parts: &[Part], provider: &str) -> Message {
    let part = first(parts, |s| s != PartState::Published);
    let key = match part.map(|p| p.state) {
        Some(PartState::Cancelled) => "sentence.rest_cancelled",
        // A person said that what came before is live, so there is nothing to reply to.
        Some(PartState::Skipped) => "sentence.rest_skipped",
        _ => "sentence.rest_failed",
    };
    Message::new(key).with("provider", provider).with("n", part.map_or(1, |p| p.position + 1))
}

fn failed(listed: &Listed, provider: &str) -> Message {
    let part = first(&listed.parts, |s| s == PartState::Failed);
    let key = match part.and_then(|p| p.failure.as_ref()).map(|f| f.kind) {
        Some(FailureKind::Rejected) => "sentence.refused",
        Some(FailureKind::Uncertain) => "sentence.dropped",
        Some(FailureKind::Unavailable) => "sentence.gave_up",
        _ => "sentence.failed",
    };
    Message::new(key).with("provider", provider).with("count", part.map_or(0, |p| p.tries))
}
