//! Plays stories made from seeds: the real engine, providers and database code against a simulated clock, network and
//! platforms, with processes that die anywhere. After each story everything that was promised is checked.
//!
//! A seed always gives the same story in the same order: one thread, one turn at the database at a time, and time that
//! moves only while everything stands still (docs/decisions). Simulated away are: the encoding of calls on a real network
//! (tests/peers has it), the fitting of pictures, and processes that share a database at the very same instant.

mod deeds;
mod model;
mod platform;
mod providers;
mod stage;
mod story;
mod timeline;
mod verdict;
mod wire;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::{
    boot,
    config::Config,
    db::scratch,
    delivery::PartState,
    error::{Error, Result},
    kit::Clock,
    providers::rehearse,
};
use stage::{Set, Stage};
use verdict::Evidence;

/// Failing stories that are told in full; of more only the seeds are named.
const TOLD: usize = 3;

/// The database that every story begins with.
const EMPTY: &str = "empty.db";

/// Which stories to play, and on what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// A directory that exists, for scratch files; memory is as good as a disk.
    pub scratch: PathBuf,
    /// A Postgres on which a scratch schema is made; `None`: SQLite files in `scratch`.
    pub database: Option<String>,
    /// Stories played at the same time, each on a thread of its own; on Postgres always one.
    pub threads: usize,
}

/// What the stories were.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Stories played.
    pub seeds: u64,
    /// Parts written.
    pub parts: u64,
    /// Of them live.
    pub published: u64,
    /// Of them waiting for a person: held, or nobody else can tell.
    pub waiting: u64,
    /// Deaths of processes.
    pub crashes: u64,
    /// Requests that left.
    pub requests: u64,
    /// How long it took.
    pub seconds: f64,
    /// The seeds that broke something, with what.
    pub broken: Vec<(u64, Vec<String>)>,
    /// The first broken stories, told.
    pub told: Vec<String>,
}

/// One story, played.
#[derive(Debug, Clone, Default)]
pub struct Played {
    /// What is broken.
    pub broken: Vec<String>,
    /// What happened, told line by line.
    pub told: String,
    /// The same for two runs of a seed.
    pub hash: String,
    parts: u64,
    published: u64,
    waiting: u64,
    crashes: u64,
    requests: u64,
}

/// Plays all stories of a plan.
pub fn run(plan: &Plan) -> Result<Report> {
    let began = Instant::now();
    let set = prepare(plan)?;
    let (next, report) = (AtomicU64::new(0), Mutex::new(Report::default()));
    let threads = if set.shared { 1 } else { plan.threads.max(1) };
    let work = || {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= plan.seeds {
                return Ok(());
            }
            let played = play(&set, &plan.scratch, plan.from + n)?;
            report.lock().unwrap_or_else(PoisonError::into_inner).add(plan.from + n, played);
        }
    };
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|_| Err(Error::Internal(anyhow::anyhow!("a story panicked")))))
            .collect()
    });
    results.into_iter().collect::<Result<()>>()?;
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.seconds = began.elapsed().as_secs_f64();
    report.broken.sort();
    Ok(report)
}

/// Plays the first story of a plan and tells it.
pub fn replay(plan: &Plan) -> Result<Played> {
    play(&prepare(plan)?, &plan.scratch, plan.from)
}

/// An instance whose empty database every story begins with.
fn prepare(plan: &Plan) -> Result<Set> {
    rehearse(providers::PROVIDERS);
    let mut config = Config::default();
    config.server.data = plan.scratch.join("instance");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if let Some(url) = &plan.database {
            config.database.url = Some(scratch::make(url).await?);
        }
        let url = config.database.url.clone();
        let app = boot::open(config, Clock::system()).await?;
        if url.is_none() {
            app.db.snapshot(&plan.scratch.join(EMPTY)).await?;
        }
        app.db.close().await;
        let shared = url.is_some();
        Ok(Set { app, url: url.unwrap_or_default(), shared })
    })
}

fn play(set: &Set, scratch: &Path, seed: u64) -> Result<Played> {
    let mut set = set.clone();
    let file = scratch.join(format!("{seed}.db"));
    if !set.shared {
        std::fs::copy(scratch.join(EMPTY), &file)?;
        set.url = format!("sqlite:{}", file.display());
    }
    let mut stage = Stage::new(set, seed);
    let seen = stage.play(async |db, cast| Ok((model::rows(db).await?, model::texts(db).await?, cast.clone())));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    let (rows, texts, cast) = seen?;
    let (world, log) = (stage.world.lock(), stage.log.text());
    let evidence = Evidence { story: &stage.story, cast: &cast, world: &world, rows: &rows, texts: &texts, log: &log };
    let mut broken = stage.broken.lock().unwrap_or_else(PoisonError::into_inner).clone();
    broken.extend(verdict::judge(&evidence));
    let count = |wanted: &dyn Fn(&model::Row) -> bool| rows.iter().filter(|r| wanted(r)).count() as u64;
    let lines = world.timeline.to_string();
    let mut told = format!("seed {seed}: {}, weather {} %\n{lines}", stage::cast_of(&stage.story), stage.story.weather);
    for row in &rows {
        let (at, text) =
            (cast.channels.iter().position(|c| *c == row.channel_id), crate::kit::text::Doc::from_html(&row.content).to_plain());
        let why = row.failure.as_ref().and_then(|f| f["message"].as_str()).or(row.reason.as_deref()).unwrap_or_default();
        let _ = writeln!(
            told,
            "in the end  {text} (c{}): {}, target {} {why}",
            at.unwrap_or(0),
            row.state.as_str(),
            row.target_state.as_str()
        );
    }
    Ok(Played {
        hash: world.timeline.hash(),
        parts: rows.len() as u64,
        published: count(&|r| r.state == PartState::Published),
        waiting: count(&|r| r.reason.is_some() || r.state == PartState::NeedsYou),
        crashes: lines.matches("is dead\n").count() as u64,
        requests: lines.matches("→").count() as u64,
        broken,
        told,
    })
}

impl Report {
    fn add(&mut self, seed: u64, played: Played) {
        self.seeds += 1;
        self.parts += played.parts;
        self.published += played.published;
        self.waiting += played.waiting;
        self.crashes += played.crashes;
        self.requests += played.requests;
        if played.broken.is_empty() {
            return;
        }
        if self.told.len() < TOLD {
            self.told.push(format!("{}\nBROKEN {}\n", played.told, played.broken.join("\nBROKEN ")));
        }
        self.broken.push((seed, played.broken));
    }
}
