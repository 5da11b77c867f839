//! The key of a record, chosen by us, so that a second attempt collides with the first instead of doubling it.
//! <https://atproto.com/specs/tid>

use crate::providers::StepKey;

/// Sorts as the numbers do.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// 13 digits of 5 bits; the top bit stays 0.
const DIGITS: u32 = 13;
const CLOCK_BITS: u32 = 10;

/// The same 13 characters over all attempts of a step: 53 bits of microseconds since 1970 when it was first intended, 10
/// bits of its random key.
pub fn of(key: &StepKey) -> String {
    let micros = u64::try_from(key.begun_at.timestamp_micros()).unwrap_or(0) & ((1 << 53) - 1);
    let clock = u64::try_from(key.key.as_u128() & ((1 << CLOCK_BITS) - 1)).expect("ten bits fit");
    let value = micros << CLOCK_BITS | clock;
    (0..DIGITS).rev().map(|digit| char::from(ALPHABET[(value >> (5 * digit) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    fn key(begun_at: &str, key: u128) -> StepKey {
        StepKey { key: Uuid::from_u128(key), begun_at: begun_at.parse().unwrap(), earlier: 0 }
    }

    #[test]
    fn it_is_what_other_software_makes_of_the_same_instant() {
        // Made with TID.fromTime of @atproto/common-web 0.5.
        assert_eq!(of(&key("2023-06-30T15:03:01.887007Z", 24)), "3jzfcijpj2z2s");
        assert_eq!(of(&key("2026-11-23T08:00:00.000001Z", u128::MAX)), "3n2xnxk5c23zz");
    }

    #[test]
    fn attempts_share_it_and_later_steps_sort_after() {
        let one = key("2026-11-23T08:00:00.000001Z", u128::MAX);
        assert_eq!(of(&one), of(&StepKey { earlier: 3, ..one.clone() }));
        assert!(of(&one) < of(&StepKey { begun_at: one.begun_at + TimeDelta::microseconds(1), key: Uuid::nil(), ..one.clone() }));
        assert_ne!(of(&one), of(&StepKey { key: Uuid::nil(), ..one.clone() }));
        let tid = of(&one);
        assert!(tid.len() == 13 && tid.starts_with(|c| ('2'..='j').contains(&c)), "{tid}");
    }
}
