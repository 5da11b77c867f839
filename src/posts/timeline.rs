//! What happened to a target, in order and in plain words: the audit trail and every attempt. Pure.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Json;

use super::{Listed, model::Attempt, words::Reader};
use crate::{
    delivery::{DELETION, HOURLY, NOT_APPROVED},
    error::{Failure, FailureKind, Message},
    events,
    render::{Moment, text},
};

/// One line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// When.
    pub at: Moment,
    /// A sign of the sprite.
    pub icon: &'static str,
    /// What.
    pub text: String,
    /// What else is known.
    pub detail: Option<String>,
    #[serde(skip)]
    instant: DateTime<Utc>,
}

/// The lines of one target, oldest first. `attempts` may hold those of others, too.
pub fn lines(listed: &Listed, events: &[events::Entry], attempts: &[Attempt], provider: &str, reader: Reader) -> Vec<Line> {
    let teller = Teller { provider, reader, thread: listed.parts.len() > 1 };
    let mine = attempts.iter().filter(|a| a.target_id == listed.target.id);
    let mut lines: Vec<Line> = events.iter().filter_map(|e| teller.event(e)).chain(mine.map(|a| teller.attempt(a))).collect();
    lines.sort_by_key(|line| line.instant);
    lines
}

/// Who tells, and to whom.
struct Teller<'a> {
    provider: &'a str,
    reader: Reader,
    thread: bool,
}

impl Teller<'_> {
    fn line(&self, instant: DateTime<Utc>, icon: &'static str, text: String, detail: Option<String>) -> Line {
        Line { at: Moment::new(instant, self.reader.now, self.reader.zone), icon, text, detail, instant }
    }

    /// In a thread, which part is meant.
    fn of_part(&self, position: i64, told: String) -> String {
        if !self.thread {
            return told;
        }
        text(&Message::new("timeline.part").with("n", position).with("text", told))
    }

    fn attempt(&self, a: &Attempt) -> Line {
        let (icon, message) = match (a.outcome.as_deref(), a.failure.as_deref()) {
            (Some("done"), _) if a.step == DELETION => ("trash-2", Message::new("timeline.deletion")),
            (Some("uncertain") | None, _) if a.step == DELETION => ("loader", Message::new("timeline.deletion_open")),
            (Some("done"), _) => ("send", Message::new("timeline.sent")),
            (Some("failed"), Some(failure)) => (sign(failure), Message::new(refusal(failure)).with("words", &failure.message)),
            (Some("failed"), None) => ("circle-alert", Message::new("timeline.failed")),
            (Some(_), _) => ("circle-help", Message::new("timeline.no_answer")),
            (None, _) => ("loader", Message::new("timeline.in_flight")),
        };
        let took = a.ended_at.map_or(0, |end| (end - a.begun_at).num_milliseconds().max(0));
        let told = text(&message.with("provider", self.provider).with("took", duration(took)));
        let step = text(&Message::new("timeline.step").with("step", &a.step));
        // An attempt stands where it left, before what it led to.
        self.line(a.begun_at, icon, self.of_part(a.position + 1, told), Some(step))
    }

    /// `None` for a kind this program has no words for.
    fn event(&self, e: &events::Entry) -> Option<Line> {
        let (icon, key) = words_of(&e.kind, &e.data)?;
        let field = |name: &str| e.data.get(name).and_then(Json::as_str).unwrap_or_default();
        let instant =
            |name: &str| field(name).parse::<DateTime<Utc>>().map_or_else(|_| String::new(), |at| self.reader.short(at));
        let message = Message::new(key)
            .with("provider", self.provider)
            .with("until", instant("until"))
            .with("due", instant("due"))
            .with("tries", e.data.get("tries").and_then(Json::as_i64).unwrap_or_default());
        let mut told = text(&message);
        if let Some(position) = e.data.get("position").and_then(Json::as_i64) {
            told = self.of_part(position, told);
        }
        if let Some(who) = &e.user_name {
            told = text(&Message::new("timeline.by").with("text", told).with("who", who));
        }
        Some(self.line(e.created_at, icon, told, detail(&e.data)))
    }
}

