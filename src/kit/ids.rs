//! Typed ids: a target cannot be passed where a part is meant. All are UUIDv7, so they sort by creation.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; later ids sort after earlier ones.
            #[allow(clippy::new_without_default, reason = "an id is never a default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )*};
}

ids! {
    /// A person with a login.
    UserId,
    /// An organisation: the tenant. Every query is scoped by one.
    OrgId,
    /// A login of one browser.
    SessionId,
    /// A connected account at a platform.
    ChannelId,
    /// A weekly posting time of a channel.
    SlotId,
    /// Something written once for one or more channels.
    PostId,
    /// One immutable state of a post's content.
    VersionId,
    /// One post on one channel at one time.
    TargetId,
    /// One item of a target's thread.
    PartId,
    /// One try of one step of a part.
    AttemptId,
    /// A file of the media library.
    MediaId,
    /// An entry of the audit trail.
    EventId,
    /// A time without a sign of life.
    OutageId,
    /// A job of the queue.
    JobId,
    /// Something that people are told.
    NoticeId,
    /// An access token of `/api/v1`.
    TokenId,
    /// Connecting an account that takes several steps.
    ConnectionId,
    /// A developer app that somebody entered.
    DeveloperAppId,
    /// Whom channels are run for.
    CustomerId,
    /// A link by which somebody joins an organisation.
    InviteId,
    /// The question whether one version of a post may go out.
    ReviewId,
    /// What somebody said about a post.
    CommentId,
    /// A link that shows posts to people without an account.
    ShareId,
    /// A coloured label of posts.
    TagId,
    /// Words that are put into posts again and again.
    SnippetId,
    /// A composer to begin posts from.
    SetId,
    /// One sitting at one composer, as far as it was not saved.
    DraftId,
    /// One state of such a draft.
    AutosaveId,
}
