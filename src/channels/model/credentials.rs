//! Credentials in the table `channels`: sealed JSON, opened only for their channel.

use serde_json::Value as Json;

use crate::{
    app::App,
    db::{Ex, FromRow, Tx, q},
    error::{Error, OrNotFound as _, Result},
    kit::{ChannelId, OrgId, crypto::Key},
};

/// What the credentials of a channel are sealed for.
fn place(id: ChannelId) -> String {
    format!("channels/{id}")
}

/// Stored credentials. Sealing the same value twice gives different bytes, so equal bytes mean that nobody wrote.
#[derive(Debug, Clone, FromRow)]
pub struct Sealed {
    /// As stored.
    pub credentials: Vec<u8>,
}

impl Sealed {
    /// Of a channel that exists and was not removed.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: ChannelId) -> Result<Self> {
        q("SELECT credentials FROM channels WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(org)
            .bind(id)
            .opt(ex)
            .await
            .or_not_found("channel")
    }

    /// Of every channel of an organisation that was not removed.
    pub async fn of_organisation(ex: impl Into<Ex<'_>>, org: OrgId) -> Result<Vec<(ChannelId, Self)>> {
        let rows: Vec<(ChannelId, Vec<u8>)> =
            q("SELECT id, credentials FROM channels WHERE org_id = $1 AND deleted_at IS NULL").bind(org).all(ex).await?;
        Ok(rows.into_iter().map(|(id, credentials)| (id, Self { credentials })).collect())
    }

    /// Seals the provider's own object.
    pub fn seal(key: &Key, id: ChannelId, credentials: &Json) -> Self {
        Self { credentials: key.seal(&place(id), credentials.to_string().as_bytes()) }
    }

    /// The provider's own object.
    pub fn open(&self, app: &App, id: ChannelId) -> Result<Json> {
        let plain = app.key.open(&place(id), &self.credentials).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }
}

/// Puts `new` in the place of `old`; false when somebody else wrote first or the channel was removed.
pub async fn replace(tx: &mut Tx, org: OrgId, id: ChannelId, old: &Sealed, new: &Sealed) -> Result<bool> {
    let changed =
        q("UPDATE channels SET credentials = $1 WHERE org_id = $2 AND id = $3 AND credentials = $4 AND deleted_at IS NULL")
            .bind(new.credentials.clone())
            .bind(org)
            .bind(id)
            .bind(old.credentials.clone())
            .exec(tx)
            .await?;
    Ok(changed == 1)
}
