//! `/api/v1/targets`: what goes out, what became of it, and what a person may do about it.

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    types::{Any, Example},
};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{
    body::{self, NewResolution, part_field},
    views::{FailureView, PartView, TargetView, complete},
    year,
};
use crate::{
    app::App,
    delivery::{self, TargetState, parts_of},
    error::{Error, FieldError, Result},
    events,
    kit::{OrgId, PartId, TargetId},
    posts::{
        model::{self, Filter},
        review, unsendable,
    },
    tokens::{
        Cursor, Refusal, Scope,
        api::{About, Answer, Bearer, Once, Page, Read, Reply, Write, id, is_current},
        limit,
    },
    web::payload::Body,
};

/// The operations on targets.
pub struct Targets;

/// A part with all that was tried.
#[derive(Object, Serialize)]
#[oai(rename = "PartHistory")]
pub struct PartHistory {
    /// The part.
    part: PartView,
    /// Named steps of publishing it: a finished one is never repeated.
    steps: Vec<StepView>,
    /// Every request that others may have seen, oldest first.
    attempts: Vec<AttemptView>,
    /// What it became on the platform.
    remotes: Vec<RemoteView>,
}

/// A step.
#[derive(Object, Serialize)]
#[oai(rename = "Step")]
struct StepView {
    /// In the provider's words.
    name: String,
    /// What repeating it would do: `repeatable`, `keyed`, `client_id` or `once`.
    effect: String,
    /// `open` or `done`.
    state: String,
    /// When it was first intended.
    begun_at: DateTime<Utc>,
    /// Attempts that the platform may have seen and whose end is not known.
    unsure: i64,
}

/// An attempt.
#[derive(Object, Serialize)]
#[oai(rename = "Attempt")]
struct AttemptView {
    /// Of which step.
    step: String,
    /// When it was about to leave.
    begun_at: DateTime<Utc>,
    /// When its answer came; null: it is in flight, or was never known.
    ended_at: Option<DateTime<Utc>>,
    /// `done`, `failed` or `uncertain`; null as for `ended_at`.
    outcome: Option<String>,
    /// Why it failed.
    failure: Option<FailureView>,
}

impl AttemptView {
    fn new(a: &model::Attempt) -> Self {
        Self {
            step: a.step.clone(),
            begun_at: a.begun_at,
            ended_at: a.ended_at,
            outcome: a.outcome.clone(),
            failure: a.failure.as_deref().map(FailureView::new),
        }
    }
}

/// Something on the platform.
#[derive(Object, Serialize)]
#[oai(rename = "Remote")]
struct RemoteView {
    /// The platform's id; `missing` when a person said that it is live.
    id: String,
    /// Where it can be seen.
    url: Option<String>,
    /// When it was deleted there.
    removed_at: Option<DateTime<Utc>>,
}

/// The parts of a target.
#[derive(Object, Serialize)]
pub struct Parts {
    /// In the order of the thread.
    data: Vec<PartHistory>,
}

/// What happened to a target.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct Timeline {
    /// Oldest first.
    data: Vec<Moment>,
}

/// One thing that happened.
#[derive(Object, Serialize)]
struct Moment {
    /// When.
    at: DateTime<Utc>,
    /// A kind of the audit trail such as `target.scheduled`, or `attempt`.
    kind: String,
    /// The id of the part concerned; for an attempt its position.
    part: Option<String>,
    /// The id of who did it; null: the engine, a key or the command line.
    user: Option<String>,
    /// What else is known; depends on the kind.
    data: Any<Json>,
}

impl Example for Timeline {
    fn example() -> Self {
        let data = Any(json!({"due": "2026-11-24T08:20:00Z", "zone": "Europe/London"}));
        let at = "2026-11-23T08:00:00Z".parse().unwrap_or_default();
        Self { data: vec![Moment { at, kind: "target.scheduled".into(), part: None, user: None, data }] }
    }
}

