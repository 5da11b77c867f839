//! How fast lists and pages are at the server, with many posts stored.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio::time::Instant;

use super::{per, rounded, usage};
use crate::{
    error::{Error, Result},
    fleet::{Child, Client, Ground, Lateness, Program, Stock},
    http::Method,
    identity::{self, Device},
    kit::Secret,
    tokens::{self, NewToken, Scope},
};

/// Posts of one month.
const MONTH: usize = 10_000;
/// Length of such a month.
const DAYS: i64 = 28;
/// Channels that they are spread over.
const CHANNELS: usize = 50;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Posts stored, ten thousand a month.
    pub posts: usize,
    /// Requests for each list.
    pub requests: usize,
}

/// What one list came to.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// What was asked for.
    pub request: String,
    /// The status of the answers; 404: this program does not have it.
    pub status: u16,
    /// Bytes of an answer.
    pub bytes: usize,
    /// Time until the answer was read.
    #[serde(flatten)]
    pub time: Lateness,
    /// Processor time of the server for each request.
    pub cpu_ms_per_request: f64,
}

/// A request with its headers.
struct Asked {
    path: String,
    header: (&'static str, String),
    /// So many times fewer of these.
    heavy: usize,
}

/// Measures, one request after the other.
pub async fn run(program: &Program, plan: &Plan) -> Result<Vec<Figures>> {
    let ground = Ground::new(program).await?;
    let figures = measure(&ground, plan).await;
    ground.clear().await?;
    figures
}

async fn measure(ground: &Ground, plan: &Plan) -> Result<Vec<Figures>> {
    let mut platform = ground.sandbox()?;
    let sandbox = platform.ready().await?;
    let (stock, doors, first) = fill(ground, plan, &sandbox).await?;
    let mut server = ground.worker(0, &[])?;
    let address = server.ready().await?;
    let client = Client::new(Duration::from_secs(120))?;
    let servers = [server];
    let mut figures = Vec::new();
    for asked in requests(&stock, &doors, first) {
        figures.push(ask(&client, &address, &servers, (&asked, plan.requests)).await?);
    }
    Ok(figures)
}

/// What opens which door, besides the API key.
struct Doors {
    cookie: String,
    token: Secret,
}

/// Writes the posts, from the first of a month on, and lets its owner in.
async fn fill(ground: &Ground, plan: &Plan, sandbox: &str) -> Result<(Stock, Doors, DateTime<Utc>)> {
    let (_lock, app) = ground.open().await?;
    let stock = Stock::new(&app, "bench", sandbox, CHANNELS).await?;
    let first = app.clock.now() + TimeDelta::days(1);
    let step = TimeDelta::days(DAYS) / MONTH as i32;
    stock.fill(&app, plan.posts, |n| first + step * i32::try_from(n).unwrap_or(i32::MAX)).await?;
    let device = Device::new("bench", "127.0.0.1".into());
    let password = Secret::new(stock.password.expose());
    let cookie = identity::login(&app, &stock.email, password, &device, None).await?;
    let reader = NewToken { name: "bench".into(), scopes: vec![Scope::PostsRead], days: None };
    let mut tx = app.db.begin().await?;
    let (_, token) = tokens::create(&mut tx, stock.org, None, &reader, app.clock.now()).await?;
    tx.commit().await?;
    app.db.close().await;
    Ok((stock, Doors { cookie, token }, first))
}

fn requests(stock: &Stock, doors: &Doors, first: DateTime<Utc>) -> Vec<Asked> {
    let window = |from: DateTime<Utc>, days| {
        let (from, to) = (from, from + TimeDelta::days(days));
        format!("startDate={}&endDate={}", from.format("%Y-%m-%dT%H:%M:%SZ"), to.format("%Y-%m-%dT%H:%M:%SZ"))
    };
    let month = first.format("%Y-%m");
    // Ten thousand posts are around it.
    let middle = first + TimeDelta::days(DAYS / 2);
    let key = || ("authorization", stock.api_key.clone());
    let bearer = ("authorization", format!("Bearer {}", doors.token.expose()));
    let session = ("cookie", format!("{}={}", identity::SESSION_COOKIE, doors.cookie));
    vec![
        Asked { path: "/api/v1/posts?limit=100".into(), header: bearer, heavy: 1 },
        Asked { path: format!("/public/v1/posts?{}", window(first, 1)), header: key(), heavy: 1 },
        Asked { path: format!("/public/v1/posts?{}", window(first, DAYS)), header: key(), heavy: 10 },
        Asked { path: format!("/posts?month={month}"), header: session.clone(), heavy: 1 },
        Asked { path: format!("/calendar?view=month&date={}", middle.format("%Y-%m-%d")), header: session.clone(), heavy: 1 },
        Asked { path: format!("/calendar?view=week&date={}", middle.format("%Y-%m-%d")), header: session, heavy: 1 },
    ]
}

async fn ask(client: &Client, address: &str, server: &[Child], (asked, requests): (&Asked, usize)) -> Result<Figures> {
    let url = format!("{address}{}", asked.path);
    let headers = [(asked.header.0, asked.header.1.as_str())];
    let once = || client.send(Method::GET, &url, &headers, None);
    // The first ones pay for what is prepared once.
    let reply = once().await?;
    for _ in 0..4 {
        once().await?;
    }
    let count = (requests / asked.heavy).max(5);
    let before = usage(server).cpu;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        let status = once().await?.status;
        times.push(i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX));
        if status != reply.status {
            return Err(Error::Unavailable(format!("{} answered {} and then {status}", asked.path, reply.status)));
        }
    }
    Ok(Figures {
        request: asked.path.clone(),
        status: reply.status,
        bytes: reply.body.len(),
        time: Lateness::of(times),
        cpu_ms_per_request: rounded(per(usage(server).cpu.saturating_sub(before), count)),
    })
}
