//! Which instance this is and which of its lives: notices a restored or copied database or data directory, tells whether
//! anything may be sent, and lists the processes that share the work. Knows no posts.
//!
//! Three witnesses of the past stand against the database: the data directory's `instance.json`, the marker in the media
//! store, and on Postgres the database's own number. A database that knows less than one of them has gone back.

mod file;
mod judge;
mod marker;
mod model;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub use judge::Past;
pub use model::{Held, Worker, adopt_store, alive, heartbeat_of, held, hold_restored, id, resume, retire, sweep, workers};

use crate::{
    config::Role,
    db::{Db, Tx},
    error::Result,
    store::Store,
};

/// Silence after which what is overdue is looked up before it is sent.
pub const SILENCE: TimeDelta = TimeDelta::minutes(60);

/// The life of a data directory that this process leads. Cloning is cheap.
#[derive(Clone)]
pub struct Life {
    /// The data directory's id.
    pub dir: Uuid,
    /// The instance's generation at this start.
    pub generation: i64,
    beats: Arc<AtomicI64>,
    /// None: nothing outside of the database remembers.
    file: Option<Arc<file::Place>>,
}

/// Whether anything may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// Yes.
    Yes,
    /// Yes, after what is overdue was marked to be looked up: there was no sign of life since then.
    After(DateTime<Utc>),
    /// No, before an operator says so. Holds the reason: `restored` or `restored_blind`.
    Held(String),
}

/// Compares the database with what the data directory and the store remember, holds the instance when it has gone back,
/// raises the generation everywhere, and gives the new life.
///
/// Fails with [`crate::Error::Unavailable`] when the store is another instance's, or not the one that the other processes
/// of this instance share.
pub async fn enter(db: &Db, store: &Store, data: &Path, now: DateTime<Utc>) -> Result<Life> {
    // Before the database: another process that starts meanwhile raises the database first and the store then.
    let marker = marker::read(store).await?;
    let place = file::Place::new(data);
    let (known, mark) = (place.read()?, db.mark().await?);
    let mut tx = db.begin().await?;
    let row = model::raise(&mut tx).await?;
    marker::check(store, &row, marker.as_ref(), db.is_postgres())?;
    let dir = match &known {
        Some(known) => model::dir(&mut tx, known.dir).await?,
        None => None,
    };
    let past = judge::judge(&judge::Evidence {
        alone: !db.is_postgres(),
        row: &row,
        mark: mark.as_deref(),
        file: known.as_ref(),
        copied: known.as_ref().is_some_and(|k| place.mark().is_some_and(|mark| mark != k.mark)),
        dir: dir.as_ref(),
        store: marker.as_ref().map_or(0, |m| m.generation),
    });
    if past == Past::Restored {
        tracing::warn!("this database was restored or copied: nothing is sent before an operator confirms");
        model::hold(&mut tx, "restored", row.heartbeat_at, now).await?;
    }
    let dir = match (&past, known) {
        (Past::NewDirectory, _) | (_, None) => Uuid::now_v7(),
        (_, Some(known)) => known.dir,
    };
    let generation = row.generation;
    model::enter(&mut tx, dir, generation, now).await?;
    model::settle(&mut tx, mark.as_deref()).await?;
    tx.commit().await?;
    marker::write(store, &marker::Marker { instance: row.instance_id, generation }).await?;
    place.write(&file::Record { instance: row.instance_id, dir, generation, beats: 0, mark: String::new() }, true)?;
    Ok(Life { dir, generation, beats: Arc::default(), file: Some(Arc::new(place)) })
}

/// Whether anything may be sent: asked before lanes are claimed, in the transaction that claims them. A database that
/// went back while this process runs is noticed and held here.
pub async fn sending(tx: &mut Tx, life: &Life, now: DateTime<Utc>) -> Result<Sending> {
    // First what we know: another engine of this process may show life meanwhile.
    let known = life.beats.load(Ordering::Relaxed);
    let row = model::standing(tx, life.dir).await?;
    if let Some(reason) = row.held_reason {
        return Ok(Sending::Held(reason));
    }
    if row.generation != Some(life.generation) || row.beats.is_none_or(|beats| beats < known) {
        tracing::error!("the database went back under the running program: nothing is sent before an operator confirms");
        model::hold(tx, "restored", row.heartbeat_at, now).await?;
        model::enter(tx, life.dir, life.generation, now).await?;
        model::beat(tx, life.dir, known, now).await?;
        return Ok(Sending::Held("restored".into()));
    }
    Ok(match row.heartbeat_at {
        Some(at) if now - at > SILENCE => Sending::After(at),
        _ => Sending::Yes,
    })
}

/// A sign of life of this process; tell [`Life::noted`] once it is committed.
pub async fn beat(tx: &mut Tx, life: &Life, worker: &Worker, now: DateTime<Utc>) -> Result<i64> {
    let beats = life.beats.load(Ordering::Relaxed) + 1;
    model::beat(tx, life.dir, beats, now).await?;
    model::show(tx, worker, life.dir, now).await?;
    Ok(beats)
}

impl Life {
    /// The same life in a copy of its database that knows nothing of this one: what happens there is counted there alone.
    pub fn beside(&self) -> Self {
        Self { beats: Arc::default(), file: None, ..self.clone() }
    }

    /// Remembers a committed sign of life in the data directory. A disk that does not take it costs a witness, no more.
    pub fn noted(&self, beats: i64) {
        self.beats.fetch_max(beats, Ordering::Relaxed);
        if let Some(Err(e)) = self.file.as_ref().map(|file| file.raise(beats)) {
            tracing::debug!(error = %e, "the data directory could not note the sign of life");
        }
    }
}

impl Worker {
    /// A process that begins now, under the label of the settings or the machine's name.
    pub fn new(role: Role, label: Option<&str>, now: DateTime<Utc>) -> Self {
        let host = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
        let label = label.map_or_else(host, str::to_owned);
        Self {
            id: Uuid::now_v7(),
            label,
            role: role.as_str().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: now,
            heartbeat_at: now,
            stopped_at: None,
        }
    }
}
