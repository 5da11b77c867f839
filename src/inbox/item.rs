//! A line of the inbox as pages show it: what it is, why it waits, what was tried, what was found, what can be done.

use std::collections::HashMap;

use serde::Serialize;

use super::Act;
use crate::{
    app::App,
    delivery::{Looked, Match, Part, PartState, TargetState, candidates_of},
    error::{Message, Result},
    kit::{PartId, PostId, TargetId, text::Doc, text::web_address},
    orgs::Caller,
    posts::{self, Attempt, Listed, words::Reader},
    providers,
    render::{Moment, text},
};

/// Characters of a text.
const EXCERPT: usize = 200;
/// Attempts that are told.
const TRIES: usize = 12;
/// From this likeness on two texts are the same to a reader.
const SAME: u8 = 95;

/// A target.
#[derive(Debug, Serialize)]
pub struct Item {
    id: TargetId,
    post: PostId,
    channel: Face,
    state: TargetState,
    state_text: String,
    excerpt: String,
    due: Option<Moment>,
    /// How late it went out.
    late: Option<String>,
    sentence: String,
    /// The platform's words about what failed.
    words: Option<String>,
    /// Where its channel is connected again, when it waits for that.
    reconnect: Option<String>,
    /// What can be done with a click.
    pub acts: Vec<ActView>,
    asks: Vec<Ask>,
}

#[derive(Debug, Serialize)]
struct Face {
    name: String,
    provider: String,
    picture: Option<String>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActView {
    /// Its value.
    pub word: &'static str,
    label: String,
    icon: &'static str,
}

impl ActView {
    /// Of an action.
    pub fn new(act: Act) -> Self {
        Self { word: act.word(), label: text(&Message::new(act.label())), icon: act.icon() }
    }
}

/// A part of unknown outcome.
#[derive(Debug, Serialize)]
struct Ask {
    part: PartId,
    /// In a thread, which one.
    position: Option<i64>,
    tried: Vec<posts::Line>,
    /// How often the platform was asked.
    looks: i64,
    /// When candidates were last looked for.
    looked: Option<Moment>,
    /// The platform can be asked.
    can_look: bool,
    candidates: Vec<CandidateView>,
}

#[derive(Debug, Serialize)]
struct CandidateView {
    id: String,
    url: Option<String>,
    text: String,
    at: Option<Moment>,
    /// The same text, or one much like it.
    same: bool,
}

/// What is told about some targets.
struct Teller<'a> {
    reader: Reader,
    attempts: Vec<Attempt>,
    looked: HashMap<PartId, Looked>,
    caller: &'a Caller,
}

/// The items of some targets, in the order of `ids`; deleted ones are left out.
pub async fn items(app: &App, caller: &Caller, ids: &[TargetId]) -> Result<Vec<Item>> {
    let listed = posts::of_targets(&app.db, caller.org, ids).await?;
    let asking: Vec<TargetId> = listed.iter().filter(|l| l.target.state == TargetState::NeedsYou).map(|l| l.target.id).collect();
    let parts: Vec<PartId> =
        listed.iter().flat_map(|l| &l.parts).filter(|p| p.state == PartState::NeedsYou).map(|p| p.id).collect();
    let teller = Teller {
        reader: Reader { now: app.clock.now(), zone: caller.zone },
        attempts: if asking.is_empty() { Vec::new() } else { posts::attempts_of(&app.db, caller.org, &asking).await? },
        looked: candidates_of(&app.db, caller.org, &parts).await?,
        caller,
    };
    Ok(listed.iter().map(|l| teller.item(l)).collect())
}

impl Teller<'_> {
    fn item(&self, listed: &Listed) -> Item {
        let target = &listed.target;
        let about = providers::find(&listed.channel.provider).map(|p| p.about());
        let provider = about.map_or(listed.channel.provider.as_str(), |about| about.name);
        let can_look = about.is_some_and(|about| about.can.candidates);
        let asks = listed.parts.iter().filter(|p| p.state == PartState::NeedsYou);
        let waits = target.state == TargetState::Held && target.reason.as_deref() == Some("reconnect");
        Item {
            id: target.id,
            post: target.post_id,
            channel: Face {
                name: listed.channel.name.clone(),
                provider: listed.channel.provider.clone(),
                picture: listed.channel.picture.clone(),
            },
            state: target.state,
            state_text: posts::words::target_state(target.state),
            excerpt: Doc::from_html(listed.content()).excerpt(EXCERPT),
            due: target.due_at.map(|due| self.moment(due)),
            late: late(listed),
            sentence: posts::sentence(listed, provider, self.reader),
            words: listed.failure().map(|f| f.message.clone()).filter(|words| !words.is_empty()),
            reconnect: waits.then(|| reconnect(&listed.channel.provider, target.channel_id)),
            acts: Act::ALL.into_iter().filter(|act| act.fits(target.state)).map(ActView::new).collect(),
            asks: asks.map(|part| self.ask(listed, part, provider, can_look)).collect(),
        }
    }

    fn ask(&self, listed: &Listed, part: &Part, provider: &str, can_look: bool) -> Ask {
        let mine: Vec<Attempt> =
            self.attempts.iter().filter(|a| a.target_id == part.target_id && a.position == part.position).cloned().collect();
        let mut tried =
            posts::timeline(listed, posts::Known { events: &[], of_post: &[], attempts: &mine }, provider, self.reader);
        tried.drain(..tried.len().saturating_sub(TRIES));
        let looked = self.looked.get(&part.id);
        let candidates = looked.map_or(&[][..], |l| l.found.as_slice());
        Ask {
            part: part.id,
            position: (listed.parts.len() > 1).then_some(part.position + 1),
            tried,
            looks: part.looks,
            looked: looked.map(|l| self.moment(l.at)),
            can_look,
            candidates: candidates.iter().map(|m| self.candidate(m)).collect(),
        }
    }

    fn candidate(&self, found: &Match) -> CandidateView {
        let candidate = &found.candidate;
        CandidateView {
            id: candidate.remote.id.clone(),
            url: candidate.remote.url.as_deref().and_then(web_address),
            text: candidate.text.clone(),
            at: candidate.at.map(|at| self.moment(at)),
            same: found.likeness >= SAME,
        }
    }

    fn moment(&self, at: chrono::DateTime<chrono::Utc>) -> Moment {
        Moment::new(at, self.reader.now, self.caller.zone)
    }
}

/// Where a channel is connected again.
pub fn reconnect(provider: &str, channel: crate::kit::ChannelId) -> String {
    format!("/channels/connect/{provider}?channel={channel}")
}

/// Told in whole minutes, because that is what people who planned it by the minute want to know.
fn late(listed: &Listed) -> Option<String> {
    let minutes = (listed.target.published_at? - listed.target.due_at?).num_minutes();
    (minutes > 0).then(|| text(&Message::new("inbox.late").with("count", minutes)))
}
