//! What a calendar may be narrowed to, and what it is narrowed to, each with the way out of it.

use serde::Serialize;

use crate::{
    kit::zone,
    orgs::Caller,
    posts::{
        calendar::{
            asked::{Asked, STATES},
            board::Surroundings,
        },
        words::say,
    },
    providers,
};

/// The form and the chips.
#[derive(Debug, Serialize)]
pub struct Filters {
    /// How many things narrow it.
    count: usize,
    channels: Vec<ChannelChoice>,
    customers: Vec<Choice>,
    tags: Vec<Choice>,
    states: Vec<Choice>,
    authors: Vec<Choice>,
    zones: Vec<Choice>,
    /// What narrows it now.
    active: Vec<Chip>,
    /// The address without any of it.
    clear: String,
}

#[derive(Debug, Serialize)]
struct ChannelChoice {
    id: String,
    name: String,
    provider: String,
    provider_name: String,
    picture: Option<String>,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// Something that narrows, and the address without it.
#[derive(Debug, Serialize)]
struct Chip {
    label: String,
    without: String,
}

impl Filters {
    /// From what is asked for.
    pub fn new(asked: &Asked, around: &Surroundings, caller: &Caller) -> Self {
        let active = active(asked, around);
        Self {
            count: active.len(),
            channels: channels(asked, around),
            customers: choices(around.customers.iter().map(|c| (c.id, c.name.as_str())), asked.customer),
            tags: choices(around.tags.iter().map(|t| (t.id, t.name.as_str())), asked.tag),
            authors: choices(around.authors.iter().map(|(id, name)| (*id, name.as_str())), asked.author),
            states: STATES
                .iter()
                .map(|(value, label, _)| Choice {
                    value: (*value).to_owned(),
                    label: say(label),
                    chosen: asked.state == Some(*value),
                })
                .collect(),
            zones: zones(asked, around, caller),
            active,
            clear: asked
                .with(|a| {
                    a.channels.clear();
                    (a.customer, a.tag, a.author, a.state) = (None, None, None, None);
                })
                .href(),
        }
    }
}

fn channels(asked: &Asked, around: &Surroundings) -> Vec<ChannelChoice> {
    let choice = |c: &crate::channels::Channel| ChannelChoice {
        id: c.id.to_string(),
        name: c.name.clone(),
        provider_name: providers::find(&c.provider).map_or_else(|| c.provider.clone(), |p| p.about().name.to_owned()),
        provider: c.provider.clone(),
        picture: c.picture.clone(),
        chosen: asked.channels.contains(&c.id),
    };
    around.channels.iter().map(choice).collect()
}

fn choices<'a, T: PartialEq + ToString>(all: impl Iterator<Item = (T, &'a str)>, chosen: Option<T>) -> Vec<Choice> {
    all.map(|(id, name)| Choice { value: id.to_string(), label: name.to_owned(), chosen: chosen.as_ref() == Some(&id) }).collect()
}

/// Clocks at hand: the organisation's, that of the view, those of channels, and UTC. A script offers all others.
fn zones(asked: &Asked, around: &Surroundings, caller: &Caller) -> Vec<Choice> {
    let own = caller.zone.name();
    let current = asked.zone.map_or(own, |zone| zone.name());
    let mut names = vec![own, current];
    names.extend(around.channels.iter().filter_map(|c| zone::parse(&c.zone)).map(|zone| zone.name()));
    names.push("UTC");
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) && seen.len() < 12 {
            seen.push(name);
        }
    }
    let choice = |name: &&str| Choice { value: (*name).to_owned(), label: (*name).to_owned(), chosen: *name == current };
    seen.iter().map(choice).collect()
}

fn active(asked: &Asked, around: &Surroundings) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut chip = |label: Option<String>, without: Asked| {
        chips.push(Chip { label: label.unwrap_or_else(|| say("calendar.unknown")), without: without.href() });
    };
    for id in &asked.channels {
        let name = around.channels.iter().find(|c| c.id == *id).map(|c| c.name.clone());
        chip(name, asked.with(|a| a.channels.retain(|other| other != id)));
    }
    if let Some(id) = asked.customer {
        let name = around.customers.iter().find(|c| c.id == id).map(|c| c.name.clone());
        chip(name, asked.with(|a| a.customer = None));
    }
    if let Some(id) = asked.tag {
        let name = around.tags.iter().find(|t| t.id == id).map(|t| t.name.clone());
        chip(name, asked.with(|a| a.tag = None));
    }
    if let Some(id) = asked.author {
        let name = around.authors.iter().find(|(author, _)| *author == id).map(|(_, name)| name.clone());
        chip(name, asked.with(|a| a.author = None));
    }
    if let Some(state) = asked.state {
        let name = STATES.iter().find(|(value, ..)| *value == state).map(|(_, label, _)| say(label));
        chip(name, asked.with(|a| a.state = None));
    }
    chips
}
