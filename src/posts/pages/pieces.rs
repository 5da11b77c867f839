//! A part of the composer's thread in pieces that fit the channels it goes to: for the button without a script, and for the
//! script.

use poem::{IntoResponse as _, handler, web::Json as Body};
use serde_json::json;

use super::{
    action::Action,
    composer::Desk,
    typed::{Typed, TypedPart},
};
use crate::{
    app::App,
    kit::text::Doc,
    orgs::Caller,
    posts::split::split,
    providers::Descriptor,
    web::{self, Form},
};

/// Does what the button [`Action::Split`] asks for.
pub fn apply(typed: &mut Typed, n: usize, desk: &Desk) {
    let Some(pieces) = pieces(typed, n, desk) else { return };
    let (thread, _) = typed.thread();
    let part = thread.remove(n);
    thread.splice(n..n, part.in_pieces(pieces));
}

/// The pieces of a part of the thread that the button stands in; `None` when there is no such part, or it fits.
fn pieces(typed: &mut Typed, n: usize, desk: &Desk) -> Option<Vec<Doc>> {
    let (thread, channel) = typed.thread();
    let part: TypedPart = thread.get(n)?.clone();
    let goes_there = |id: &str| match &channel {
        Some(own) => own == id,
        None => typed.own_of(id).is_none(),
    };
    let channels = desk.chosen(typed).filter(|c| goes_there(&c.id.to_string()));
    let abouts: Vec<&Descriptor> = channels.filter_map(|c| Some(c.provider()?.about())).collect();
    let limited: Vec<&Descriptor> = abouts.into_iter().filter(|about| about.limits.text.max > 0).collect();
    let names: Vec<&str> = part.mentions.iter().map(|m| m.label.as_str()).collect();
    let doc = part.doc();
    let text = doc.to_plain();
    // Formatting may take room of its own: what is counted is the piece as it would be sent.
    let pieces = split(&text, &names, &|range| {
        let piece = doc.slice(range);
        limited.iter().all(|about| fits(&piece, about))
    });
    (pieces.len() > 1).then(|| pieces.into_iter().map(|range| doc.slice(range)).collect())
}

fn fits(piece: &Doc, about: &Descriptor) -> bool {
    let (counted, limit) = (about.counted(piece), about.limits.text);
    limit.count(&counted) <= limit.max && limit.max_bytes.is_none_or(|most| counted.len() <= most)
}

/// `{parts: [{text, html}]}`: the pieces of the part that `action` names; none when it fits.
#[handler]
pub async fn show(app: App, caller: Caller, form: Form) -> web::Result {
    let mut typed = Typed::parse(form.0);
    let desk = Desk::load(&app, caller.org, &typed).await?;
    let pieces = match typed.action() {
        Action::Split(n) => pieces(&mut typed, n, &desk).unwrap_or_default(),
        _ => Vec::new(),
    };
    let parts: Vec<_> = pieces.iter().map(|doc| json!({"text": doc.to_plain(), "html": doc.to_html()})).collect();
    Ok(Body(json!({ "parts": parts })).into_response())
}
