//! `rostrum selftest`: chooses a scratch place, runs, and says what came of it.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::arguments::Selftest;
use crate::{
    config::Config,
    error::{Error, Result},
    selftest::simulator::{self, Plan},
};

/// A scratch directory of this process; gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    /// In memory where there is such a place: what it holds need not survive.
    fn new() -> Result<Self> {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let dir = place.join(format!("rostrum-selftest-{}-{}", std::process::id(), &crate::kit::crypto::random_hex()[..8]));
        std::fs::create_dir(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Fails as an internal fault, with the stories told, when something is broken.
pub async fn run(config: &Config, what: &Selftest) -> Result<Json> {
    let scratch = Scratch::new()?;
    let plan = Plan {
        from: what.seed.unwrap_or(what.from),
        seeds: what.seeds.unwrap_or(1),
        scratch: scratch.0.clone(),
        database: config.database.url.clone(),
        threads: std::thread::available_parallelism().map_or(1, Into::into),
    };
    let tell = what.seed.is_some();
    let played = tokio::task::spawn_blocking(move || if tell { story(&plan) } else { stories(&plan) }).await;
    played.map_err(Error::internal)?
}

fn story(plan: &Plan) -> Result<Json> {
    let played = simulator::replay(plan)?;
    if played.broken.is_empty() {
        return Ok(Json::String(format!("{}hash {}: nothing is broken", played.told, played.hash)));
    }
    Err(Error::Internal(anyhow::anyhow!("{}\nBROKEN {}", played.told, played.broken.join("\nBROKEN "))))
}

fn stories(plan: &Plan) -> Result<Json> {
    let report = simulator::run(plan)?;
    let seeds: Vec<u64> = report.broken.iter().map(|(seed, _)| *seed).collect();
    if seeds.is_empty() {
        return Ok(json!({
            "stories": report.seeds, "parts": report.parts, "published": report.published, "waiting": report.waiting,
            "crashes": report.crashes, "requests": report.requests, "seconds": (report.seconds * 10.0).round() / 10.0, "broken": 0,
        }));
    }
    let told = report.told.join("\n");
    Err(Error::Internal(anyhow::anyhow!("{told}\n{} of {} stories broke something: {seeds:?}", seeds.len(), report.seeds)))
}
