//! A part as a post on the wall, or as a comment below the first part.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, api, files};
use crate::{
    error::Failure,
    providers::{Call, Effect, Outcome, Remote, StepKey},
};

/// VK knows a `guid` for an hour; the rest is room for clocks.
const KNOWN: Duration = Duration::from_secs(50 * 60);

#[derive(Deserialize)]
struct Posted {
    post_id: i64,
}

#[derive(Deserialize)]
struct Commented {
    comment_id: i64,
}

/// Publishes one part.
pub async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = call.words(&ABOUT);
    if text.trim().is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    call.freshen(&super::Vk).await?;
    let mut attached: Vec<String> = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let upload = async |_| files::upload(call, file).await;
        attached.push(call.step(&format!("file:{n}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?);
    }
    let attachments = attached.join(",");
    let sent = json!({"text": text, "attachments": attachments, "root": call.thread.first().map(|root| &root.id)});
    let write = async |key| write(call, &text, &attachments, key).await;
    let remote = call.step("create", Effect::Keyed { lasts: KNOWN }, sent.to_string().as_bytes(), write).await?;
    Ok(Outcome::live(remote))
}

async fn write(call: &Call<'_>, text: &str, attachments: &str, key: StepKey) -> Result<Remote, Failure> {
    let guid = key.key.to_string();
    let mut fields = vec![("owner_id", call.account), ("message", text), ("guid", guid.as_str())];
    if !attachments.is_empty() {
        fields.push(("attachments", attachments));
    }
    let Some(root) = call.thread.first() else {
        let Posted { post_id } = api::call(&call.access, "wall.post", &fields).await?;
        return Ok(remote(call, &post_id.to_string(), None, attachments));
    };
    fields.push(("post_id", &root.id));
    let Commented { comment_id } = api::call(&call.access, "wall.createComment", &fields).await?;
    Ok(remote(call, &comment_id.to_string(), Some(&root.id), attachments))
}

/// A post, or a comment below `post`.
pub fn remote(call: &Call<'_>, id: &str, post: Option<&str>, attachments: &str) -> Remote {
    let site = call.host(&ABOUT, "site");
    let url = match post {
        Some(post) => format!("{site}/wall{}_{post}?reply={id}", call.account),
        None => format!("{site}/wall{}_{id}", call.account),
    };
    Remote { id: id.into(), url: Some(url), extra: json!({"post": post, "attachments": attachments}) }
}

/// Changes the text; what is attached is named again, else VK takes it away.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let (text, attached) = (call.words(&ABOUT), remote.extra["attachments"].as_str().unwrap_or_default());
    let (method, name) = target(remote, ("wall.edit", "wall.editComment"));
    let fields = [("owner_id", call.account), (name, remote.id.as_str()), ("message", &text), ("attachments", attached)];
    api::repeat::<Json>(&call.access, method, &fields).await?;
    Ok(remote.clone())
}

/// Deletes the post or comment. VK answers alike whether it was there.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let (method, name) = target(remote, ("wall.delete", "wall.deleteComment"));
    api::repeat::<Json>(&call.access, method, &[("owner_id", call.account), (name, &remote.id)]).await.map(drop)
}

fn target(remote: &Remote, methods: (&'static str, &'static str)) -> (&'static str, &'static str) {
    if remote.extra["post"].is_string() { (methods.1, "comment_id") } else { (methods.0, "post_id") }
}
