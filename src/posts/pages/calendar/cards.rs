//! Cards: a post at an instant as a calendar draws it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    channels::Channel,
    delivery::{self, TargetState},
    kit::{ChannelId, PostId, text::Doc, zone},
    posts::{
        calendar::{
            board::{Board, Item, Surroundings},
            moving::stamp,
        },
        model::calendar::{Spot, Standing},
        recurrence::Upcoming,
        tag,
        words::{Reader, say, target_state},
    },
    providers::MediaRef,
};

/// Characters of a text.
const EXCERPT: usize = 90;

/// A post at an instant.
#[derive(Debug, Serialize)]
pub struct Card {
    post: PostId,
    /// Its instant in microseconds: with the post it names the card.
    at: i64,
    /// What was seen of it; empty for what is only drawn.
    stamp: String,
    time: String,
    excerpt: String,
    state: Option<TargetState>,
    state_text: String,
    tone: &'static str,
    face: Option<Face>,
    /// Names of all its channels.
    names: String,
    /// How many channels beside the one that is drawn.
    others: usize,
    thumbnail: Option<String>,
    tags: Vec<TagView>,
    thread: bool,
    repeats: bool,
    projected: bool,
    movable: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Face {
    name: String,
    provider: String,
    picture: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct TagView {
    name: String,
    tone: &'static str,
}

/// Makes cards of what was read.
pub struct Deck<'a> {
    board: &'a Board,
    channels: HashMap<ChannelId, &'a Channel>,
    tags: HashMap<Uuid, TagView>,
    reader: Reader,
}

impl<'a> Deck<'a> {
    /// From a board and what is around it.
    pub fn new(board: &'a Board, around: &'a Surroundings, reader: Reader) -> Self {
        let view = |tag: &crate::posts::model::calendar::TagRow| TagView { name: tag.name.clone(), tone: tag::tone(&tag.colour) };
        Self {
            board,
            channels: around.channels.iter().map(|c| (c.id, c)).collect(),
            tags: around.tags.iter().map(|tag| (tag.id, view(tag))).collect(),
            reader,
        }
    }

    /// The cards of a cell.
    pub fn cards(&self, items: &[Item]) -> Vec<Card> {
        items.iter().filter_map(|item| self.card(item)).collect()
    }

    fn card(&self, item: &Item) -> Option<Card> {
        match item {
            Item::Card(spot) => self.standing(spot),
            Item::Projected(one) => Some(self.projected(one)),
        }
    }

    /// `None` when it went between two queries.
    fn standing(&self, spot: &Spot) -> Option<Card> {
        let targets = self.board.standing.get(spot)?;
        let beginning = self.board.beginnings.get(&targets.first()?.id);
        let state = together(targets);
        let channels: Vec<ChannelId> = targets.iter().map(|t| t.channel_id).collect();
        let content = beginning.map_or("", |b| b.content.as_str());
        let media = beginning.and_then(|b| b.media.first());
        let movable = targets.iter().any(|t| delivery::is_movable(t.state, t.reason.as_deref()));
        Some(Card {
            stamp: stamp(targets),
            state: Some(state),
            state_text: target_state(state),
            tone: tone(state),
            thread: beginning.is_some_and(|b| b.parts > 1),
            movable,
            ..self.drawn((spot.post_id, spot.due_at), &channels, content, media)
        })
    }

    fn projected(&self, one: &Upcoming) -> Card {
        let channels: Vec<ChannelId> = one.entries.iter().map(|e| e.channel).collect();
        let first = one.entries.first().and_then(|e| e.parts.first());
        let content = first.map_or("", |part| part.content.as_str());
        Card {
            projected: true,
            repeats: true,
            state_text: say("calendar.projected"),
            thread: one.entries.first().is_some_and(|e| e.parts.len() > 1),
            ..self.drawn((one.post, one.at), &channels, content, first.and_then(|part| part.media.first()))
        }
    }

    /// What both kinds show.
    fn drawn(
        &self,
        (post, at): (PostId, DateTime<Utc>),
        channels: &[ChannelId],
        content: &str,
        media: Option<&MediaRef>,
    ) -> Card {
        let known: Vec<&Channel> = channels.iter().filter_map(|id| self.channels.get(id).copied()).collect();
        let face = known.first().map(|c| Face { name: c.name.clone(), provider: c.provider.clone(), picture: c.picture.clone() });
        let tags = self.board.tags.get(&post).map_or(&[][..], Vec::as_slice);
        Card {
            post,
            at: at.timestamp_micros(),
            stamp: String::new(),
            time: zone::wall(self.reader.zone, at).format("%H:%M").to_string(),
            excerpt: Doc::from_html(content).excerpt(EXCERPT),
            state: None,
            state_text: String::new(),
            tone: "quiet",
            face,
            names: known.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", "),
            others: channels.len().saturating_sub(1),
            thumbnail: media.and_then(|m| self.board.pictures.get(&m.id)).cloned(),
            tags: tags.iter().filter_map(|id| self.tags.get(id)).cloned().collect(),
            thread: false,
            repeats: self.board.series.contains(&post),
            projected: false,
            movable: false,
        }
    }
}

/// One state for the targets of a card: what a person must know first.
fn together(targets: &[Standing]) -> TargetState {
    use TargetState::*;
    let order = [NeedsYou, Failed, PublishedIncomplete, Missed, Held, Sending, Scheduled, Draft, Published, Cancelled];
    let any = |state: &TargetState| targets.iter().any(|t| t.state == *state);
    if !any(&NeedsYou) && any(&Published) && (any(&Failed) || any(&Missed)) {
        return PublishedIncomplete;
    }
    order.into_iter().find(any).unwrap_or(Draft)
}

/// The colour of a state, as its badge has it.
fn tone(state: TargetState) -> &'static str {
    use TargetState::*;
    match state {
        Scheduled => "planned",
        Sending => "moving",
        Published => "done",
        Held | NeedsYou | PublishedIncomplete | Missed => "look",
        Failed => "broken",
        Draft | Cancelled => "quiet",
    }
}
