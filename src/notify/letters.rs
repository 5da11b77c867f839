//! The mails of notices: one notice, or those of a day.

use serde::Serialize;

use super::{
    Digest, How, Kind, Mail, Notice,
    model::{self, Reader, Recipient},
    token::Leaving,
    words::{self, Words, words},
};
use crate::{
    app::App,
    error::{Error, Result},
    mail::{self, Letter, Outgoing, Trouble},
    orgs::Role,
};

/// Notices in one daily mail; what is more is counted.
const DIGEST_MOST: usize = 50;

/// Around every letter.
#[derive(Debug, Serialize)]
struct Around {
    /// The address of this instance.
    instance: String,
    organisation: String,
    name: String,
    settings: String,
    unsubscribe: String,
    /// Which mails the link ends.
    ends: String,
}

#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    words: Words,
    /// `Words::url` with our address before it.
    link: String,
    /// It is no longer so.
    over: bool,
}

impl Line {
    fn new(app: &App, notice: &Notice) -> Option<Self> {
        let words = words(notice)?;
        Some(Self { link: app.link(&words.url), words, over: notice.resolved_at.is_some() })
    }
}

/// `templates/mail/notice`.
#[derive(Debug, Serialize)]
struct NoticeLetter {
    around: Around,
    line: Line,
}

impl Letter for NoticeLetter {
    const NAME: &'static str = "notice";
}

/// `templates/mail/digest`.
#[derive(Debug, Serialize)]
struct DigestLetter {
    around: Around,
    lines: Vec<Line>,
    count: usize,
    more: usize,
    list: String,
}

impl Letter for DigestLetter {
    const NAME: &'static str = "digest";
}

/// Sends one notice to one person; `None` when there is nothing to tell them (any more).
pub async fn notice(app: &App, job: &Mail) -> Result<Option<Result<(), Trouble>>> {
    let Some((to, reader)) = reader(app, job.org, job.user).await? else { return Ok(None) };
    to.language().scope(notice_to(app, job, &to, reader)).await
}

async fn notice_to(app: &App, job: &Mail, to: &Recipient, reader: Reader) -> Result<Option<Result<(), Trouble>>> {
    let notice = match model::find(&app.db, reader, job.notice).await {
        Err(Error::NotFound(_)) => return Ok(None),
        found => found?,
    };
    let Some(kind) = Kind::parse(&notice.kind).filter(|_| notice.resolved_at.is_none()) else { return Ok(None) };
    let how = model::choices(&app.db, job.user).await?.into_iter().find(|(k, _)| *k == kind).map(|(_, how)| how);
    let Some(line) = Line::new(app, &notice).filter(|_| how == Some(How::AtOnce)) else { return Ok(None) };
    let leaving = Leaving { user: job.user, kind: Some(kind) };
    let letter = NoticeLetter { around: around(app, to, leaving), line };
    let id = format!("notice.{}.{}", job.notice.0.simple(), job.user.0.simple());
    send(app, to, (&letter, leaving), &id).await.map(Some)
}

/// Sends the daily mail to one person; `None` when there was nothing that day.
pub async fn digest(app: &App, job: &Digest) -> Result<Option<Result<(), Trouble>>> {
    let Some((to, reader)) = reader(app, job.org, job.user).await? else { return Ok(None) };
    to.language().scope(digest_to(app, job, &to, reader)).await
}

async fn digest_to(app: &App, job: &Digest, to: &Recipient, reader: Reader) -> Result<Option<Result<(), Trouble>>> {
    let choices = model::choices(&app.db, job.user).await?;
    let kinds: Vec<&'static str> =
        choices.into_iter().filter(|(_, how)| *how == How::Daily).map(|(kind, _)| kind.as_str()).collect();
    let notices = model::since(&app.db, reader, &kinds, (job.since, job.until), 1_000).await?;
    let mut lines: Vec<Line> = notices.iter().filter_map(|notice| Line::new(app, notice)).collect();
    let count = lines.len();
    lines.truncate(DIGEST_MOST);
    if lines.is_empty() {
        return Ok(None);
    }
    let leaving = Leaving { user: job.user, kind: None };
    let around = around(app, to, leaving);
    let letter = DigestLetter { around, count, more: count - lines.len(), lines, list: app.link("/notices") };
    let id = format!("digest.{}.{}.{}", job.org.0.simple(), job.user.0.simple(), job.until.timestamp());
    send(app, to, (&letter, leaving), &id).await.map(Some)
}

async fn reader(app: &App, org: crate::kit::OrgId, user: crate::kit::UserId) -> Result<Option<(Recipient, Reader)>> {
    let found = model::recipient(&app.db, org, user, "").await?;
    Ok(found.map(|to| {
        let role = Role::parse(&to.role);
        (to, Reader { org, user, role })
    }))
}

fn around(app: &App, to: &Recipient, leaving: Leaving) -> Around {
    Around {
        instance: app.url.to_string(),
        organisation: to.organisation.clone(),
        name: to.name.clone(),
        settings: app.link("/settings/notices"),
        unsubscribe: unsubscribe(app, leaving),
        ends: leaving.kind.map_or_else(words::daily_name, words::kind_name),
    }
}

fn unsubscribe(app: &App, leaving: Leaving) -> String {
    app.link(&format!("/unsubscribe/{}", leaving.token(&app.key)))
}

async fn send<L: Letter>(app: &App, to: &Recipient, (letter, leaving): (&L, Leaving), id: &str) -> Result<Result<(), Trouble>> {
    let content = mail::write(&app.pages, letter)?;
    let link = unsubscribe(app, leaving);
    let outgoing = Outgoing { to: &to.email, name: &to.name, id, content: &content, unsubscribe: Some(&link) };
    Ok(app.mail.send(&outgoing).await)
}
