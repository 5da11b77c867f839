//! The table `channels`.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, q},
    error::{OrNotFound as _, Result},
    kit::{ChannelId, OrgId},
    providers::{self, Provider},
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
    /// Picture.
    pub picture: Option<String>,
    /// The account's page.
    pub url: Option<String>,
    /// See [`ChannelState`].
    pub state: ChannelState,
    /// Why it must be reconnected, in the platform's words.
    pub reason: Option<String>,
    /// IANA zone of its slots.
    pub zone: String,
    /// When it was first connected.
    pub created_at: DateTime<Utc>,
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

const COLUMNS: &str = "id, org_id, provider, remote_id, name, handle, picture, url, state, reason, zone, created_at";

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

    /// Its provider; `None` when this program does not know it (a database of a newer one).
    pub fn provider(&self) -> Option<&'static dyn Provider> {
        providers::find(&self.provider)
    }
}
