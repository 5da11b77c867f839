//! Chance that decides something: the machine's in the program, repeatable in simulation. Not for secrets, which come from
//! [`super::crypto`].

use std::sync::{Arc, Mutex, PoisonError};

use super::crypto;

/// Where chance comes from. Cloning a repeatable one shares its sequence.
#[derive(Clone)]
pub struct Dice(Option<Arc<Mutex<u64>>>);

impl Dice {
    /// The machine's.
    pub fn machine() -> Self {
        Self(None)
    }

    /// The same sequence for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Some(Arc::new(Mutex::new(seed))))
    }

    /// A number between 0 and 1, both included.
    pub fn fraction(&self) -> f64 {
        f64::from(u16::try_from(self.number() >> 48).unwrap_or(u16::MAX)) / f64::from(u16::MAX)
    }

    /// A number below `end`; 0 for an `end` of 0.
    pub fn below(&self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them; there must be one.
    pub fn pick<T: Copy>(&self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap_or(0)]
    }

    fn number(&self) -> u64 {
        match &self.0 {
            None => u64::from_le_bytes(crypto::random()),
            Some(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                mix(*state)
            }
        }
    }
}

/// SplitMix64: spreads a number over all 64 bits. <https://prng.di.unimi.it/splitmix64.c>
pub fn mix(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_sequence_and_another_seed_another_one() {
        let roll =
            |seed| (0..20).map(|_| Dice::seeded(seed)).map(|d| (d.below(1_000), d.fraction().to_bits())).collect::<Vec<_>>();
        assert_eq!(roll(1), roll(1));
        assert_ne!(roll(1), roll(2));
        let dice = Dice::seeded(7);
        let seen: std::collections::BTreeSet<u64> = (0..200).map(|_| dice.below(6)).collect();
        assert_eq!(seen.len(), 6);
        assert!((0..1_000).all(|_| (0.0..=1.0).contains(&dice.fraction())));
        assert_eq!(dice.below(0), 0);
    }
}
