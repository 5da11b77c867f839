//! What delivery counts about itself in this process, since it started.

use crate::kit::meter::{Gauge, Histogram, Tally};

/// Runs of parts that are with a provider now.
pub static IN_FLIGHT: Gauge = Gauge::new();
/// What came of runs and looks: provider and the audit trail's word.
pub static OUTCOMES: Tally<(&'static str, &'static str)> = Tally::new();
/// What came of attempts: `done`, `failed` or `uncertain`.
pub static ATTEMPTS: Tally<&'static str> = Tally::new();
/// Seconds between when a target could have been sent and its first request.
pub static LATENESS: Histogram<12> = Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3_600.0]);
/// Seconds by which the engine woke later than it meant to.
pub static WAKE_ERROR: Histogram<8> = Histogram::new([0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5]);
/// Entries that the ledger committed together.
pub static LEDGER_GROUP: Histogram<8> = Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 128.0, 256.0]);
/// Seconds that the ledger took to write a group and commit it.
pub static LEDGER_COMMIT: Histogram<10> = Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]);
