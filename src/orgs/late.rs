//! What becomes of posts that could not go out at their time, as people choose it. Pure.

use crate::error::{FieldError, Message};

/// What becomes of a post that is later than is forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
pub enum LatePolicy {
    /// It is planned anew, at the channel's next free posting time.
    NextFreeSlot,
    /// It waits for a person.
    Hold,
    /// It is not sent.
    Skip,
}

impl LatePolicy {
    /// Every one, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Hold, Self::NextFreeSlot, Self::Skip];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NextFreeSlot => "next_free_slot",
            Self::Hold => "hold",
            Self::Skip => "skip",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// From a form; empty: not chosen here.
    pub fn read(field: &str, given: &str) -> Result<Option<Self>, FieldError> {
        match given.trim() {
            "" => Ok(None),
            word => Self::parse(word).map(Some).ok_or_else(|| FieldError::new(field, "late.policy_unknown")),
        }
    }
}

/// Longest that can be forgiven: 30 days.
pub const MOST_MINUTES: i64 = 43_200;

/// A whole number from `least` to `most`; empty: not chosen here.
pub fn number(field: &str, given: &str, (least, most): (i64, i64)) -> Result<Option<i64>, FieldError> {
    let wrong = || FieldError::new(field, Message::new("field.number").with("min", least).with("max", most));
    match given.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|n| (least..=most).contains(n)).map(Some).ok_or_else(wrong),
    }
}

/// What a form chose: minutes and policy. The errors name `late_minutes` and `late_policy`.
pub fn read(minutes: &str, policy: &str) -> Result<(Option<i64>, Option<LatePolicy>), Vec<FieldError>> {
    let minutes = number("late_minutes", minutes, (1, MOST_MINUTES));
    match (minutes, LatePolicy::read("late_policy", policy)) {
        (Ok(minutes), Ok(policy)) => Ok((minutes, policy)),
        (minutes, policy) => Err(minutes.err().into_iter().chain(policy.err()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_not_chosen_and_what_is_wrong_is_named() {
        assert_eq!(number("n", " ", (1, 5)), Ok(None));
        assert_eq!(number("n", " 5 ", (1, 5)), Ok(Some(5)));
        for wrong in ["0", "6", "-1", "1.5", "x", "99999999999999999999"] {
            assert_eq!(number("n", wrong, (1, 5)).unwrap_err().field, "n", "{wrong}");
        }
        assert_eq!(LatePolicy::read("p", ""), Ok(None));
        assert!(LatePolicy::read("p", "later").is_err());
        for policy in LatePolicy::ALL {
            assert_eq!(LatePolicy::read("p", policy.as_str()), Ok(Some(policy)));
        }
    }
}
