//! Whether something may go out as far as approvals are concerned.

use super::{fingerprint_of, fingerprint_of_entry};
use crate::{
    db::Tx,
    delivery::{self, TargetState},
    error::{Error, Result},
    kit::{ChannelId, OrgId, PostId, TargetId},
    orgs::ReviewPolicy,
    posts::{
        listing,
        model::{self, StoredEntry},
    },
};

/// True when these entries of a post have to be approved first.
pub async fn awaits(tx: &mut Tx, org: OrgId, post: PostId, entries: &[StoredEntry]) -> Result<bool> {
    let channels: Vec<ChannelId> = entries.iter().map(|e| e.channel).collect();
    if channels.is_empty() || model::policy_of(&mut *tx, org, &channels).await? == ReviewPolicy::None {
        return Ok(false);
    }
    Ok(!is_approved(tx, org, post, entries.iter().map(fingerprint_of_entry)).await?)
}

/// True when all of these contents of a post were approved.
pub async fn is_approved(tx: &mut Tx, org: OrgId, post: PostId, mut contents: impl Iterator<Item = [u8; 32]>) -> Result<bool> {
    let approved = model::approved_contents(&mut *tx, org, post).await?;
    Ok(contents.all(|one| approved.iter().any(|known| known == &one)))
}

/// Refuses to let a series go on with a text that nobody has approved.
pub async fn require_approved(tx: &mut Tx, org: OrgId, post: PostId, entries: &[StoredEntry]) -> Result<()> {
    if awaits(tx, org, post, entries).await? { Err(Error::conflict("error.not_approved")) } else { Ok(()) }
}

/// What everything goes through that sends or plans a target which was not saved just now: a draft must be approved where
/// that is asked for, and one that was withdrawn comes back as a draft.
///
/// [`Error::Conflict`] with the words for it.
pub async fn admit(tx: &mut Tx, org: OrgId, id: TargetId) -> Result<()> {
    let listed = listing::find(&mut *tx, org, id).await?;
    let target = &listed.target;
    if !matches!(target.state, TargetState::Draft | TargetState::Cancelled) {
        // What was planned before was looked at before; what was missed for want of approval delivery refuses by itself.
        return Ok(());
    }
    let needed = model::policy_of(&mut *tx, org, &[target.channel_id]).await? != ReviewPolicy::None;
    let free = !needed || is_approved(tx, org, target.post_id, std::iter::once(fingerprint_of(&listed))).await?;
    let asked = target.reason.as_deref() == Some(delivery::IN_REVIEW);
    if target.state == TargetState::Cancelled {
        return delivery::mark_unapproved(tx, org, &[id], !free).await;
    }
    if asked || !free {
        return Err(Error::conflict("error.not_approved"));
    }
    delivery::mark_unapproved(tx, org, &[id], false).await
}
