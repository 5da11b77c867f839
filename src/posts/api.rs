//! `/api/v1/posts`: what people write. Targets are `api/targets.rs`, approval and comments `api/reviews.rs` and
//! `api/comments.rs`.

mod body;
mod comments;
mod reviews;
mod targets;
mod views;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    types::Example,
};
use serde::Serialize;

use self::{
    body::{NewPost, Typed},
    views::PostView,
};
pub use self::{comments::Comments, reviews::Reviews, targets::Targets};
use super::{
    Saved,
    model::{self, Filter},
    save::{Also, Composed, create_composed, update_composed},
};
use crate::{
    app::App,
    channels::Channel,
    db::Tx,
    error::{Error, FieldError, Result},
    kit::{ChannelId, OrgId, PostId},
    orgs::Caller,
    tokens::{
        Cursor, Refusal, Scope,
        api::{About, Answer, Bearer, Once, Page, Read, Reply, Write, id, is_current, required, version_of},
        limit,
    },
    web::payload::Body,
};

/// The operations on posts.
pub struct Api;

/// What was deleted.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct Deleted {
    /// Its id.
    id: String,
    /// Always true.
    deleted: bool,
}

impl Example for Deleted {
    fn example() -> Self {
        Self { id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a94".into(), deleted: true }
    }
}

#[OpenApi]
impl Api {
    /// List the posts
    ///
    /// The newest first, each with its targets. To list by state, channel or time of publishing ask for targets.
    /// Needs `posts:read`.
    #[oai(path = "/posts", method = "get", operation_id = "listPosts", tag = "About::Posts")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// Only those made at or after this instant, RFC 3339.
        from: Query<Option<DateTime<Utc>>>,
        /// Only those made before this instant, RFC 3339.
        to: Query<Option<DateTime<Utc>>>,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before. What is made meanwhile does not shift it.
        cursor: Query<Option<String>>,
    ) -> Answer<Reply<Page<PostView>>, Read> {
        let org = token.may(Scope::PostsRead)?.org;
        let take = self::limit(limit.0)?;
        let filter = Filter {
            from: year(from.0, "from")?,
            to: year(to.0, "to")?,
            after: Cursor::read(cursor.0.as_deref())?,
            ..Filter::default()
        };
        let mut rows = model::posts_page(&app.db, org, &filter, take + 1).await?;
        let more = rows.len() as i64 > take;
        rows.truncate(take.unsigned_abs() as usize);
        let next = rows.last().filter(|_| more).map(|row| Cursor::new(row.created_at, row.id).encode());
        Ok(Page::written(PostView::all(&app.db, org, rows).await?, next))
    }

    /// Make a post
    ///
    /// All of it or nothing: one target for each entry. Send an `Idempotency-Key` to be able to repeat the request safely.
    /// Needs `posts:write`.
    #[oai(path = "/posts", method = "post", operation_id = "createPost", tag = "About::Posts")]
    async fn create(&self, app: App, token: Bearer, once: Once, body: Body<NewPost>) -> Answer<Reply<PostView, 201>, Write> {
        let caller = token.may(Scope::PostsWrite)?;
        let typed = body::post(&body.json, caller.zone)?;
        check_channels(&app, caller.org, &typed).await?;
        let reading = Reading::<201>::new(caller, &once);
        let composed = Composed { loose: &typed.loose, also: Some(&reading), ..Composed::default() };
        create_composed(&app, caller, &typed.draft, &composed).await?.map_err(|p| Error::Invalid(typed.errors(p)))?;
        Ok(reading.reply())
    }

    /// Show a post
    ///
    /// Its `ETag` is its version, a point and a hash of what is shown: `If-None-Match` compares all of it, `If-Match` the
    /// version. Needs `posts:read`.
    #[oai(path = "/posts/:id", method = "get", operation_id = "getPost", tag = "About::Posts")]
    async fn show(
        &self,
        app: App,
        token: Bearer,
        /// The id of the post.
        id: Path<String>,
    ) -> Answer<Reply<PostView>, Read> {
        let org = token.may(Scope::PostsRead)?.org;
        let view = PostView::find(&app.db, org, self::id(&id, "post")?).await?;
        Ok(Reply::tagged(&view, Some(view.version)))
    }