#[OpenApi]
impl Targets {
    /// List the targets
    ///
    /// The earliest first. Needs `posts:read`.
    #[oai(path = "/targets", method = "get", operation_id = "listTargets", tag = "About::Targets")]
    #[allow(clippy::too_many_arguments, reason = "one per parameter of the query")]
    async fn list(
        &self,
        app: App,
        token: Bearer,
        /// Only those in this state.
        state: Query<Option<String>>,
        /// Only those of this channel.
        channel: Query<Option<String>>,
        /// Only those due at or after this instant, RFC 3339.
        from: Query<Option<DateTime<Utc>>>,
        /// Only those due before this instant, RFC 3339.
        to: Query<Option<DateTime<Utc>>>,
        /// `true`: only drafts without a date, which are in no other list; the oldest first.
        undated: Query<Option<bool>>,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before. What is made meanwhile does not shift it.
        cursor: Query<Option<String>>,
    ) -> Answer<Reply<Page<TargetView>>, Read> {
        let org = token.may(Scope::PostsRead)?.org;
        let take = self::limit(limit.0)?;
        let unknown = |name: &str| Refusal::parameter(name, "unknown");
        let filter = Filter {
            from: year(from.0, "from")?,
            to: year(to.0, "to")?,
            state: state.0.map(|word| TargetState::parse(&word).ok_or_else(|| unknown("state"))).transpose()?,
            channel: channel.0.map(|id| id.parse().map_err(|_| unknown("channel"))).transpose()?,
            undated: undated.0.unwrap_or_default(),
            after: Cursor::read(cursor.0.as_deref())?,
        };
        let mut rows = model::targets_page(&app.db, org, &filter, take + 1).await?;
        let more = rows.len() as i64 > take;
        rows.truncate(take.unsigned_abs() as usize);
        let next = rows.last().filter(|_| more).map(|row| Cursor::new(row.due_at.unwrap_or_default(), row.id).encode());
        Ok(Page::written(complete(&app.db, org, rows).await?, next))
    }

    /// Show a target
    ///
    /// Its `ETag` changes with everything that is shown. Needs `posts:read`.
    #[oai(path = "/targets/:id", method = "get", operation_id = "getTarget", tag = "About::Targets")]
    async fn show(
        &self,
        app: App,
        token: Bearer,
        /// The id of the target.
        id: Path<String>,
    ) -> Answer<Reply<TargetView>, Read> {
        let org = token.may(Scope::PostsRead)?.org;
        Ok(Reply::tagged(&TargetView::find(&app.db, org, self::id(&id, "target")?).await?, None))
    }

    /// Show the parts of a target
    ///
    /// With every step and attempt, and what they became on the platform. Needs `posts:read`.
    #[oai(path = "/targets/:id/parts", method = "get", operation_id = "listParts", tag = "About::Targets")]
    async fn parts(
        &self,
        app: App,
        token: Bearer,
        /// The id of the target.
        id: Path<String>,
    ) -> Answer<Reply<Parts>, Read> {
        let org = token.may(Scope::PostsRead)?.org;
        let target: TargetId = self::id(&id, "target")?;
        delivery::find_target(&app.db, org, target).await.map_err(a_target)?;
        Ok(Reply::new(&history(&app, org, target).await?))
    }

    /// Show what happened to a target
    ///
    /// The audit trail and every attempt in one order. Needs `posts:read`.
    #[oai(path = "/targets/:id/timeline", method = "get", operation_id = "getTimeline", tag = "About::Targets")]
    async fn timeline(
        &self,
        app: App,
        token: Bearer,
        /// The id of the target.
        id: Path<String>,
    ) -> Answer<Reply<Timeline>, Read> {
        let org = token.may(Scope::PostsRead)?.org;
        let target: TargetId = self::id(&id, "target")?;
        delivery::find_target(&app.db, org, target).await.map_err(a_target)?;
        Ok(Reply::new(&timeline(&app, org, target).await?))
    }

