//! `/integrations/social/{provider}`: where platforms send people back. The path is Postiz's, so that developer apps which name
//! it keep working.

use poem::{
    handler,
    http::StatusCode,
    web::{Path, Query},
};
use serde::Serialize;

use super::{Way, connect::go_on};
use crate::{
    app::App,
    channels::connect::{Landing, Returned, offered, returned},
    error::{Error, Message},
    kit::ConnectionId,
    orgs::{Caller, Role},
    providers::{self, Descriptor},
    render::{View, text},
    web::{self, problem},
};

/// Nothing was connected: why, and how to go on.
#[derive(Debug, Clone, Serialize)]
pub struct Stopped {
    provider: &'static str,
    provider_id: &'static str,
    /// A headline.
    title: String,
    /// What happened, a sentence each.
    words: Vec<String>,
    /// Can be begun anew with the same answers.
    restart: Option<ConnectionId>,
}

impl View for Stopped {
    const TEMPLATE: &'static str = "channels/stopped.html";

    fn title(&self) -> Message {
        Message::new("stopped.page_title").with("provider", self.provider)
    }
}

impl Stopped {
    /// Because of these.
    pub fn new(about: &'static Descriptor, title: &'static str, words: &[Message], restart: Option<ConnectionId>) -> Self {
        Self {
            provider: about.name,
            provider_id: about.id,
            title: text(&Message::new(title).with("provider", about.name)),
            words: words.iter().map(text).collect(),
            restart,
        }
    }
}

/// The end of a consent page, whatever it was.
#[handler]
pub async fn land(
    app: App,
    caller: Caller,
    way: Way,
    Path(id): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> web::Result {
    let Way { frame, peer, .. } = way;
    caller.require(Role::Admin)?;
    let about = providers::find(&id).ok_or(Error::NotFound("provider"))?.about();
    offered(&app, about.id)?;
    let landing = returned(&app, (caller.org, caller.person()?), about.id, Returned::read(pairs)).await?;
    let stopped = |title, words: &[Message], restart| Stopped::new(about, title, words, restart);
    let (status, view) = match landing {
        Landing::Step(step, again) => return Ok(go_on(step, about, again, (frame, &peer))?),
        Landing::Unknown => (StatusCode::NOT_FOUND, stopped("stopped.unknown", &["stopped.unknown_text".into()], None)),
        Landing::Elsewhere => (StatusCode::CONFLICT, stopped("stopped.elsewhere", &["stopped.elsewhere_text".into()], None)),
        Landing::Expired(id) => (StatusCode::GONE, stopped("stopped.expired", &["stopped.expired_text".into()], Some(id))),
        Landing::Used(id) => (StatusCode::GONE, stopped("stopped.used", &["stopped.used_text".into()], Some(id))),
        Landing::Refused(id, refusal) => {
            let status = match refusal.away {
                Some(failure) => problem::status(&Error::Provider(failure)),
                None => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, stopped("stopped.refused", &refusal.words, Some(id)))
        }
    };
    Ok(frame.page_with(status, &view)?)
}
