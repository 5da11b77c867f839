//! Deleting a post: nothing of it goes out any more; what is live stays live.

use chrono::{DateTime, Utc};

use super::model;
use crate::{
    db::Tx,
    delivery,
    error::{Error, Result},
    events::{self, Event},
    kit::PostId,
    orgs::Caller,
};

/// Deletes it with all its targets. [`Error::NotFound`] when it is deleted already, or somebody else's.
pub async fn remove(tx: &mut Tx, caller: &Caller, post: PostId, now: DateTime<Utc>) -> Result<()> {
    if model::lock(tx, caller.org, post).await?.is_some() {
        return Err(Error::NotFound("post"));
    }
    delivery::remove(tx, caller.org, post, caller.user, now).await?;
    model::set_deleted(tx, caller.org, post, Some(now)).await?;
    let event = Event { kind: "post.deleted", post: Some(post), user: caller.user, ..Event::default() };
    events::record(tx, caller.org, event, now).await
}
