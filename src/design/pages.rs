//! `/design`: every component of `templates/components` as it looks now.

use poem::{Route, get, handler};
use serde::Serialize;

use crate::{
    error::Message,
    render::{FieldText, View},
    web::{self, Frame},
};

/// Adds the route, in development builds.
pub fn mount(route: Route) -> Route {
    if cfg!(debug_assertions) { route.at("/design", get(show)) } else { route }
}

/// One way to look at all of them.
#[derive(Debug, Serialize)]
struct Sheet {
    /// In front of the names of its fields, so that they are unique on the page.
    name: &'static str,
    title: &'static str,
    theme: &'static str,
    direction: &'static str,
    /// Colours that are shown as swatches.
    colours: &'static [&'static str],
    /// States of targets, parts and channels.
    states: &'static [&'static str],
    errors: Vec<FieldText>,
}

#[derive(Debug, Serialize)]
struct Design {
    sheets: Vec<Sheet>,
}

impl View for Design {
    const TEMPLATE: &'static str = "design/index.html";

    fn title(&self) -> Message {
        "design.title".into()
    }
}

const COLOURS: &[&str] = &[
    "sunken", "paper", "surface", "hover", "line", "edge", "accent", "fill", "quiet", "planned", "moving", "done", "look",
    "broken",
];
const STATES: &[&str] = &[
    "draft",
    "scheduled",
    "sending",
    "published",
    "held",
    "retrying",
    "needs_you",
    "missed",
    "failed",
    "waiting",
    "cancelled",
    "skipped",
];

fn sheet(name: &'static str, title: &'static str, theme: &'static str, direction: &'static str) -> Sheet {
    let wrong = FieldText { field: format!("{name}-wrong"), text: "Write a name of at most 100 characters.".into() };
    Sheet { name, title, theme, direction, colours: COLOURS, states: STATES, errors: vec![wrong] }
}

#[handler]
fn show(frame: Frame) -> web::Result {
    let sheets = vec![
        sheet("light", "Light", "light", "ltr"),
        sheet("dark", "Dark", "dark", "ltr"),
        sheet("leftward", "Right to left", "light", "rtl"),
    ];
    Ok(frame.page(&Design { sheets })?)
}
