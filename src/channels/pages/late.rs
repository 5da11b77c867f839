//! `/channels/{id}/late`: what becomes of the late posts of one channel.

use poem::{handler, web::Path};
use serde::Serialize;

use super::{
    Sent, find,
    show::{Show, back},
};
use crate::{
    app::App,
    channels::Channel,
    error::{Message, Result},
    orgs::{
        Caller, LatePolicy, Role, Rules,
        late::{self, MOST_MINUTES},
    },
    render::text,
    web::{self, Flash, Form, Frame},
};

/// The form. Empty means: as the organisation has it.
#[derive(Debug, Clone, Serialize)]
pub struct LateView {
    minutes: String,
    policy: String,
    choices: Vec<ChoiceView>,
    default_minutes: i64,
    most_minutes: i64,
}

/// One choice of a list.
#[derive(Debug, Clone, Serialize)]
pub struct ChoiceView {
    value: &'static str,
    label: String,
}

impl LateView {
    /// As stored.
    pub async fn load(app: &App, channel: &Channel) -> Result<Self> {
        let org = Rules::find(&app.db, channel.org_id).await?;
        Ok(Self {
            minutes: channel.late_minutes.map(|n| n.to_string()).unwrap_or_default(),
            policy: channel.late_policy.map_or("", LatePolicy::as_str).to_owned(),
            choices: choices("late.inherited", org.late_policy.unwrap_or(LatePolicy::Hold)),
            default_minutes: org.late_minutes.unwrap_or_else(|| app.config.delivery.late_minutes.max(1).into()),
            most_minutes: MOST_MINUTES,
        })
    }

    /// As it was filled in.
    pub fn with(mut self, form: &Form) -> Self {
        form.get("late_minutes").clone_into(&mut self.minutes);
        form.get("late_policy").clone_into(&mut self.policy);
        self
    }
}

/// Every policy, after the empty choice, whose text `empty` says what it means.
pub fn choices(empty: &'static str, otherwise: LatePolicy) -> Vec<ChoiceView> {
    let inherited = ChoiceView { value: "", label: text(&Message::new(empty).with("policy", words(otherwise))) };
    let all = LatePolicy::ALL.into_iter().map(|p| ChoiceView { value: p.as_str(), label: words(p) });
    std::iter::once(inherited).chain(all).collect()
}

fn words(policy: LatePolicy) -> String {
    text(&Message::new(match policy {
        LatePolicy::Hold => "late.hold",
        LatePolicy::NextFreeSlot => "late.next_free_slot",
        LatePolicy::Skip => "late.skip",
    }))
}

/// Stores the choice.
#[handler]
pub async fn update(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    caller.require(Role::Admin)?;
    let channel = find(&app, caller.org, &id).await?;
    let chosen = match late::read(form.get("late_minutes"), form.get("late_policy")) {
        Ok(chosen) => chosen,
        Err(errors) => return Ok(frame.invalid(&Show::new(&app, &caller, &channel).await?.with_late(&form, &errors))?),
    };
    let mut tx = app.db.begin().await?;
    channel.set_late(&mut tx, chosen, caller.user, app.clock.now()).await?;
    tx.commit().await?;
    Ok(back(&channel, Flash::ok("late.channel_saved"), &peer))
}
