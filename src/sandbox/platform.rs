//! The platform's side: accounts, uploads, posts and what a reader sees of them. Knows nothing of HTTP and nothing of the
//! instance it may run in.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    behaviour::Switches,
    model::{self, Account, Attachment, Filter, Post, Sight, Stats, Upload},
    writer::{Pending, Writer},
};
use crate::{
    db::{Db, Json},
    error::{Error, Result},
    kit::{Clock, crypto, text::graphemes},
};

/// Longest text, in characters that people see.
pub const MAX_TEXT: usize = 500;
/// Most pictures of a post; a video stands alone.
pub const MAX_IMAGES: usize = 4;
/// Most bytes of a file.
pub const MAX_UPLOAD: usize = 20 * 1024 * 1024;

const MIMES: [&str; 5] = ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"];

/// Why the platform does not do it, in its own words.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The content is at fault: a code and a sentence.
    #[error("{1}")]
    Invalid(&'static str, String),
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// The body has more bytes than this.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// There is no such thing.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The token opens nothing.
    #[error("the token is not valid")]
    Unauthorized,
    /// Not the caller's fault.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A post as it is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Its text.
    #[serde(default)]
    pub text: String,
    /// Its files.
    #[serde(default)]
    pub media: Vec<DraftMedia>,
    /// The post it answers.
    pub reply_to: Option<String>,
    /// What the client calls it.
    pub client_ref: Option<String>,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Visibility,
}

/// A file of a post as it is sent.
#[derive(Debug, Clone, Deserialize)]
pub struct DraftMedia {
    /// The upload.
    pub upload: String,
    /// Its description.
    #[serde(default)]
    pub alt: String,
}

/// Who sees a post.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Those who follow the account.
    Followers,
}

impl Visibility {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Followers => "followers",
        }
    }
}

/// Posts as a reader sees them.
pub struct Listed {
    /// Newest first.
    pub posts: Vec<Post>,
    /// What is not listed does not exist and is not about to.
    pub complete: bool,
}

/// An open platform.
pub struct Platform {
    db: Db,
    writer: Writer,
    uploads: PathBuf,
    clock: Clock,
    /// How it misbehaves.
    pub switches: Switches,
}

impl Platform {
    /// Opens the one in this directory; makes it when there is none.
    pub async fn open(data: PathBuf, clock: Clock) -> Result<Self> {
        let uploads = data.join("uploads");
        tokio::fs::create_dir_all(&uploads).await?;
        let db = Db::open(&format!("sqlite:{}", data.join("sandbox.db").display())).await?;
        model::create_schema(&db).await?;
        Ok(Self { writer: Writer::start(db.clone()), switches: Switches::default(), db, uploads, clock })
    }

    /// Now, in microseconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    /// Folds the database's log into its file.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// The account with this handle, made when there is none.
    pub async fn account(&self, handle: &str) -> Result<Account, Refusal> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
        if handle.is_empty() || handle.len() > 40 || !handle.chars().all(fits) {
            let words = "a handle has 1 to 40 of: a to z, 0 to 9, dot, dash, underscore";
            return Err(Refusal::Invalid("invalid_handle", words.into()));
        }
        let new = Account { id: fresh_id(), handle: handle.to_owned(), token: crypto::random_token() };
        let mut tx = self.db.begin().await?;
        let account = Account::ensure(&mut tx, &new, self.now()).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// The account that a token opens.
    pub async fn authorise(&self, token: &str) -> Result<Account, Refusal> {
        Account::by_token(&self.db, token).await?.ok_or(Refusal::Unauthorized)
    }

