//! `/api/v1/posts/{id}/comments`: what people say about a post.

use chrono::{DateTime, Utc};
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use serde::Serialize;

use crate::{
    app::App,
    db::Ex,
    error::Result,
    kit::{CommentId, OrgId, PostId},
    posts::{
        comment,
        model::{self, Comment},
    },
    tokens::{
        Refusal, Scope,
        api::{About, Answer, Bearer, Once, Read, Reply, Write, id},
    },
    web::{
        input::{Object as Input, Wrong},
        payload::Body,
    },
};

/// The operations on comments.
pub struct Comments;

/// What somebody said about a post.
#[derive(Object, Serialize)]
#[oai(rename = "Comment", example)]
pub struct CommentView {
    /// Its id, an opaque string.
    id: String,
    /// The id of the member who said it.
    user: Option<String>,
    /// Their name, or that of the client who said it.
    name: Option<String>,
    /// A client said it, by a link.
    guest: bool,
    /// Plain text.
    text: String,
    /// Clients see it, too.
    shared: bool,
    /// When.
    created_at: DateTime<Utc>,
    /// When somebody said that it is dealt with.
    resolved_at: Option<DateTime<Utc>>,
}

/// The comments of a post.
#[derive(Object, Serialize)]
#[oai(rename = "Comments")]
pub struct Said {
    /// Oldest first, at most 500.
    data: Vec<CommentView>,
}

/// A comment to be added.
#[derive(Object)]
#[oai(rename = "NewComment", example, skip_serializing_if_is_none)]
pub struct NewComment {
    /// Plain text, 1 to 5000 characters. Members named after an `@` are told.
    text: String,
    /// Clients see it, too; `false` when nothing is said.
    shared: Option<bool>,
}

impl Example for NewComment {
    fn example() -> Self {
        Self { text: "@Ada is this the right link?".into(), shared: None }
    }
}

impl From<Comment> for CommentView {
    fn from(comment: Comment) -> Self {
        Self {
            id: comment.id.to_string(),
            user: comment.author_id.map(|id| id.to_string()),
            guest: comment.guest.is_some(),
            name: comment.author.or(comment.guest),
            text: comment.body,
            shared: comment.shared,
            created_at: comment.created_at,
            resolved_at: comment.resolved_at,
        }
    }
}

impl CommentView {
    async fn find(ex: impl Into<Ex<'_>>, org: OrgId, of: (PostId, CommentId)) -> Result<Self> {
        Ok(model::find_comment(ex, org, of).await?.into())
    }
}

impl Example for CommentView {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a96".into(),
            user: Some("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a80".into()),
            name: Some("Ada".into()),
            guest: false,
            text: "Is this the right link?".into(),
            shared: false,
            created_at: "2026-11-23T08:30:00Z".parse().unwrap_or_default(),
            resolved_at: None,
        }
    }
}

#[OpenApi]
impl Comments {
    /// List the comments of a post
    ///
    /// Those of members and of clients. Needs `reviews:read`.
    #[oai(path = "/posts/:id/comments", method = "get", operation_id = "listComments", tag = "About::Reviews")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// The id of the post.
        id: Path<String>,
    ) -> Answer<Reply<Said>, Read> {
        let org = token.may(Scope::ReviewsRead)?.org;
        let post: PostId = self::id(&id, "post")?;
        model::find_post(&app.db, org, post).await?;
        let data = model::comments(&app.db, org, post).await?.into_iter().map(CommentView::from).collect();
        Ok(Reply::tagged(&Said { data }, None))
    }

    /// Comment on a post
    ///
    /// Whoever it names after an `@` is told, and whoever wrote the post, handed it in or has commented on it. Needs
    /// `reviews:write`.
    #[oai(path = "/posts/:id/comments", method = "post", operation_id = "addComment", tag = "About::Reviews")]
    async fn add(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the post.
        id: Path<String>,
        body: Body<NewComment>,
    ) -> Answer<Reply<CommentView, 201>, Write> {
        let caller = token.may(Scope::ReviewsWrite)?;
        let post: PostId = self::id(&id, "post")?;
        model::find_post(&app.db, caller.org, post).await?;
        let wrong = Wrong::default();
        let read = Input::body(&body.json, &wrong)
            .and_then(|body| Some((body.required_text("text")?.to_owned(), body.boolean("shared").unwrap_or_default())));
        wrong.check()?;
        let (text, shared) = read.expect("what could not be read was complained about");
        let text = comment::checked("text", &text)?;
        let mut tx = app.db.begin().await?;
        let comment = comment::write(&mut tx, caller, post, (&text, shared), app.clock.now()).await?;
        let view = CommentView::find(&mut tx, caller.org, (post, comment)).await?;
        Ok(once.commit(tx, Reply::tagged(&view, None)).await?)
    }

    /// Say that a comment is dealt with
    ///
    /// Twice is as good as once. Needs `reviews:write`.
    #[oai(
        path = "/posts/:id/comments/:comment/resolution",
        method = "post",
        operation_id = "resolveComment",
        tag = "About::Reviews"
    )]
    async fn resolve(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the post.
        id: Path<String>,
        /// The id of the comment.
        comment: Path<String>,
    ) -> Answer<Reply<CommentView>, Write> {
        Ok(settle(&app, &token, &once, (&id, &comment), true).await?)
    }

    /// Say that a comment is not dealt with
    ///
    /// Takes a resolution back. Needs `reviews:write`.
    #[oai(
        path = "/posts/:id/comments/:comment/resolution",
        method = "delete",
        operation_id = "reopenComment",
        tag = "About::Reviews"
    )]
    async fn reopen(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the post.
        id: Path<String>,
        /// The id of the comment.
        comment: Path<String>,
    ) -> Answer<Reply<CommentView>, Write> {
        Ok(settle(&app, &token, &once, (&id, &comment), false).await?)
    }
}

async fn settle(
    app: &App,
    token: &Bearer,
    once: &Once,
    (post, comment): (&str, &str),
    resolved: bool,
) -> Result<Reply<CommentView>, Refusal> {
    let caller = token.may(Scope::ReviewsWrite)?;
    let of: (PostId, CommentId) = (id(post, "post")?, id(comment, "comment")?);
    let mut tx = app.db.begin().await?;
    comment::settle(&mut tx, caller, of, resolved, app.clock.now()).await?;
    let view = CommentView::find(&mut tx, caller.org, of).await?;
    Ok(once.commit(tx, Reply::tagged(&view, None)).await?)
}
