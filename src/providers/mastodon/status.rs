//! One status: created under an idempotency key, changed, deleted, counted.
//! <https://docs.joinmastodon.org/methods/statuses/>

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{Access, Call, Failure, Method, Metric, Remote, StepKey, draft::Words, media::Upload, request, send};
use crate::kit::text::{Doc, web_address};

/// <https://docs.joinmastodon.org/entities/Status/>
#[derive(Deserialize)]
pub struct Status {
    pub id: String,
    pub url: Option<String>,
    pub uri: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub in_reply_to_id: Option<String>,
    #[serde(default)]
    pub content: String,
    #[serde(default)]
    pub spoiler_text: String,
    #[serde(default)]
    pub visibility: String,
    #[serde(default)]
    pub media_attachments: Vec<IgnoredAny>,
    pub account: Option<Owner>,
    #[serde(default)]
    favourites_count: i64,
    #[serde(default)]
    reblogs_count: i64,
    #[serde(default)]
    replies_count: i64,
    quotes_count: Option<i64>,
}

#[derive(Deserialize)]
pub struct Owner {
    pub id: String,
}

impl Status {
    /// What it is at the server; `media` is what was attached, for changes later.
    pub fn remote(&self, media: &[Upload]) -> Remote {
        let url = [&self.url, &self.uri].into_iter().flatten().find_map(|url| web_address(url));
        Remote { id: self.id.clone(), url, extra: json!({"media": media}) }
    }

    /// Its text without markup.
    pub fn plain(&self) -> String {
        let text = Doc::from_html(&self.content).to_plain();
        if self.spoiler_text.is_empty() { text } else { format!("{}\n{text}", self.spoiler_text) }
    }
}

/// Creates it. The server gives the same status again for the same key, for an hour.
pub async fn create(call: &Call<'_>, words: &Words, media: &[Upload], key: &StepKey) -> Result<Remote, Failure> {
    let body = words.json(&ids(media));
    let request = request(call, Method::POST, "v1/statuses")?.header("idempotency-key", &key.key.to_string()).json(&body);
    let status: Status = send(call, request).await?.json()?;
    Ok(status.remote(media))
}

/// Makes it say this from now on.
pub async fn change(call: &Call<'_>, id: &str, words: &Words, media: &[Upload]) -> Result<Remote, Failure> {
    let mut body = words.json(&ids(media));
    // What cannot be changed any more.
    for fixed in ["visibility", "in_reply_to_id"] {
        body.as_object_mut().and_then(|body| body.remove(fixed));
    }
    let attributes = media.iter().zip(call.media).map(|(upload, file)| json!({"id": upload.id, "description": file.alt}));
    body["media_attributes"] = attributes.collect();
    let request = request(call, Method::PUT, &format!("v1/statuses/{id}"))?.json(&body);
    let status: Status = send(call, request).await?.json()?;
    Ok(status.remote(media))
}

/// Takes it down; one that is gone already is no failure, and a lost answer may be asked for again.
pub async fn delete(call: &Call<'_>, id: &str) -> Result<(), Failure> {
    match send(call, request(call, Method::DELETE, &format!("v1/statuses/{id}"))?.reads()).await {
        Err(failure) if failure.code.as_deref() != Some("404") => Err(failure),
        _ => Ok(()),
    }
}

/// What became of it.
pub async fn metrics(access: &Access<'_>, id: &str) -> Result<Vec<Metric>, Failure> {
    let status: Status = send(access, request(access, Method::GET, &format!("v1/statuses/{id}"))?).await?.json()?;
    let mut numbers = vec![
        Metric::new("likes", status.favourites_count),
        Metric::new("shares", status.reblogs_count),
        Metric::new("comments", status.replies_count),
    ];
    numbers.extend(status.quotes_count.map(|quotes| Metric::new("quotes", quotes)));
    Ok(numbers)
}

fn ids(media: &[Upload]) -> Vec<String> {
    media.iter().map(|upload| upload.id.clone()).collect()
}
