//! The table `channels`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::{Sealed, lane};
use crate::{
    channels::slots::{DEFAULTS, EVERY_DAY, NewSlot},
    db::{Ex, FromRow, Topic, Tx, q},
    error::{OrNotFound as _, Result},
    events::{self, Event},
    kit::{ChannelId, CustomerId, OrgId, UserId, crypto::Key, text, zone},
    orgs::{LatePolicy, Organisation},
    providers::{self, Account, Provider},
};

/// A connected account.
#[derive(Debug, Clone, FromRow)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its tenant.
    pub org_id: OrgId,
    /// The provider's id.
    pub provider: String,
    /// The account's id at the platform.
    pub remote_id: String,
    /// Shown name.
    pub name: String,
    /// `@`-less handle.
    pub handle: String,
    /// Picture: a path of ours, or its address at the platform while there is no copy of it.
    pub picture: Option<String>,
    /// The account's page.
    pub url: Option<String>,
    /// See [`ChannelState`].
    pub state: ChannelState,
    /// Why it must be reconnected, in the platform's words. A paused channel with a reason must be, too.
    pub reason: Option<String>,
    /// IANA zone of its slots.
    pub zone: String,
    /// How late a post may be and is sent all the same; `None`: as the organisation has it.
    pub late_minutes: Option<i64>,
    /// What becomes of a later one; `None`: as the organisation has it.
    pub late_policy: Option<LatePolicy>,
    /// Whom it is run for.
    pub customer_id: Option<CustomerId>,
    /// When it was first connected.
    pub created_at: DateTime<Utc>,
}

impl ChannelState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Reconnect => "reconnect",
        }
    }
}

/// Whether a channel may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
pub enum ChannelState {
    /// Works.
    Active,
    /// A person paused it: its posts wait.
    Paused,
    /// Its credentials no longer work: its posts wait.
    Reconnect,
}

const COLUMNS: &str =
    "id, org_id, provider, remote_id, name, handle, picture, url, state, reason, zone, late_minutes, late_policy,
     customer_id, created_at";

impl Channel {
    /// By id within an organisation.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: ChannelId) -> Result<Self> {
        q("SELECT ")
            .push(COLUMNS)
            .push(" FROM channels WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(id)
            .opt(ex)
            .await
            .or_not_found("channel")
    }

    /// All of an organisation, oldest first.
    pub async fn list(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<Self>> {
        q("SELECT ")
            .push(COLUMNS)
            .push(" FROM channels WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id")
            .bind(org)
            .all(ex)
            .await
    }

    /// Those of `ids` that exist in the organisation, oldest first; each once.
    pub async fn find_many(ex: impl Into<Ex<'_>>, org: OrgId, ids: &[ChannelId]) -> Result<Vec<Self>> {
        q("SELECT ")
            .push(COLUMNS)
            .push(" FROM channels WHERE org_id = $1 AND deleted_at IS NULL")
            .bind(org)
            .list(" AND id IN ", ids.iter().copied())
            .push(" ORDER BY id")
            .all(ex)
            .await
    }

    /// Stores a connected account. The same account again, even one that was removed, is the same channel: it keeps its
    /// id, slots and zone, and becomes active. Its name is kept too, for people may have chosen it, unless it had been
    /// removed. A new one gets the organisation's zone and [`DEFAULTS`]. Tells the schedule: what was held may go on.
    pub(in crate::channels) async fn store(tx: &mut Tx, key: &Key, found: &Found<'_>, now: DateTime<Utc>) -> Result<Self> {
        let (org, new) = (found.org, ChannelId::new());
        let added = insert(tx, key, new, found, now).await?;
        let id = if added { new } else { refresh(tx, key, found).await? };
        lane::open(tx, org, id).await?;
        if added {
            for minute in DEFAULTS {
                super::Slot::add(tx, org, id, NewSlot { minute, weekdays: EVERY_DAY }).await?;
            }
        }
        let channel = Self::find(&mut *tx, org, id).await?;
        let kind = if added { "channel.connected" } else { "channel.reconnected" };
        channel.record(tx, kind, found.by, now).await?;
        tx.publish(Topic::Channels);
        Ok(channel)
    }

    /// Stops sending until [`Channel::resume`]; nothing changes when it is paused already.
    pub async fn pause(&self, tx: &mut Tx, by: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
        let paused =
            q("UPDATE channels SET state = 'paused' WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL AND state <> 'paused'");
        if paused.bind(self.org_id).bind(self.id).exec(tx).await? == 1 {
            self.record(tx, "channel.paused", by, now).await?;
            tx.publish(Topic::Channels);
        }
        Ok(())
    }

    /// Ends a pause. A channel whose credentials stopped working meanwhile must then be reconnected.
    pub async fn resume(&self, tx: &mut Tx, by: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
        let resumed = q("UPDATE channels SET state = CASE WHEN reason IS NULL THEN 'active' ELSE 'reconnect' END
             WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL AND state = 'paused'");
        if resumed.bind(self.org_id).bind(self.id).exec(tx).await? == 1 {
            self.record(tx, "channel.resumed", by, now).await?;
            tx.publish(Topic::Channels);
        }
        Ok(())
    }

    /// Removes it: its history stays, its credentials do not.
    pub async fn remove(&self, tx: &mut Tx, by: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
        let removed =
            q("UPDATE channels SET deleted_at = $1, credentials = $2 WHERE org_id = $3 AND id = $4 AND deleted_at IS NULL");
        if removed.bind(now).bind(Vec::<u8>::new()).bind(self.org_id).bind(self.id).exec(tx).await? == 1 {
            self.record(tx, "channel.removed", by, now).await?;
            tx.publish(Topic::Channels);
        }
        Ok(())
    }

    /// Gives it another name and zone.
    pub async fn change(&self, tx: &mut Tx, change: &ChannelChange, by: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
        q("UPDATE channels SET name = $1, zone = $2 WHERE org_id = $3 AND id = $4 AND deleted_at IS NULL")
            .bind(&change.name)
            .bind(change.zone.name())
            .bind(self.org_id)
            .bind(self.id)
            .exec(tx)
            .await?;
        self.record(tx, "channel.changed", by, now).await
    }

    /// Chooses what becomes of its late posts; `None`: as the organisation has it. `minutes` must have been checked.
    pub async fn set_late(
        &self,
        tx: &mut Tx,
        (minutes, policy): (Option<i64>, Option<LatePolicy>),
        by: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        q("UPDATE channels SET late_minutes = $1, late_policy = $2 WHERE org_id = $3 AND id = $4 AND deleted_at IS NULL")
            .bind(minutes)
            .bind(policy.map(|p| p.as_str().to_owned()))
            .bind(self.org_id)
            .bind(self.id)
            .exec(tx)
            .await?;
        self.record(tx, "channel.changed", by, now).await
    }

    /// The zone of its slots; UTC when this program does not know the stored one.
    pub fn tz(&self) -> Tz {
        zone::parse(&self.zone).unwrap_or(Tz::UTC)
    }

    async fn record(&self, tx: &mut Tx, kind: &'static str, by: Option<UserId>, now: DateTime<Utc>) -> Result<()> {
        let data = Some(json!({"name": self.name, "handle": self.handle, "provider": self.provider}));
        let event = Event { kind, channel: Some(self.id), user: by, data, ..Event::default() };
        events::record(tx, self.org_id, event, now).await
    }

    /// Its provider; `None` when this program does not know it (a database of a newer one).
    pub fn provider(&self) -> Option<&'static dyn Provider> {
        providers::find(&self.provider)
    }
}

/// An account that a platform confirmed, to be stored as a channel.
pub struct Found<'a> {
    /// For whom.
    pub org: OrgId,
    /// The provider's id.
    pub provider: &'a str,
    /// The account.
    pub account: &'a Account,
    /// Who connected it; `None`: the command line.
    pub by: Option<UserId>,
}