    /// Cancel a target
    ///
    /// Nothing of it goes out any more. A conflict when the engine was faster. Needs `posts:write`.
    #[oai(path = "/targets/:id/cancellation", method = "post", operation_id = "cancelTarget", tag = "About::Targets")]
    async fn cancel(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<TargetView>, Write> {
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::Cancel).await?)
    }

    /// Take a cancellation back
    ///
    /// Scheduled again when its time is still to come, else a draft. Needs `posts:write`.
    #[oai(path = "/targets/:id/cancellation", method = "delete", operation_id = "restoreTarget", tag = "About::Targets")]
    async fn restore(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<TargetView>, Write> {
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::Restore).await?)
    }

    /// Try what failed again
    ///
    /// What is live stays as it is, and finished steps are not repeated. Needs `posts:write`.
    #[oai(path = "/targets/:id/retry", method = "post", operation_id = "retryTarget", tag = "About::Targets")]
    async fn retry(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<TargetView>, Write> {
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::Retry).await?)
    }

    /// Publish a target now
    ///
    /// A draft, a scheduled, a held or a missed one; a draft is checked like any post before it goes out. Needs
    /// `posts:write`.
    #[oai(path = "/targets/:id/publication", method = "post", operation_id = "publishTarget", tag = "About::Targets")]
    async fn publish(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<TargetView>, Write> {
        let org = token.may(Scope::PostsWrite)?.org;
        let target: TargetId = self::id(&id, "target")?;
        let problems = unsendable(&app, org, target).await.map_err(a_target)?;
        if !problems.is_empty() {
            let path = |p: &crate::posts::Problem| match p.part {
                Some(part) => format!("parts[{part}].{}", part_field(&p.field)),
                None => p.field.clone(),
            };
            return Err(Error::Invalid(problems.into_iter().map(|p| FieldError::new(path(&p), p.message)).collect()).into());
        }
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::Publish).await?)
    }

    /// Delete a published target at its platform
    ///
    /// Everything of it, the last part first. It begins after ten seconds; what came of it stands in `takedown`, and when
    /// nothing of it is live any more its state is `cancelled` with the reason `taken_down`. A conflict when nothing of it
    /// is live, or its platform cannot. The target itself is deleted with its post. Needs `posts:write`.
    #[oai(path = "/targets/:id/takedown", method = "post", operation_id = "takeDownTarget", tag = "About::Targets")]
    async fn take_down(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<TargetView>, Write> {
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::TakeDown).await?)
    }

    /// Take a deletion at the platform back
    ///
    /// While its `takedown` is `asked`; a conflict when the first request may have left. Needs `posts:write`.
    #[oai(path = "/targets/:id/takedown", method = "delete", operation_id = "leaveTargetLive", tag = "About::Targets")]
    async fn leave_live(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The `ETag` that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Answer<Reply<TargetView>, Write> {
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::LeaveLive).await?)
    }

    /// Say what became of a part
    ///
    /// For a part that needs you: nobody else can know whether it is live. Needs `posts:write`.
    #[oai(path = "/targets/:id/parts/:part/resolution", method = "post", operation_id = "resolvePart", tag = "About::Targets")]
    #[allow(clippy::too_many_arguments, reason = "one per parameter of the request")]
    async fn resolve(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the target.
        id: Path<String>,
        /// The id of the part.
        part: Path<String>,
        /// The `ETag` of the target that was read, to act on nothing that has changed since.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Body<NewResolution>,
    ) -> Answer<Reply<TargetView>, Write> {
        token.may(Scope::PostsWrite)?;
        let part: PartId = self::id(&part, "part")?;
        let answer = body::resolution(&body.json)?;
        Ok(act(&app, &token, &once, (&id, if_match.0), Action::Resolve(part, answer)).await?)
    }
}

/// Delivery calls a target a post when it is not there.
fn a_target(e: Error) -> Error {
    match e {
        Error::NotFound("post") => Error::NotFound("target"),
        e => e,
    }
}

