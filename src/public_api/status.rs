//! `PUT /posts/{id}/status`: a draft is scheduled at its date, a scheduled post becomes a draft. Its content is saved again
//! as it is, so that a draft is checked like any post before it may go out.

use serde_json::Value as Json;

use super::{
    input::{Object, Wrong},
    list,
    objects::{PostState, StatusChange},
    problems::{self, Place},
    refusal::Refusal,
};
use crate::{
    app::App,
    delivery::TargetState,
    error::{Error, Message, Result},
    kit::{TargetId, text::Doc},
    orgs::Caller,
    posts::{self, Draft, Entry, EntryPart, Listed, When},
};

/// Changes it. A post that is what is asked for stays as it is; one that has begun to go out is a conflict.
pub async fn change(app: &App, caller: &Caller, id: TargetId, body: &Json) -> Result<StatusChange, Refusal> {
    let wanted = read(body)?;
    let listed = posts::find(&app.db, caller.org, id).await?;
    if list::state(listed.target.state) != Some(wanted) {
        save(app, caller, &listed, wanted).await?;
        // Where posts have to be approved, what was to be scheduled is a draft still.
        let saved = posts::find(&app.db, caller.org, id).await?.target.state;
        return Ok(StatusChange { id: id.to_string(), state: list::state(saved).unwrap_or(wanted) });
    }
    Ok(StatusChange { id: id.to_string(), state: wanted })
}

fn read(body: &Json) -> Result<PostState> {
    let wrong = Wrong::default();
    let body = Object::body(body, &wrong);
    let word = body.as_ref().and_then(|body| body.required_text("status"));
    let wanted = match word {
        Some("draft") => Some(PostState::Draft),
        Some("schedule") => Some(PostState::Queue),
        Some(_) => {
            wrong.add("status", Message::new("field.choice").with("choices", "draft, schedule"));
            None
        }
        None => None,
    };
    wrong.check()?;
    Ok(wanted.expect("what gives no status was complained about"))
}

async fn save(app: &App, caller: &Caller, listed: &Listed, wanted: PostState) -> Result<(), Refusal> {
    let target = &listed.target;
    if !target.state.is_editable() || target.state == TargetState::Cancelled {
        return Err(Error::conflict("error.not_editable").into());
    }
    let when = match (wanted, target.due_at) {
        (PostState::Draft, due) => When::Draft(due),
        (_, Some(due)) => When::At(due),
        (_, None) => return Err(Error::invalid("date", "field.required").into()),
    };
    let parts = listed.parts.iter().map(|part| EntryPart {
        id: Some(part.id),
        text: Doc::from_html(&part.content),
        media: part.media.0.clone(),
        delay_seconds: part.delay_seconds,
    });
    let entry =
        Entry { target: Some(target.id), channel: target.channel_id, settings: target.settings.clone(), parts: parts.collect() };
    let zone = crate::kit::zone::parse(&target.zone).unwrap_or(caller.zone);
    let draft = Draft { when, zone, entries: vec![entry], allow_duplicate: true };
    let place = Place { path: String::new(), provider: &listed.channel.provider, name: &listed.channel.name };
    posts::amend(app, caller, target.post_id, &draft).await?.map_err(|problems| problems::refuse(problems, &[place]))?;
    Ok(())
}
