//! What is there already, read over the tables of others; and the table `first_steps`.

use chrono::{DateTime, Utc};

use crate::{
    channels::slots::{DEFAULTS, EVERY_DAY},
    db::{Ex, FromRow, Tx, q},
    delivery::TargetState,
    error::Result,
    kit::{ChannelId, OrgId, PostId, UserId},
};

/// What of the first steps has happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Facts {
    /// This person does not want to see it.
    pub hidden: bool,
    /// There is a channel of the sandbox.
    pub practice_channel: bool,
    /// There is another one.
    pub real_channel: bool,
    /// There is a post.
    pub written: bool,
    /// One is out.
    pub published: bool,
    /// There is another member, or somebody is invited.
    pub invited: bool,
    /// A channel has other posting times than a new one.
    pub own_times: bool,
}

/// What there is in an organisation, for one of its members.
pub async fn facts(ex: impl Into<Ex<'_>>, org: OrgId, user: UserId) -> Result<Facts> {
    q("SELECT EXISTS (SELECT 1 FROM first_steps WHERE org_id = $1 AND user_id = $2) AS hidden,
         EXISTS (SELECT 1 FROM channels WHERE org_id = $1 AND deleted_at IS NULL AND provider = 'sandbox') AS practice_channel,
         EXISTS (SELECT 1 FROM channels WHERE org_id = $1 AND deleted_at IS NULL AND provider <> 'sandbox') AS real_channel,
         EXISTS (SELECT 1 FROM posts WHERE org_id = $1 AND deleted_at IS NULL) AS written,
         EXISTS (SELECT 1 FROM targets WHERE org_id = $1 AND deleted_at IS NULL AND state = 'published') AS published,
         EXISTS (SELECT 1 FROM memberships WHERE org_id = $1 AND user_id <> $2)
           OR EXISTS (SELECT 1 FROM invites WHERE org_id = $1) AS invited,
         EXISTS (SELECT 1 FROM channels c WHERE c.org_id = $1 AND c.deleted_at IS NULL
           AND (SELECT COALESCE(SUM(CASE WHEN s.weekdays = $3 AND s.minute IN ($4, $5, $6) THEN 1 ELSE 9 END), 0)
                FROM slots s WHERE s.channel_id = c.id) <> 3) AS own_times")
    .bind(org)
    .bind(user)
    .bind(EVERY_DAY)
    .bind(DEFAULTS[0])
    .bind(DEFAULTS[1])
    .bind(DEFAULTS[2])
    .one(ex)
    .await
}

/// The channel that the steps speak of: that of the sandbox, or else the oldest.
pub async fn channel(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Option<ChannelId>> {
    let found: Option<(ChannelId,)> = q("SELECT id FROM channels WHERE org_id = $1 AND deleted_at IS NULL
       ORDER BY CASE WHEN provider = 'sandbox' THEN 0 ELSE 1 END, id LIMIT 1")
    .bind(org)
    .opt(ex)
    .await?;
    Ok(found.map(|(id,)| id))
}

/// The newest post and how far it is.
#[derive(Debug, Clone, FromRow)]
pub struct Newest {
    /// The post.
    pub post_id: PostId,
    /// Its state on one channel; `None` while it has none.
    pub state: Option<TargetState>,
    /// Where it can be seen.
    pub url: Option<String>,
}

/// Of an organisation: what is out already counts more than what is newer.
pub async fn newest(ex: impl Into<Ex<'_>>, org: OrgId, published: bool) -> Result<Option<Newest>> {
    let text = if published {
        "SELECT t.post_id, t.state, t.url FROM targets t
         WHERE t.org_id = $1 AND t.deleted_at IS NULL AND t.state = 'published' ORDER BY t.due_at LIMIT 1"
    } else {
        "SELECT p.id AS post_id, t.state, t.url FROM posts p LEFT JOIN targets t ON t.post_id = p.id AND t.deleted_at IS NULL
         WHERE p.org_id = $1 AND p.deleted_at IS NULL ORDER BY p.created_at DESC, t.entry LIMIT 1"
    };
    q(text).bind(org).opt(ex).await
}

/// Somebody does not want to see it any more.
pub async fn hide(tx: &mut Tx, org: OrgId, user: UserId, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO first_steps (org_id, user_id, hidden_at) VALUES ($1, $2, $3) ON CONFLICT (org_id, user_id) DO NOTHING")
        .bind(org)
        .bind(user)
        .bind(now)
        .exec(tx)
        .await?;
    Ok(())
}

/// They do again.
pub async fn unhide(tx: &mut Tx, org: OrgId, user: UserId) -> Result<()> {
    q("DELETE FROM first_steps WHERE org_id = $1 AND user_id = $2").bind(org).bind(user).exec(tx).await?;
    Ok(())
}
