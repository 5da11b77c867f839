//! The table `developer_apps`.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::{Error, Result},
    kit::{ChannelId, DeveloperAppId, OrgId, UserId, crypto::Key},
    providers::Answers,
};

/// Whose developer app it is: the nearest to a channel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Of everybody on this instance.
    Instance,
    /// Of one organisation.
    Organisation(OrgId),
    /// Of one channel.
    Channel(OrgId, ChannelId),
}

impl Owner {
    fn ids(self) -> (Option<OrgId>, Option<ChannelId>) {
        match self {
            Self::Instance => (None, None),
            Self::Organisation(org) => (Some(org), None),
            Self::Channel(org, channel) => (Some(org), Some(channel)),
        }
    }
}

/// One that somebody entered. Its fields are sealed.
#[derive(Debug, Clone, FromRow)]
pub struct DeveloperApp {
    /// Its id.
    pub id: DeveloperAppId,
    /// The provider's id.
    pub provider: String,
    /// `None`: of the instance.
    pub org_id: Option<OrgId>,
    /// `None`: of the organisation, or of the instance.
    pub channel_id: Option<ChannelId>,
    /// What the platform calls it in public; may be empty.
    pub client_id: String,
    fields: Vec<u8>,
    /// When it was entered.
    pub set_at: DateTime<Utc>,
}

const COLUMNS: &str = "SELECT id, provider, org_id, channel_id, client_id, fields, set_at FROM developer_apps ";

fn place(id: DeveloperAppId) -> String {
    format!("developer_apps/{id}")
}

impl DeveloperApp {
    /// Those that count for an organisation and its channels: its own, its channels' and the instance's.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Self>> {
        q(COLUMNS).push("WHERE org_id = $1 OR org_id IS NULL ORDER BY id").bind(org).all(ex).await
    }

    /// Those of one provider that count for an organisation; of all organisations for the instance.
    pub async fn of_provider(ex: impl Into<Ex<'_>>, owner: Owner, provider: &str) -> Result<Vec<Self>> {
        let all = q(COLUMNS).push("WHERE provider = $1").bind(provider);
        match owner.ids().0 {
            Some(org) => all.and(" AND (org_id IS NULL OR org_id = ", org).push(")").all(ex).await,
            None => all.all(ex).await,
        }
    }

    /// The nearest of one provider.
    pub async fn in_force(
        ex: impl Into<Ex<'_>>,
        (org, channel): (OrgId, Option<ChannelId>),
        provider: &str,
    ) -> Result<Option<Self>> {
        let all = Self::of_provider(ex, Owner::Organisation(org), provider).await?;
        Ok(nearest(&all, org, channel).cloned())
    }

    /// The one that belongs to `owner`.
    pub async fn find(ex: impl Into<Ex<'_>>, owner: Owner, provider: &str) -> Result<Option<Self>> {
        let all = Self::of_provider(ex, owner, provider).await?;
        Ok(all.into_iter().find(|app| (app.org_id, app.channel_id) == owner.ids()))
    }

    /// Its fields.
    pub fn open(&self, key: &Key) -> Result<Answers> {
        let plain = key.open(&place(self.id), &self.fields).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// Puts one in the place of what `owner` had.
    pub async fn put(tx: &mut Tx, key: &Key, (owner, provider): (Owner, &str), fields: &Answers, by: Set) -> Result<()> {
        Self::remove(tx, owner, provider).await?;
        let (id, (org, channel)) = (DeveloperAppId::new(), owner.ids());
        let plain = serde_json::to_vec(fields).map_err(Error::internal)?;
        q("INSERT INTO developer_apps (id, provider, org_id, channel_id, client_id, fields, set_at, set_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(id)
        .bind(provider)
        .bind(org)
        .bind(channel)
        .bind(fields.get("client_id").map_or("", String::as_str))
        .bind(key.seal(&place(id), &plain))
        .bind(by.at)
        .bind(by.user)
        .exec(tx)
        .await?;
        Ok(())
    }

    /// Removes what `owner` had; false when that was nothing.
    pub async fn remove(tx: &mut Tx, owner: Owner, provider: &str) -> Result<bool> {
        let removed = q("DELETE FROM developer_apps WHERE provider = $1").bind(provider);
        let removed = match owner.ids() {
            (None, _) => removed.push(" AND org_id IS NULL"),
            (Some(org), None) => removed.and(" AND channel_id IS NULL AND org_id = ", org),
            (Some(org), Some(channel)) => removed.and(" AND org_id = ", org).and(" AND channel_id = ", channel),
        };
        Ok(removed.exec(tx).await? > 0)
    }
}

/// Who entered it, and when.
#[derive(Debug, Clone, Copy)]
pub struct Set {
    /// When.
    pub at: DateTime<Utc>,
    /// The person; `None`: the command line.
    pub user: Option<UserId>,
}

/// The nearest to a channel, or to any new one of the organisation: its own, the organisation's, the instance's.
pub fn nearest(apps: &[DeveloperApp], org: OrgId, channel: Option<ChannelId>) -> Option<&DeveloperApp> {
    let of = |owner: Owner| apps.iter().find(move |app| (app.org_id, app.channel_id) == owner.ids());
    let own = channel.and_then(|id| of(Owner::Channel(org, id)));
    own.or_else(|| of(Owner::Organisation(org))).or_else(|| of(Owner::Instance))
}

/// A channel that uses a provider's developer app.
#[derive(Debug, Clone, FromRow)]
pub struct User {
    /// The channel.
    pub id: ChannelId,
    /// Its tenant.
    pub org_id: OrgId,
    /// Its name.
    pub name: String,
    /// Its organisation's name.
    pub organisation: String,
}

/// The channels of a provider: those of the owner's organisation, or all of the instance.
pub async fn users(ex: impl Into<Ex<'_>>, owner: Owner, provider: &str) -> Result<Vec<User>> {
    let all = q("SELECT c.id, c.org_id, c.name, o.name AS organisation FROM channels c JOIN organisations o ON o.id = c.org_id
         WHERE c.deleted_at IS NULL AND c.provider = $1")
    .bind(provider);
    let all = match owner.ids() {
        (None, _) => all,
        (Some(org), None) => all.and(" AND c.org_id = ", org),
        (Some(org), Some(channel)) => all.and(" AND c.org_id = ", org).and(" AND c.id = ", channel),
    };
    all.push(" ORDER BY o.name, c.id").all(ex).await
}
