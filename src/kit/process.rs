//! What the kernel says about this process. On systems without `/proc` nothing is known, and nothing is said.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};

/// Ticks of the clock that `/proc` counts in: 100 a second for every user of Linux, whatever the kernel's own rate.
const TICKS: f64 = 100.0;
/// Size of a page where we run: x86-64 and ARM as distributions configure it.
const PAGE: u64 = 4_096;

/// This process at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// Memory in use, in bytes.
    pub resident: u64,
    /// Processor time used, in seconds.
    pub cpu: f64,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// Files and sockets it has open.
    pub open: u64,
}

impl Process {
    /// Asks.
    pub fn look() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name, in parentheses, may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
        let boot: i64 =
            fs::read_to_string("/proc/stat").ok()?.lines().find_map(|l| l.strip_prefix("btime "))?.trim().parse().ok()?;
        let since_boot = TimeDelta::milliseconds((ticks(19)? * 1_000.0) as i64);
        let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
        Some(Self {
            resident: pages * PAGE,
            cpu: ticks(11)? + ticks(12)?,
            started_at: DateTime::from_timestamp(boot, 0)? + since_boot,
            open: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_itself() {
        let me = Process::look().unwrap();
        assert!(me.resident > 1_000_000 && me.open >= 3 && me.cpu >= 0.0, "{me:?}");
        let age = crate::kit::Clock::system().now() - me.started_at;
        assert!(age > TimeDelta::seconds(-2) && age < TimeDelta::hours(12), "{age}");
    }
}