enum Action {
    Cancel,
    Restore,
    Retry,
    Publish,
    TakeDown,
    LeaveLive,
    Resolve(PartId, delivery::Resolution),
}

/// One transaction: the tag is compared, the target changed, its new state read and kept as the answer.
async fn act(
    app: &App,
    token: &Bearer,
    once: &Once,
    (id, if_match): (&str, Option<String>),
    action: Action,
) -> Result<Reply<TargetView>, Refusal> {
    let caller = token.may(Scope::PostsWrite)?;
    let target: TargetId = self::id(id, "target")?;
    let (org, user, now) = (caller.org, caller.user, app.clock.now());
    let mut tx = app.db.begin().await?;
    let before = TargetView::find(&mut tx, org, target).await?;
    if if_match.is_some() {
        let now = Reply::<TargetView>::tagged(&before, None).etag.unwrap_or_default();
        is_current(if_match.as_deref(), &now)?;
    }
    if matches!(action, Action::Restore | Action::Publish) {
        review::admit(&mut tx, org, target).await?;
    }
    match action {
        Action::Cancel => delivery::cancel(&mut tx, org, target, user, now).await?,
        Action::Restore => delivery::restore(&mut tx, org, target, user, now).await?,
        Action::Retry => delivery::retry(&mut tx, org, target, user, now).await?,
        Action::Publish => delivery::publish_now(&mut tx, org, target, user, now).await?,
        Action::TakeDown => delivery::take_down(&mut tx, org, target, user, now).await?,
        Action::LeaveLive => delivery::leave_live(&mut tx, org, target, user, now).await?,
        Action::Resolve(part, answer) => {
            if delivery::find_part(&mut tx, org, part).await?.target_id != target {
                return Err(Error::NotFound("part").into());
            }
            delivery::resolve(&mut tx, org, part, &answer, (user, now)).await?;
        }
    }
    let after = TargetView::find(&mut tx, org, target).await?;
    Ok(once.commit(tx, Reply::tagged(&after, None)).await?)
}

async fn history(app: &App, org: OrgId, target: TargetId) -> Result<Parts> {
    let parts = parts_of(&app.db, org, &[target]).await?;
    let steps = model::steps_at(&app.db, org, target).await?;
    let attempts = model::attempts_of(&app.db, org, &[target]).await?;
    let remotes = model::remotes_at(&app.db, org, target).await?;
    let one = |part: delivery::Part| PartHistory {
        steps: (steps.iter().filter(|s| s.part_id == part.id))
            .map(|s| StepView {
                name: s.name.clone(),
                effect: s.effect.clone(),
                state: s.state.clone(),
                begun_at: s.begun_at,
                unsure: s.unsure,
            })
            .collect(),
        attempts: attempts.iter().filter(|a| a.position == part.position).map(AttemptView::new).collect(),
        remotes: (remotes.iter().filter(|r| r.part_id == part.id))
            .map(|r| RemoteView { id: r.remote_id.clone(), url: r.url.clone(), removed_at: r.removed_at })
            .collect(),
        part: PartView::new(part),
    };
    Ok(Parts { data: parts.into_iter().map(one).collect() })
}

async fn timeline(app: &App, org: OrgId, target: TargetId) -> Result<Timeline> {
    let events = events::of_target(&app.db, org, target).await?;
    let attempts = model::attempts_of(&app.db, org, &[target]).await?;
    let events = events.into_iter().map(|e| Moment {
        at: e.created_at,
        kind: e.kind,
        part: e.part_id.map(|id| id.to_string()),
        user: e.user_id.map(|id| id.to_string()),
        data: Any(e.data),
    });
    let attempts = attempts.iter().map(|a| Moment {
        at: a.begun_at,
        kind: "attempt".into(),
        part: Some(a.position.to_string()),
        user: None,
        data: Any(json!(AttemptView::new(a))),
    });
    let mut data: Vec<Moment> = events.chain(attempts).collect();
    data.sort_by_key(|moment| moment.at);
    Ok(Timeline { data })
}
