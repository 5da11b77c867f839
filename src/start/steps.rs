//! The steps in their order, and which of them are done. Pure.

use super::model::Facts;

/// Something to do at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A channel to practise with.
    Practice,
    /// A first post.
    Write,
    /// It is out.
    Publish,
    /// A channel that others read.
    Real,
    /// Somebody to work with.
    Invite,
    /// Posting times of one's own.
    Times,
}

impl Step {
    /// All, in order.
    pub const ALL: [Self; 6] = [Self::Practice, Self::Write, Self::Publish, Self::Real, Self::Invite, Self::Times];

    /// What the database says about it.
    pub fn is_done(self, facts: &Facts) -> bool {
        match self {
            // Whoever connected an account at once needs no practice.
            Self::Practice => facts.practice_channel || facts.real_channel,
            Self::Write => facts.written,
            Self::Publish => facts.published,
            Self::Real => facts.real_channel,
            Self::Invite => facts.invited,
            Self::Times => facts.own_times,
        }
    }

    /// Its name: a key of the catalogue.
    pub fn title(self) -> &'static str {
        match self {
            Self::Practice => "start.practice",
            Self::Write => "start.write",
            Self::Publish => "start.publish",
            Self::Real => "start.real",
            Self::Invite => "start.invite",
            Self::Times => "start.times",
        }
    }

    /// What it is for: a key of the catalogue.
    pub fn text(self) -> &'static str {
        match self {
            Self::Practice => "start.practice_text",
            Self::Write => "start.write_text",
            Self::Publish => "start.publish_text",
            Self::Real => "start.real_text",
            Self::Invite => "start.invite_text",
            Self::Times => "start.times_text",
        }
    }

    /// A sign of the sprite.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Practice => "flask-conical",
            Self::Write => "pen-line",
            Self::Publish => "send",
            Self::Real => "radio",
            Self::Invite => "users",
            Self::Times => "calendar-clock",
        }
    }
}

/// The first that is not done; `None`: all are.
pub fn next(facts: &Facts) -> Option<Step> {
    Step::ALL.into_iter().find(|step| !step.is_done(facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_is_the_first_that_is_not_done() {
        let mut facts = Facts::default();
        assert_eq!(next(&facts), Some(Step::Practice));
        facts.practice_channel = true;
        facts.invited = true;
        assert_eq!(next(&facts), Some(Step::Write));
        (facts.written, facts.published) = (true, true);
        assert_eq!(next(&facts), Some(Step::Real));
        (facts.real_channel, facts.own_times) = (true, true);
        assert_eq!(next(&facts), None);
    }

    #[test]
    fn an_account_that_others_read_makes_practice_needless() {
        assert!(Step::Practice.is_done(&Facts { real_channel: true, ..Facts::default() }));
    }
}