    /// Keeps a file.
    pub async fn upload(&self, account: &Account, mime: &str, bytes: Bytes) -> Result<Upload, Refusal> {
        let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !MIMES.contains(&mime.as_str()) {
            return Err(Refusal::Invalid("unsupported_media", format!("files of type {mime:?} are not taken")));
        }
        if bytes.is_empty() {
            return Err(Refusal::Invalid("empty_media", "the file is empty".into()));
        }
        let upload = Upload {
            id: fresh_id(),
            account_id: account.id.clone(),
            mime,
            bytes: bytes.len() as i64,
            sha256: hex::encode(crypto::sha256(&bytes)),
        };
        tokio::fs::write(self.uploads.join(&upload.id), &bytes).await.map_err(Error::from)?;
        let mut tx = self.db.begin().await?;
        upload.insert(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(upload)
    }

    /// A file and its bytes.
    pub async fn file(&self, id: &str) -> Result<(Upload, Vec<u8>), Refusal> {
        let upload = Upload::find(&self.db, id).await?.ok_or(Refusal::Missing("upload"))?;
        let bytes = tokio::fs::read(self.uploads.join(&upload.id)).await.map_err(Error::from)?;
        Ok((upload, bytes))
    }

    /// Announces that a post has begun to arrive: until this is dropped, lists are not complete.
    pub fn announce(&self) -> Pending {
        self.writer.announce()
    }

    /// Stores a post that arrived at `arrived_at`; others see it `after` that. The same post sent again is another post.
    pub async fn publish(&self, account: &Account, draft: Draft, arrived_at: i64, after: Duration) -> Result<Post, Refusal> {
        check_text(&draft)?;
        let media = self.attachments(account, &draft.media).await?;
        let root_id = match &draft.reply_to {
            None => None,
            Some(id) => {
                let parent = Post::find(&self.db, id).await?.filter(|p| p.ready_at <= self.now());
                let parent =
                    parent.ok_or_else(|| Refusal::Invalid("unknown_parent", format!("there is no post {id} to answer")))?;
                Some(parent.root_id.unwrap_or(parent.id))
            }
        };
        let post = Post {
            id: fresh_id(),
            account_id: account.id.clone(),
            handle: account.handle.clone(),
            text: draft.text,
            visibility: draft.visibility.as_str().to_owned(),
            media: Json(media),
            reply_to: draft.reply_to,
            root_id,
            client_ref: draft.client_ref,
            arrived_at,
            ready_at: arrived_at.saturating_add(micros(after)),
        };
        self.writer.store(post.clone()).await?;
        Ok(post)
    }

    async fn attachments(&self, account: &Account, media: &[DraftMedia]) -> Result<Vec<Attachment>, Refusal> {
        let mut list = Vec::with_capacity(media.len());
        for one in media {
            let upload = Upload::find(&self.db, &one.upload).await?.filter(|u| u.account_id == account.id);
            let upload =
                upload.ok_or_else(|| Refusal::Invalid("unknown_upload", format!("there is no upload {}", one.upload)))?;
            list.push(Attachment { upload: upload.id, mime: upload.mime, sha256: upload.sha256, alt: one.alt.clone() });
        }
        let videos = list.iter().filter(|a| a.mime.starts_with("video/")).count();
        if list.len() > MAX_IMAGES || (videos > 0 && list.len() > 1) {
            let words = format!("a post has at most {MAX_IMAGES} pictures, or one video");
            return Err(Refusal::Invalid("too_many_media", words));
        }
        Ok(list)
    }

    /// A post of anybody; one that is still being worked on, or not visible yet, is not there.
    pub async fn post(&self, id: &str) -> Result<Post, Refusal> {
        let post = Post::find(&self.db, id).await?.ok_or(Refusal::Missing("post"))?;
        let sight = self.sight(Some(&post.handle));
        let seen = post.ready_at <= sight.now && post.arrived_at <= sight.arrived_by;
        if seen { Ok(post) } else { Err(Refusal::Missing("post")) }
    }

    /// A post that was answered with `processing`, and how long it still takes; `None`: it is done.
    pub async fn processing(&self, id: &str) -> Result<(Post, Option<Duration>), Refusal> {
        let post = Post::find(&self.db, id).await?.ok_or(Refusal::Missing("processing"))?;
        let left = post.ready_at - self.now();
        let left = u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_micros);
        Ok((post, left))
    }

    /// What a reader sees now.
    pub async fn list(&self, filter: &Filter) -> Result<Listed, Refusal> {
        // Asked before the read: what is on its way now might be missed by it.
        let idle = self.writer.is_idle();
        let sight = self.sight(filter.handle.as_deref());
        let settled = sight.arrived_by == sight.now && Post::unready(&self.db, filter, sight.now).await? == 0;
        Ok(Listed { posts: Post::list(&self.db, filter, sight).await?, complete: idle && settled })
    }

    /// The answers in the threads that begin with these posts, in order.
    pub async fn replies(&self, roots: &[String]) -> Result<Vec<Post>, Refusal> {
        Ok(Post::replies(&self.db, roots, self.sight(None)).await?)
    }

    /// Takes a post of this account down.
    pub async fn delete(&self, account: &Account, id: &str) -> Result<(), Refusal> {
        let mut tx = self.db.begin().await?;
        let deleted = Post::delete(&mut tx, &account.id, id, self.now()).await?;
        tx.commit().await?;
        if deleted { Ok(()) } else { Err(Refusal::Missing("post")) }
    }

    /// What was ever accepted, from one account or from all.
    pub async fn stats(&self, handle: Option<&str>) -> Result<Stats, Refusal> {
        Ok(Stats::of(&self.db, handle).await?)
    }

    fn sight(&self, handle: Option<&str>) -> Sight {
        let now = self.now();
        let delay = Duration::from_millis(self.switches.of(handle).read_delay_ms);
        Sight { now, arrived_by: now.saturating_sub(micros(delay)) }
    }
}

fn check_text(draft: &Draft) -> Result<(), Refusal> {
    let length = graphemes(&draft.text);
    if length > MAX_TEXT {
        return Err(Refusal::Invalid("too_long", format!("the text has {length} characters; {MAX_TEXT} are allowed")));
    }
    if draft.text.trim().is_empty() && draft.media.is_empty() {
        return Err(Refusal::Invalid("empty", "a post needs a text or a file".into()));
    }
    Ok(())
}

fn fresh_id() -> String {
    Uuid::now_v7().simple().to_string()
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
