//! Percentiles of what was measured.

use serde::Serialize;

/// How late things were, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Lateness {
    /// Half were at most so late.
    pub p50_ms: f64,
    /// Of twenty, nineteen.
    pub p95_ms: f64,
    /// Of a hundred, ninety-nine.
    pub p99_ms: f64,
    /// The latest.
    pub max_ms: f64,
}

impl Lateness {
    /// From microseconds, in any order; zeros when there are none.
    pub fn of(mut micros: Vec<i64>) -> Self {
        micros.sort_unstable();
        let ms = |p| (percentile(&micros, p).unwrap_or(0) as f64 / 100.0).round() / 10.0;
        Self { p50_ms: ms(50), p95_ms: ms(95), p99_ms: ms(99), max_ms: ms(100) }
    }
}

/// The smallest value that at least `p` of a hundred are not above (nearest rank); `None` when there are none.
pub fn percentile<T: Copy>(sorted: &[T], p: usize) -> Option<T> {
    let rank = (sorted.len() * p).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        let hundred: Vec<i64> = (1..=100).rev().map(|ms| ms * 1_000).collect();
        let late = Lateness::of(hundred);
        assert_eq!(late, Lateness { p50_ms: 50.0, p95_ms: 95.0, p99_ms: 99.0, max_ms: 100.0 });
        assert_eq!(Lateness::of(vec![1_500]).p99_ms, 1.5);
        assert_eq!(Lateness::of(vec![]), Lateness::default());
    }
}
