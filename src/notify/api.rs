//! `POST /unsubscribe/:token` (RFC 8058): mail programs send it without a session, a page or an origin. The sealed token in
//! the path says whose mails of which kind end, and is all that is needed.

use poem::{IntoResponse as _, Response, Route, handler, http::StatusCode, post, web::Path};

use super::{choose, token::Leaving};
use crate::{
    app::App,
    error::{Message, Result},
    render::text,
    web::{self, problem},
};

/// Adds the route; it stands outside of the guard that pages have.
pub fn mount(route: Route) -> Route {
    route.at("/unsubscribe/:token", post(leave).get(to_page))
}

/// A mail program gets a line of text, a browser the page that says so.
#[handler]
async fn leave(app: App, Path(token): Path<String>, body: String) -> Response {
    let Some(leaving) = Leaving::read(&app.key, &token) else {
        return (StatusCode::NOT_FOUND, words("notices.leave_unknown")).into_response();
    };
    match done(&app, leaving).await {
        Ok(()) if body.contains("List-Unsubscribe=One-Click") => words("notices.left").into_response(),
        Ok(()) => web::redirect(&format!("/mail/leave/{token}?done=1")),
        Err(e) => (problem::status(&e), words("error.unavailable")).into_response(),
    }
}

async fn done(app: &App, leaving: Leaving) -> Result<()> {
    let left = choose::leave(app, leaving).await;
    if let Err(e) = &left {
        tracing::warn!(error = %e, "mails could not be ended");
    }
    left
}

/// Mail programs that know no POST open the address.
#[handler]
fn to_page(Path(token): Path<String>) -> Response {
    web::redirect(&format!("/mail/leave/{token}"))
}

fn words(key: &'static str) -> String {
    text(&Message::new(key))
}
