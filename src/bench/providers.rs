//! How much the kit of the providers costs by itself: publishes a second to a platform that answers at once, and the memory
//! that is held while a large film streams through. The platform is [`platform::Platform`], on loopback in this process; the
//! ledger is in memory, so nothing of a database is measured.

mod platform;

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::rounded;
use crate::{
    config,
    error::{Error, Failure, Result},
    http::Client,
    kit::{Clock, MediaId, text::Doc},
    providers::{
        self, Access, Answers, Begin, Call, Effect, Fitted, Fut, MediaFile, MediaSource, Picture, Provider, Refresh, StepKey,
        Steps, Tokens,
    },
};
use platform::Platform;

/// The provider that is measured: its platform has no account to be asked for.
const PROVIDER: &str = "sandbox";
/// Bytes of the film that are made at a time.
const CHUNK: usize = 64 * 1024;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Publishes altogether.
    pub publishes: usize,
    /// Side by side.
    pub at_once: usize,
    /// Bytes of the film.
    pub film: u64,
}

/// What it came to.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Publishes altogether.
    pub publishes: usize,
    /// Side by side.
    pub at_once: usize,
    /// Publishes a second.
    pub per_second: f64,
    /// Bytes of the film.
    pub film_bytes: u64,
    /// How long it took.
    pub film_seconds: f64,
    /// Resident memory before it.
    pub idle_bytes: u64,
    /// The most above that while it streamed.
    pub held_bytes: u64,
}

/// Measures: the film first, because memory that was once used is not given back.
pub async fn run(plan: &Plan) -> Result<Figures> {
    // Fails only when it was done already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let platform = Platform::start().await?;
    let desk = Desk::new(platform.url())?;
    desk.publish("warm", &[]).await?;
    let idle_bytes = resident()?;
    let (film_seconds, most) = film(&desk, plan.film).await?;
    if platform.uploaded() != plan.film {
        let told = format!("the platform got {} of {} bytes", platform.uploaded(), plan.film);
        return Err(Error::Internal(anyhow::anyhow!(told)));
    }
    let began = Instant::now();
    let all = stream::iter(0..plan.publishes).map(|n| {
        let desk = &desk;
        async move { desk.publish(&format!("Post number {n} of the bench"), &[]).await }
    });
    let done: Vec<Result<()>> = all.buffer_unordered(plan.at_once.max(1)).collect().await;
    let took = began.elapsed().as_secs_f64();
    done.into_iter().collect::<Result<()>>()?;
    let posted = platform.posted();
    if posted != plan.publishes + 2 {
        return Err(Error::Internal(anyhow::anyhow!("{posted} posts arrived")));
    }
    Ok(Figures {
        publishes: plan.publishes,
        at_once: plan.at_once,
        per_second: rounded(plan.publishes as f64 / took.max(f64::EPSILON)),
        film_bytes: plan.film,
        film_seconds,
        idle_bytes,
        held_bytes: most.saturating_sub(idle_bytes),
    })
}

/// Seconds, and the most resident memory meanwhile.
async fn film(desk: &Desk, bytes: u64) -> Result<(f64, u64)> {
    let file = MediaFile {
        id: MediaId::new(),
        mime: "video/mp4".into(),
        bytes,
        width: Some(1_920),
        height: Some(1_080),
        duration: Some(Duration::from_secs(600)),
        alt: String::new(),
        focus: None,
        cover: None,
    };
    let began = Instant::now();
    let media = [file];
    let publish = desk.publish("A film", &media);
    tokio::pin!(publish);
    let mut most = resident()?;
    loop {
        tokio::select! {
            done = &mut publish => {
                done?;
                return Ok((rounded(began.elapsed().as_secs_f64()), most.max(resident()?)));
            }
            () = tokio::time::sleep(LOOK) => most = most.max(resident()?),
        }
    }
}

/// Bytes of this process in memory, as Linux counts them.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kib.map(|kib| kib * 1_024).ok_or_else(|| Error::Internal(anyhow::anyhow!("the machine does not tell resident memory")))
}

/// What every publish needs.
struct Desk {
    provider: &'static dyn Provider,
    http: Client,
    hosts: BTreeMap<String, String>,
    app: Answers,
    purse: Purse,
    clock: Clock,
}

impl Desk {
    fn new(url: &str) -> Result<Self> {
        let allow_private = vec!["127.0.0.0/8".parse().map_err(|_| Error::Internal(anyhow::anyhow!("loopback is no network")))?];
        let config = config::Http { allow_private, ..config::Http::default() };
        Ok(Self {
            provider: providers::find(PROVIDER).ok_or(Error::NotFound("provider"))?,
            http: Client::new(&config)?,
            hosts: BTreeMap::new(),
            app: Answers::new(),
            purse: Purse(json!({"server": url, "token": "bench", "handle": "bench"})),
            clock: Clock::system(),
        })
    }

    async fn publish(&self, text: &str, media: &[MediaFile]) -> Result<()> {
        let now = self.clock.now();
        let (text, settings, steps) = (Doc::from_plain(text), json!({}), Memory(now));
        let files = Film(media.first().map_or(0, |file| file.bytes));
        let access = Access {
            http: &self.http,
            hosts: &self.hosts,
            app: &self.app,
            redirect: "",
            account: "bench",
            tokens: &self.purse,
            now,
        };
        let call = Call {
            access,
            text: &text,
            media,
            settings: &settings,
            position: 0,
            thread: &[],
            last: true,
            steps: &steps,
            files: &files,
        };
        self.provider.publish(&call).await?;
        Ok(())
    }
}

/// Each step is new.
struct Memory(DateTime<Utc>);

impl Steps for Memory {
    fn begin<'a>(&'a self, _: &'a str, _: Effect, _: [u8; 32]) -> Fut<'a, Begin> {
        Box::pin(async { Ok(Begin::Run(StepKey { key: Uuid::new_v4(), begun_at: self.0, earlier: 0 })) })
    }

    fn end<'a>(&'a self, _: &'a str, _: std::result::Result<&'a Json, &'a Failure>) -> Fut<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

struct Purse(Json);

impl Tokens for Purse {
    fn current(&self) -> Json {
        self.0.clone()
    }

    fn renew<'a>(&'a self, _: &'a Json, _: Refresh<'a>) -> Fut<'a, Json> {
        Box::pin(async { Err(Failure::unsupported("renewing")) })
    }
}

/// A film of so many bytes, made as it is read.
struct Film(u64);

impl MediaSource for Film {
    fn fit<'a>(&'a self, _: MediaId, _: Picture) -> Fut<'a, Fitted> {
        Box::pin(async { Err(Failure::unsupported("pictures")) })
    }

    fn stream<'a>(&'a self, _: MediaId) -> Fut<'a, BoxStream<'static, std::io::Result<Bytes>>> {
        let chunks = stream::unfold(self.0, |left| async move {
            // A buffer of its own for each, as a file is read.
            let size = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            (size > 0).then(|| (Ok(Bytes::from(vec![b'x'; size])), left - size as u64))
        });
        Box::pin(async { Ok(chunks.boxed()) })
    }

    fn public_url(&self, _: MediaId) -> Option<String> {
        None
    }

    fn lasting_url(&self, _: MediaId) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small, so that it is quick; a film that is held whole would show all the same.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn publishes_are_counted_and_a_film_is_never_held() {
        let figures = run(&Plan { publishes: 20, at_once: 4, film: 200_000_000 }).await.unwrap();
        assert!(figures.per_second > 1.0, "{figures:?}");
        assert!(figures.held_bytes < 64 * 1_048_576, "{figures:?}");
    }
}
