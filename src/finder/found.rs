//! Finds as pages show them: what the index named, as it is in the database now.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use super::{
    model::{self, Standing},
    places,
};
use crate::{
    app::App,
    error::{Error, Result},
    kit::{ChannelId, MediaId, PostId},
    media::Media,
    orgs::Caller,
    posts::words::{Reader, target_state},
    search::{Find, Piece},
};

/// Finds that are read from the index at most.
pub const MOST: usize = 50;
/// Kinds that can be asked for.
pub const KINDS: [&str; 4] = ["post", "media", "channel", "page"];

/// One find.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Found {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Where it is.
    pub url: String,
    /// Its icon, of what has no picture.
    pub icon: &'static str,
    /// Its picture.
    pub picture: Option<String>,
    /// Its provider's mark.
    pub provider: Option<String>,
    /// Its name.
    pub title: Vec<Piece>,
    /// Its words around the first hit.
    pub excerpt: Vec<Piece>,
    /// A post's state, and its name.
    pub state: Option<(&'static str, String)>,
    /// A post's time and channels.
    pub about: String,
}

/// What fits, the best first; pages before everything else.
pub async fn find(app: &App, caller: &Caller, typed: &str, kind: Option<&'static str>) -> Result<Vec<Found>> {
    let wanted = |of: &str| kind.is_none_or(|kind| kind == of);
    let mut found = if wanted("page") { places::find(typed, caller) } else { Vec::new() };
    if typed.trim().is_empty() || kind == Some("page") {
        return Ok(found);
    }
    let (index, org, words) = (app.search.clone(), caller.org, typed.to_owned());
    let finds = tokio::task::spawn_blocking(move || index.find(org, &words, kind, MOST)).await.map_err(Error::internal)??;
    let read = Read::now(app, caller, &finds).await?;
    found.extend(finds.into_iter().filter_map(|find| read.show(find)));
    Ok(found)
}

/// What the finds are now.
struct Read {
    reader: Reader,
    posts: HashMap<PostId, Vec<Standing>>,
    media: HashMap<MediaId, Media>,
    channels: HashMap<ChannelId, (String, Option<String>)>,
}

impl Read {
    async fn now(app: &App, caller: &Caller, finds: &[Find]) -> Result<Self> {
        let of = |kind: &str| finds.iter().filter(|f| f.kind == kind).map(|f| f.id).collect::<Vec<Uuid>>();
        let posts: Vec<PostId> = of("post").into_iter().map(PostId).collect();
        let media: Vec<MediaId> = of("media").into_iter().map(MediaId).collect();
        let channels: Vec<ChannelId> = of("channel").into_iter().map(ChannelId).collect();
        let media = if media.is_empty() { Vec::new() } else { Media::find_many(&app.db, caller.org, &media).await? };
        let pictures = if channels.is_empty() { Vec::new() } else { model::pictures(&app.db, caller.org, &channels).await? };
        Ok(Self {
            reader: Reader { now: app.clock.now(), zone: caller.zone },
            posts: if posts.is_empty() { HashMap::new() } else { model::standings(&app.db, caller.org, &posts).await? },
            media: media.into_iter().filter(|m| m.deleted_at.is_none()).map(|m| (m.id, m)).collect(),
            channels: pictures.into_iter().map(|(id, provider, picture)| (id, (provider, picture))).collect(),
        })
    }

    /// `None`: it is gone.
    fn show(&self, find: Find) -> Option<Found> {
        let Find { kind, id, title, excerpt } = find;
        Some(match kind.as_str() {
            "post" => self.post(self.posts.get(&PostId(id))?, Found { url: format!("/posts/{id}"), excerpt, ..Found::default() }),
            "media" => {
                let media = self.media.get(&MediaId(id))?;
                let picture = media.still();
                Found { kind: "media", url: format!("/media/{id}"), icon: "play", picture, title, excerpt, ..Found::default() }
            }
            "channel" => {
                let (provider, picture) = self.channels.get(&ChannelId(id))?.clone();
                let url = format!("/channels/{id}");
                Found {
                    kind: "channel",
                    url,
                    icon: "radio",
                    picture,
                    provider: Some(provider),
                    title,
                    excerpt,
                    ..Found::default()
                }
            }
            _ => return None,
        })
    }

    fn post(&self, standings: &[Standing], found: Found) -> Found {
        let first = standings.first();
        let when = first.and_then(|s| s.due_at).map(|due| self.reader.short(due));
        let names = standings.iter().map(|s| s.channel.as_str()).collect::<Vec<_>>().join(", ");
        Found {
            kind: "post",
            icon: "file-text",
            provider: first.map(|s| s.provider.clone()),
            state: first.map(|s| (s.state.as_str(), target_state(s.state))),
            about: when.into_iter().chain(Some(names).filter(|names| !names.is_empty())).collect::<Vec<_>>().join(" · "),
            ..found
        }
    }
}
