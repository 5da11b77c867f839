//! The same content on the same channel.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, q},
    error::Result,
    kit::{ChannelId, OrgId, TargetId, crypto::sha256},
    providers::MediaRef,
};

/// What is the same for readers: text and media. Descriptions of pictures may differ.
pub fn content_hash(content: &str, media: &[MediaRef]) -> [u8; 32] {
    let mut bytes = content.trim().as_bytes().to_vec();
    for item in media {
        // A zero character is in no stored text, so that text and ids cannot run together.
        bytes.push(0);
        bytes.extend_from_slice(item.id.0.as_bytes());
    }
    sha256(&bytes)
}

/// The newest target of a channel that began with this content in a time window, or will; not among `except`. What did
/// not go out and will not is no repetition.
pub async fn find_same(
    ex: impl Into<Ex<'_>>,
    (org, channel): (OrgId, ChannelId),
    hash: [u8; 32],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    except: &[TargetId],
) -> Result<Option<TargetId>> {
    let found: Vec<(TargetId,)> = q("SELECT t.id FROM parts p JOIN targets t ON t.id = p.target_id
       WHERE p.org_id = $1 AND p.channel_id = $2 AND p.content_hash = $3 AND p.position = 0
         AND t.state NOT IN ('draft', 'cancelled', 'failed', 'missed') AND (t.deleted_at IS NULL OR t.published_at IS NOT NULL)
         AND COALESCE(t.published_at, t.due_at) >= $4 AND COALESCE(t.published_at, t.due_at) <= $5
       ORDER BY t.id DESC LIMIT 50")
    .bind(org)
    .bind(channel)
    .bind(hash.to_vec())
    .bind(from)
    .bind(to)
    .all(ex)
    .await?;
    Ok(found.into_iter().map(|(id,)| id).find(|id| !except.contains(id)))
}
