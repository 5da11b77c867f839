//! Chance that can be had again: the same seed throws the same numbers.

use std::time::Duration;

/// Splitmix64. Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Begins with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Others, which throw independently of these.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` up to but not including `high`, which is larger.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }

    /// True in so many of a hundred throws.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.between(0, 100) < chance
    }

    /// So many milliseconds.
    pub fn millis(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.between(low, high))
    }

    /// One of them; there is at least one.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.between(0, of.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_throws_the_same_again_and_stays_in_range() {
        let throw = |mut dice: Dice| (0..100).map(|_| dice.between(5, 9)).collect::<Vec<_>>();
        assert_eq!(throw(Dice::new(7)), throw(Dice::new(7)));
        assert_ne!(throw(Dice::new(7)), throw(Dice::new(8)));
        assert_ne!(throw(Dice::new(7)), throw(Dice::new(7).split()));
        assert_eq!(throw(Dice::new(1)).into_iter().collect::<std::collections::BTreeSet<_>>(), [5, 6, 7, 8].into());
    }
}
