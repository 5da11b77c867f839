//! Pages that search finds by their names, in the language of whoever asks. Pure.

use super::found::Found;
use crate::{
    error::Message,
    orgs::{Caller, Role},
    render::text,
    search::{Piece, folded},
    web::places::SETTINGS,
};

/// Address, name and icon; those of the settings are in [`SETTINGS`].
const PLACES: &[(&str, &str, &str)] = &[
    ("/posts/new", "nav.compose", "pen-line"),
    ("/calendar", "nav.calendar", "calendar-days"),
    ("/posts", "nav.posts", "list-checks"),
    ("/inbox", "nav.inbox", "inbox"),
    ("/reviews", "nav.reviews", "check-check"),
    ("/channels", "nav.channels", "radio"),
    ("/channels/connect", "channels.connect", "plus"),
    ("/media", "nav.media", "images"),
    ("/notices", "nav.notices", "bell"),
    ("/organisations", "organisations.title", "building-2"),
    ("/docs", "nav.docs", "book-open"),
    ("/sandbox", "nav.wall", "flask-conical"),
];
/// Those that operators alone see.
const OPERATORS: &[(&str, &str, &str)] = &[("/admin", "nav.admin", "activity"), ("/admin/jobs", "jobs.title", "activity")];

/// Those whose name has a word that begins so; all of them when nothing is asked.
pub fn find(typed: &str, caller: &Caller) -> Vec<Found> {
    let asked = folded(typed);
    let meets = |name: &str| asked.iter().all(|word| folded(name).iter().any(|own| own.starts_with(word.as_str())));
    let settings = SETTINGS.iter().flat_map(|group| group.places).filter(|one| !one.admin || caller.role >= Role::Admin);
    let seen = PLACES.iter().chain(OPERATORS.iter().filter(|_| caller.operator)).copied();
    let seen = seen.chain(settings.map(|one| (one.url, one.name, one.icon)));
    let named = seen.map(|(url, key, icon)| (url, text(&Message::new(key)), icon));
    let place = |(url, name, icon): (&str, String, &'static str)| Found {
        kind: "page",
        url: url.to_owned(),
        icon,
        title: vec![Piece { text: name, hit: false }],
        ..Found::default()
    };
    named.filter(|(_, name, _)| meets(name)).map(place).collect()
}
