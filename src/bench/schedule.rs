//! How late posts start: many wait, some are due at the same instant, and the platform writes down when each arrives.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::{per, rounded, usage};
use crate::{
    error::{Error, Result},
    fleet::{Child, Client, Ground, Lateness, Program, Stock},
    http::Method,
    kit::Clock,
};

/// Entries of one request to the API.
const ENTRIES: usize = 100;
/// Posts that the API surely takes in a second; the rest of the time until they are due is for quiet.
const INTAKE: usize = 250;
/// Quiet before a burst.
const QUIET: TimeDelta = TimeDelta::seconds(3);
/// Most seconds without any arrival before a burst is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most posts of one of the platform's lists.
const LIST: usize = 10_000;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Posts that wait for another day.
    pub pending: usize,
    /// How many are due at the same instant, one burst after the other.
    pub bursts: Vec<usize>,
    /// Channels that they are spread over.
    pub channels: usize,
    /// How long the platform takes to answer.
    pub latency: Duration,
    /// Processes on one Postgres; on SQLite one.
    pub workers: usize,
    /// Posts of another organisation that are all due from the start.
    pub noisy: usize,
    /// How long to measure a schedule on which nothing happens.
    pub idle: Duration,
}

/// What one burst came to.
#[derive(Debug, Clone, Serialize)]
pub struct Burst {
    /// Posts due at the same instant.
    pub posts: usize,
    /// Time from "due" to the arrival at the platform.
    #[serde(flatten)]
    pub lateness: Lateness,
    /// From the first arrival to the last.
    pub posts_per_s: f64,
    /// Processor time of the workers for each post.
    pub cpu_ms_per_post: f64,
    /// Resident memory of the workers afterwards.
    pub resident_mb: f64,
}

/// Everything measured.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// One row per burst.
    pub bursts: Vec<Burst>,
    /// Of one core, while nothing is due; `None`: not measured.
    pub idle_cpu_percent: Option<f64>,
    /// Seconds it took to write the posts that wait.
    pub filled_in_s: f64,
}

/// Measures.
pub async fn run(program: &Program, plan: &Plan) -> Result<Figures> {
    let ground = Ground::new(program).await?;
    if plan.workers > 1 && !ground.is_postgres() {
        return Err(Error::invalid("workers", "cli.workers_postgres"));
    }
    let figures = measure(&ground, plan).await;
    ground.clear().await?;
    figures
}

struct Bench {
    client: Client,
    clock: Clock,
    stock: Stock,
    sandbox: String,
    address: String,
    workers: Vec<Child>,
    /// Another organisation has posts, too.
    noisy: bool,
}

async fn measure(ground: &Ground, plan: &Plan) -> Result<Figures> {
    let mut platform = ground.sandbox()?;
    let sandbox = platform.ready().await?;
    let began = Instant::now();
    let stock = fill(ground, plan, &sandbox).await?;
    let filled_in_s = rounded(began.elapsed().as_secs_f64());
    let client = Client::new(Duration::from_secs(60))?;
    let delay = json!({"delay_ms": plan.latency.as_millis() as u64});
    client.write(Method::PUT, &format!("{sandbox}/api/behaviour"), &[], &delay).await?;
    let mut workers = Vec::with_capacity(plan.workers);
    let mut address = String::new();
    for number in 0..plan.workers {
        let mut worker = ground.worker(number, &[])?;
        address = worker.ready().await?;
        workers.push(worker);
    }
    let bench = Bench { client, clock: Clock::system(), stock, sandbox, address, workers, noisy: plan.noisy > 0 };
    let idle_cpu_percent = if plan.idle.is_zero() { None } else { Some(bench.idle(plan.idle).await) };
    let mut bursts = Vec::with_capacity(plan.bursts.len());
    for posts in &plan.bursts {
        bursts.push(bench.burst(*posts).await?);
    }
    for worker in bench.workers {
        worker.stop(Duration::from_secs(30)).await;
    }
    drop(platform);
    Ok(Figures { bursts, idle_cpu_percent, filled_in_s })
}

/// Writes what waits, and what the other organisation has due, before any worker runs.
async fn fill(ground: &Ground, plan: &Plan, sandbox: &str) -> Result<Stock> {
    let (_lock, app) = ground.open().await?;
    let stock = Stock::new(&app, "bench", sandbox, plan.channels).await?;
    let now = app.clock.now();
    stock.fill(&app, plan.pending, |n| now + TimeDelta::days(1) + TimeDelta::minutes(n as i64 % 40_000)).await?;
    if plan.noisy > 0 {
        let noisy = Stock::new(&app, "noisy", sandbox, plan.channels).await?;
        noisy.fill(&app, plan.noisy, |_| app.clock.now()).await?;
    }
    app.db.close().await;
    Ok(stock)
}

