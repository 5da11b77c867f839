//! What of a post was typed and not saved: what can be gone on with, and how it differs from what somebody else saved meanwhile.

use serde::Serialize;

use super::{editing::Editing, typed::Typed};
use crate::{
    app::App,
    error::Result,
    kit::{DraftId, PostId, text::Doc},
    orgs::Caller,
    posts::{
        diff::{self, Piece},
        model::{self, Stored, autosave},
        words::Reader,
    },
};

/// Most characters of the first words.
const WORDS: usize = 80;

/// A draft that can be gone on with.
#[derive(Debug, Serialize)]
pub struct Unsaved {
    id: DraftId,
    words: String,
    when: String,
    /// Where it is gone on with.
    url: String,
}

impl Unsaved {
    /// One's own, newest first: of a post, or of posts that were not saved yet.
    pub async fn list(app: &App, caller: &Caller, post: Option<PostId>) -> Result<Vec<Self>> {
        let Some(user) = caller.user else { return Ok(Vec::new()) };
        let reader = Reader { now: app.clock.now(), zone: caller.zone };
        let found = autosave::open(&app.db, (caller.org, user), post).await?;
        let place = post.map_or_else(|| "/posts/new".to_owned(), |post| format!("/posts/{post}/edit"));
        let one = |kept: model::Autosave| Self {
            url: format!("{place}?draft={}", kept.draft_id),
            id: kept.draft_id,
            when: reader.short(kept.saved_at),
            words: kept.words,
        };
        Ok(found.into_iter().map(one).collect())
    }
}

/// The beginning of what was written, on one line.
pub fn first_words(typed: &Typed) -> String {
    Doc::from_plain(&typed.words()).excerpt(WORDS)
}

/// What somebody else saved meanwhile, against what is in the form.
#[derive(Debug, Serialize)]
pub struct Theirs {
    who: Option<String>,
    when: String,
    pieces: Vec<Piece>,
}

impl Theirs {
    /// Of a form whose post was saved again since.
    pub async fn load(app: &App, caller: &Caller, typed: &Typed, editing: &Editing) -> Result<Self> {
        let saving = model::saving(&app.db, caller.org, editing.post, editing.version).await?;
        let reader = Reader { now: app.clock.now(), zone: caller.zone };
        let pieces = diff::words(&stored_words(&saving.content.0), &typed.words());
        Ok(Self { who: saving.author, when: reader.short(saving.created_at), pieces })
    }
}

/// All that a version says, in lines: each text once, in the order of [`Typed::words`].
pub fn stored_words(stored: &Stored) -> String {
    let mut threads: Vec<Vec<&str>> = Vec::new();
    for parts in stored.entries.iter().map(|entry| &entry.parts).chain([&stored.parts]) {
        let thread: Vec<&str> = parts.iter().map(|p| p.content.as_str()).collect();
        if !threads.contains(&thread) {
            threads.push(thread);
        }
    }
    let texts = threads.iter().flatten().map(|html| Doc::from_html(html).to_plain());
    texts.filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("\n\n")
}
