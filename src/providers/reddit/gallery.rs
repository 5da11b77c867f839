//! Several pictures as one submission, in their order.
//! <https://github.com/praw-dev/praw/blob/main/praw/models/reddit/subreddit.py>

use serde_json::{Value as Json, json};

use super::{
    entry::Entry,
    media::{self, Stored},
};
use crate::{
    error::Failure,
    providers::{Call, Effect},
};

/// Most pictures of a gallery.
pub const MOST: usize = 20;
/// Most characters below a picture.
const CAPTION: usize = 180;

/// What is sent for an entry, all pictures uploaded. Each submission has uploads of its own.
pub async fn body(call: &Call<'_>, n: usize, entry: &Entry) -> Result<Json, Failure> {
    let mut items = Vec::with_capacity(call.media.len());
    for (at, file) in call.media.iter().enumerate() {
        let upload = async |_| media::upload(call, file).await;
        let stored: Stored = call.step(&format!("file:{n}:{at}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?;
        let caption: String = file.alt.chars().take(CAPTION).collect();
        items.push(json!({"media_id": stored.id, "caption": caption, "outbound_url": ""}));
    }
    let mut body = json!({
        "api_type": "json", "sr": entry.subreddit, "title": entry.title, "items": items, "sendreplies": true,
        "show_error_list": true, "validate_on_submit": true,
    });
    if let Some(flair) = &entry.flair {
        body["flair_id"] = json!(flair);
    }
    Ok(body)
}
