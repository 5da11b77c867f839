//! `/reviews`: what waits for approval, many at once, and the links of clients.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem::{handler, web::Path};
use serde::Serialize;

use super::{
    id,
    review::{said, wanted},
    talk::{ShareView, share_view},
};
use crate::{
    app::App,
    channels::Customer,
    delivery,
    error::{Error, FieldError, Message, Result},
    kit::{CustomerId, PostId, ReviewId, ShareId, text::Doc},
    orgs::{Caller, ReviewPolicy, Role, model_review},
    posts::{
        Listed, listing,
        model::{self, Review, Subject},
        review::{self, Answer, Decided, Voice},
        share,
        words::Reader,
    },
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/reviews";
/// Reviews on a page.
const PAGE: i64 = 50;
/// Characters of a text.
const EXCERPT: usize = 200;

/// `templates/posts/reviews.html`.
#[derive(Debug, Serialize)]
struct Reviews {
    rows: Vec<Row>,
    next: Option<String>,
    /// Some of them can be approved by the caller.
    any_mine: bool,
    /// Somebody has to approve something here.
    in_use: bool,
    admin: bool,
    customers: Vec<CustomerView>,
    shares: Vec<ShareView>,
    days: [i64; 3],
    link: Option<String>,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: ReviewId,
    post: PostId,
    excerpt: String,
    channels: Vec<Face>,
    asked_by: Option<String>,
    asked: Moment,
    due: Option<String>,
    missed: bool,
    policy_text: String,
    mine: bool,
    answered: bool,
}

#[derive(Debug, Serialize)]
struct Face {
    name: String,
    provider: String,
    picture: Option<String>,
}

#[derive(Debug, Serialize)]
struct CustomerView {
    value: CustomerId,
    label: String,
}

impl View for Reviews {
    const TEMPLATE: &'static str = "posts/reviews.html";

    fn title(&self) -> Message {
        "review.title".into()
    }
}

impl Reviews {
    async fn load(app: &App, caller: &Caller, after: Option<ReviewId>) -> Result<Self> {
        let mut open = model::open_reviews(&app.db, caller.org, after, PAGE + 1).await?;
        let more = open.len() as i64 > PAGE;
        open.truncate(PAGE as usize);
        let next = open.last().filter(|_| more).map(|last| format!("{PATH}?after={}", last.id));
        let rows = rows(app, caller, open).await?;
        let admin = caller.role >= Role::Admin;
        let customers = if admin { Customer::list(&app.db, caller.org).await? } else { Vec::new() };
        let shares = if admin { share::of_customers(app, caller.org).await? } else { Vec::new() };
        let chosen = Customer::reviews(&app.db, caller.org)
            .await?
            .iter()
            .any(|(_, policy)| policy.as_deref().is_some_and(|p| p != "none"));
        Ok(Self {
            any_mine: rows.iter().any(|row| row.mine && !row.answered),
            in_use: chosen || model_review::policy(&app.db, caller.org).await? != ReviewPolicy::None,
            rows,
            next,
            admin,
            customers: customers.into_iter().map(|c| CustomerView { value: c.id, label: c.name }).collect(),
            shares: shares.into_iter().map(|s| share_view(s, app, caller)).collect(),
            days: share::DAYS,
            link: None,
            errors: Vec::new(),
        })
    }
}

/// The rows of a page: as many queries for fifty reviews as for one.
async fn rows(app: &App, caller: &Caller, open: Vec<Review>) -> Result<Vec<Row>> {
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let (posts, ids): (Vec<PostId>, Vec<ReviewId>) = open.iter().map(|review| (review.post_id, review.id)).unzip();
    let waiting = delivery::all_in_review(&app.db, caller.org, &posts).await?;
    let mut listed: HashMap<PostId, Vec<Listed>> = HashMap::with_capacity(open.len());
    for one in listing::of_targets(&app.db, caller.org, &waiting).await? {
        listed.entry(one.target.post_id).or_default().push(one);
    }
    let (standing, answered) = match caller.user {
        Some(user) => {
            (model_review::standing(&app.db, caller.org, user).await?, model::answered(&app.db, caller.org, user, &ids).await?)
        }
        None => (None, Vec::new()),
    };
    let teller = Teller { caller, standing, answered, now: app.clock.now() };
    Ok(open.into_iter().map(|review| teller.row(listed.remove(&review.post_id).unwrap_or_default(), review)).collect())
}

/// What all rows are told with.
struct Teller<'a> {
    caller: &'a Caller,
    /// Role of the caller, and whether they were chosen to approve.
    standing: Option<(Role, bool)>,
    /// The reviews that the caller has answered.
    answered: Vec<ReviewId>,
    now: DateTime<Utc>,
}

