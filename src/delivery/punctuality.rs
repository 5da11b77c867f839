//! Whether posts go out on time: from when the engine could have sent a target to its first request. What a person held,
//! released or sent by hand counts from there, so that nobody's choice looks like lateness. Pure, but for the counting.

use chrono::{DateTime, Utc};

use super::{PartState, ledger::Place, meters};
use crate::kit::Seldom;

/// Later than this is worth a line in the log.
const LATE_MS: i64 = 60_000;

static LATE: Seldom = Seldom::new();

/// How late, in milliseconds, when this is the first request of a target: its first part was waiting (`claims`) and no step
/// of it was ever intended.
pub fn lateness(place: &Place, claims: Option<PartState>, first_step: bool, now: DateTime<Utc>) -> Option<i64> {
    let first = first_step && place.position == 0 && claims == Some(PartState::Waiting);
    let due = place.next_at.filter(|_| first)?;
    Some((now - due).num_milliseconds().max(0))
}

/// Counts it, and says in the log that posts go out late: one line in ten seconds, however many there are.
pub fn observe(place: &Place, ms: i64) {
    meters::LATENESS.observe(ms as f64 / 1_000.0);
    if ms > LATE_MS
        && let Some(more) = LATE.word()
    {
        tracing::warn!(target = %place.target, channel = %place.lane.channel_id, late_ms = ms, more, "a post begins late");
    }
}
