//! The key of a record, chosen by us, so that a second attempt collides with the first instead of doubling it.
//! <https://atproto.com/specs/tid>

use crate::providers::StepKey;

/// Sorts as the numbers do.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// 13 digits of 5 bits; the top bit stays 0.
const DIGITS: u32 = 13;
const CLOCK_BITS: u32 = 10;

/// The same 13 characters over all attempts of a step: 53 bits of microseconds since 1970, 10 bits of its key.
///
/// The time is that of the key when it has one (the part's, in milliseconds; a hash fills the rest), so that the record is
/// found again by whoever has lost everything but the part; else when the step was first intended.
pub fn of(key: &StepKey) -> String {
    let micros = match key.key.get_version_num() {
        8 => {
            u64::try_from(key.key.as_u128() >> 80).unwrap_or(0) * 1_000
                + u64::try_from((key.key.as_u128() >> 16) % 1_000).unwrap_or(0)
        }
        _ => u64::try_from(key.begun_at.timestamp_micros()).unwrap_or(0),
    };
    let micros = micros & ((1 << 53) - 1);
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
    fn a_key_with_a_time_gives_the_same_whenever_it_is_intended() {
        let made = uuid::Builder::from_custom_bytes(0x0199_0000_0000_0000_abcd_ef01_2345_6789_u128.to_be_bytes()).into_uuid();
        let at = |begun_at: &str| of(&StepKey { key: made, begun_at: begun_at.parse().unwrap(), earlier: 1 });
        assert_eq!(at("2026-11-23T08:00:00Z"), at("2030-01-01T00:00:00Z"));
        // The ten lowest bits and the time are the key's.
        assert_ne!(at("2026-11-23T08:00:00Z"), of(&key("2026-11-23T08:00:00Z", 0x6789)));
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
