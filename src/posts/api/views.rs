//! Posts and targets on the wire: what `GET` shows and every change answers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object,
    types::{Any, Example},
};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::{
    db::Ex,
    delivery::{Part, Takedown, parts_of, takedowns_of},
    error::{Failure, FailureKind, Result},
    kit::{OrgId, PostId, TargetId},
    posts::model::{self, PostRow, StoredPart, TargetRow},
    providers::MediaRef,
};

/// What somebody wrote for one or more channels.
#[derive(Object, Serialize)]
#[oai(rename = "Post", example)]
pub struct PostView {
    /// Its id, an opaque string.
    pub id: String,
    /// The number of its newest version: the first part of its `ETag`.
    pub version: i64,
    /// Through which door it came: `web`, `api` or `cli`.
    source: String,
    /// The id of who wrote it; null: a key, or somebody who is gone.
    author: Option<String>,
    /// When it was first saved.
    created_at: DateTime<Utc>,
    /// When its newest version was saved.
    updated_at: DateTime<Utc>,
    /// Its text while no channel is chosen; empty when it has targets, which have parts of their own.
    parts: Vec<LoosePart>,
    /// One for each channel.
    targets: Vec<TargetView>,
}

/// An item of a draft without a channel.
#[derive(Object, Serialize)]
struct LoosePart {
    /// Its text, sanitised HTML.
    content: String,
    /// Pictures and films.
    media: Vec<MediaUse>,
    /// Wait after the part before it, in seconds.
    delay_seconds: i64,
}

/// A post on one channel at one time.
#[derive(Object, Serialize)]
#[oai(rename = "Target", example)]
pub struct TargetView {
    /// Its id, an opaque string.
    pub id: String,
    /// The id of its post.
    post: String,
    /// The version of the post that it sends.
    version: i64,
    /// Where to.
    channel: ChannelOf,
    /// `draft`, `scheduled`, `sending`, `held`, `needs_you`, `published`, `published_incomplete`, `failed`, `missed` or
    /// `cancelled`.
    state: String,
    /// Why it is held or missed, in one word.
    reason: Option<String>,
    /// When it goes or went out; null for a draft without a date.
    due_at: Option<DateTime<Utc>>,
    /// The IANA zone in which a person chose the time.
    zone: String,
    /// Where its first part can be seen.
    url: Option<String>,
    /// The provider's settings.
    settings: Any<Json>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When its first part became live.
    published_at: Option<DateTime<Utc>>,
    /// How far its deletion at the platform is, once somebody has asked for it.
    takedown: Option<TakedownView>,
    /// The thread, at least one.
    parts: Vec<PartView>,
}

/// The deletion of a target at its platform.
#[derive(Object, Serialize)]
#[oai(rename = "Takedown")]
struct TakedownView {
    /// `asked`, `at_work`, `done` or `failed`.
    state: String,
    /// When it was asked for.
    asked_at: DateTime<Utc>,
    /// Why the last try did not work; `at_work` is tried again, `failed` is not.
    failure: Option<FailureView>,
}

impl From<Takedown> for TakedownView {
    fn from(takedown: Takedown) -> Self {
        Self {
            state: takedown.state.as_str().into(),
            asked_at: takedown.asked_at,
            failure: takedown.failure.as_deref().map(FailureView::new),
        }
    }
}

/// The channel of a target.
#[derive(Object, Serialize)]
struct ChannelOf {
    /// Its id.
    id: String,
    /// Its provider's id.
    provider: String,
    /// Its name.
    name: String,
    /// The account's handle.
    handle: String,
}

/// One item of a thread.
#[derive(Object, Serialize)]
#[oai(rename = "Part")]
pub struct PartView {
    /// Its id: name it in an update to keep it.
    pub id: String,
    /// From 0.
    position: i64,
    /// Its text, sanitised HTML.
    content: String,
    /// Pictures and films.
    media: Vec<MediaUse>,
    /// Wait after the part before it, in seconds.
    delay_seconds: i64,
    /// `waiting`, `sending`, `processing`, `retrying`, `uncertain`, `published`, `needs_you`, `failed`, `skipped` or
    /// `cancelled`.
    state: String,
    /// When the engine looks at it next.
    next_at: Option<DateTime<Utc>>,
    /// Counted tries.
    tries: i64,
    /// When it became live.
    published_at: Option<DateTime<Utc>>,
    /// What explains its state.
    failure: Option<FailureView>,
}

/// A file in a post.
#[derive(Object, Serialize)]
struct MediaUse {
    /// Its id in the library.
    id: String,
    /// Alternative text of this use.
    alt: String,
}

/// Why something did not work.
#[derive(Object, Serialize)]
#[oai(rename = "Failure")]
pub struct FailureView {
    /// `reconnect`, `rate_limited`, `rejected`, `unavailable`, `uncertain`, `unsupported` or `unexpected`.
    kind: String,
    /// The platform's words, or ours when it said nothing.
    message: String,
    /// The platform's error code or HTTP status.
    code: Option<String>,
}

impl FailureView {
    /// As it goes out.
    pub fn new(failure: &Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Reconnect => "reconnect",
            FailureKind::RateLimited { .. } => "rate_limited",
            FailureKind::Rejected => "rejected",
            FailureKind::Unavailable => "unavailable",
            FailureKind::Uncertain => "uncertain",
            FailureKind::Unsupported => "unsupported",
            FailureKind::Unexpected => "unexpected",
        };
        Self { kind: kind.into(), message: failure.message.clone(), code: failure.code.clone() }
    }
}

