//! `rostrum selftest --torture` and `rostrum bench`: their words, and how this program is run again by them.

use std::{path::PathBuf, time::Duration};

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::Arguments;
use crate::{
    bench,
    error::{Error, Result},
    fleet::Program,
    kit::crypto,
    selftest::torture,
};

/// `rostrum bench`
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// How late posts start, and what they cost, while many others wait
    Schedule {
        /// Posts that wait for another day
        #[arg(long, default_value_t = 10_000)]
        pending: usize,
        /// Posts due at the same instant; several numbers are measured one after the other
        #[arg(long, value_delimiter = ',', default_value = "1,100,1000", value_name = "N,…")]
        burst: Vec<usize>,
        /// Channels that they are spread over
        #[arg(long, default_value_t = 250)]
        channels: usize,
        /// How long the platform takes to answer, for example 50ms or 1s
        #[arg(long, default_value = "50ms", value_parser = length, value_name = "TIME")]
        latency: Duration,
        /// Processes on one Postgres
        #[arg(long, default_value_t = 1)]
        workers: usize,
        /// Posts of another organisation that are all due from the start
        #[arg(long, default_value_t = 0)]
        noisy: usize,
        /// How long to measure the processor time of an idle schedule; 0s: not at all
        #[arg(long, default_value = "10s", value_parser = length, value_name = "TIME")]
        idle: Duration,
    },
    /// How fast lists and pages are with many posts stored
    Api {
        /// Posts stored
        #[arg(long, default_value_t = 100_000)]
        posts: usize,
        /// Requests for each list
        #[arg(long, default_value_t = 200)]
        requests: usize,
    },
    /// What publishing costs by itself, to a platform on loopback that answers at once, and what is held of a large film
    Providers {
        /// Publishes altogether
        #[arg(long, default_value_t = 20_000)]
        publishes: usize,
        /// Side by side
        #[arg(long, default_value_t = 64)]
        at_once: usize,
        /// Bytes of the film
        #[arg(long, default_value_t = 500_000_000)]
        film: u64,
    },
}

/// `500ms`, `60s`, `5m`, `1h`.
pub fn length(text: &str) -> std::result::Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("write a number and ms, s, m or h".into()),
    };
    let millis = number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    millis.map(Duration::from_millis).ok_or_else(|| "not a length of time".into())
}

/// Tortures this program; see [`torture::run`].
pub async fn torture(arguments: &Arguments, length: Duration, seed: Option<u64>) -> Result<Json> {
    let seed = seed.unwrap_or_else(|| u64::from(u32::from_le_bytes(crypto::random())));
    let report = torture::run(&program(arguments)?, &torture::Plan { length, seed }).await?;
    serde_json::to_value(report).map_err(Error::internal)
}

/// Measures.
pub async fn measure(arguments: &Arguments, what: &Bench) -> Result<Json> {
    let program = program(arguments)?;
    match what {
        Bench::Schedule { pending, burst, channels, latency, workers, noisy, idle } => {
            if *channels == 0 || *workers == 0 {
                return Err(Error::invalid(if *workers == 0 { "workers" } else { "channels" }, "field.required"));
            }
            let plan = bench::schedule::Plan {
                pending: *pending,
                bursts: burst.clone(),
                channels: *channels,
                latency: *latency,
                workers: *workers,
                noisy: *noisy,
                idle: *idle,
            };
            Ok(json!(bench::schedule::run(&program, &plan).await?))
        }
        Bench::Api { posts, requests } => {
            let plan = bench::api::Plan { posts: *posts, requests: *requests };
            Ok(json!(bench::api::run(&program, &plan).await?))
        }
        Bench::Providers { publishes, at_once, film } => {
            let plan = bench::providers::Plan { publishes: *publishes, at_once: *at_once, film: *film };
            Ok(json!(bench::providers::run(&plan).await?))
        }
    }
}

/// Scratch directories are made below `--data`, or where temporary files belong. No setting of this process reaches
/// those it starts: a rehearsal never touches the real instance.
fn program(arguments: &Arguments) -> Result<Program> {
    let room = arguments.data.clone().unwrap_or_else(std::env::temp_dir);
    let is_setting = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("ROSTRUM_");
    Ok(Program {
        exe: std::env::current_exe()?,
        room: std::path::absolute::<PathBuf>(room)?,
        environment: std::env::vars_os().filter(|(name, _)| !is_setting(name)).collect(),
        database: arguments.database.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_a_unit() {
        assert_eq!(length("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(length("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "5", "s", "-1s", "1.5s", "99999999999999999999h", "1d"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
