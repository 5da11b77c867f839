//! `/settings/apps` and `/admin/apps`: which platforms want a developer app, and who has entered one.

use poem::handler;
use serde::Serialize;

use crate::{
    app::App,
    channels::{
        apps::{Source, is_offered, source},
        model::{DeveloperApp, Owner},
    },
    error::{Message, Result},
    orgs::{Caller, Role},
    providers,
    render::View,
    web::{self, Frame},
};

/// The list.
#[derive(Debug, Clone, Serialize)]
struct Apps {
    /// `instance` or `organisation`.
    scope: &'static str,
    here: &'static str,
    platforms: Vec<Row>,
}

impl View for Apps {
    const TEMPLATE: &'static str = "channels/apps.html";

    fn title(&self) -> Message {
        "apps.title".into()
    }
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: &'static str,
    name: &'static str,
    source: Option<Source>,
    /// The public name of the one that was entered here.
    client_id: Option<String>,
}

/// Those of the organisation.
#[handler]
pub async fn organisation(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require(Role::Admin)?;
    Ok(frame.page(&list(&app, &caller, Owner::Organisation(caller.org)).await?)?)
}

/// Those of the instance.
#[handler]
pub async fn instance(app: App, caller: Caller, frame: Frame) -> web::Result {
    caller.require_operator()?;
    Ok(frame.page(&list(&app, &caller, Owner::Instance).await?)?)
}

async fn list(app: &App, caller: &Caller, owner: Owner) -> Result<Apps> {
    let mut entered = DeveloperApp::list(&app.db, caller.org).await?;
    if owner == Owner::Instance {
        entered.retain(|a| a.org_id.is_none());
    }
    let own = |id: &str| {
        let mine =
            |a: &&DeveloperApp| a.provider == id && a.channel_id.is_none() && a.org_id.is_some() != (owner == Owner::Instance);
        entered.iter().find(mine).map(|a| a.client_id.clone())
    };
    let offered = providers::all().into_iter().map(|p| p.about()).filter(|about| is_offered(app, about) && !about.app.is_empty());
    let row = |about: &'static providers::Descriptor| Row {
        id: about.id,
        name: about.name,
        source: source(app, about, &entered, (caller.org, None)),
        client_id: own(about.id),
    };
    let (scope, here) = match owner {
        Owner::Instance => ("instance", "/admin/apps"),
        _ => ("organisation", "/settings/apps"),
    };
    Ok(Apps { scope, here, platforms: offered.map(row).collect() })
}
