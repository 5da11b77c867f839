//! Numbers that a running program counts about itself: counters, gauges and histograms that cost an atomic addition, for
//! the operator's pages and `/metrics`. Each is a `static` beside what it counts; they begin at zero with every start.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

/// Something that goes up and down.
pub struct Gauge(AtomicI64);

impl Gauge {
    /// For a `static`.
    #[allow(clippy::new_without_default, reason = "a static cannot use a default")]
    pub const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// Counts one until the guard is dropped.
    pub fn hold(&'static self) -> Held {
        self.0.fetch_add(1, Relaxed);
        Held(self)
    }

    /// Now.
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// See [`Gauge::hold`].
pub struct Held(&'static Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// How often each of a few things happened. The keys must be few by their nature: nothing that comes from outside.
pub struct Tally<K>(Mutex<BTreeMap<K, u64>>);

impl<K: Ord + Clone> Tally<K> {
    /// For a `static`.
    #[allow(clippy::new_without_default, reason = "a static cannot use a default")]
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Counts one.
    pub fn count(&self, key: K) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
    }

    /// All of them, in order.
    pub fn all(&self) -> Vec<(K, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(k, n)| (k.clone(), *n)).collect()
    }
}

/// How large something was each time, in buckets with `N` upper bounds; what is larger than the last one is counted, too.
pub struct Histogram<const N: usize> {
    bounds: [f64; N],
    buckets: [AtomicU64; N],
    count: AtomicU64,
    /// Millionths, so that it can be added atomically.
    sum: AtomicU64,
}

/// A histogram at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Upper bound and how many were not larger, rising.
    pub buckets: Vec<(f64, u64)>,
    /// How many in all.
    pub count: u64,
    /// All together.
    pub sum: f64,
}

impl<const N: usize> Histogram<N> {
    /// For a `static`; the bounds rise.
    pub const fn new(bounds: [f64; N]) -> Self {
        Self { bounds, buckets: [const { AtomicU64::new(0) }; N], count: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    /// Counts one of this size; a negative one counts as 0.
    pub fn observe(&self, size: f64) {
        let size = size.max(0.0);
        if let Some(n) = self.bounds.iter().position(|bound| size <= *bound) {
            self.buckets[n].fetch_add(1, Relaxed);
        }
        self.sum.fetch_add((size * 1e6) as u64, Relaxed);
        self.count.fetch_add(1, Relaxed);
    }

    /// Now. Its numbers agree with each other, whatever is counted meanwhile.
    pub fn shape(&self) -> Shape {
        let mut rising = 0;
        let add = |n: usize| {
            rising += self.buckets[n].load(Relaxed);
            (self.bounds[n], rising)
        };
        let buckets: Vec<(f64, u64)> = (0..N).map(add).collect();
        // Read last: it is never behind the buckets.
        let count = self.count.load(Relaxed).max(buckets.last().map_or(0, |(_, n)| *n));
        Shape { buckets, count, sum: self.sum.load(Relaxed) as f64 / 1e6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_up_to_its_bounds_and_beyond() {
        let sizes = Histogram::new([1.0, 10.0]);
        for size in [0.5, 1.0, 5.0, 100.0, -3.0] {
            sizes.observe(size);
        }
        assert_eq!(sizes.shape(), Shape { buckets: vec![(1.0, 3), (10.0, 4)], count: 5, sum: 106.5 });
    }

    #[test]
    fn a_gauge_falls_when_its_guards_go() {
        static GAUGE: Gauge = Gauge::new();
        let held = [GAUGE.hold(), GAUGE.hold()];
        assert_eq!(GAUGE.get(), 2);
        drop(held);
        assert_eq!(GAUGE.get(), 0);
    }

    #[test]
    fn a_tally_keeps_its_keys_in_order() {
        let tally = Tally::new();
        for key in ["b", "a", "b"] {
            tally.count(key);
        }
        assert_eq!(tally.all(), [("a", 1), ("b", 2)]);
    }
}
