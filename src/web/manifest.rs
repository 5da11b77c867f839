//! `GET /manifest.webmanifest`: what a system needs to install the web app, and to share texts and links to it. Knows the
//! addresses of the pages it offers and nothing else of them.
//!
//! Members: <https://www.w3.org/TR/appmanifest/>, sharing: <https://w3c.github.io/web-share-target/>.

use poem::{Response, handler};
use serde_json::{Value as Json, json};

use crate::{
    error::Message,
    render::{asset_url, text},
};

/// `--paper` of tokens.css in light; the page names both of its colours itself.
const PAPER: &str = "#fbfaf7";

/// The manifest, in the language of who asks.
#[handler]
pub fn serve() -> Response {
    Response::builder()
        .content_type("application/manifest+json")
        .header("cache-control", "private, max-age=3600")
        .header("vary", "accept-language")
        .body(manifest().to_string())
}

fn say(key: &'static str) -> String {
    text(&Message::new(key))
}

fn manifest() -> Json {
    json!({
        "id": "/",
        "name": say("common.product"),
        "short_name": say("common.product"),
        "description": say("install.description"),
        "lang": say("common.language"),
        "dir": say("common.direction"),
        "start_url": "/calendar",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            {"src": asset_url("icons/rostrum.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": asset_url("icons/app/192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": asset_url("icons/app/512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": asset_url("icons/app/maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
        "shortcuts": [
            {"name": say("nav.compose"), "url": "/posts/new"},
            {"name": say("nav.calendar"), "url": "/calendar"},
            {"name": say("nav.inbox"), "url": "/inbox"},
        ],
        "share_target": {
            "action": "/posts/new",
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    })
}
