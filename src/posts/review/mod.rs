//! Approval before publishing: what of a post must be approved, asking, answering, and what becomes of it when nobody
//! answers in time.
//!
//! What is approved is content: an approval is known by the fingerprint of what each target says, so another time needs no
//! new one and another word does. Where a post stands is told by its targets (a draft with the reason `in_review`), which
//! the database keeps from becoming due; the question and its answers are the rows here.

mod ask;
mod decide;
mod gate;
mod overdue;
mod shown;

use serde_json::{Value as Json, json};

pub(super) use ask::renew;
pub use ask::{submit, take_back, withdraw};
pub use decide::{Answer, Decided, Voice, answer, decide};
pub(super) use gate::awaits;
pub use gate::{admit, require_approved};
pub use overdue::{NotApproved, Overdue};
pub use shown::{Asked, asked, waiting_for};

use super::{Listed, model::StoredEntry};
use crate::kit::{ChannelId, crypto::sha256};

/// What an approval is bound to: where it goes and what it says.
pub(super) fn fingerprint_of_entry(entry: &StoredEntry) -> [u8; 32] {
    let parts = entry.parts.iter().map(|p| json!([p.content, p.media, p.delay_seconds])).collect();
    fingerprint(entry.channel, &entry.settings, parts)
}

/// [`fingerprint_of_entry`] of what is stored.
pub(super) fn fingerprint_of(listed: &Listed) -> [u8; 32] {
    let parts = listed.parts.iter().map(|p| json!([p.content, p.media.0, p.delay_seconds])).collect();
    fingerprint(listed.target.channel_id, &listed.target.settings, parts)
}

fn fingerprint(channel: ChannelId, settings: &Json, parts: Vec<Json>) -> [u8; 32] {
    sha256(json!([channel, settings, parts]).to_string().as_bytes())
}
