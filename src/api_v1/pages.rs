//! `/api/v1/openapi.json`, its reference page, and the page that explains the codes of refusals; all without login.

use poem::{Response, Route, get, handler};
use serde::Serialize;

use super::{PREFIX, document};
use crate::{
    app::App,
    error::Message,
    public_api::reference::{self, Start},
    render::{View, text},
    tokens::code,
    web::{self, Frame},
};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at("/docs/v1", get(docs)).at("/docs/errors", get(errors))
}

/// The document; mounted beside the API, which would ask for a token.
#[handler]
pub fn openapi(app: App) -> Response {
    Response::builder().content_type("application/json; charset=utf-8").body(document(&app.url))
}

#[handler]
fn docs(app: App, frame: Frame) -> web::Result {
    let document = document::with_servers(&app.url);
    let start = Start { base_url: app.link(PREFIX), text: "docs.start_text_v1", header: "docs.auth_header_v1" };
    Ok(frame.page(&reference::read(&document, &start))?)
}

/// `docs/errors.html`
#[derive(Debug, Serialize)]
struct Errors {
    codes: Vec<CodeView>,
}

#[derive(Debug, Serialize)]
struct CodeView {
    id: &'static str,
    status: u16,
    title: String,
    meaning: String,
}

impl View for Errors {
    const TEMPLATE: &'static str = "docs/errors.html";

    fn title(&self) -> Message {
        "docs.errors".into()
    }
}

#[handler]
fn errors(frame: Frame) -> web::Result {
    let said = |key: &'static str| text(&Message::new(key));
    let view = |c: &&'static code::Code| CodeView { id: c.id, status: c.status, title: said(c.title), meaning: said(c.meaning) };
    Ok(frame.page(&Errors { codes: code::ALL.iter().map(view).collect() })?)
}
