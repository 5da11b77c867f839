//! The states of parts and targets, and how a target's follows from its parts'. Pure.

use serde::{Deserialize, Serialize};

/// Where a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Not before its time, or not before the part before it.
    Waiting,
    /// A worker has it; a request may be on its way.
    Sending,
    /// The platform accepted it and is still working on it.
    Processing,
    /// Will be tried again.
    Retrying,
    /// It may be live: the platform is being asked.
    Uncertain,
    /// Live.
    Published,
    /// It may be live and only a person can tell.
    NeedsYou,
    /// Not live, and trying again cannot help.
    Failed,
    /// Not sent because a part before it failed.
    Skipped,
    /// Withdrawn by a person.
    Cancelled,
}

impl PartState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Processing => "processing",
            Self::Retrying => "retrying",
            Self::Uncertain => "uncertain",
            Self::Published => "published",
            Self::NeedsYou => "needs_you",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }

    /// True while a worker or the platform is at it, or it may be live without our knowing.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Sending | Self::Processing | Self::Retrying | Self::Uncertain)
    }
}

/// Where a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Not scheduled.
    Draft,
    /// Will be sent at its time.
    Scheduled,
    /// Due, but kept back for a reason that a person can lift.
    Held,
    /// Under way.
    Sending,
    /// All of it is live.
    Published,
    /// Its beginning is live, the rest will not be.
    PublishedIncomplete,
    /// A person must say what became of a part.
    NeedsYou,
    /// Nothing is live.
    Failed,
    /// Its time passed and nothing was sent.
    Missed,
    /// Withdrawn by a person.
    Cancelled,
}

impl TargetState {
    /// Every state, in the order of lists.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Scheduled,
        Self::Sending,
        Self::Held,
        Self::NeedsYou,
        Self::Published,
        Self::PublishedIncomplete,
        Self::Failed,
        Self::Missed,
        Self::Cancelled,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Published => "published",
            Self::PublishedIncomplete => "published_incomplete",
            Self::NeedsYou => "needs_you",
            Self::Failed => "failed",
            Self::Missed => "missed",
            Self::Cancelled => "cancelled",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// True when its content may still be changed: nothing of it is live or may be.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled | Self::Held | Self::Failed | Self::Missed | Self::Cancelled)
    }
}

/// Why a target is cancelled that was live: a person had it deleted at its platform.
pub const TAKEN_DOWN: &str = "taken_down";

/// The step of a deletion, among the attempts of a part.
pub const DELETION: &str = "delete";

/// How far the deletion of a target at its platform is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TakedownState {
    /// Nothing has left, so that it can be taken back.
    Asked,
    /// A request may be on its way, or is sent again later.
    AtWork,
    /// Nothing of it stands any more.
    Done,
    /// The platform did not take it; a person may ask again.
    Failed,
}

impl TakedownState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::AtWork => "at_work",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// True until it is known what came of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::AtWork)
    }
}

/// A target's state from its parts in order, once the engine has begun with it. At least one part.
pub fn derive(parts: &[PartState]) -> TargetState {
    use PartState::*;
    let live = parts.first() == Some(&Published);
    if parts.iter().all(|p| *p == Published) {
        TargetState::Published
    } else if parts.contains(&NeedsYou) {
        TargetState::NeedsYou
    } else if parts.iter().any(|p| p.is_under_way()) {
        TargetState::Sending
    } else if parts.iter().any(|p| matches!(p, Failed | Skipped)) {
        if live { TargetState::PublishedIncomplete } else { TargetState::Failed }
    } else if parts.contains(&Waiting) {
        if live { TargetState::Sending } else { TargetState::Scheduled }
    } else if live {
        TargetState::PublishedIncomplete
    } else {
        TargetState::Cancelled
    }
}

#[cfg(test)]
mod tests {
    use super::{PartState::*, *};

    #[test]
    fn a_target_is_what_its_parts_are() {
        for (parts, target) in [
            (vec![Waiting, Waiting], TargetState::Scheduled),
            (vec![Sending, Waiting], TargetState::Sending),
            (vec![Published, Waiting], TargetState::Sending),
            (vec![Published, Uncertain], TargetState::Sending),
            (vec![Published, Published], TargetState::Published),
            (vec![Published, Failed, Skipped], TargetState::PublishedIncomplete),
            (vec![Failed, Skipped], TargetState::Failed),
            (vec![NeedsYou, Waiting], TargetState::NeedsYou),
            (vec![Published, NeedsYou], TargetState::NeedsYou),
            (vec![Published, Cancelled], TargetState::PublishedIncomplete),
            (vec![Cancelled, Cancelled], TargetState::Cancelled),
        ] {
            assert_eq!(derive(&parts), target, "{parts:?}");
        }
    }

    #[test]
    fn every_word_reads_back() {
        for state in TargetState::ALL {
            assert_eq!(TargetState::parse(state.as_str()), Some(state));
        }
    }
}