/// What people may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelChange {
    /// Shown name.
    pub name: String,
    /// Zone of its slots.
    pub zone: Tz,
}

/// Adds the account under a new id; false when the organisation already has it.
async fn insert(tx: &mut Tx, key: &Key, id: ChannelId, found: &Found<'_>, now: DateTime<Utc>) -> Result<bool> {
    let Found { org, account, .. } = *found;
    let zone = Organisation::find(&mut *tx, org).await?.zone;
    let added = q(
        "INSERT INTO channels
           (id, org_id, provider, remote_id, name, handle, picture, picture_source, url, credentials, state, zone, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, 'active', $10, $11) ON CONFLICT (org_id, provider, remote_id) DO NOTHING",
    )
    .bind(id)
    .bind(org)
    .bind(found.provider)
    .bind(&account.id)
    .bind(shown_name(account))
    .bind(&account.handle)
    .bind(account.picture.as_deref().and_then(text::web_address))
    .bind(account.url.as_deref().and_then(text::web_address))
    .bind(Sealed::seal(key, id, &account.credentials).credentials)
    .bind(zone)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(added == 1)
}

/// Refreshes the channel that the organisation has for the account.
async fn refresh(tx: &mut Tx, key: &Key, found: &Found<'_>) -> Result<ChannelId> {
    let Found { org, account, .. } = *found;
    let (id,): (ChannelId,) = q("SELECT id FROM channels WHERE org_id = $1 AND provider = $2 AND remote_id = $3")
        .bind(org)
        .bind(found.provider)
        .bind(&account.id)
        .one(&mut *tx)
        .await?;
    q("UPDATE channels SET name = CASE WHEN deleted_at IS NULL THEN name ELSE $1 END, handle = $2, url = $4,
         picture = CASE WHEN $3 IS NOT NULL AND picture LIKE '/%' THEN picture ELSE $3 END, picture_source = $3, credentials = $5, state = 'active', reason = NULL, deleted_at = NULL WHERE org_id = $6 AND id = $7")
    .bind(shown_name(account))
    .bind(&account.handle)
    .bind(account.picture.as_deref().and_then(text::web_address))
    .bind(account.url.as_deref().and_then(text::web_address))
    .bind(Sealed::seal(key, id, &account.credentials).credentials)
    .bind(org)
    .bind(id)
    .exec(tx)
    .await?;
    Ok(id)
}

/// Platforms have accounts without a name.
fn shown_name(account: &Account) -> &str {
    if account.name.trim().is_empty() { &account.handle } else { &account.name }
}

/// The credentials `used` stopped working: the channel waits for a person, with the platform's words as the reason. A
/// paused one stays paused until it is resumed; a removed one stays as it is, and so does one that has got other
/// credentials since. `None`: whatever is stored cannot be used.
pub async fn mark_reconnect(
    tx: &mut Tx,
    (org, id): (OrgId, ChannelId),
    used: Option<&Sealed>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut mark = q("UPDATE channels SET state = CASE WHEN state = 'paused' THEN 'paused' ELSE 'reconnect' END, reason = $1
         WHERE org_id = $2 AND id = $3 AND deleted_at IS NULL AND reason IS NULL")
    .bind(reason)
    .bind(org)
    .bind(id);
    if let Some(used) = used {
        mark = mark.and(" AND credentials = ", used.credentials.clone());
    }
    let marked = mark.exec(tx).await?;
    if marked == 1 {
        let event =
            Event { kind: "channel.broken", channel: Some(id), data: Some(json!({"reason": reason})), ..Event::default() };
        events::record(tx, org, event, now).await?;
    }
    Ok(())
}
