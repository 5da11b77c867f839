//! The kinds of notices: who sees them, which events bring them about, and how long they are true. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    delivery::{HOURLY, NOT_APPROVED, TargetState},
    orgs::Role,
};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A post, or the rest of its thread, will not go out.
    #[serde(rename = "post.failed")]
    PostFailed,
    /// Nobody but a person can tell whether a post is live.
    #[serde(rename = "post.needs_you")]
    PostNeedsYou,
    /// A post is due and kept back.
    #[serde(rename = "post.held")]
    PostHeld,
    /// A channel's access no longer works.
    #[serde(rename = "channel.reconnect")]
    ChannelReconnect,
    /// A post was missed because nobody had approved it.
    #[serde(rename = "post.not_approved")]
    PostNotApproved,
    /// A post waits for somebody's approval.
    #[serde(rename = "review.asked")]
    ReviewAsked,
    /// Somebody's post was approved, or changes were asked for.
    #[serde(rename = "review.decided")]
    ReviewDecided,
    /// Somebody was named in a comment, or a client commented on their post.
    #[serde(rename = "comment.mention")]
    Mention,
}

impl Kind {
    /// All, in the order of the settings.
    pub const ALL: [Self; 8] = [
        Self::PostNeedsYou,
        Self::PostFailed,
        Self::ChannelReconnect,
        Self::PostHeld,
        Self::PostNotApproved,
        Self::ReviewAsked,
        Self::ReviewDecided,
        Self::Mention,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PostFailed => "post.failed",
            Self::PostNeedsYou => "post.needs_you",
            Self::PostHeld => "post.held",
            Self::ChannelReconnect => "channel.reconnect",
            Self::PostNotApproved => "post.not_approved",
            Self::ReviewAsked => "review.asked",
            Self::ReviewDecided => "review.decided",
            Self::Mention => "comment.mention",
        }
    }

    /// From the stored word; `None` for one of a newer program.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The least role that sees it: everybody can do something about a post, only some about a channel.
    pub fn role(self) -> Role {
        match self {
            Self::ChannelReconnect => Role::Admin,
            _ => Role::Member,
        }
    }

    /// True while it is still so.
    pub fn is_true(self, now: &Standing) -> bool {
        use TargetState::*;
        match self {
            Self::ChannelReconnect => now.channel_broken,
            Self::PostFailed => matches!(now.target, Some(Failed | PublishedIncomplete)),
            Self::PostNeedsYou => now.target == Some(NeedsYou),
            Self::PostHeld => now.target == Some(Held),
            Self::PostNotApproved => now.target == Some(Missed),
            // These are about a post as a whole, and end by events of their own.
            Self::ReviewAsked | Self::ReviewDecided | Self::Mention => true,
        }
    }
}

/// How the things of an event are now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// The target's state; `None` when there is none, or it was deleted.
    pub target: Option<TargetState>,
    /// The channel needs to be reconnected.
    pub channel_broken: bool,
}

/// What an event means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// People are told of it.
    Raise(Kind),
    /// Those whom the event names are told of it.
    Tell(Kind),
    /// Something told before may be over.
    Settle,
}

/// What an event means; `reason` is that of a held target. `None`: nothing here follows from it.
pub fn meaning(event: &str, reason: Option<&str>) -> Option<Meaning> {
    Some(match event {
        "part.failed" => Meaning::Raise(Kind::PostFailed),
        "part.needs_you" => Meaning::Raise(Kind::PostNeedsYou),
        "channel.broken" => Meaning::Raise(Kind::ChannelReconnect),
        "target.missed" if reason == Some(NOT_APPROVED) => Meaning::Raise(Kind::PostNotApproved),
        "review.asked" => Meaning::Tell(Kind::ReviewAsked),
        "review.approved" | "review.changes" => Meaning::Tell(Kind::ReviewDecided),
        "comment.added" => Meaning::Tell(Kind::Mention),
        // The notice of the channel says already that its posts are held; the others go on without anybody.
        "target.held" if matches!(reason, Some("reconnect" | "series" | HOURLY)) => Meaning::Settle,
        "target.held" => Meaning::Raise(Kind::PostHeld),
        "channel.reconnected"
        | "channel.removed"
        | "part.resolved"
        | "review.void"
        | "review.withdrawn"
        | "target.cancelled"
        | "target.deleted"
        | "target.dropped"
        | "target.missed"
        | "target.moved"
        | "target.passed_over"
        | "target.released"
        | "target.rescheduled"
        | "target.retried"
        | "target.sent_now"
        | "target.taken_down" => Meaning::Settle,
        _ => return None,
    })
}

/// True for events from which something follows here.
pub fn concerns(event: &str) -> bool {
    meaning(event, None).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("post.unheard_of"), None);
    }

    #[test]
    fn a_post_that_is_held_is_told_of_when_it_needs_somebody() {
        assert_eq!(meaning("target.held", Some("late")), Some(Meaning::Raise(Kind::PostHeld)));
        for reason in ["reconnect", "series", HOURLY] {
            assert_eq!(meaning("target.held", Some(reason)), Some(Meaning::Settle), "{reason}");
        }
        assert_eq!(meaning("post.created", None), None);
        assert_eq!(meaning("target.missed", Some("not_approved")), Some(Meaning::Raise(Kind::PostNotApproved)));
        assert_eq!(meaning("target.missed", Some("skipped")), Some(Meaning::Settle));
    }
}
