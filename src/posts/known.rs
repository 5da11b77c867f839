//! What a draft is checked against, loaded before the transaction: its channels with their providers, its media, and the
//! files that its settings name.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value as Json, json};

use super::draft::{Draft, Entry, EntryPart};
use crate::{
    app::App,
    channels::{Channel, fields},
    error::{Error, FieldError, Message, Result},
    kit::{ChannelId, MediaId, OrgId},
    media::{self, Media, MediaInput},
    providers::{Descriptor, Provider},
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
    /// Files that settings name, as they name them: which they are, or what is wrong.
    pub(super) files: HashMap<String, std::result::Result<Media, Message>>,
    /// The address of this instance.
    pub(super) url: String,
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
        known.url = app.url.to_string();
        for entry in entries {
            known.attach(app, org, entry).await?;
        }
        Ok(known)
    }

    /// Finds the files that an entry's settings name; one at a foreign address is fetched.
    async fn attach(&mut self, app: &App, org: OrgId, entry: &Entry) -> Result<()> {
        let Some(about) = self.destination(entry.channel)?.provider.map(|p| p.about()) else { return Ok(()) };
        let Ok(mut settings) = fields::read_json(about.settings, &entry.settings, "settings") else { return Ok(()) };
        let mut named = Vec::new();
        fields::each_file(about.settings, &mut settings, "settings", &mut |file| named.push(file.value.clone()));
        for file in named {
            let key = file.to_string();
            if self.files.contains_key(&key) {
                continue;
            }
            let input = MediaInput { id: file["id"].as_str(), path: file["path"].as_str() };
            let found = match media::resolve(app, org, input, "settings").await {
                Ok(media) => Ok(media),
                Err(Error::Invalid(errors)) => Err(errors.into_iter().next().map_or("problem.media".into(), |e| e.message)),
                Err(e) => return Err(e),
            };
            self.files.insert(key, found);
        }
        Ok(())
    }

    /// Settings as they are stored, checked and with their files as `{id, path}` of the library; or all that is wrong.
    pub fn settings(&self, about: &Descriptor, given: &Json) -> std::result::Result<Json, Vec<FieldError>> {
        let mut settings = fields::read_json(about.settings, given, "settings")?;
        let mut wrong = Vec::new();
        fields::each_file(about.settings, &mut settings, "settings", &mut |file| match self.files.get(&file.value.to_string()) {
            Some(Ok(media)) if file.picture && media.is_video() => wrong.push(FieldError::new(file.path, "field.picture")),
            Some(Ok(media)) => *file.value = json!({"id": media.id, "path": format!("{}{}", self.url, media.path())}),
            Some(Err(message)) => wrong.push(FieldError::new(file.path, message.clone())),
            // Not looked for: nothing was loaded for this draft.
            None => wrong.push(FieldError::new(file.path, "problem.media")),
        });
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    /// A channel of the draft it was loaded for.
    pub fn destination(&self, id: ChannelId) -> Result<&Destination> {
        self.channels.get(&id).ok_or(Error::NotFound("channel"))
    }
}
