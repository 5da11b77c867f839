//! Posts from the outside: composing, free posting times, the list, the page of a post and its buttons.

mod actions;
mod autosave;
mod comments;
mod compose;
mod copies;
mod duplicates;
mod edit;
mod history;
mod lists;
mod numbers;
mod own;
mod recurrence;
mod repeat_pages;
mod reviews;
mod rich;
mod saving;
mod shares;
mod shelf;
mod threads;
mod timeline;

use chrono::{DateTime, Utc};
use reqwest::multipart::{Form, Part};
use rostrum::{
    db::q,
    kit::{ChannelId, MediaId, OrgId, PostId, SlotId, TargetId, text::Doc},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, Listed, Saved, When},
    providers::MediaRef,
};
use serde_json::json;

use crate::support::{Answer, Owner, TestApp};

/// A sandbox channel, straight into the table.
pub async fn channel(app: &TestApp, org: OrgId, name: &str) -> ChannelId {
    let id = ChannelId::new();
    let credentials = json!({"server": "", "token": "t", "handle": name}).to_string();
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO channels (id, org_id, provider, remote_id, name, handle, credentials, state, zone, created_at)
       VALUES ($1, $2, 'sandbox', $3, $4, $5, $6, 'active', 'Europe/Berlin', $7)")
    .bind(id)
    .bind(org)
    .bind(id.to_string())
    .bind(name)
    .bind(name.to_lowercase())
    .bind(app.app.key.seal(&format!("channels/{id}"), credentials.as_bytes()))
    .bind(app.app.clock.now())
    .exec(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// A posting time on every day, in minutes after midnight.
pub async fn slot(app: &TestApp, org: OrgId, channel: ChannelId, minute: i64) {
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO slots (id, org_id, channel_id, minute, weekdays) VALUES ($1, $2, $3, $4, 127)")
        .bind(SlotId::new())
        .bind(org)
        .bind(channel)
        .bind(minute)
        .exec(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Runs one statement on a target, to play the engine.
pub async fn play(app: &TestApp, sql: &'static str, target: TargetId) {
    let mut tx = app.app.db.begin().await.unwrap();
    assert!(q(sql).bind(target).exec(&mut tx).await.unwrap() > 0, "{sql}");
    tx.commit().await.unwrap();
}

fn caller(owner: &Owner) -> Caller {
    Caller { user: Some(owner.user), ..Caller::machine(owner.org, "Europe/Berlin", Source::Web) }
}

pub fn entry(channel: ChannelId, texts: &[&str]) -> Entry {
    let part = |text: &&str| EntryPart { id: None, text: Doc::from_content(text), media: vec![], delay_seconds: 0 };
    Entry { target: None, channel, settings: json!({}), parts: texts.iter().map(part).collect() }
}

fn draft(when: When, entries: Vec<Entry>) -> Draft {
    Draft { when, zone: chrono_tz::Tz::Europe__Berlin, entries, allow_duplicate: false }
}

pub async fn saved(app: &TestApp, owner: &Owner, when: When, entries: Vec<Entry>) -> Saved {
    posts::create(&app.app, &caller(owner), &draft(when, entries)).await.unwrap().unwrap()
}

pub async fn listed(app: &TestApp, owner: &Owner, post: PostId) -> Vec<Listed> {
    posts::of_post(&app.app.db, owner.org, post).await.unwrap()
}

/// The post that an answer leads to.
fn led_to(answer: &Answer) -> PostId {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").strip_prefix("/posts/").unwrap().parse().unwrap()
}

/// Submits the composer's form.
async fn submit(owner: &Owner, path: &str, fields: &[(&str, &str)]) -> Answer {
    owner.browser.submit_multipart(path, |form| fields.iter().fold(form, |f, (n, v)| f.text(n.to_string(), v.to_string()))).await
}

/// A picture of one colour.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(4, 3).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn file(form: Form, name: &str, file: &str, bytes: Vec<u8>) -> Form {
    form.part(name.to_owned(), Part::bytes(bytes).file_name(file.to_owned()).mime_str("image/png").unwrap())
}

async fn picture(app: &TestApp, owner: &Owner) -> MediaId {
    rostrum::media::upload(&app.app, &caller(owner), "loom.png", png().as_slice()).await.unwrap().id
}

fn with_media(mut entry: Entry, id: MediaId, alt: &str) -> Entry {
    entry.parts[0].media.push(MediaRef { id, alt: alt.into() });
    entry
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
