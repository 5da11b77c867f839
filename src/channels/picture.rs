//! The pictures of accounts: copied into our store, so that pages load nothing from a platform. Small, re-encoded, named by
//! their content; served at [`PATH`].

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::{
    health,
    model::{Channel, Portrait, mark_reconnect, set_handle},
    vault::Vault,
};
use crate::{
    app::App,
    error::{Error, FailureKind, Result},
    kit::{ChannelId, OrgId, crypto::sha256},
    media,
    providers::Picture,
    queue::{Job, Stop},
};

/// Where they are served.
pub const PATH: &str = "/channels/pictures/";
/// Where they lie in the store.
const FOLDER: &str = "channels/";
/// Most bytes that are fetched.
const FETCHED: usize = 5 * 1024 * 1024;
/// What becomes of them: twice the largest size at which pages show one, for dense screens.
const SHOWN: Picture = Picture { max_bytes: 256 * 1024, max_side: 256, formats: &["image/jpeg", "image/png"] };

/// As others load it: absolute. Also right for an address at the platform.
pub fn public(app: &App, picture: &str) -> String {
    if picture.starts_with('/') { app.link(picture) } else { picture.to_owned() }
}

/// The place in the store and the type of one that is served under this name; `None` for a name that we never gave.
pub fn stored(name: &str) -> Option<(String, &'static str)> {
    let (stem, mime) = match name.rsplit_once('.')? {
        (stem, "jpg") => (stem, "image/jpeg"),
        (stem, "png") => (stem, "image/png"),
        _ => return None,
    };
    let ours = stem.len() == 36 + 1 + 32 && stem.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f' | b'-'));
    ours.then(|| (format!("{FOLDER}{name}"), mime))
}

/// Copies the picture of one channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Copy {
    /// Its tenant.
    pub org: OrgId,
    /// The channel.
    pub channel: ChannelId,
    /// The platform is asked for today's picture and handle first.
    pub ask: bool,
}

impl Job for Copy {
    type Context = App;
    const NAME: &'static str = "channels.picture";

    fn key(&self) -> Option<String> {
        Some(self.channel.to_string())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        let of = (self.org, self.channel);
        let old = Portrait::find(&app.db, self.org, self.channel).await?;
        let source = if self.ask { self.today(app).await?.or(old.picture_source.clone()) } else { old.picture_source.clone() };
        let new = match &source {
            None => None,
            // What cannot be fetched today may be there next week; what we have is better than nothing.
            Some(url) => self.copied(app, url, old.picture.as_deref()).await?.or(old.picture.clone()),
        };
        let portrait = Portrait { picture_source: source, picture: new };
        store(app, of, &portrait, app.clock.now()).await?;
        if let Some(gone) = old.picture.filter(|path| portrait.picture.as_ref() != Some(path)) {
            remove(app, &gone).await;
        }
        Ok(())
    }
}

impl Copy {
    /// Where the platform has the picture today. What else it says is noted: another handle, an access that has ended.
    async fn today(&self, app: &App) -> Result<Option<String>> {
        let channel = Channel::find(&app.db, self.org, self.channel).await?;
        let vault = Vault::open(app, self.org, self.channel).await?;
        let (of, now) = ((self.org, self.channel), app.clock.now());
        match health::with(app, &channel, &vault).await {
            Ok(health) if health.same => {
                let handle = health.identity.handle.trim_start_matches('@');
                if !handle.is_empty() && handle != channel.handle {
                    let mut tx = app.db.begin().await?;
                    set_handle(&mut tx, of, handle).await?;
                    tx.commit().await?;
                }
                Ok(health.identity.picture.filter(|url| url.starts_with("https://") || url.starts_with("http://")))
            }
            Err(Error::Provider(failure)) if failure.kind == FailureKind::Reconnect => {
                let mut tx = app.db.begin().await?;
                mark_reconnect(&mut tx, of, Some(&vault.sealed()), &failure.message, now).await?;
                tx.commit().await?;
                Ok(None)
            }
            Ok(_) | Err(Error::Provider(_)) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The path of our copy; `None` when there is nothing to copy. A store that is away is an error.
    async fn copied(&self, app: &App, url: &str, old: Option<&str>) -> Result<Option<String>> {
        let Some(bytes) = fetched(app, url).await else { return Ok(None) };
        let fitted = match media::fit(bytes, SHOWN).await {
            Ok(fitted) => fitted,
            Err(why) => {
                tracing::debug!(channel = %self.channel, why = why.key, "the picture of an account is none");
                return Ok(None);
            }
        };
        let extension = if fitted.mime == "image/png" { "png" } else { "jpg" };
        let name = format!("{}-{}.{extension}", self.channel, &hex::encode(sha256(&fitted.bytes))[..32]);
        let path = format!("{PATH}{name}");
        if old != Some(path.as_str()) {
            let limit = SHOWN.max_bytes;
            app.store.put_stream(&format!("{FOLDER}{name}"), stream::iter([Ok(fitted.bytes)]), limit).await?;
        }
        Ok(Some(path))
    }
}

async fn fetched(app: &App, url: &str) -> Option<Bytes> {
    let reply = app.http.fetch(url).max_reply(FETCHED).send().await.ok()?;
    reply.is_success().then_some(reply.body)
}

async fn store(app: &App, of: (OrgId, ChannelId), portrait: &Portrait, now: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    portrait.store(&mut tx, of, now).await?;
    tx.commit().await
}

async fn remove(app: &App, path: &str) {
    let Some(name) = path.strip_prefix(PATH).and_then(stored) else { return };
    match app.store.delete(&name.0).await {
        Ok(()) | Err(Error::NotFound(_)) => {}
        Err(e) => tracing::warn!(path, error = %e, "the old picture of an account could not be deleted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_we_gave_are_looked_for() {
        let name = format!("{}-{}", uuid::Uuid::nil(), "0123456789abcdef0123456789abcdef");
        assert_eq!(stored(&format!("{name}.jpg")).unwrap(), (format!("channels/{name}.jpg"), "image/jpeg"));
        assert_eq!(stored(&format!("{name}.png")).unwrap().1, "image/png");
        for foreign in [format!("{name}.svg"), format!("../{name}.jpg"), format!("{name}x.jpg"), "key".into(), ".jpg".into()] {
            assert!(stored(&foreign).is_none(), "{foreign}");
        }
    }
}
