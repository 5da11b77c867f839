//! `/settings/delivery`: what becomes of an organisation's late posts, and how many go out. For owners and administrators.

use poem::{Route, get, handler};
use serde::Serialize;

use crate::{
    app::App,
    channels::pages::late::{ChoiceView, choices},
    error::{FieldError, Message, Result},
    events::{self, Event},
    orgs::{
        Caller, LatePolicy, Role, Rules,
        late::{self, MOST_MINUTES, number},
    },
    render::{FieldText, View},
    web::{self, Flash, Form, Frame, Peer},
};

const PATH: &str = "/settings/delivery";
/// Most late posts a minute that can be chosen.
const MOST_BURST: i64 = 60;
/// Most posts an hour that can be chosen where the instance sets no limit.
const MOST_HOURLY: i64 = 10_000;

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at(PATH, get(show).put(update))
}

/// The page. An empty field means: as the instance is configured.
#[derive(Debug, Serialize)]
struct Settings {
    late_minutes: String,
    late_policy: String,
    burst_per_minute: String,
    channel_per_hour: String,
    choices: Vec<ChoiceView>,
    defaults: Bounds,
    most: Bounds,
    errors: Vec<FieldText>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Bounds {
    late_minutes: i64,
    burst_per_minute: i64,
    channel_per_hour: i64,
}

impl View for Settings {
    const TEMPLATE: &'static str = "delivery/settings.html";

    fn title(&self) -> Message {
        "settings.delivery".into()
    }
}

impl Settings {
    fn new(app: &App, rules: &Rules) -> Self {
        let typed = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let config = &app.config.delivery;
        Self {
            late_minutes: typed(rules.late_minutes),
            late_policy: rules.late_policy.map_or("", LatePolicy::as_str).to_owned(),
            burst_per_minute: typed(rules.burst_per_minute),
            channel_per_hour: typed(rules.channel_per_hour),
            choices: choices("late.default", LatePolicy::Hold),
            defaults: Bounds {
                late_minutes: config.late_minutes.max(1).into(),
                burst_per_minute: config.burst_per_minute.into(),
                channel_per_hour: config.channel_per_hour.into(),
            },
            most: Bounds { late_minutes: MOST_MINUTES, burst_per_minute: MOST_BURST, channel_per_hour: most_hourly(app) },
            errors: Vec::new(),
        }
    }

    fn with_errors(mut self, form: &Form, errors: &[FieldError]) -> Self {
        for (name, field) in [
            ("late_minutes", &mut self.late_minutes),
            ("late_policy", &mut self.late_policy),
            ("burst_per_minute", &mut self.burst_per_minute),
            ("channel_per_hour", &mut self.channel_per_hour),
        ] {
            form.get(name).clone_into(field);
        }
        self.errors = FieldText::list(errors);
        self
    }
}

/// The instance has the last word.
fn most_hourly(app: &App) -> i64 {
    match app.config.delivery.channel_per_hour {
        0 => MOST_HOURLY,
        most => i64::from(most).min(MOST_HOURLY),
    }
}

#[handler]
async fn show(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&Settings::new(&app, &Rules::find(&app.db, caller.org).await?))?)
}

#[handler]
async fn update(app: App, caller: Caller, form: Form, frame: Frame, peer: Peer) -> web::Result {
    caller.require(Role::Admin)?;
    let rules = match read(&app, &form) {
        Ok(rules) => rules,
        Err(errors) => return Ok(frame.invalid(&Settings::new(&app, &Rules::default()).with_errors(&form, &errors))?),
    };
    save(&app, &caller, &rules).await?;
    Ok(Flash::ok("late.saved").into_response(web::redirect(PATH), &peer))
}

fn read(app: &App, form: &Form) -> Result<Rules, Vec<FieldError>> {
    let late = late::read(form.get("late_minutes"), form.get("late_policy"));
    let burst = number("burst_per_minute", form.get("burst_per_minute"), (1, MOST_BURST));
    let hourly = number("channel_per_hour", form.get("channel_per_hour"), (1, most_hourly(app)));
    match (late, burst, hourly) {
        (Ok((late_minutes, late_policy)), Ok(burst_per_minute), Ok(channel_per_hour)) => {
            Ok(Rules { late_minutes, late_policy, burst_per_minute, channel_per_hour })
        }
        (late, burst, hourly) => Err(late.err().unwrap_or_default().into_iter().chain(burst.err()).chain(hourly.err()).collect()),
    }
}

async fn save(app: &App, caller: &Caller, rules: &Rules) -> Result<()> {
    let mut tx = app.db.begin().await?;
    rules.save(&mut tx, caller.org).await?;
    let event = Event { kind: "organisation.delivery_changed", user: caller.user, ..Event::default() };
    events::record(&mut tx, caller.org, event, app.clock.now()).await?;
    tx.commit().await
}
