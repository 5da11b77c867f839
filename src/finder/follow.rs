//! Keeps this process's index up with the database: after every change within a second, and from the beginning when there
//! is no index or it is too far behind.

use std::{collections::HashSet, time::Duration};

use serde_json::Value as Json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::model::{self, Happened};
use crate::{
    app::App,
    db::Topic,
    error::{Error, Result},
    kit::{ChannelId, MediaId, PostId, Seldom, text::Doc},
    search::{Change, Document},
};

/// Documents read and written at once.
const BATCH: i64 = 500;
/// Changes after which all is read anew, for that is cheaper.
const TOO_FAR: usize = 50_000;
/// Ids are made before they are committed: what is younger than the newest by less than this is looked at again.
const OVERLAP: u64 = 30_000;
/// Changes that come together are written together.
const TOGETHER: Duration = Duration::from_millis(300);
/// After so long without a change the writer's memory is given back.
const REST: Duration = Duration::from_secs(60);
/// Characters of a post's first line that are its title.
const TITLE: usize = 80;

static BEHIND: Seldom = Seldom::new();

/// Starts the task. Dropping the handle does not end it.
pub fn start(app: &App) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move {
        let mut bus = app.db.bus.listen();
        loop {
            if let Err(e) = follow(&app).await {
                if let Some(more) = BEHIND.word() {
                    tracing::error!(error = format!("{e:#}"), more, "the search index is behind");
                }
                app.clock.sleep(REST).await;
                continue;
            }
            let changed = bus.heard(|topic| matches!(topic, Topic::Posts(_) | Topic::Channels | Topic::Library));
            tokio::pin!(changed);
            if app.clock.within(REST, &mut changed).await.is_none() {
                app.search.rest();
                changed.await;
            }
            app.clock.sleep(TOGETHER).await;
        }
    })
}

/// Brings the index up to date.
pub async fn follow(app: &App) -> Result<()> {
    let index = app.search.clone();
    let progress = blocking(move || index.progress()).await?;
    match progress.as_deref().and_then(read) {
        Some(far) => catch_up(app, far).await,
        None => rebuild(app).await,
    }
}

/// How far: the newest event and the newest version that are in.
type Far = (Uuid, Uuid);

fn read(progress: &str) -> Option<Far> {
    let (event, version) = progress.split_once(' ')?;
    Some((event.parse().ok()?, version.parse().ok()?))
}

fn said((event, version): Far) -> String {
    format!("{event} {version}")
}

/// The least id of the time `OVERLAP` before that of `id`: a UUIDv7 begins with 48 bits of milliseconds.
fn before(id: Uuid) -> Uuid {
    let millis = (id.as_u128() >> 80) as u64;
    Uuid::from_u128(u128::from(millis.saturating_sub(OVERLAP)) << 80)
}

async fn catch_up(app: &App, far: Far) -> Result<()> {
    let (mut at, mut done, mut count) = ((before(far.0), before(far.1)), HashSet::new(), 0);
    loop {
        let events = model::events_after(&app.db, at.0, BATCH).await?;
        let versions = model::versions_after(&app.db, at.1, BATCH).await?;
        let last = |of: &[Happened], before: Uuid| of.last().map_or(before, |h| h.id);
        at = (last(&events, at.0), last(&versions, at.1));
        let more = events.len().max(versions.len()) as i64 == BATCH;
        let fresh: Vec<Happened> = events.into_iter().chain(versions).filter(|h| done.insert(h.id)).collect();
        count += fresh.len();
        if count > TOO_FAR {
            return rebuild(app).await;
        }
        if !fresh.is_empty() {
            let newest = (at.0.max(far.0), at.1.max(far.1));
            write(app, changes(app, &fresh).await?, &said(newest)).await?;
        }
        if !more {
            return Ok(());
        }
    }
}

