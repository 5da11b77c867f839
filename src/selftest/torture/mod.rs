//! Torture: real processes on a real database are killed, frozen and told to stop at random instants under load, against
//! a platform that misbehaves. Afterwards every post is compared with what the platform received.
//!
//! The platform is a process of its own that nothing happens to: it is the witness. Nothing here looks into the engine.

mod load;
mod servers;
mod verdict;
mod whims;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value as Json;
use tokio::time::Instant;

pub use verdict::Report;

use crate::{
    error::{Error, Result},
    events,
    fleet::{Child, Client, Dice, Ground, Program, Stock},
    http::Method,
    kit::Clock,
    posts,
};
use load::{Load, Sent};
use servers::{Addresses, Servers};

/// Accounts at the platform.
const CHANNELS: usize = 24;
/// Tasks that write posts.
const WRITERS: usize = 3;
/// Workers on one Postgres.
const WORKERS: usize = 3;
/// How long after the last fault everything must be settled: longer than any wait between two looks or tries that a run
/// of a minute can bring about.
const SETTLING: Duration = Duration::from_secs(240);

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How long faults happen.
    pub length: Duration,
    /// The same seed chooses the same faults; when they strike is the machine's business.
    pub seed: u64,
}

/// How often processes were struck.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Blows {
    /// By SIGKILL.
    pub killed: u32,
    /// By SIGTERM.
    pub terminated: u32,
    /// By SIGSTOP, continued later.
    pub stopped: u32,
}

/// What every task of a run shares.
struct Scene {
    client: Client,
    sandbox: String,
    stock: Stock,
    addresses: Addresses,
    clock: Clock,
    /// When the faults end.
    deadline: Instant,
}

/// Runs it. On SQLite there is one server at a time; on Postgres there are three.
pub async fn run(program: &Program, plan: &Plan) -> Result<Report> {
    let mut ground = Ground::new(program).await?;
    let told = play(&ground, plan).await;
    if told.as_ref().is_ok_and(|report| !report.passed) {
        ground.keep();
        tracing::error!(directory = %ground.dir().display(), "the scratch directory is kept");
    }
    ground.clear().await?;
    told
}

async fn play(ground: &Ground, plan: &Plan) -> Result<Report> {
    let mut dice = Dice::new(plan.seed);
    let mut platform = ground.sandbox()?;
    let sandbox = platform.ready().await?;
    let stock = {
        let (_lock, app) = ground.open().await?;
        let stock = Stock::new(&app, "torture", &sandbox, CHANNELS).await?;
        app.db.close().await;
        stock
    };
    let workers = if ground.is_postgres() { WORKERS } else { 1 };
    let scene = Arc::new(Scene {
        client: Client::new(Duration::from_secs(1))?,
        sandbox,
        stock,
        addresses: Addresses::new(workers),
        clock: Clock::system(),
        deadline: Instant::now() + plan.length,
    });
    let began = scene.clock.now();
    let whims = tokio::spawn(whims::change(scene.clone(), dice.split()));
    let load = Load::start(&scene, WRITERS, &mut dice);
    let mut servers = Servers::new(ground, scene.clone(), workers, dice);
    let blows = servers.torture().await?;
    let (sent, unanswered) = load.end().await;
    whims.await.map_err(Error::internal)?;
    whims::end(&scene).await?;
    let window = (began - TimeDelta::hours(1), scene.clock.now() + TimeDelta::hours(1));
    let settled_in = settle(&scene, window).await?;
    servers.stop().await;
    let mut report = look(ground, &scene, window, &sent).await?;
    report.seed = plan.seed;
    report.blows = blows;
    report.unanswered_requests = unanswered;
    report.settled_in_s = settled_in.as_secs();
    drop::<Child>(platform);
    Ok(report)
}

/// Waits until nothing is under way any more, or for as long as that may take. Tells how long it took.
async fn settle(scene: &Scene, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Result<Duration> {
    let client = Client::new(Duration::from_secs(30))?;
    let began = Instant::now();
    let query = [("startDate", from.to_rfc3339()), ("endDate", to.to_rfc3339())];
    while began.elapsed() < SETTLING {
        let base = scene.addresses.first().ok_or_else(|| Error::Unavailable("no worker runs at the end".into()))?;
        let mut url = url::Url::parse(&format!("{base}/public/v1/posts")).map_err(Error::internal)?;
        url.query_pairs_mut().extend_pairs(&query);
        let listed = client.read(url.as_str(), &[("authorization", &scene.stock.api_key)]).await?;
        let waits = |post: &Json| post["state"] == "QUEUE";
        if !listed["posts"].as_array().is_some_and(|posts| posts.iter().any(waits)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(began.elapsed())
}

/// Compares what the instance says with what the platform received.
async fn look(ground: &Ground, scene: &Scene, window: (DateTime<Utc>, DateTime<Utc>), sent: &[Sent]) -> Result<Report> {
    let (_lock, app) = ground.open().await?;
    let org = scene.stock.org;
    let told = posts::list(&app.db, org, window.0, window.1).await?;
    let resolved = events::parts_with(&app.db, org, &["part.found", "part.not_found"]).await?;
    app.db.close().await;
    let mut wall = verdict::Wall::default();
    for (_, handle) in &scene.stock.channels {
        wall.read(&received(scene, handle).await?);
    }
    let mut report = verdict::compare(&told, sent, &wall);
    report.uncertain_resolved = resolved;
    Ok(report)
}

async fn received(scene: &Scene, handle: &str) -> Result<Json> {
    let client = Client::new(Duration::from_secs(30))?;
    client.read(&format!("{}/api/posts?account={handle}&limit=10000", scene.sandbox), &[]).await
}

impl Scene {
    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Waits, but not beyond the end.
    async fn pause(&self, length: Duration) {
        tokio::time::sleep_until(self.deadline.min(Instant::now() + length)).await;
    }

    /// Sets the platform's switches.
    async fn switch(&self, behaviour: &Json) -> Result<()> {
        let url = format!("{}/api/behaviour", self.sandbox);
        self.client.write(Method::PUT, &url, &[], behaviour).await.map(drop)
    }
}
