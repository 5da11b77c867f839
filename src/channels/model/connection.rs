//! The table `connections`: connecting an account that takes several steps.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{Error, OrNotFound as _, Result},
    kit::{ChannelId, ConnectionId, OrgId, UserId, crypto::Key},
    providers::{Answers, Page},
};

/// Most that one person has at a time; older ones give way.
const MOST: i64 = 30;
/// Between two questions to the platform.
const PAUSE: TimeDelta = TimeDelta::seconds(2);

/// One of them. Everything that is secret is sealed.
#[derive(Debug, Clone, FromRow)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// For whom.
    pub org_id: OrgId,
    /// Who began it.
    pub user_id: UserId,
    /// The provider's id.
    pub provider: String,
    /// The channel that is reconnected.
    pub channel_id: Option<ChannelId>,
    /// Where it stands.
    pub stage: Stage,
    kept: Vec<u8>,
    /// Until when it can be gone on with.
    pub expires_at: DateTime<Utc>,
    /// When it was finished or given up.
    pub used_at: Option<DateTime<Utc>>,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
pub enum Stage {
    /// The platform sends the person back.
    Consent,
    /// The person chooses pages.
    Choice,
    /// The person does something at the platform.
    Invitation,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Choice => "choice",
            Self::Invitation => "invitation",
        }
    }
}

/// What is needed to go on, and to begin anew.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The connect form.
    pub answers: Answers,
    /// The developer app of this channel alone; empty: as the organisation has it.
    pub app: Answers,
    /// The provider's own.
    pub own: Json,
    /// What is offered.
    pub pages: Vec<Page>,
    /// What the person has to do.
    pub invitation: Option<Invited>,
}

/// What the person has to do, in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invited {
    /// A sentence.
    pub text: String,
    /// A word to be sent as it is.
    pub word: Option<String>,
    /// An address to be opened or scanned.
    pub link: Option<String>,
}

/// One about to be stored.
pub struct NewConnection<'a> {
    /// For whom, and who begins it.
    pub of: (OrgId, UserId),
    /// The provider's id.
    pub provider: &'a str,
    /// The channel that is reconnected.
    pub channel: Option<ChannelId>,
    /// Where it stands.
    pub stage: Stage,
    /// SHA-256 of the `state` of a consent page.
    pub state_hash: Option<[u8; 32]>,
    /// What is kept.
    pub kept: &'a Kept,
    /// How long it lasts.
    pub lasts: TimeDelta,
}

const COLUMNS: &str = "SELECT id, org_id, user_id, provider, channel_id, stage, kept, expires_at, used_at FROM connections ";

fn place(id: ConnectionId) -> String {
    format!("connections/{id}")
}

impl Connection {
    /// Stores one.
    pub async fn insert(tx: &mut Tx, key: &Key, new: &NewConnection<'_>, now: DateTime<Utc>) -> Result<ConnectionId> {
        let (id, (org, user)) = (ConnectionId::new(), new.of);
        let kept = serde_json::to_vec(new.kept).map_err(Error::internal)?;
        q("INSERT INTO connections (id, org_id, user_id, provider, channel_id, stage, state_hash, kept, created_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(id)
        .bind(org)
        .bind(user)
        .bind(new.provider)
        .bind(new.channel)
        .bind(new.stage.as_str())
        .bind(new.state_hash.map(|hash| hash.to_vec()))
        .bind(key.seal(&place(id), &kept))
        .bind(now)
        .bind(now + new.lasts)
        .exec(tx)
        .await?;
        q("DELETE FROM connections WHERE org_id = $1 AND user_id = $2 AND id NOT IN
             (SELECT id FROM connections WHERE org_id = $1 AND user_id = $2 ORDER BY id DESC LIMIT $3)")
        .bind(org)
        .bind(user)
        .bind(MOST)
        .exec(tx)
        .await?;
        Ok(id)
    }

    /// That of a person in an organisation; [`Error::NotFound`] for anybody else's.
    pub async fn find(ex: impl Into<Ex<'_>>, (org, user): (OrgId, UserId), id: ConnectionId) -> Result<Self> {
        let found = q(COLUMNS).push("WHERE org_id = $1 AND user_id = $2 AND id = $3").bind(org).bind(user).bind(id);
        found.opt(ex).await.or_not_found("connection")
    }

    /// That of a `state`, in whatever organisation its person began it.
    pub async fn returned(ex: impl Into<Ex<'_>>, user: UserId, state_hash: [u8; 32]) -> Result<Option<Self>> {
        let found = q(COLUMNS).push("WHERE user_id = $1 AND state_hash = $2").bind(user).bind(state_hash.to_vec());
        found.opt(ex).await
    }

    /// What is needed to go on.
    pub fn open(&self, key: &Key) -> Result<Kept> {
        let plain = key.open(&place(self.id), &self.kept).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// It can still be gone on with.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }

    /// Takes it: true for one caller only.
    pub async fn take(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
        let taken = q("UPDATE connections SET used_at = $1 WHERE org_id = $2 AND id = $3 AND used_at IS NULL");
        Ok(taken.bind(now).bind(self.org_id).bind(self.id).exec(tx).await? == 1)
    }

    /// Claims the next question to the platform; false when the last one was just now.
    pub async fn may_ask(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
        let claimed = q("UPDATE connections SET checked_at = $1
             WHERE org_id = $2 AND id = $3 AND used_at IS NULL AND (checked_at IS NULL OR checked_at <= $4)");
        Ok(claimed.bind(now).bind(self.org_id).bind(self.id).bind(now - PAUSE).exec(tx).await? == 1)
    }

    /// Forgets it.
    pub async fn remove(&self, tx: &mut Tx) -> Result<()> {
        q("DELETE FROM connections WHERE org_id = $1 AND id = $2").bind(self.org_id).bind(self.id).exec(tx).await?;
        Ok(())
    }
}

/// Forgets those of all organisations that ended before `before`.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    q("DELETE FROM connections WHERE expires_at < $1").bind(before).exec(tx).await
}