/// What is there now of all that something happened to.
async fn changes(app: &App, happened: &[Happened]) -> Result<Vec<Change>> {
    let posts: HashSet<PostId> = happened.iter().filter_map(|h| h.post_id).collect();
    let channels: HashSet<ChannelId> = happened.iter().filter_map(|h| h.channel_id).collect();
    let media: HashSet<MediaId> = happened.iter().filter_map(|h| h.media_id.as_deref()?.parse().ok()).collect();
    let mut found = Vec::new();
    found.extend(model::posts(&app.db, &Vec::from_iter(posts.iter().copied())).await?.into_iter().map(post));
    found.extend(model::channels(&app.db, &Vec::from_iter(channels.iter().copied())).await?.into_iter().map(channel));
    found.extend(model::media(&app.db, &Vec::from_iter(media.iter().copied())).await?.into_iter().map(file));
    let there: HashSet<Uuid> = found.iter().map(|document| document.id).collect();
    let asked = posts.iter().map(|id| ("post", id.0)).chain(channels.iter().map(|id| ("channel", id.0)));
    let gone = asked.chain(media.iter().map(|id| ("media", id.0))).filter(|(_, id)| !there.contains(id));
    let gone: Vec<Change> = gone.map(|(kind, id)| Change::Gone(kind, id)).collect();
    Ok(found.into_iter().map(Change::Is).chain(gone).collect())
}

/// Everything from the beginning. Until it is done the index does not say how far it is, so that it begins anew if it is
/// interrupted.
async fn rebuild(app: &App) -> Result<()> {
    let far = model::newest(&app.db).await?;
    let index = app.search.clone();
    blocking(move || index.clear()).await?;
    let posts = enter(app, |after| model::posts_after(&app.db, after, BATCH), post).await?;
    let files = enter(app, |after| model::media_after(&app.db, after, BATCH), file).await?;
    let channels = enter(app, |after| model::channels_after(&app.db, after, BATCH), channel).await?;
    tracing::info!(posts, files, channels, "the search index was made from the database");
    write(app, Vec::new(), &said(far)).await
}

/// Puts all of a kind in, a batch after the other by their ids; tells how many they were.
async fn enter<Row, Batch: Future<Output = Result<Vec<Row>>>>(
    app: &App,
    after: impl Fn(Uuid) -> Batch,
    document: fn(Row) -> Document,
) -> Result<usize> {
    let (mut last, mut count) = (Uuid::nil(), 0);
    loop {
        let batch: Vec<Document> = after(last).await?.into_iter().map(document).collect();
        let Some(newest) = batch.last() else { return Ok(count) };
        (last, count) = (newest.id, count + batch.len());
        write(app, batch.into_iter().map(Change::Is).collect(), "").await?;
    }
}

async fn write(app: &App, changes: Vec<Change>, progress: &str) -> Result<()> {
    let (index, progress) = (app.search.clone(), progress.to_owned());
    blocking(move || index.apply(changes, &progress)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// A text that several channels share is taken once.
fn post(row: model::PostWords) -> Document {
    let entries = row.content["entries"].as_array().into_iter().flatten();
    let parts = entries.flat_map(|entry| array(&entry["parts"])).chain(array(&row.content["parts"]));
    let mut texts: Vec<String> = Vec::new();
    for text in parts.filter_map(|part| part["content"].as_str()).map(|html| Doc::from_html(html).to_plain()) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let body = texts.join("\n");
    let title = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().chars().take(TITLE).collect();
    Document { org: row.org_id, kind: "post", id: row.id.0, title, body }
}

fn array(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn file(row: model::MediaWords) -> Document {
    Document { org: row.org_id, kind: "media", id: row.id.0, title: row.name, body: row.alt }
}

fn channel(row: model::ChannelWords) -> Document {
    let body = format!("{} {}", row.handle, row.provider);
    Document { org: row.org_id, kind: "channel", id: row.id.0, title: row.name, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_as_it_was_said() {
        let far = (Uuid::now_v7(), Uuid::nil());
        assert_eq!(read(&said(far)), Some(far));
        assert_eq!((read(""), read("x y")), (None, None));
        let id = Uuid::now_v7();
        assert!(before(id) < id && before(Uuid::nil()) == Uuid::nil());
    }
}
