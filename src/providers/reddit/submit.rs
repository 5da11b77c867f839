//! Submissions and comments: written one after the other, each found again before it would be written twice.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    ABOUT, api,
    entry::{self, Entry, Kind},
    gallery, markdown,
    media::{self, Stored},
    own,
};
use crate::{
    error::Failure,
    providers::{Call, Effect, Outcome, Remote, StepKey},
};

/// After so long the account's list shows every submission, and one that is not there was never made.
const SETTLED: TimeDelta = TimeDelta::minutes(10);
/// A video or picture gets its id when Reddit has worked on it; asked again after this long, for at most so long.
const AGAIN: Duration = Duration::from_secs(20);
const PATIENCE: TimeDelta = TimeDelta::minutes(3);

/// What is known of a submission.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Submitted {
    /// Of files only known later.
    pub id: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// When it was sent.
    pub at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Answer<T> {
    json: Data<T>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Submission {
    id: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Things {
    things: Vec<Thing>,
}

#[derive(Deserialize)]
struct Thing {
    data: Comment,
}

#[derive(Deserialize)]
struct Comment {
    id: String,
    permalink: String,
}

/// Publishes one part.
pub async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    call.freshen(&super::Reddit).await?;
    if let Some(root) = call.thread.first() {
        return comments(call, root).await;
    }
    let entries = entry::of(call)?;
    let mut done = Vec::with_capacity(entries.len());
    for (n, entry) in entries.iter().enumerate() {
        done.push(submit(call, n, entry).await?);
    }
    settle(call, &entries, done).await
}

/// What a submission is sent as.
#[derive(Serialize)]
#[serde(untagged)]
enum Body {
    Form(Vec<(&'static str, String)>),
    Gallery(Json),
}

impl Body {
    async fn of(call: &Call<'_>, n: usize, entry: &Entry) -> Result<Self, Failure> {
        match entry.kind {
            Kind::Media if entry::is_gallery(call.media) => gallery::body(call, n, entry).await.map(Self::Gallery),
            _ => form(call, n, entry).await.map(Self::Form),
        }
    }

    async fn send(&self, call: &Call<'_>) -> Result<Submission, Failure> {
        let answer: Answer<Submission> = match self {
            Self::Form(form) => {
                let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                api::post(&call.access, "api/submit", &fields).await?
            }
            Self::Gallery(body) => api::post_json(&call.access, "api/submit_gallery_post.json", body).await?,
        };
        Ok(answer.json.data)
    }
}

async fn submit(call: &Call<'_>, n: usize, entry: &Entry) -> Result<Submitted, Failure> {
    let body = Body::of(call, n, entry).await?;
    let sent = serde_json::to_vec(&body).map_err(|e| Failure::unexpected(e.to_string()))?;
    let write = async |key: StepKey| {
        if key.earlier > 0 {
            match own::submission(call, entry, key.begun_at).await? {
                Some(found) => return Ok(found),
                None if call.now - key.begun_at < SETTLED => return Err(waiting()),
                None => {}
            }
        }
        let Submission { id, url } = body.send(call).await?;
        // Of a gallery it is the full name.
        let id = id.map(|id| id.trim_start_matches("t3_").to_owned());
        Ok(Submitted { url: url.filter(|_| id.is_some()), id, at: call.now })
    };
    call.step(&format!("submit:{n}"), Effect::ClientId, &sent, write).await
}

async fn form(call: &Call<'_>, n: usize, entry: &Entry) -> Result<Vec<(&'static str, String)>, Failure> {
    let mut form = vec![
        ("api_type", "json".to_owned()),
        ("sr", entry.subreddit.clone()),
        ("title", entry.title.clone()),
        ("resubmit", "true".into()),
        ("sendreplies", "true".into()),
    ];
    match &entry.kind {
        Kind::Text => form.extend([("kind", "self".into()), ("text", markdown(call.text))]),
        Kind::Link(url) => form.extend([("kind", "link".into()), ("url", url.clone())]),
        Kind::Media => form.extend(files(call, n).await?),
    }
    form.extend(entry.flair.clone().map(|flair| ("flair_id", flair)));
    Ok(form)
}

/// The files of one submission; each has its own.
async fn files(call: &Call<'_>, n: usize) -> Result<Vec<(&'static str, String)>, Failure> {
    if entry::has_too_many(call.media) {
        return Err(Failure::rejected("beside a video Reddit takes one picture, which stands for it"));
    }
    let (file, picture) = entry::files(call.media).ok_or_else(|| Failure::rejected("the post has no picture or video"))?;
    let upload = async |_| media::upload(call, file).await;
    let Stored { url, .. } = call.step(&format!("file:{n}"), Effect::Repeatable, file.id.0.as_bytes(), upload).await?;
    if !file.is_video() {
        return Ok(vec![("kind", "image".into()), ("url", url)]);
    }
    // One that came along was chosen for this post, the cover for all.
    let picture = picture.map(|picture| picture.id).or(file.cover);
    let upload = async |_| media::poster(call, picture).await;
    let sent = picture.as_ref().map_or(&[][..], |id| id.0.as_bytes());
    let poster: Stored = call.step(&format!("poster:{n}"), Effect::Repeatable, sent, upload).await?;
    Ok(vec![("kind", "video".into()), ("url", url), ("video_poster_url", poster.url)])
}

fn waiting() -> Failure {
    Failure::unavailable("an earlier attempt is not in the account's list yet, which may still change")
}

/// Waits until every submission has its id, or says which has none.
async fn settle(call: &Call<'_>, entries: &[Entry], mut done: Vec<Submitted>) -> Result<Outcome, Failure> {
    let mut warnings = Vec::new();
    for (entry, submitted) in entries.iter().zip(&mut done) {
        if submitted.id.is_some() {
            continue;
        }
        match own::submission(call, entry, submitted.at).await? {
            Some(found) => *submitted = found,
            None if call.now - submitted.at < PATIENCE => return Ok(Outcome::Wait { after: AGAIN }),
            None => warnings.push(format!("Reddit still works on the post in r/{}; its address is not known", entry.subreddit)),
        }
    }
    let site = call.host(&ABOUT, "site");
    let posts: Vec<&String> = done.iter().filter_map(|submitted| submitted.id.as_ref()).collect();
    let remotes = entries.iter().zip(&done).map(|(entry, submitted)| {
        let place = format!("{site}/r/{}", entry.subreddit);
        Remote {
            id: submitted.id.clone().unwrap_or_else(|| format!("r/{}", entry.subreddit)),
            url: submitted.url.clone().or(Some(place)),
            extra: json!({"kind": "t3", "text": entry.kind == Kind::Text, "posts": posts}),
        }
    });
    Ok(Outcome::Live { remotes: remotes.collect(), warnings })
}

/// A comment below each submission; all of them hang on the submissions, none on another comment.
async fn comments(call: &Call<'_>, root: &Remote) -> Result<Outcome, Failure> {
    let posts: Vec<String> = serde_json::from_value(root.extra["posts"].clone()).unwrap_or_default();
    if posts.is_empty() {
        return Err(Failure::rejected("Reddit named no id for the post, so nothing can hang on it"));
    }
    let text = markdown(call.text);
    if text.trim().is_empty() {
        return Err(Failure::rejected("a comment needs a text"));
    }
    let mut remotes = Vec::with_capacity(posts.len());
    for (n, post) in posts.iter().enumerate() {
        let sent = format!("{post}\n{text}");
        let write = async |key| comment(call, post, &text, key).await;
        let done: Submitted = call.step(&format!("comment:{n}"), Effect::ClientId, sent.as_bytes(), write).await?;
        let id = done.id.ok_or_else(|| Failure::unexpected("a comment was stored without its id"))?;
        remotes.push(Remote { id, url: done.url, extra: json!({"kind": "t1", "text": true, "posts": posts}) });
    }
    Ok(Outcome::Live { remotes, warnings: Vec::new() })
}

async fn comment(call: &Call<'_>, post: &str, text: &str, key: StepKey) -> Result<Submitted, Failure> {
    if key.earlier > 0 {
        match own::comment(call, post, text, key.begun_at).await? {
            Some(found) => return Ok(found),
            None if call.now - key.begun_at < SETTLED => return Err(waiting()),
            None => {}
        }
    }
    let thing = format!("t3_{post}");
    let form = [("api_type", "json"), ("thing_id", thing.as_str()), ("text", text)];
    let answer: Answer<Things> = api::post(&call.access, "api/comment", &form).await?;
    let comment = answer.json.data.things.into_iter().next().ok_or_else(|| Failure::uncertain("Reddit named no comment"))?.data;
    let url = format!("{}{}", call.host(&ABOUT, "site"), comment.permalink);
    Ok(Submitted { id: Some(comment.id), url: Some(url), at: call.now })
}

/// Changes the text of a submission that is one, or of a comment.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    if remote.extra["text"] != true {
        return Err(Failure::rejected("Reddit changes only texts and comments, not links and files"));
    }
    let (thing, text) = (thing(remote), markdown(call.text));
    let form = [("api_type", "json"), ("thing_id", thing.as_str()), ("text", text.as_str())];
    api::repeat::<Json>(&call.access, "api/editusertext", &form).await?;
    Ok(remote.clone())
}

/// Deletes a submission or comment; Reddit accepts what is gone already.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    api::repeat::<Json>(&call.access, "api/del", &[("id", &thing(remote))]).await.map(drop)
}

/// Reddit's full name of it.
pub fn thing(remote: &Remote) -> String {
    format!("{}_{}", remote.extra["kind"].as_str().unwrap_or("t3"), remote.id)
}
