//! `/openapi.json` and the reference page made from it, both without login.

use poem::{Response, Route, get, handler};

use super::{
    document::{self, document},
    reference::{self, Start},
};
use crate::{
    app::App,
    web::{self, Frame},
};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route.at("/openapi.json", get(openapi)).at("/docs", get(docs))
}

#[handler]
fn openapi(app: App) -> Response {
    Response::builder().content_type("application/json; charset=utf-8").body(document(&app.url))
}

#[handler]
fn docs(app: App, frame: Frame) -> web::Result {
    let document = document::with_servers(&app.url);
    let start = Start { base_url: app.link("/public/v1"), text: "docs.start_text", header: "docs.auth_header" };
    Ok(frame.page(&reference::read(&document, &start))?)
}
