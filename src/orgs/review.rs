//! Who must approve posts before they go out, as an organisation or a customer of it has chosen. Pure.

use super::Role;

/// What it takes for a post to go out, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewPolicy {
    /// Nobody's approval.
    None,
    /// That of one who may approve; also the writer's own, if they may.
    One,
    /// Those of two, neither of whom wrote it.
    Two,
    /// That of the client, by their link; or an administrator's on their behalf.
    Client,
}

impl ReviewPolicy {
    /// Every one, in the order of lists.
    pub const ALL: [Self; 4] = [Self::None, Self::One, Self::Two, Self::Client];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::One => "one",
            Self::Two => "two",
            Self::Client => "client",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == word)
    }

    /// Its name and what it means: keys of the catalogue.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("review.policy_none", "review.policy_none_text"),
            Self::One => ("review.policy_one", "review.policy_one_text"),
            Self::Two => ("review.policy_two", "review.policy_two_text"),
            Self::Client => ("review.policy_client", "review.policy_client_text"),
        }
    }

    /// True for a member who may give an approval that counts. `reviewer`: they were chosen to.
    pub fn may_approve(self, role: Role, reviewer: bool, is_writer: bool) -> bool {
        let chosen = reviewer || role >= Role::Admin;
        match self {
            Self::None => false,
            Self::One => chosen,
            Self::Two => chosen && !is_writer,
            Self::Client => role >= Role::Admin,
        }
    }

    /// True when so many different people have approved.
    pub fn is_content_with(self, approvals: usize) -> bool {
        match self {
            Self::None => true,
            Self::One | Self::Client => approvals >= 1,
            Self::Two => approvals >= 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_a_post_does_not_count_where_two_are_needed() {
        use ReviewPolicy::{Client, None, One, Two};
        for (policy, role, reviewer, writer, may) in [
            (None, Role::Owner, true, false, false),
            (One, Role::Member, false, false, false),
            (One, Role::Member, true, false, true),
            (One, Role::Member, true, true, true),
            (One, Role::Admin, false, true, true),
            (Two, Role::Owner, false, true, false),
            (Two, Role::Owner, false, false, true),
            (Two, Role::Member, true, false, true),
            (Client, Role::Member, true, false, false),
            (Client, Role::Admin, false, true, true),
        ] {
            assert_eq!(policy.may_approve(role, reviewer, writer), may, "{policy:?} {role:?} {reviewer} {writer}");
        }
    }

    #[test]
    fn the_strictest_is_the_greatest_and_every_word_reads_back() {
        assert!(ReviewPolicy::ALL.is_sorted());
        for policy in ReviewPolicy::ALL {
            assert_eq!(ReviewPolicy::parse(policy.as_str()), Some(policy));
        }
        assert!(!ReviewPolicy::Two.is_content_with(1) && ReviewPolicy::Two.is_content_with(2));
    }
}
