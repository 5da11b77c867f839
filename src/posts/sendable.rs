//! What keeps a stored target from going out now: a draft was never checked, and platforms change their rules.

use super::{Draft, Entry, EntryPart, Problem, When, check::check, known::Known, listing};
use crate::{
    app::App,
    delivery,
    error::Result,
    kit::{OrgId, TargetId, text::Doc, zone},
};

/// Its problems as if it were written now; none: it may go.
pub async fn unsendable(app: &App, org: OrgId, target: TargetId) -> Result<Vec<Problem>> {
    let listed = listing::find(&app.db, org, target).await?;
    let part = |p: &delivery::Part| EntryPart {
        id: Some(p.id),
        text: Doc::from_html(&p.content),
        media: p.media.0.clone(),
        delay_seconds: p.delay_seconds,
    };
    let entry = Entry {
        target: Some(target),
        channel: listed.target.channel_id,
        settings: listed.target.settings.clone(),
        parts: listed.parts.iter().map(part).collect(),
    };
    let zone = zone::parse(&listed.target.zone).unwrap_or_default();
    let draft = Draft { when: When::Now, zone, entries: vec![entry], allow_duplicate: true };
    let known = Known::load(app, org, &draft, &[]).await?;
    Ok(check(&draft, &known, app.clock.now()))
}
