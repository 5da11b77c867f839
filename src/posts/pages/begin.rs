//! What a composer begins with: nothing, a channel, a draft that was not saved, a set, an earlier version.

use serde::Deserialize;

use super::{
    composer::blank,
    editing::Editing,
    prefill::{Prefill, prefill},
    typed::Typed,
};
use crate::{
    app::App,
    channels::Channel,
    error::{Error, Result},
    kit::{AutosaveId, DraftId, SetId},
    orgs::Caller,
    posts::model::{self, Pairs, Set, Snippet, autosave},
};

/// Of a new post.
#[derive(Debug, Default, Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    draft: String,
    #[serde(default)]
    set: String,
    /// With `set`: the set itself is changed.
    #[serde(default)]
    change: String,
    #[serde(flatten)]
    prefill: Prefill,
}

impl NewQuery {
    /// It begins with nothing that was written before.
    pub fn is_plain(&self) -> bool {
        self.draft.is_empty() && self.set.is_empty() && self.prefill.is_empty()
    }
}

/// The form of a new post.
pub async fn typed(app: &App, caller: &Caller, query: &NewQuery) -> Result<Typed> {
    let channels = Channel::list(&app.db, caller.org).await?;
    let empty = blank(&channels, query.channel.parse().ok(), caller, app.clock.now());
    if !query.draft.is_empty() {
        let kept = draft(app, caller, &query.draft).await?;
        return Ok(Typed { draft: Some(kept.draft_id), ..with_gaps(&kept.form.0, empty) });
    }
    if !query.set.is_empty() {
        let id: SetId = query.set.parse().map_err(|_| Error::NotFound("set"))?;
        let set = Set::find(&app.db, caller.org, id).await?;
        let changed = (!query.change.is_empty()).then_some(id);
        return Ok(Typed { set: changed, draft: None, version: None, ..with_gaps(&set.form.0, empty) });
    }
    let snippets = Snippet::list(&app.db, caller.org).await?;
    let mut typed = empty;
    let copied = prefill(app, caller, (&mut typed, &channels), &query.prefill).await?;
    if copied {
        return Ok(typed);
    }
    if let (Some(signature), Some(part)) = (snippets.iter().find(|s| s.auto), typed.parts.first_mut()) {
        part.text.push_str("\n\n");
        part.text.push_str(&signature.content);
    }
    Ok(typed)
}

/// What was kept; where it says nothing about the time, as an empty form has it.
fn with_gaps(kept: &Pairs, empty: Typed) -> Typed {
    let typed = Typed::parse(kept.clone());
    let or = |kept: String, empty: String| if kept.is_empty() { empty } else { kept };
    Typed {
        when: or(typed.when, empty.when),
        date: or(typed.date, empty.date),
        time: or(typed.time, empty.time),
        zone: or(typed.zone, empty.zone),
        ..typed
    }
}

async fn draft(app: &App, caller: &Caller, given: &str) -> Result<model::Autosave> {
    let id: DraftId = given.parse().map_err(|_| Error::NotFound("draft"))?;
    autosave::draft(&app.db, (caller.org, caller.person()?), id).await
}

/// Of a post that is changed.
#[derive(Debug, Default, Deserialize)]
pub struct EditFrom {
    /// One's own draft.
    #[serde(default)]
    draft: String,
    /// A state of somebody's draft.
    #[serde(default)]
    state: String,
    /// The number of an earlier version.
    #[serde(default)]
    version: String,
}

impl EditFrom {
    /// It begins with what is stored.
    pub fn is_plain(&self) -> bool {
        self.draft.is_empty() && self.state.is_empty() && self.version.is_empty()
    }

    /// The form.
    pub async fn typed(&self, app: &App, caller: &Caller, editing: &Editing) -> Result<Typed> {
        let stored = editing.typed(caller);
        if !self.draft.is_empty() {
            let kept = draft(app, caller, &self.draft).await?;
            if kept.post_id != Some(editing.post) {
                return Err(Error::NotFound("draft"));
            }
            // The version that was seen then: if there is a newer one, saving tells.
            return Ok(Typed { draft: Some(kept.draft_id), ..with_gaps(&kept.form.0, stored) });
        }
        if !self.state.is_empty() {
            let id: AutosaveId = self.state.parse().map_err(|_| Error::NotFound("version"))?;
            let kept = autosave::find(&app.db, caller.org, editing.post, id).await?;
            let version = stored.version;
            return Ok(Typed { draft: None, version, ..with_gaps(&kept.form.0, stored) });
        }
        if !self.version.is_empty() {
            let number = self.version.parse().map_err(|_| Error::NotFound("version"))?;
            let saving = model::saving(&app.db, caller.org, editing.post, number).await?;
            return Ok(editing.typed_of(caller, &saving));
        }
        Ok(stored)
    }
}
