//! What a draft is checked against, loaded before the transaction: its channels with their providers, and its media.

use std::collections::{BTreeSet, HashMap};

use super::draft::{Draft, Entry, EntryPart};
use crate::{
    app::App,
    channels::Channel,
    error::{Error, Result},
    kit::{ChannelId, MediaId, OrgId},
    media::Media,
    providers::Provider,
};

/// A channel and the provider that serves it.
pub struct Destination {
    /// The channel.
    pub channel: Channel,
    /// `None` when this program does not know it.
    pub provider: Option<&'static dyn Provider>,
}

/// What exists of what a draft names.
#[derive(Default)]
pub struct Known {
    /// Every channel the draft names.
    pub channels: HashMap<ChannelId, Destination>,
    /// Those media it names that the organisation has.
    pub media: HashMap<MediaId, Media>,
}

impl Known {
    /// Loads it. [`Error::NotFound`] for a channel that is unknown, removed or somebody else's: such a draft cannot even
    /// be talked about.
    pub async fn load(app: &App, org: OrgId, draft: &Draft, loose: &[EntryPart]) -> Result<Self> {
        Self::of(app, org, draft.entries.iter().collect(), loose).await
    }

    /// The same for many drafts at once.
    pub async fn load_all(app: &App, org: OrgId, drafts: &[Draft]) -> Result<Self> {
        Self::of(app, org, drafts.iter().flat_map(|d| &d.entries).collect(), &[]).await
    }

    async fn of(app: &App, org: OrgId, entries: Vec<&Entry>, loose: &[EntryPart]) -> Result<Self> {
        let mut known = Self::default();
        for id in entries.iter().map(|e| e.channel).collect::<BTreeSet<_>>() {
            let channel = Channel::find(&app.db, org, id).await?;
            let provider = channel.provider();
            known.channels.insert(id, Destination { channel, provider });
        }
        let parts = entries.iter().flat_map(|e| &e.parts).chain(loose);
        let ids: BTreeSet<MediaId> = parts.flat_map(|p| p.media.iter().map(|m| m.id)).collect();
        let media = Media::find_many(&app.db, org, &ids.into_iter().collect::<Vec<_>>()).await?;
        known.media = media.into_iter().map(|m| (m.id, m)).collect();
        Ok(known)
    }

    /// A channel of the draft it was loaded for.
    pub fn destination(&self, id: ChannelId) -> Result<&Destination> {
        self.channels.get(&id).ok_or(Error::NotFound("channel"))
    }
}