/// The platform's words, or what did not work although it is live.
fn detail(data: &Json) -> Option<String> {
    if let Some(words) = data.get("message").and_then(Json::as_str).filter(|words| !words.is_empty()) {
        let code = data.get("code").and_then(Json::as_str);
        return Some(code.map_or_else(|| words.to_owned(), |code| format!("{words} ({code})")));
    }
    let warnings = data.get("warnings").and_then(Json::as_array)?;
    let warnings: Vec<&str> = warnings.iter().filter_map(Json::as_str).collect();
    (!warnings.is_empty()).then(|| warnings.join(" · "))
}

fn words_of(kind: &str, data: &Json) -> Option<(&'static str, &'static str)> {
    let field = |name: &str| data.get(name).and_then(Json::as_str).unwrap_or_default();
    Some(match kind {
        "target.drafted" => ("file-text", "event.target.drafted"),
        "target.submitted" => ("eye", "event.target.submitted"),
        "target.scheduled" => ("calendar-clock", "event.target.scheduled"),
        "target.rescheduled" => ("pen-line", "event.target.rescheduled"),
        "target.cancelled" => ("ban", "event.target.cancelled"),
        "target.restored" => ("undo-2", "event.target.restored"),
        "target.takedown_asked" => ("trash-2", "event.target.takedown_asked"),
        "target.takedown_withdrawn" => ("undo-2", "event.target.takedown_withdrawn"),
        "target.taken_down" => ("trash-2", "event.target.taken_down"),
        "target.takedown_failed" => ("circle-alert", "event.target.takedown_failed"),
        "target.sent_now" => ("send", "event.target.sent_now"),
        "target.retried" => ("refresh-cw", "event.target.retried"),
        "target.dropped" => ("x", "event.target.dropped"),
        "target.deleted" => ("trash-2", "event.target.deleted"),
        "target.brought_back" => ("undo-2", "event.target.brought_back"),
        "target.passed_over" => ("skip-forward", "event.target.passed_over"),
        "target.released" => ("play", "event.target.released"),
        "target.held" => match field("reason") {
            "late" => ("pause", "event.target.held_late"),
            "reconnect" => ("pause", "event.target.held_reconnect"),
            "paused" => ("pause", "event.target.held_paused"),
            "restored" => ("pause", "event.target.held_restored"),
            HOURLY => ("hourglass", "event.target.held_hourly"),
            "series" => ("pause", "event.target.held_series"),
            _ => ("pause", "event.target.held"),
        },
        "target.missed" => match field("reason") {
            "skipped" => ("ban", "event.target.missed_skipped"),
            NOT_APPROVED => ("hourglass", "event.target.missed_not_approved"),
            _ => ("ban", "event.target.missed"),
        },
        "target.moved" => ("calendar-clock", "event.target.moved"),
        "target.moved_back" => ("undo-2", "event.target.moved_back"),
        "part.published" => ("circle-check", "event.part.published"),
        "part.processing" => ("loader", "event.part.processing"),
        "part.failed" => ("circle-alert", "event.part.failed"),
        "part.retrying" => ("refresh-cw", "event.part.retrying"),
        "part.rate_limited" | "part.waiting" => ("hourglass", "event.part.waiting"),
        "part.reconnect" => ("triangle-alert", "event.part.reconnect"),
        "part.uncertain" => ("circle-help", "event.part.uncertain"),
        "part.found" => ("circle-check", "event.part.found"),
        "part.not_seen" => ("info", "event.part.not_seen"),
        "part.not_found" => ("info", "event.part.not_found"),
        "part.needs_you" => ("circle-help", "event.part.needs_you"),
        "part.resolved" => match field("answer") {
            "live" => ("check", "event.part.resolved_live"),
            "resend" => ("send", "event.part.resolved_resend"),
            _ => ("x", "event.part.resolved_drop"),
        },
        _ => return None,
    })
}

fn sign(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::RateLimited { .. } => "hourglass",
        FailureKind::Unavailable => "refresh-cw",
        FailureKind::Uncertain => "circle-help",
        _ => "circle-alert",
    }
}

fn refusal(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Rejected => "timeline.refused",
        FailureKind::Reconnect => "timeline.no_access",
        FailureKind::RateLimited { .. } => "timeline.slow_down",
        FailureKind::Unavailable => "timeline.unavailable",
        FailureKind::Uncertain => "timeline.no_answer",
        FailureKind::Unsupported | FailureKind::Unexpected => "timeline.not_understood",
    }
}

/// `312 ms`, `1.4 s`.
fn duration(ms: i64) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{:.1} s", ms as f64 / 1_000.0) }
}
