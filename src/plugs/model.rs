//! The tables `plugs`, `plug_runs` and `plug_steps`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{Error, Failure, Result},
    kit::{ChannelId, OrgId, PartId, PostId},
    providers::{Effect, Remote},
};

/// A post that was published longer ago is not taken up any more.
const FRESH: TimeDelta = TimeDelta::days(1);
/// Nor one that was due longer ago, whenever it went out.
const DUE: TimeDelta = TimeDelta::days(14);

/// A plug of a channel.
#[derive(Debug, Clone, FromRow)]
pub struct Stored {
    /// The descriptor's name of it.
    pub name: String,
    /// Checked when they were stored.
    pub settings: Json,
    /// It looks at what is published from now on.
    pub active: bool,
}

impl Stored {
    /// Those of a channel that were ever set up.
    pub async fn of(ex: impl Into<Ex<'_>>, org: OrgId, channel: ChannelId) -> Result<Vec<Self>> {
        q("SELECT name, settings, active FROM plugs WHERE org_id = $1 AND channel_id = $2 ORDER BY name")
            .bind(org)
            .bind(channel)
            .all(ex)
            .await
    }

    /// Sets it up, or changes it. One that is switched on again leaves alone what was published meanwhile.
    pub async fn save(
        tx: &mut Tx,
        (org, channel): (OrgId, ChannelId),
        (name, settings): (&str, &Json),
        active: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        q("INSERT INTO plugs (id, org_id, channel_id, name, settings, active, since) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (channel_id, name) DO UPDATE SET settings = excluded.settings, active = excluded.active,
           since = CASE WHEN plugs.active THEN plugs.since ELSE excluded.since END")
        .bind(Uuid::now_v7())
        .bind(org)
        .bind(channel)
        .bind(name)
        .bind(settings.clone())
        .bind(active)
        .bind(now)
        .exec(tx)
        .await?;
        Ok(())
    }
}

/// A post that a plug has not been planned for.
#[derive(Debug, Clone, FromRow)]
pub struct Fresh {
    /// The organisation.
    pub org_id: OrgId,
    /// The plug.
    pub plug_id: Uuid,
    /// Its name.
    pub name: String,
    /// The channel's provider.
    pub provider: String,
    /// The post's first part.
    pub part_id: PartId,
    /// When it went out.
    pub published_at: DateTime<Utc>,
}

impl Fresh {
    /// Up to `limit` of them, the longest published first.
    pub async fn find(ex: impl Into<Ex<'_>>, now: DateTime<Utc>, limit: i64) -> Result<Vec<Self>> {
        q("SELECT g.org_id, g.id AS plug_id, g.name, c.provider, p.id AS part_id, p.published_at
           FROM plugs g JOIN channels c ON c.id = g.channel_id AND c.deleted_at IS NULL
           JOIN targets t ON t.channel_id = g.channel_id AND t.due_at >= $1 AND t.deleted_at IS NULL
           JOIN parts p ON p.target_id = t.id AND p.position = 0 AND p.state = 'published'
           WHERE g.active AND p.published_at >= $2 AND p.published_at >= g.since
             AND NOT EXISTS (SELECT 1 FROM plug_runs r WHERE r.plug_id = g.id AND r.part_id = p.id)
           ORDER BY p.published_at LIMIT $3")
        .bind(now - DUE)
        .bind(now - FRESH)
        .bind(limit)
        .all(ex)
        .await
    }

    /// Plans it; `None` when another process was faster.
    pub async fn plan(&self, tx: &mut Tx) -> Result<Option<Uuid>> {
        let id = Uuid::now_v7();
        let added = q("INSERT INTO plug_runs (id, org_id, plug_id, part_id, published_at, looks, state)
           VALUES ($1, $2, $3, $4, $5, 0, 'waiting') ON CONFLICT (plug_id, part_id) DO NOTHING")
        .bind(id)
        .bind(self.org_id)
        .bind(self.plug_id)
        .bind(self.part_id)
        .bind(self.published_at)
        .exec(tx)
        .await?;
        Ok((added == 1).then_some(id))
    }
}

/// A plug at work on a post.
#[derive(Debug, Clone, FromRow)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// The organisation.
    pub org_id: OrgId,
    /// When the post went out.
    pub published_at: DateTime<Utc>,
    /// The plug's name.
    pub name: String,
    /// The plug's settings of today.
    pub settings: Json,
    /// It is still switched on.
    pub active: bool,
    /// The channel.
    pub channel_id: ChannelId,
    /// The post's first part.
    pub part_id: PartId,
    /// Its text.
    pub content: String,
}

impl Run {
    /// One that is not over and whose post is still there. [`Error::NotFound`] for all others.
    pub async fn open(ex: impl Into<Ex<'_>>, id: Uuid) -> Result<Self> {
        let found = q("SELECT r.id, r.org_id, r.published_at, g.name, g.settings, g.active, g.channel_id, r.part_id, p.content
           FROM plug_runs r JOIN plugs g ON g.id = r.plug_id JOIN parts p ON p.id = r.part_id
           JOIN targets t ON t.id = p.target_id AND t.deleted_at IS NULL
           WHERE r.id = $1 AND r.state = 'waiting' AND p.state = 'published'");
        found.bind(id).opt(ex).await?.ok_or(Error::NotFound("plug"))
    }

    /// What the post became at the platform: the first remote.
    pub async fn remote(&self, ex: impl Into<Ex<'_>>) -> Result<Remote> {
        let found: Option<(String, Option<String>, Json)> =
            q("SELECT remote_id, url, extra FROM remotes WHERE org_id = $1 AND part_id = $2 ORDER BY n LIMIT 1")
                .bind(self.org_id)
                .bind(self.part_id)
                .opt(ex)
                .await?;
        let (id, url, extra) = found.ok_or(Error::NotFound("post"))?;
        Ok(Remote { id, url, extra })
    }

    /// One look is over and a later one follows; `failure` says why it did not work.
    pub async fn looked(&self, tx: &mut Tx, failure: Option<&Failure>) -> Result<()> {
        q("UPDATE plug_runs SET looks = looks + 1, failure = $3 WHERE org_id = $1 AND id = $2 AND state = 'waiting'")
            .bind(self.org_id)
            .bind(self.id)
            .bind(failure.map(|f| json!(f)))
            .exec(tx)
            .await?;
        Ok(())
    }

    /// It is over.
    pub async fn end(&self, tx: &mut Tx, state: &'static str, failure: Option<&Failure>, now: DateTime<Utc>) -> Result<()> {
        q("UPDATE plug_runs SET looks = looks + 1, state = $3, failure = $4, ended_at = $5
           WHERE org_id = $1 AND id = $2 AND state = 'waiting'")
        .bind(self.org_id)
        .bind(self.id)
        .bind(state)
        .bind(failure.map(|f| json!(f)))
        .bind(now)
        .exec(tx)
        .await?;
        Ok(())
    }
}

/// What a plug did lately.
#[derive(Debug, Clone, FromRow)]
pub struct Past {
    /// The plug's name.
    pub name: String,
    /// `waiting`, `done`, `passed`, `failed` or `uncertain`.
    pub state: String,
    /// The post.
    pub post_id: PostId,
    /// Its text.
    pub content: String,
    /// When it went out.
    pub published_at: DateTime<Utc>,
    /// Why.
    pub failure: Option<Json>,
}

/// The newest runs of a channel.
pub async fn past(ex: impl Into<Ex<'_>>, org: OrgId, channel: ChannelId, limit: i64) -> Result<Vec<Past>> {
    q("SELECT g.name, r.state, t.post_id, p.content, r.published_at, r.failure
       FROM plug_runs r JOIN plugs g ON g.id = r.plug_id JOIN parts p ON p.id = r.part_id JOIN targets t ON t.id = p.target_id
       WHERE g.org_id = $1 AND g.channel_id = $2 AND t.deleted_at IS NULL ORDER BY r.id DESC LIMIT $3")
    .bind(org)
    .bind(channel)
    .bind(limit)
    .all(ex)
    .await
}

/// A step of a run.
#[derive(Debug, Clone, FromRow)]
pub struct Step {
    /// Stays the same over all attempts.
    pub key: Uuid,
    /// `open` or `done`.
    pub state: String,
    /// When it was first intended.
    pub begun_at: DateTime<Utc>,
    /// Attempts that may have been seen and whose end is not known.
    pub unsure: i64,
    /// Array of one: what it gave.
    pub result: Option<Json>,
}

impl Step {
    /// The step as it stands, locked against others until the transaction ends; made when it is new.
    pub async fn take(tx: &mut Tx, run: Uuid, (name, key, effect): (&str, Uuid, Effect), now: DateTime<Utc>) -> Result<Self> {
        q("INSERT INTO plug_steps (run_id, name, key, effect, state, begun_at, unsure) VALUES ($1, $2, $3, $4, 'open', $5, 0)
           ON CONFLICT (run_id, name) DO UPDATE SET effect = excluded.effect
           RETURNING key, state, begun_at, unsure, result")
        .bind(run)
        .bind(name)
        .bind(key)
        .bind(word(effect))
        .bind(now)
        .one(tx)
        .await
    }

    /// One more attempt is about to leave.
    pub async fn intend(tx: &mut Tx, run: Uuid, name: &str) -> Result<()> {
        q("UPDATE plug_steps SET unsure = unsure + 1 WHERE run_id = $1 AND name = $2").bind(run).bind(name).exec(tx).await?;
        Ok(())
    }

    /// What came of an attempt: a result, or nothing that can have happened (`None`).
    pub async fn end(tx: &mut Tx, run: Uuid, name: &str, result: Option<&Json>) -> Result<()> {
        let update = match result {
            Some(result) => q("UPDATE plug_steps SET state = 'done', result = $3 WHERE run_id = $1 AND name = $2")
                .bind(run)
                .bind(name)
                .bind(json!([result])),
            None => {
                q("UPDATE plug_steps SET unsure = unsure - 1 WHERE run_id = $1 AND name = $2 AND unsure > 0").bind(run).bind(name)
            }
        };
        update.exec(tx).await?;
        Ok(())
    }
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Repeatable => "repeatable",
        Effect::Keyed { .. } => "keyed",
        Effect::ClientId => "client_id",
        Effect::Once => "once",
    }
}