impl PartView {
    /// As it goes out.
    pub fn new(part: Part) -> Self {
        Self {
            id: part.id.to_string(),
            position: part.position,
            content: part.content,
            media: uses(part.media.0),
            delay_seconds: part.delay_seconds,
            state: part.state.as_str().into(),
            next_at: part.next_at,
            tries: part.tries,
            published_at: part.published_at,
            failure: part.failure.as_deref().map(FailureView::new),
        }
    }
}

fn uses(media: Vec<MediaRef>) -> Vec<MediaUse> {
    media.into_iter().map(|m| MediaUse { id: m.id.to_string(), alt: m.alt }).collect()
}

fn loose(part: StoredPart) -> LoosePart {
    LoosePart { content: part.content, media: uses(part.media), delay_seconds: part.delay_seconds }
}

impl TargetView {
    fn new(row: TargetRow, parts: Vec<PartView>, takedown: Option<Takedown>) -> Self {
        Self {
            id: row.id.to_string(),
            post: row.post_id.to_string(),
            version: row.version,
            channel: ChannelOf {
                id: row.channel_id.to_string(),
                provider: row.provider,
                name: row.channel_name,
                handle: row.channel_handle,
            },
            state: row.state.as_str().into(),
            reason: row.reason,
            due_at: row.due_at,
            zone: row.zone,
            url: row.url,
            settings: Any(row.settings),
            created_at: row.created_at,
            published_at: row.published_at,
            takedown: takedown.map(TakedownView::from),
            parts,
        }
    }

    /// One target.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: TargetId) -> Result<Self> {
        let mut ex = ex.into();
        let row = model::find_target_row(&mut ex, org, id).await?;
        let mut found = complete(ex, org, vec![row]).await?;
        found.pop().ok_or(crate::Error::NotFound("target"))
    }
}

/// Targets with their parts: two queries for any number.
pub async fn complete(ex: impl Into<Ex<'_>>, org: OrgId, rows: Vec<TargetRow>) -> Result<Vec<TargetView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<TargetId> = rows.iter().map(|r| r.id).collect();
    let mut parts: HashMap<TargetId, Vec<PartView>> = HashMap::with_capacity(ids.len());
    let mut ex = ex.into();
    for part in parts_of(&mut ex, org, &ids).await? {
        parts.entry(part.target_id).or_default().push(PartView::new(part));
    }
    let takedowns = takedowns_of(ex, org, &ids).await?;
    let mut takedowns: HashMap<TargetId, Takedown> = takedowns.into_iter().map(|t| (t.target_id, t)).collect();
    let view = |row: TargetRow| {
        let (parts, takedown) = (parts.remove(&row.id).unwrap_or_default(), takedowns.remove(&row.id));
        TargetView::new(row, parts, takedown)
    };
    Ok(rows.into_iter().map(view).collect())
}

impl PostView {
    /// One post.
    pub async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: PostId) -> Result<Self> {
        let mut ex = ex.into();
        let row = model::find_post(&mut ex, org, id).await?;
        let mut found = Self::all(ex, org, vec![row]).await?;
        found.pop().ok_or(crate::Error::NotFound("post"))
    }

    /// Posts with their targets: three queries for any number.
    pub async fn all(ex: impl Into<Ex<'_>>, org: OrgId, rows: Vec<PostRow>) -> Result<Vec<Self>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut ex = ex.into();
        let ids: Vec<PostId> = rows.iter().map(|r| r.id).collect();
        let targets = model::targets_of(&mut ex, org, &ids).await?;
        let owners: Vec<PostId> = targets.iter().map(|t| t.post_id).collect();
        let mut of_post: HashMap<PostId, Vec<TargetView>> = HashMap::with_capacity(rows.len());
        for (post, target) in owners.into_iter().zip(complete(ex, org, targets).await?) {
            of_post.entry(post).or_default().push(target);
        }
        Ok(rows
            .into_iter()
            .map(|row| (of_post.remove(&row.id).unwrap_or_default(), row))
            .map(|(targets, row)| Self::new(row, targets))
            .collect())
    }

    fn new(row: PostRow, targets: Vec<TargetView>) -> Self {
        Self {
            id: row.id.to_string(),
            version: row.version,
            source: row.source,
            author: row.author_id.map(|id| id.to_string()),
            created_at: row.created_at,
            updated_at: row.updated_at,
            parts: row.loose.map(|stored| stored.0.parts.into_iter().map(loose).collect()).unwrap_or_default(),
            targets,
        }
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

impl Example for TargetView {
    fn example() -> Self {
        let part = PartView {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a92".into(),
            position: 0,
            content: "<p>The engine is drawn.</p>".into(),
            media: vec![],
            delay_seconds: 0,
            state: "waiting".into(),
            next_at: Some(instant("2026-11-24T08:20:00Z")),
            tries: 0,
            published_at: None,
            failure: None,
        };
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a91".into(),
            post: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a94".into(),
            version: 1,
            channel: ChannelOf {
                id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into(),
                provider: "bluesky".into(),
                name: "Analytical Press".into(),
                handle: "press.example.org".into(),
            },
            state: "scheduled".into(),
            reason: None,
            due_at: Some(instant("2026-11-24T08:20:00Z")),
            zone: "Europe/London".into(),
            url: None,
            settings: Any(json!({})),
            created_at: instant("2026-11-23T08:00:00Z"),
            published_at: None,
            takedown: None,
            parts: vec![part],
        }
    }
}

impl Example for PostView {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a94".into(),
            version: 1,
            source: "api".into(),
            author: None,
            created_at: instant("2026-11-23T08:00:00Z"),
            updated_at: instant("2026-11-23T08:00:00Z"),
            parts: vec![],
            targets: vec![TargetView::example()],
        }
    }
}
