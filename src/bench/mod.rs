//! Measures this machine: how late posts start and what they cost (`schedule`), how fast lists and pages are (`api`),
//! what the kit of the providers costs by itself (`providers`).
//!
//! Always on scratch ground with processes of its own, so that it can run beside a real instance without touching it; it
//! does take the processor from it.

pub mod api;
pub mod providers;
pub mod schedule;

use std::time::Duration;

use crate::fleet::{Child, Usage};

/// Of several processes together.
fn usage(children: &[Child]) -> Usage {
    children
        .iter()
        .map(Child::usage)
        .fold(Usage::default(), |a, b| Usage { cpu: a.cpu + b.cpu, resident: a.resident + b.resident })
}

/// With one digit behind the point.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Milliseconds per thing, with two digits behind the point.
fn per(used: Duration, things: usize) -> f64 {
    (used.as_secs_f64() * 100_000.0 / things.max(1) as f64).round() / 100.0
}
