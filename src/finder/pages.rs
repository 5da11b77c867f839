//! `/search`: the page, and with `HX-Request` its list alone, which the palette shows.

use poem::{Request, Response, Route, get, handler, web::Query};
use serde::{Deserialize, Serialize};

use super::found::{self, Found, KINDS};
use crate::{
    app::App,
    error::Message,
    orgs::Caller,
    render::{View, text},
    web::{self, Frame},
};

/// Characters of a question.
const LONGEST: usize = 200;
/// Finds that the palette shows.
const FEW: usize = 12;

/// Adds the route.
pub fn mount(route: Route) -> Route {
    route.at("/search", get(search))
}

/// The page.
#[derive(Debug, Serialize)]
struct Search {
    q: String,
    kind: &'static str,
    kinds: Vec<Kind>,
    found: Vec<Found>,
    count_text: String,
}

#[derive(Debug, Serialize)]
struct Kind {
    value: &'static str,
    label: String,
}

/// The list alone.
#[derive(Debug, Serialize)]
struct Results {
    q: String,
    found: Vec<Found>,
}

impl View for Search {
    const TEMPLATE: &'static str = "finder/index.html";

    fn title(&self) -> Message {
        "search.title".into()
    }
}

impl View for Results {
    const TEMPLATE: &'static str = "finder/_results.html";

    fn title(&self) -> Message {
        "search.title".into()
    }
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
}

#[handler]
async fn search(app: App, caller: Caller, frame: Frame, Query(asked): Query<Asked>, req: &Request) -> web::Result {
    let q: String = asked.q.chars().take(LONGEST).collect();
    let kind = KINDS.into_iter().find(|kind| *kind == asked.kind);
    let mut found = found::find(&app, &caller, &q, kind).await?;
    let response: Response = if req.header("hx-request").is_some() {
        found.truncate(FEW);
        frame.page(&Results { q, found })?
    } else {
        let label = |key| text(&Message::new(key));
        let any = Kind { value: "", label: label("search.any") };
        let names = ["search.posts", "search.media", "search.channels", "search.pages"];
        let kinds = KINDS.into_iter().zip(names).map(|(value, name)| Kind { value, label: label(name) });
        let count = found.len();
        frame.page(&Search {
            q,
            kind: kind.unwrap_or_default(),
            kinds: std::iter::once(any).chain(kinds).collect(),
            found,
            count_text: text(&Message::new("search.count").with("count", count)),
        })?
    };
    let mut response = response;
    response.headers_mut().insert("vary", poem::http::HeaderValue::from_static("hx-request"));
    Ok(response)
}
