//! `/posts/{id}/history`: who saved which version when, what was typed in between, what differs between two of them.

use poem::{
    handler,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{
    id,
    typed::Typed,
    unsaved::{first_words, stored_words},
};
use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::PostId,
    orgs::Caller,
    posts::{
        diff::{self, Piece},
        model::{self, Autosave, Post, Saving, autosave},
        words::Reader,
    },
    render::{Moment, View},
    web::{self, Frame},
};

/// The page.
#[derive(Debug, Serialize)]
struct History {
    post: PostId,
    states: Vec<State>,
    /// The two that are compared: their keys, and what differs.
    from: String,
    to: String,
    pieces: Vec<Piece>,
    same: bool,
}

impl View for History {
    const TEMPLATE: &'static str = "posts/history.html";

    fn title(&self) -> Message {
        "history.title".into()
    }
}

/// A version, or a state of a draft.
#[derive(Debug, Serialize)]
struct State {
    /// `v3`, or the id of what was typed.
    key: String,
    /// Of a saved version.
    number: Option<i64>,
    who: Option<String>,
    at: Moment,
    words: String,
    /// Opens the composer with it.
    url: String,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    when: chrono::DateTime<chrono::Utc>,
}

#[derive(Debug, Deserialize)]
pub struct Compared {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// All of them, and two compared: those asked for, else the newest two that were saved.
#[handler]
pub async fn show(
    app: App,
    caller: Caller,
    frame: Frame,
    Path(post): Path<String>,
    Query(asked): Query<Compared>,
) -> web::Result {
    let post: PostId = id(&post)?;
    Post::find(&app.db, caller.org, post).await?;
    let reader = Reader { now: app.clock.now(), zone: caller.zone };
    let mut states: Vec<State> = Vec::new();
    states.extend(model::savings(&app.db, caller.org, post).await?.into_iter().map(|s| saved(post, s, reader)));
    states.extend(autosave::of_post(&app.db, caller.org, post).await?.into_iter().map(|a| typed(post, a, reader)));
    states.sort_by_key(|state| std::cmp::Reverse(state.when));
    Ok(frame.page(&compare(post, states, asked)?)?)
}

fn compare(post: PostId, states: Vec<State>, asked: Compared) -> Result<History> {
    let saved: Vec<&State> = states.iter().filter(|state| state.number.is_some()).collect();
    let or = |key: String, place: usize| match (key.is_empty(), saved.get(place).or(saved.last())) {
        (true, Some(state)) => state.key.clone(),
        _ => key,
    };
    let (to, from) = (or(asked.to, 0), or(asked.from, 1));
    let text = |key: &str| states.iter().find(|state| state.key == key).map(|state| state.text.as_str());
    let (Some(old), Some(new)) = (text(&from), text(&to)) else { return Err(Error::NotFound("version")) };
    let (pieces, same) = (diff::words(old, new), old == new);
    Ok(History { post, from, to, pieces, same, states })
}

fn saved(post: PostId, saving: Saving, reader: Reader) -> State {
    let text = stored_words(&saving.content.0);
    State {
        key: format!("v{}", saving.number),
        number: Some(saving.number),
        who: saving.author,
        at: Moment::new(saving.created_at, reader.now, reader.zone),
        words: crate::kit::text::Doc::from_plain(&text).excerpt(120),
        url: format!("/posts/{post}/edit?version={}", saving.number),
        text,
        when: saving.created_at,
    }
}

fn typed(post: PostId, kept: Autosave, reader: Reader) -> State {
    let form = Typed::parse(kept.form.0);
    State {
        key: kept.id.to_string(),
        number: None,
        who: Some(kept.author),
        at: Moment::new(kept.saved_at, reader.now, reader.zone),
        words: first_words(&form),
        url: format!("/posts/{post}/edit?state={}", kept.id),
        text: form.words(),
        when: kept.saved_at,
    }
}