impl Bench {
    /// One burst, written through the API as people's posts are.
    async fn burst(&self, posts: usize) -> Result<Burst> {
        let (before, now) = (self.count().await?, self.clock.now());
        let due = whole_second(now + QUIET + TimeDelta::seconds((posts / INTAKE) as i64));
        self.write(posts, due).await?;
        if self.clock.now() > due - TimeDelta::milliseconds(500) {
            return Err(Error::Unavailable("this machine is too slow: the posts were not written before they were due".into()));
        }
        let used = usage(&self.workers).cpu;
        self.clock.sleep_until(due).await;
        self.wait_for(before + posts).await?;
        // What came of the last ones is still being written down.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after = usage(&self.workers);
        let mut arrived = self.arrivals(posts, due).await?;
        arrived.sort_unstable();
        let (Some(first), Some(last)) = (arrived.first(), arrived.last()) else {
            return Err(Error::Unavailable("nothing arrived".into()));
        };
        let seconds = ((last - first) as f64 / 1e6).max(1e-3);
        Ok(Burst {
            posts,
            posts_per_s: rounded(posts as f64 / seconds),
            lateness: Lateness::of(arrived.iter().map(|at| at - due.timestamp_micros()).collect()),
            cpu_ms_per_post: per(after.cpu.saturating_sub(used), posts),
            resident_mb: rounded(after.resident as f64 / 1e6),
        })
    }

    async fn write(&self, posts: usize, due: DateTime<Utc>) -> Result<()> {
        let url = format!("{}/public/v1/posts", self.address);
        let due = due.to_rfc3339_opts(SecondsFormat::Millis, true);
        let entry = |n: usize| {
            let (channel, _) = self.stock.channels[n % self.stock.channels.len()];
            json!({"integration": {"id": channel}, "value": [{"content": format!("{due} {n}"), "image": []}], "settings": {}})
        };
        for first in (0..posts).step_by(ENTRIES) {
            let entries: Vec<Json> = (first..posts.min(first + ENTRIES)).map(entry).collect();
            let body = json!({"type": "schedule", "shortLink": false, "tags": [], "date": due, "posts": entries});
            self.client.write(Method::POST, &url, &[("authorization", &self.stock.api_key)], &body).await?;
        }
        Ok(())
    }

    /// What the platform has of this organisation's posts. Alone, one number tells; beside another organisation every
    /// channel is asked, which disturbs what is measured a little.
    async fn count(&self) -> Result<usize> {
        if !self.noisy {
            return self.stats("").await;
        }
        let mut count = 0;
        for (_, handle) in &self.stock.channels {
            count += self.stats(&format!("?account={handle}")).await?;
        }
        Ok(count)
    }

    async fn stats(&self, whose: &str) -> Result<usize> {
        let stats = self.client.read(&format!("{}/api/stats{whose}", self.sandbox), &[]).await?;
        Ok(stats["posts"].as_u64().unwrap_or(0) as usize)
    }

    async fn wait_for(&self, wanted: usize) -> Result<()> {
        let (mut seen, mut last) = (0, Instant::now());
        loop {
            let count = self.count().await?;
            if count >= wanted {
                return Ok(());
            }
            if count > seen {
                (seen, last) = (count, Instant::now());
            }
            if last.elapsed() > PATIENCE {
                return Err(Error::Unavailable(format!("{count} of {wanted} posts arrived, then none for a minute")));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// When each post of the burst arrived, in microseconds since 1970.
    async fn arrivals(&self, posts: usize, due: DateTime<Utc>) -> Result<Vec<i64>> {
        let since = (due - TimeDelta::seconds(1)).to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut arrived = Vec::with_capacity(posts);
        for (_, handle) in &self.stock.channels {
            let url = format!("{}/api/posts?account={handle}&since={since}&limit={LIST}", self.sandbox);
            let listed = self.client.read(&url, &[]).await?;
            arrived.extend(listed["posts"].as_array().into_iter().flatten().filter_map(|p| p["arrived_at"].as_i64()));
        }
        Ok(arrived)
    }

    /// Processor time of the workers while nothing is due, in percent of a core.
    async fn idle(&self, length: Duration) -> f64 {
        // Past what a start does once.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let before = usage(&self.workers).cpu;
        tokio::time::sleep(length).await;
        let used = usage(&self.workers).cpu.saturating_sub(before);
        (used.as_secs_f64() / length.as_secs_f64() * 10_000.0).round() / 100.0
    }
}

fn whole_second(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp() + 1, 0).unwrap_or(at)
}
