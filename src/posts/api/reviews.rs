//! `/api/v1/reviews`: what waits for approval, what became of it, and answering. Asking is saving: `api.rs`.

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Serialize;

use crate::{
    app::App,
    db::Ex,
    error::{Error, Result},
    kit::{OrgId, PostId, ReviewId},
    orgs::ReviewPolicy,
    posts::{
        model::{self, Review, ReviewFilter, ReviewState, Vote},
        review::{self, Answer as Verdict, Voice},
    },
    tokens::{
        Cursor, Refusal, Scope,
        api::{About, Answer, Bearer, Once, Page, Read, Reply, Write, id},
        limit,
    },
    web::{input::single_text, payload::Body},
};

/// The operations on reviews.
pub struct Reviews;

/// The question whether a post may go out as it stands.
#[derive(Object, Serialize)]
#[oai(rename = "Review", example)]
pub struct ReviewView {
    /// Its id, an opaque string.
    id: String,
    /// The id of the post.
    post: String,
    /// The version of the post that it asks about: an edit asks anew.
    version: i64,
    /// What it takes: `one`, `two` or `client`.
    policy: String,
    /// `open`, `approved`, `changes` (they were asked for) or `void` (edited or taken back).
    state: String,
    /// The id of who wrote that version; null: a key, or somebody who is gone.
    writer: Option<String>,
    /// The id of who handed it in; null as for `writer`.
    asked_by: Option<String>,
    /// When it was handed in.
    created_at: DateTime<Utc>,
    /// When it was answered, or no longer asked.
    closed_at: Option<DateTime<Utc>>,
    /// How many different people have to approve it.
    approvals_needed: i64,
    /// What was answered, oldest first.
    answers: Vec<AnswerView>,
}

/// An answer.
#[derive(Object, Serialize)]
#[oai(rename = "ReviewAnswer")]
struct AnswerView {
    /// The id of the member who gave it.
    user: Option<String>,
    /// The name of the client who gave it, by a link.
    guest: Option<String>,
    /// `approve` or `changes`.
    verdict: String,
    /// When.
    at: DateTime<Utc>,
}

/// Why it may not go out like this.
#[derive(Object)]
#[oai(rename = "NewChanges", example)]
pub struct NewChanges {
    /// What should change, 1 to 5000 characters: it becomes a comment that clients see, too.
    note: String,
}

impl Example for NewChanges {
    fn example() -> Self {
        Self { note: "The link leads to the old page.".into() }
    }
}

impl ReviewView {
    fn new(review: Review, votes: &[Vote]) -> Self {
        let person = |id: Option<crate::kit::UserId>| id.map(|id| id.to_string());
        let mine = votes.iter().filter(|vote| vote.review_id == review.id);
        Self {
            id: review.id.to_string(),
            post: review.post_id.to_string(),
            version: review.version,
            approvals_needed: if review.policy() == ReviewPolicy::Two { 2 } else { 1 },
            writer: person(review.writer),
            asked_by: person(review.asked_by),
            created_at: review.created_at,
            closed_at: review.closed_at,
            answers: mine
                .map(|vote| AnswerView {
                    user: person(vote.user_id),
                    guest: vote.guest.clone(),
                    verdict: vote.verdict.clone(),
                    at: vote.created_at,
                })
                .collect(),
            policy: review.policy,
            state: review.state,
        }
    }

    async fn find(ex: impl Into<Ex<'_>>, org: OrgId, id: ReviewId) -> Result<Self> {
        let mut ex = ex.into();
        let review = model::review(&mut ex, org, id).await?;
        let votes = model::votes(ex, org, id).await?;
        Ok(Self::new(review, &votes))
    }
}

impl Example for ReviewView {
    fn example() -> Self {
        let instant = |text: &str| text.parse().unwrap_or_default();
        let ann = Some("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a80".to_owned());
        let answer = AnswerView { user: ann, guest: None, verdict: "approve".into(), at: instant("2026-11-23T09:10:00Z") };
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a95".into(),
            post: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a94".into(),
            version: 1,
            policy: "two".into(),
            state: "open".into(),
            writer: Some("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a81".into()),
            asked_by: Some("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a81".into()),
            created_at: instant("2026-11-23T08:00:00Z"),
            closed_at: None,
            approvals_needed: 2,
            answers: vec![answer],
        }
    }
}

