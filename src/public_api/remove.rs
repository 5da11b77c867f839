//! `DELETE /posts/{id}` and its group.

use crate::{
    app::App,
    delivery,
    error::{Error, Result},
    kit::{PartId, TargetId},
    orgs::Caller,
    posts,
};

/// Deletes the post with this id, or that one of whose items has it; tells which it was. Of a post that recurs this one and
/// all that follow go: a client that knows one id for all of them must be able to stop it.
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<TargetId> {
    let (target, part): (TargetId, PartId) = match (id.parse(), id.parse()) {
        (Ok(target), Ok(part)) => (target, part),
        _ => return Err(Error::NotFound("post")),
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let target = match delivery::find_part(&mut tx, caller.org, part).await {
        Ok(part) => part.target_id,
        Err(Error::NotFound(_)) => target,
        Err(e) => return Err(e),
    };
    let found = delivery::find_target(&mut tx, caller.org, target).await?;
    if posts::recurrence::of_post(&mut tx, caller.org, found.post_id).await?.is_some() {
        let from = found.due_at.map_or(now, |due| due.max(now));
        posts::recurrence::end(&mut tx, caller, found.post_id, from, now).await?;
    }
    match delivery::remove_one(&mut tx, caller.org, target, caller.user, now).await {
        // It went with the rest of its series.
        Ok(()) | Err(Error::NotFound(_)) => {}
        Err(e) => return Err(e),
    }
    tx.commit().await?;
    Ok(target)
}
