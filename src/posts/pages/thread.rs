//! The parts of a thread as the composer shows them: of the common text, or of one channel's own.

use serde::Serialize;

use super::{
    composer::{Desk, without_repeats},
    mentions::Mention,
    own::OwnText,
    typed::{Typed, TypedPart},
};
use crate::{
    error::FieldError,
    kit::{
        MediaId,
        text::{Doc, graphemes},
    },
    media::Media,
};

/// One part.
#[derive(Debug, Serialize)]
pub struct PartView {
    index: usize,
    id: String,
    text: String,
    /// The same as HTML, where words alone would not say it.
    html: String,
    delay_minutes: String,
    media: Vec<Shot>,
    /// See `mentions.rs`: what the form carries beside the text.
    mentions: Vec<String>,
    count: usize,
    limit: Option<usize>,
    problems: Vec<String>,
}

/// A picture or film.
#[derive(Debug, Clone, Serialize)]
pub struct Shot {
    id: MediaId,
    url: String,
    poster: Option<String>,
    name: String,
    alt: String,
    mime: String,
    width: Option<i64>,
    height: Option<i64>,
}

/// A text of its own.
#[derive(Debug, Serialize)]
pub struct OwnView {
    channel_id: String,
    channel_name: String,
    /// What the names of its fields begin with.
    base: String,
    /// What the values of its buttons end with.
    suffix: String,
    on: bool,
    parts: Vec<PartView>,
}

/// The parts of the common text.
pub fn common((typed, desk): (&Typed, &Desk), errors: &[FieldError]) -> Vec<PartView> {
    let shared = desk.chosen(typed).filter(|c| typed.own_of(&c.id.to_string()).is_none());
    let limit = shared.filter_map(|c| Some(c.provider()?.about().limits.text.max)).min();
    views(&typed.parts, ("parts", limit), desk, errors)
}

/// The texts that channels have for themselves, those put aside included: the form carries them.
pub fn own((typed, desk): (&Typed, &Desk), errors: &[FieldError]) -> Vec<OwnView> {
    let view = |own: &OwnText| {
        let channel = desk.channels.iter().find(|c| c.id.to_string() == own.channel)?;
        let limit = channel.provider().map(|p| p.about().limits.text.max);
        let base = own.base();
        let parts = views(&own.parts, (&base, limit), desk, errors);
        let suffix = format!("@{}", own.channel);
        Some(OwnView { channel_id: own.channel.clone(), channel_name: channel.name.clone(), base, suffix, on: own.on, parts })
    };
    typed.own.iter().filter_map(view).collect()
}

fn views(parts: &[TypedPart], of: (&str, Option<usize>), desk: &Desk, errors: &[FieldError]) -> Vec<PartView> {
    parts.iter().enumerate().map(|(n, part)| view(n, part, of, (desk, errors))).collect()
}

fn view(n: usize, part: &TypedPart, (base, limit): (&str, Option<usize>), (desk, errors): (&Desk, &[FieldError])) -> PartView {
    let alt = |id: &MediaId, own: &str| part.alts.get(id).map_or_else(|| own.to_owned(), Clone::clone);
    PartView {
        index: n,
        id: part.id.map(|id| id.to_string()).unwrap_or_default(),
        count: graphemes(part.text.trim()),
        text: part.text.clone(),
        html: part.rich.as_ref().filter(|doc| doc.is_rich()).map(Doc::to_html).unwrap_or_default(),
        delay_minutes: if part.delay_minutes.is_empty() { "0".into() } else { part.delay_minutes.clone() },
        media: part.media.iter().filter_map(|id| desk.media.get(id)).map(|m| shot(m, &alt(&m.id, &m.alt))).collect(),
        mentions: part.mentions.iter().map(Mention::to_form).collect(),
        limit: limit.filter(|max| *max > 0),
        problems: problems(&format!("{base}[{n}]"), errors),
    }
}

/// What is wrong with a part beyond what stands at its fields: the first of each field does.
fn problems(prefix: &str, errors: &[FieldError]) -> Vec<String> {
    let mut shown: Vec<&str> = Vec::new();
    let mut problems: Vec<String> = Vec::new();
    for error in without_repeats(errors).iter().filter(|e| e.field.starts_with(prefix)) {
        match errors.iter().find(|e| e.field == error.field) {
            Some(first) if !shown.contains(&first.field.as_str()) && !first.field.ends_with("[delay_minutes]") => {
                shown.push(&first.field);
            }
            _ => problems.push(crate::render::text(&error.message)),
        }
    }
    problems
}

/// A file as it is shown.
pub fn shot(media: &Media, alt: &str) -> Shot {
    Shot {
        id: media.id,
        url: media.shown(),
        poster: media.poster(),
        name: media.name.clone(),
        alt: alt.to_owned(),
        mime: media.mime.clone(),
        width: media.width,
        height: media.height,
    }
}