    /// Save a post again
    ///
    /// The whole of it, as its next version: entries that name a `target` change it in place, others are new, and targets that
    /// are not named are withdrawn. Nothing of a named target may have gone out. Needs `posts:write`.
    #[oai(path = "/posts/:id", method = "put", operation_id = "updatePost", tag = "About::Posts")]
    async fn update(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the post.
        id: Path<String>,
        /// Required: the `ETag` that was read, so that nobody's change is lost; `*` for whatever is there.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Body<NewPost>,
    ) -> Answer<Reply<PostView>, Write> {
        let caller = token.may(Scope::PostsWrite)?;
        let post: PostId = self::id(&id, "post")?;
        let version = version_of(required(if_match.0.as_deref())?)?;
        let typed = body::post(&body.json, caller.zone)?;
        model::find_post(&app.db, caller.org, post).await?;
        check_channels(&app, caller.org, &typed).await?;
        let reading = Reading::<200>::new(caller, &once);
        let composed = Composed { loose: &typed.loose, version, also: Some(&reading), ..Composed::default() };
        update_composed(&app, caller, post, &typed.draft, &composed).await?.map_err(|p| Error::Invalid(typed.errors(p)))?;
        Ok(reading.reply())
    }

    /// Delete a post
    ///
    /// What has not gone out never will; what is live stays live and is no longer listed. Needs `posts:write`.
    #[oai(path = "/posts/:id", method = "delete", operation_id = "deletePost", tag = "About::Posts")]
    async fn delete(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the post.
        id: Path<String>,
        /// The `ETag` that was read, to delete nothing that somebody has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<Deleted>, Write> {
        let caller = token.may(Scope::PostsWrite)?;
        let post: PostId = self::id(&id, "post")?;
        let mut tx = app.db.begin().await?;
        let found = super::remove(&mut tx, caller, post, app.clock.now()).await;
        // After the lock that the removal takes: versions have no mark of deletion.
        if found.is_ok() {
            let (version, _) = model::latest_version(&mut tx, caller.org, post).await?;
            is_current(if_match.0.as_deref(), &format!("{version}.deleted"))?;
        }
        found?;
        Ok(once.commit(tx, Reply::new(&Deleted { id: post.to_string(), deleted: true })).await?)
    }
}

/// Years that both databases keep alike.
fn year(at: Option<DateTime<Utc>>, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
    match at {
        Some(at) if !(1..=9999).contains(&chrono::Datelike::year(&at)) => {
            Err(Refusal::parameter(name, "not a year from 1 to 9999"))
        }
        at => Ok(at),
    }
}

/// Names the entries whose channel the organisation does not have.
async fn check_channels(app: &App, org: OrgId, typed: &Typed) -> Result<()> {
    let ids: Vec<ChannelId> = typed.draft.entries.iter().map(|e| e.channel).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let known: Vec<ChannelId> = Channel::find_many(&app.db, org, &ids).await?.into_iter().map(|c| c.id).collect();
    let unknown = ids.iter().enumerate().filter(|(_, id)| !known.contains(id));
    let errors: Vec<FieldError> =
        unknown.map(|(n, _)| FieldError::new(format!("entries[{n}].channel"), "api.unknown_channel")).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Reads the post in the transaction that saves it, and keeps the answer there.
struct Reading<'r, const STATUS: u16> {
    caller: &'r Caller,
    once: &'r Once,
    reply: Mutex<Option<Reply<PostView, STATUS>>>,
}

impl<'r, const STATUS: u16> Reading<'r, STATUS> {
    fn new(caller: &'r Caller, once: &'r Once) -> Self {
        Self { caller, once, reply: Mutex::new(None) }
    }

    fn reply(self) -> Reply<PostView, STATUS> {
        let reply = self.reply.into_inner().unwrap_or_else(PoisonError::into_inner);
        reply.expect("a post that was saved was read in its transaction")
    }
}

impl<const STATUS: u16> Also for Reading<'_, STATUS> {
    fn then<'a>(&'a self, tx: &'a mut Tx, saved: &'a Saved) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let view = PostView::find(&mut *tx, self.caller.org, saved.post).await?;
            let reply = Reply::tagged(&view, Some(view.version));
            self.once.keep(tx, &reply).await?;
            *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
            Ok(())
        })
    }
}