impl Teller<'_> {
    fn row(&self, waiting: Vec<Listed>, review: Review) -> Row {
        let reader = Reader { now: self.now, zone: self.caller.zone };
        let writer = review.writer.is_some() && review.writer == self.caller.user;
        let due = waiting.iter().filter_map(|l| l.target.due_at).min();
        Row {
            id: review.id,
            post: review.post_id,
            excerpt: waiting.first().map(|l| Doc::from_html(l.content()).excerpt(EXCERPT)).unwrap_or_default(),
            channels: faces(&waiting),
            mine: self.standing.is_some_and(|(role, reviewer)| review.policy().may_approve(role, reviewer, writer)),
            answered: self.answered.contains(&review.id),
            policy_text: text(&review.policy().words().0.into()),
            asked_by: review.asked_by_name,
            asked: Moment::new(review.created_at, reader.now, self.caller.zone),
            missed: due.is_some_and(|due| due <= reader.now),
            due: due.map(|due| reader.with_day(due)),
        }
    }
}

fn faces(listed: &[Listed]) -> Vec<Face> {
    let mut seen: HashMap<String, ()> = HashMap::new();
    let one = |l: &Listed| Face {
        name: l.channel.name.clone(),
        provider: l.channel.provider.clone(),
        picture: l.channel.picture.clone(),
    };
    listed.iter().filter(|l| seen.insert(l.target.channel_id.to_string(), ()).is_none()).map(one).collect()
}

#[derive(Debug, serde::Deserialize)]
pub struct After {
    after: Option<String>,
}

#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, poem::web::Query(page): poem::web::Query<After>) -> web::Result {
    Ok(frame.page(&Reviews::load(&app, &caller, page.after.and_then(|id| id.parse().ok())).await?)?)
}

/// Approves what is ticked; what cannot be approved changes nothing for the others.
#[handler]
pub async fn approve(app: App, caller: Caller, form: Form, peer: Peer) -> web::Result {
    let ids: Vec<ReviewId> = form.all("review").take(PAGE as usize).filter_map(|id| id.parse().ok()).collect();
    let flash = match ids.as_slice() {
        [] => Flash::error("review.none_ticked"),
        [one] => match review::answer(&app, caller.org, *one, Voice::Member(&caller), Answer::Approve).await {
            Ok(decided) => said(decided),
            Err(Error::Conflict(message) | Error::Forbidden(message)) => Flash::error(message),
            Err(e) => return Err(e.into()),
        },
        many => approve_all(&app, &caller, many).await?,
    };
    Ok(flash.into_response(web::redirect(PATH), &peer))
}

async fn approve_all(app: &App, caller: &Caller, ids: &[ReviewId]) -> Result<Flash> {
    let (mut done, mut late, mut refused) = (0, 0, 0);
    for id in ids {
        match review::answer(app, caller.org, *id, Voice::Member(caller), Answer::Approve).await {
            Ok(Decided::TooLate) => late += 1,
            Ok(_) => done += 1,
            Err(Error::Conflict(_) | Error::Forbidden(_) | Error::NotFound(_)) => refused += 1,
            Err(e) => return Err(e),
        }
    }
    if late + refused == 0 {
        return Ok(Flash::ok(Message::new("review.done_many").with("count", done)));
    }
    Ok(Flash::error(Message::new("review.done_partly").with("done", done).with("late", late).with("refused", refused)))
}

/// Makes a link for a customer. Answers with the page itself, as the link is shown once.
#[handler]
pub async fn give_out(app: App, caller: Caller, mut frame: Frame, form: Form) -> web::Result {
    caller.require(Role::Admin)?;
    PATH.clone_into(&mut frame.path);
    let mut view = Reviews::load(&app, &caller, None).await?;
    let made = match form.get("customer").parse::<CustomerId>() {
        Ok(customer) => share::create(&app, &caller, &wanted(Subject::Customer(customer), &form)).await,
        Err(_) => Err(Error::Invalid(vec![FieldError::new("customer", "share.customer_missing")])),
    };
    match made {
        Ok(token) => {
            view = Reviews::load(&app, &caller, None).await?;
            view.link = Some(app.link(&format!("/r/{}", token.expose())));
            Ok(frame.page(&view)?)
        }
        Err(Error::Invalid(errors)) => {
            view.errors = FieldText::list(&errors);
            Ok(frame.invalid(&view)?)
        }
        Err(e) => Err(e.into()),
    }
}

/// Ends a customer's link.
#[handler]
pub async fn revoke(app: App, caller: Caller, Path((customer, link)): Path<(String, String)>, peer: Peer) -> web::Result {
    let (customer, link): (CustomerId, ShareId) = (id(&customer)?, id(&link)?);
    Customer::find(&app.db, caller.org, customer).await?;
    share::set_revoked(&app, &caller, (Subject::Customer(customer), link), true).await?;
    Ok(Flash::ok("share.revoked").into_response(web::redirect(PATH), &peer))
}
