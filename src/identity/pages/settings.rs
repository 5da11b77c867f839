//! `/settings`: every page of the settings, in groups, each with what is done there.

use poem::handler;
use serde::Serialize;

use crate::{
    error::Message,
    orgs::Caller,
    render::View,
    web::{self, Frame},
};

/// `templates/identity/settings.html`; the pages come with the frame.
#[derive(Debug, Serialize)]
struct Settings {}

impl View for Settings {
    const TEMPLATE: &'static str = "identity/settings.html";

    fn title(&self) -> Message {
        "settings.title".into()
    }
}

#[handler]
pub fn index(caller: Caller, frame: Frame) -> web::Result {
    caller.person()?;
    Ok(frame.page(&Settings {})?)
}
