//! How people want their mails: `notice_choices`, and the daily ones in `notice_marks`.

use chrono::{DateTime, Utc};

use crate::{
    db::{Ex, FromRow, Tx, q},
    error::Result,
    kit::{OrgId, UserId},
    notify::Kind,
};

/// When mails of a kind are sent. In the pages everything is told in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum How {
    /// When it happens.
    #[default]
    AtOnce,
    /// In one mail each morning.
    Daily,
    /// Not at all.
    Never,
}

impl How {
    /// All, in the order of the settings.
    pub const ALL: [Self; 3] = [Self::AtOnce, Self::Daily, Self::Never];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::Daily => "daily",
            Self::Never => "never",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == word)
    }
}

/// What a person chose, for every kind.
pub async fn choices(ex: impl Into<Ex<'_>>, user: UserId) -> Result<Vec<(Kind, How)>> {
    let rows: Vec<(String, String)> = q("SELECT kind, mail FROM notice_choices WHERE user_id = $1").bind(user).all(ex).await?;
    let chosen = |kind: Kind| rows.iter().find(|(k, _)| k == kind.as_str()).and_then(|(_, mail)| How::parse(mail));
    Ok(Kind::ALL.into_iter().map(|kind| (kind, chosen(kind).unwrap_or_default())).collect())
}

/// Sets what a person wants for a kind.
pub async fn set_choice(tx: &mut Tx, user: UserId, kind: Kind, how: How) -> Result<()> {
    q("INSERT INTO notice_choices (user_id, kind, mail) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, kind) DO UPDATE SET mail = excluded.mail")
    .bind(user)
    .bind(kind.as_str())
    .bind(how.as_str())
    .exec(tx)
    .await?;
    Ok(())
}

/// Ends the daily mails of a person.
pub async fn stop_daily(tx: &mut Tx, user: UserId) -> Result<()> {
    q("UPDATE notice_choices SET mail = 'never' WHERE user_id = $1 AND mail = 'daily'").bind(user).exec(tx).await?;
    Ok(())
}

/// A member who wants daily mails.
#[derive(Debug, Clone, FromRow)]
pub struct Daily {
    /// The person.
    pub user_id: UserId,
    /// The organisation.
    pub org_id: OrgId,
    /// Its IANA zone.
    pub zone: String,
    /// When the last one was made.
    pub digest_at: Option<DateTime<Utc>>,
}

/// All members who want daily mails of some kind.
pub async fn digest_due(ex: impl Into<Ex<'_>>) -> Result<Vec<Daily>> {
    q("SELECT m.user_id, m.org_id, o.zone, k.digest_at FROM memberships m JOIN organisations o ON o.id = m.org_id
         LEFT JOIN notice_marks k ON k.user_id = m.user_id AND k.org_id = m.org_id
       WHERE EXISTS (SELECT 1 FROM notice_choices c WHERE c.user_id = m.user_id AND c.mail = 'daily')
       ORDER BY m.user_id, m.org_id")
    .all(ex)
    .await
}

/// Notes that somebody's daily mail up to `now` is made.
pub async fn digested(tx: &mut Tx, org: OrgId, user: UserId, now: DateTime<Utc>) -> Result<()> {
    q("INSERT INTO notice_marks (user_id, org_id, digest_at) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, org_id) DO UPDATE SET digest_at = excluded.digest_at")
    .bind(user)
    .bind(org)
    .bind(now)
    .exec(tx)
    .await?;
    Ok(())
}
