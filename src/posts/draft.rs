//! A post as somebody wants it: the one input of the pages, the API and the command line.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value as Json;

use crate::{
    error::Message,
    kit::{ChannelId, PartId, PostId, TargetId, text::Doc},
    providers::MediaRef,
};

/// What to save.
#[derive(Debug, Clone)]
pub struct Draft {
    /// When it goes out.
    pub when: When,
    /// The zone in which a person chose the time.
    pub zone: Tz,
    /// One per channel, at least one unless it is a draft.
    pub entries: Vec<Entry>,
    /// The same content may go to the same channel again; otherwise that is a [`Problem`] with [`Problem::same_as`].
    pub allow_duplicate: bool,
}

/// When a post goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Not before somebody says so; the date is only remembered.
    Draft(Option<DateTime<Utc>>),
    /// At an instant. Up to ten minutes past means now; older is refused.
    At(DateTime<Utc>),
    /// As soon as it is saved.
    Now,
    /// At the next free slot of each channel.
    NextSlot,
    /// At the next time that is free on all channels, on all at once.
    CommonSlot,
}

/// The post for one channel.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The target to edit in place; `None`: a new one.
    pub target: Option<TargetId>,
    /// Where to.
    pub channel: ChannelId,
    /// The provider's settings: a JSON object, unknown names ignored.
    pub settings: Json,
    /// The thread, at least one part.
    pub parts: Vec<EntryPart>,
}

/// One item of the thread.
#[derive(Debug, Clone)]
pub struct EntryPart {
    /// The part to keep over an edit; `None` or unknown: a new one.
    pub id: Option<PartId>,
    /// Its text.
    pub text: Doc,
    /// Pictures and videos of the library.
    pub media: Vec<MediaRef>,
    /// Wait after the part before it, in seconds.
    pub delay_seconds: i64,
}

/// Something that keeps a draft from being scheduled. Callers turn it into their own field names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which entry, from 0; `None`: the draft as a whole.
    pub entry: Option<usize>,
    /// Which part of it, from 0.
    pub part: Option<usize>,
    /// `channel`, `content`, `image`, `delay`, `settings`, `settings.<name>`, `date`, `duplicate`.
    pub field: String,
    /// What is wrong.
    pub message: Message,
    /// The target with the same content on the same channel, of the field `duplicate`: goes with
    /// [`Draft::allow_duplicate`].
    pub same_as: Option<TargetId>,
}

/// What was saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The post.
    pub post: PostId,
    /// Its targets in the order of the entries.
    pub targets: Vec<(TargetId, ChannelId)>,
    /// They wait for approval before they are scheduled.
    pub in_review: bool,
}
