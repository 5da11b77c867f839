//! One line of the audit trail about one target.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::Target;
use crate::{
    db::Tx,
    error::Result,
    events::{self, Event},
    kit::UserId,
};

/// Writes down what happened to a target; without a user it was the engine, a key or the command line.
pub async fn note(
    tx: &mut Tx,
    target: &Target,
    (kind, user, data): (&'static str, Option<UserId>, Option<Json>),
    now: DateTime<Utc>,
) -> Result<()> {
    let event = Event {
        kind,
        post: Some(target.post_id),
        target: Some(target.id),
        channel: Some(target.channel_id),
        user,
        data,
        ..Event::default()
    };
    events::record(tx, target.org_id, event, now).await
}