#[OpenApi]
impl Reviews {
    /// List the reviews
    ///
    /// The newest first, with their answers. Needs `reviews:read`.
    #[oai(path = "/reviews", method = "get", operation_id = "listReviews", tag = "About::Reviews")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// Only those in this state: `open`, `approved`, `changes` or `void`.
        state: Query<Option<String>>,
        /// Only those of the post with this id.
        post: Query<Option<String>>,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before. What is made meanwhile does not shift it.
        cursor: Query<Option<String>>,
    ) -> Answer<Reply<Page<ReviewView>>, Read> {
        let org = token.may(Scope::ReviewsRead)?.org;
        let take = self::limit(limit.0)?;
        let unknown = |name: &str| Refusal::parameter(name, "unknown");
        let filter = ReviewFilter {
            state: state.0.map(|word| ReviewState::parse(&word).ok_or_else(|| unknown("state"))).transpose()?,
            post: post.0.map(|id| id.parse::<PostId>().map_err(|_| unknown("post"))).transpose()?,
            after: Cursor::read(cursor.0.as_deref())?,
        };
        let rows = model::reviews_page(&app.db, org, &filter, take + 1).await?;
        let ids: Vec<ReviewId> = rows.iter().map(|row| row.id).collect();
        let votes = model::votes_of(&app.db, org, &ids).await?;
        Ok(Page::of(rows, take, |row| Cursor::new(row.created_at, row.id), |row| ReviewView::new(row, &votes)))
    }

    /// Show a review
    ///
    /// Its `ETag` changes with everything that is shown. Needs `reviews:read`.
    #[oai(path = "/reviews/:id", method = "get", operation_id = "getReview", tag = "About::Reviews")]
    async fn show(
        &self,
        app: App,
        token: Bearer,
        /// The id of the review.
        id: Path<String>,
    ) -> Answer<Reply<ReviewView>, Read> {
        let org = token.may(Scope::ReviewsRead)?.org;
        Ok(Reply::tagged(&ReviewView::find(&app.db, org, self::id(&id, "review")?).await?, None))
    }

    /// Approve a post
    ///
    /// In the name of the member who made the token, who must be among those who may; a token of the organisation cannot. With
    /// the last approval that is needed its targets are scheduled; those whose time has come before stay `missed` until a
    /// person says when. A conflict when the question is over: somebody has answered, or the post was edited. Needs
    /// `reviews:write`.
    #[oai(path = "/reviews/:id/approval", method = "post", operation_id = "approveReview", tag = "About::Reviews")]
    async fn approve(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the review.
        id: Path<String>,
    ) -> Answer<Reply<ReviewView>, Write> {
        Ok(answer(&app, &token, &once, (&id, Verdict::Approve)).await?)
    }

    /// Ask for changes of a post
    ///
    /// Its targets are drafts again, and whoever wrote it is told why. Who may, and when it is too late, as for an approval.
    /// Needs `reviews:write`.
    #[oai(path = "/reviews/:id/changes", method = "post", operation_id = "requestChanges", tag = "About::Reviews")]
    async fn changes(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the review.
        id: Path<String>,
        body: Body<NewChanges>,
    ) -> Answer<Reply<ReviewView>, Write> {
        let caller = token.may(Scope::ReviewsWrite)?;
        model::review(&app.db, caller.org, self::id(&id, "review")?).await?;
        let note = single_text(&body.json, "note")?;
        Ok(answer(&app, &token, &once, (&id, Verdict::Changes(&note))).await?)
    }

    /// Take a post back that waits for approval
    ///
    /// Its targets are drafts again, and nobody is asked any more. A conflict when nothing of it waits. Needs `reviews:write`.
    #[oai(path = "/reviews/:id/withdrawal", method = "post", operation_id = "withdrawReview", tag = "About::Reviews")]
    async fn withdraw(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the review.
        id: Path<String>,
    ) -> Answer<Reply<ReviewView>, Write> {
        let caller = token.may(Scope::ReviewsWrite)?;
        let review: ReviewId = self::id(&id, "review")?;
        let mut tx = app.db.begin().await?;
        let post = model::review(&mut tx, caller.org, review).await?.post_id;
        let open = model::review_of(&mut tx, caller.org, post).await?;
        if open.is_none_or(|newest| newest.id != review || !newest.is_open()) {
            return Err(Error::conflict("review.over").into());
        }
        review::take_back(&mut tx, caller, post, app.clock.now()).await?;
        let view = ReviewView::find(&mut tx, caller.org, review).await?;
        Ok(once.commit(tx, Reply::tagged(&view, None)).await?)
    }
}

/// One transaction: the answer, what follows from it, and the review as it is then.
async fn answer(
    app: &App,
    token: &Bearer,
    once: &Once,
    (id, verdict): (&str, Verdict<'_>),
) -> Result<Reply<ReviewView>, Refusal> {
    let caller = token.may(Scope::ReviewsWrite)?;
    let asked: ReviewId = self::id(id, "review")?;
    let mut tx = app.db.begin().await?;
    review::decide(&mut tx, caller.org, asked, (Voice::Member(caller), verdict), app.clock.now()).await?;
    let view = ReviewView::find(&mut tx, caller.org, asked).await?;
    Ok(once.commit(tx, Reply::tagged(&view, None)).await?)
}
