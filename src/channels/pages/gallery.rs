//! `GET /channels/connect`: what can be connected, in groups, with a search.

use poem::{handler, web::Query};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    channels::{
        apps::{Source, is_offered, source},
        describe::summary,
        model::DeveloperApp,
    },
    error::{Message, Result},
    orgs::{Caller, Role},
    providers::{self, Auth, Descriptor, Group},
    render::{View, text},
    web::{self, Frame},
};

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Gallery {
    query: String,
    groups: Vec<GroupView>,
    count: usize,
    operator: bool,
}

impl View for Gallery {
    const TEMPLATE: &'static str = "channels/gallery.html";

    fn title(&self) -> Message {
        "channels.gallery".into()
    }
}

#[derive(Debug, Clone, Serialize)]
struct GroupView {
    id: &'static str,
    title: String,
    providers: Vec<Card>,
    /// Something of it matches the search. What does not is in the page all the same, for the search to find it as it is typed.
    shown: bool,
}

/// A provider in the gallery.
#[derive(Debug, Clone, Serialize)]
struct Card {
    id: &'static str,
    name: &'static str,
    summary: String,
    can: Vec<String>,
    how: String,
    /// It wants a developer app: `ready` or `missing`.
    app: Option<&'static str>,
    unofficial: bool,
    /// What the search looks at, in lower case.
    words: String,
    shown: bool,
}

impl Card {
    fn new(about: &'static Descriptor, app: Option<Option<Source>>) -> Self {
        let summary = summary(about);
        let words = [about.id, about.name, &summary].into_iter().chain(about.aliases.iter().copied());
        Self {
            id: about.id,
            name: about.name,
            can: can(about),
            how: text(&how(about).into()),
            app: app.map(|source| if source.is_some() { "ready" } else { "missing" }),
            unofficial: about.unofficial,
            words: words.collect::<Vec<_>>().join(" ").to_lowercase(),
            summary,
            shown: true,
        }
    }

    fn matches(&self, query: &str) -> bool {
        query.split_whitespace().all(|word| self.words.contains(word))
    }
}

/// How an account is connected, in words.
fn how(about: &Descriptor) -> &'static str {
    match about.auth {
        Auth::Form => "connect.how_form",
        Auth::OAuth2(_) => "connect.how_consent",
        Auth::Await => "connect.how_await",
    }
}

fn can(about: &Descriptor) -> Vec<String> {
    let can = about.can;
    let all = [
        (about.limits.images > 0, "gallery.pictures"),
        (about.limits.videos > 0, "gallery.films"),
        (can.thread, "can.thread"),
        (can.mentions, "can.mentions"),
        (can.edit, "can.edit"),
        (can.delete, "can.delete"),
        (can.metrics || can.statistics, "can.metrics"),
    ];
    all.into_iter().filter(|(yes, _)| *yes).map(|(_, key)| text(&key.into())).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

/// The gallery, or what of it matches every word of `q`.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(search): Query<Search>) -> web::Result {
    caller.require(Role::Admin)?;
    let cards = cards(&app, &caller).await?;
    let query: String = search.q.trim().chars().take(100).collect();
    let wanted = query.to_lowercase();
    let found = |(group, card): (Group, Card)| (group, Card { shown: card.matches(&wanted), ..card });
    let all: Vec<(Group, Card)> = cards.into_iter().map(found).collect();
    let groups = [
        (Group::Social, "social", "gallery.social"),
        (Group::Community, "community", "gallery.community"),
        (Group::Article, "article", "gallery.article"),
        (Group::Practice, "practice", "gallery.practice"),
    ];
    let groups = groups.into_iter().map(|(group, id, title)| {
        let providers: Vec<Card> = all.iter().filter(|(g, _)| *g == group).map(|(_, card)| card.clone()).collect();
        GroupView { id, title: text(&title.into()), shown: providers.iter().any(|card| card.shown), providers }
    });
    let view = Gallery {
        query,
        count: all.iter().filter(|(_, card)| card.shown).count(),
        groups: groups.filter(|group| !group.providers.is_empty()).collect(),
        operator: caller.operator,
    };
    Ok(frame.page(&view)?)
}

async fn cards(app: &App, caller: &Caller) -> Result<Vec<(Group, Card)>> {
    let entered = DeveloperApp::list(&app.db, caller.org).await?;
    let offered = providers::all().into_iter().map(|p| p.about()).filter(|about| is_offered(app, about));
    let card = |about: &'static Descriptor| {
        let needs = !about.app.is_empty();
        let app = needs.then(|| source(app, about, &entered, (caller.org, None)));
        (about.group, Card::new(about, app))
    };
    Ok(offered.map(card).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::fake::ABOUT;

    #[test]
    fn every_word_of_the_search_must_be_there() {
        static OTHER: Descriptor = Descriptor { aliases: &["fake-custom"], ..ABOUT };
        let card = Card::new(&OTHER, None);
        for found in ["", "fake", "custom fak"] {
            assert!(card.matches(found), "{found}");
        }
        assert!(!card.matches("fake else"));
        assert_eq!((card.app, Card::new(&OTHER, Some(None)).app), (None, Some("missing")));
    }
}
