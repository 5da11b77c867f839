//! `/settings/reviews`: who must approve posts, as the organisation and each of its customers have it, and who may.

use poem::handler;
use serde::Serialize;

use crate::{
    app::App,
    channels::Customer,
    error::{Error, Message, Result},
    events::{self, Event},
    identity,
    kit::{CustomerId, UserId},
    orgs::{Caller, ReviewPolicy, Role, model_review},
    render::{FieldText, View, text},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/reviews";

/// `templates/posts/review_settings.html`.
#[derive(Debug, Serialize)]
struct Settings {
    policy: &'static str,
    policies: Vec<Choice>,
    customers: Vec<CustomerRow>,
    /// Members who are no administrators.
    members: Vec<MemberRow>,
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    label: String,
    help: String,
}

#[derive(Debug, Serialize)]
struct CustomerRow {
    id: CustomerId,
    name: String,
    policy: String,
}

#[derive(Debug, Serialize)]
struct MemberRow {
    id: UserId,
    name: String,
    chosen: bool,
}

impl View for Settings {
    const TEMPLATE: &'static str = "posts/review_settings.html";

    fn title(&self) -> Message {
        "review.settings".into()
    }
}

impl Settings {
    async fn load(app: &App, caller: &Caller) -> Result<Self> {
        let org = caller.org;
        let own = Customer::reviews(&app.db, org).await?;
        let chosen = model_review::reviewers(&app.db, org).await?;
        let customers = Customer::list(&app.db, org).await?.into_iter().map(|c| CustomerRow {
            policy: own.iter().find(|(id, _)| *id == c.id).and_then(|(_, policy)| policy.clone()).unwrap_or_default(),
            id: c.id,
            name: c.name,
        });
        let members = identity::members(&app.db, org).await?.into_iter().filter(|m| Role::parse(&m.role) == Role::Member);
        Ok(Self {
            policy: model_review::policy(&app.db, org).await?.as_str(),
            policies: ReviewPolicy::ALL.map(choice).into(),
            customers: customers.collect(),
            members: members.map(|m| MemberRow { chosen: chosen.contains(&m.user_id), id: m.user_id, name: m.name }).collect(),
            errors: Vec::new(),
        })
    }
}

fn choice(policy: ReviewPolicy) -> Choice {
    let (label, help) = policy.words();
    Choice { value: policy.as_str(), label: text(&label.into()), help: text(&help.into()) }
}

#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&Settings::load(&app, &caller).await?)?)
}

#[handler]
pub async fn update(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    caller.require(Role::Admin)?;
    match save(&app, &caller, &form).await {
        Ok(()) => Ok(Flash::ok("review.saved").into_response(web::redirect(PATH), &peer)),
        Err(Error::Invalid(errors)) => {
            let view = Settings { errors: FieldText::list(&errors), ..Settings::load(&app, &caller).await? };
            Ok(frame.invalid(&view)?)
        }
        Err(e) => Err(e.into()),
    }
}

async fn save(app: &App, caller: &Caller, form: &Form) -> Result<()> {
    let unknown = |field: &str| Error::invalid(field, "review.policy_unknown");
    let policy = ReviewPolicy::parse(form.get("policy")).ok_or_else(|| unknown("policy"))?;
    let mut customers = Vec::new();
    for customer in Customer::list(&app.db, caller.org).await? {
        let field = format!("customer-{}", customer.id);
        customers.push((
            customer.id,
            match form.get(&field) {
                "" => None,
                word => Some(ReviewPolicy::parse(word).ok_or_else(|| unknown(&field))?.as_str()),
            },
        ));
    }
    let reviewers: Vec<UserId> = form.all("reviewer").take(1_000).filter_map(|id| id.parse().ok()).collect();
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    model_review::set_policy(&mut tx, caller.org, policy).await?;
    for (id, policy) in customers {
        Customer::set_review(&mut tx, caller.org, id, policy).await?;
    }
    model_review::set_reviewers(&mut tx, caller.org, &reviewers).await?;
    let data = serde_json::json!({"policy": policy.as_str(), "reviewers": reviewers});
    let event = Event { kind: "review.policy_changed", user: caller.user, data: Some(data), ..Event::default() };
    events::record(&mut tx, caller.org, event, now).await?;
    tx.commit().await
}
