//! `DELETE /posts/{id}` and its group.

use crate::{
    app::App,
    delivery,
    error::{Error, Result},
    kit::{PartId, TargetId},
    orgs::Caller,
};

/// Deletes the post with this id, or that one of whose items has it; tells which it was.
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
    delivery::remove_one(&mut tx, caller.org, target, caller.user, now).await?;
    tx.commit().await?;
    Ok(target)
}
