//! What becomes of a published post: its numbers, and what is done once it is liked enough.
//! <https://docs.bsky.app/docs/api/app-bsky-feed-get-posts>

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{create, links, record, session, too_long, words, xrpc};
use crate::{
    error::Failure,
    http::Method,
    kit::text::Doc,
    providers::{Access, Call, Metric, Remote},
};

/// As the view of the network counts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Numbers {
    like_count: i64,
    repost_count: i64,
    reply_count: i64,
    quote_count: i64,
    bookmark_count: Option<i64>,
}

impl Numbers {
    /// In the words of all platforms.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut numbers = vec![
            Metric::new("likes", self.like_count),
            Metric::new("shares", self.repost_count),
            Metric::new("comments", self.reply_count),
            Metric::new("quotes", self.quote_count),
        ];
        numbers.extend(self.bookmark_count.map(|saves| Metric::new("saves", saves)));
        numbers
    }
}

/// The numbers of a post now.
pub async fn numbers(access: &Access<'_>, uri: &str) -> Result<Numbers, Failure> {
    #[derive(Deserialize)]
    struct Posts {
        posts: Vec<Numbers>,
    }
    let reply = session::send(access, |credentials| {
        credentials.request(access.http, Method::GET, "app.bsky.feed.getPosts").query(&[("uris", uri)])
    });
    let posts: Posts = xrpc::decode(&reply.await?)?;
    posts.posts.into_iter().next().ok_or_else(|| Failure::rejected("the network does not show the post"))
}

/// Reposts the post, or replies to it, once it is liked enough; true when that is done.
pub async fn plug(call: &Call<'_>, name: &str, remote: &Remote) -> Result<bool, Failure> {
    let record = match name {
        "autoRepostPost" => json!({"$type": "app.bsky.feed.repost", "subject": record::strong(remote)?}),
        "autoPlugPost" => reply(call, remote)?,
        other => return Err(Failure::unsupported(other)),
    };
    if numbers(call, &remote.id).await?.like_count < wanted(call.settings)? {
        return Ok(false);
    }
    create(call, name, &record).await.map(|_| true)
}

fn wanted(settings: &Json) -> Result<i64, Failure> {
    let given = &settings["likesAmount"];
    let likes = given.as_i64().or_else(|| given.as_str()?.trim().parse().ok());
    likes.filter(|n| *n > 0).ok_or_else(|| Failure::rejected("likesAmount is no number of likes"))
}

/// The text below the post, in its thread.
fn reply(call: &Call<'_>, remote: &Remote) -> Result<Json, Failure> {
    let text = words(&Doc::from_content(call.setting("post").unwrap_or_default()));
    if text.trim().is_empty() || too_long(&text) {
        return Err(Failure::rejected("the text of the reply is empty or too long"));
    }
    let parent = record::strong(remote)?;
    let root = call.thread.first().map(record::strong).transpose()?.unwrap_or_else(|| parent.clone());
    let mut record = record::note(&text, links(&text), None);
    record["reply"] = json!({"root": root, "parent": parent});
    Ok(record)
}
