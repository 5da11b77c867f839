//! All a provider sees while it publishes: its account, the guarded client, its media, its settings and its steps.
//!
//! [`Steps`], [`Tokens`] and [`MediaSource`] are implemented by features above; a provider cannot reach past them.

use std::{collections::BTreeMap, future::Future, ops::Deref, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Access, Failure, FailureKind, Fut, Remote};
use crate::{kit::MediaId, kit::text::Doc};

/// One part to be published on one account.
pub struct Call<'a> {
    /// The account.
    pub access: Access<'a>,
    /// The text.
    pub text: &'a Doc,
    /// Pictures and videos, in order.
    pub media: &'a [MediaFile],
    /// The target's settings.
    pub settings: &'a Json,
    /// From 0; the root of the thread.
    pub position: usize,
    /// What earlier parts of this thread became, in order: `thread[0]` is the root. Empty for the root itself.
    pub thread: &'a [Remote],
    /// It is the last part of its thread.
    pub last: bool,
    /// The ledger of this part.
    pub steps: &'a dyn Steps,
    /// The bytes of the media.
    pub files: &'a dyn MediaSource,
}

impl<'a> Deref for Call<'a> {
    type Target = Access<'a>;

    fn deref(&self) -> &Access<'a> {
        &self.access
    }
}

/// What it means that a step was begun and its end is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nobody sees it twice: uploads, reads.
    Repeatable,
    /// The platform knows repetitions by a key we send, for this long.
    Keyed {
        /// How long the platform remembers the key.
        lasts: Duration,
    },
    /// We choose the id, so a repetition collides with itself.
    ClientId,
    /// Sent twice is published twice.
    Once,
}

/// What stays the same over all attempts of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepKey {
    /// Random; idempotency keys and client-made ids derive from it.
    pub key: Uuid,
    /// When the step was first intended.
    pub begun_at: DateTime<Utc>,
    /// Attempts before this one whose outcome may be a success: 0 means nothing can be there yet.
    pub earlier: u32,
}

/// Whether a step must run.
pub enum Begin {
    /// It is finished; this is what it gave.
    Done(Json),
    /// Run it now; the intent is on disk.
    Run(StepKey),
}

/// The ledger of one part.
pub trait Steps: Send + Sync {
    /// Writes the intent down before anything leaves. `hash` is the SHA-256 of what is to be sent.
    /// Fails with [`FailureKind::Uncertain`] when an earlier attempt of a [`Effect::Once`] step has no known end.
    fn begin<'a>(&'a self, name: &'a str, effect: Effect, hash: [u8; 32]) -> Fut<'a, Begin>;

    /// Writes the end down.
    fn end<'a>(&'a self, name: &'a str, result: Result<&'a Json, &'a Failure>) -> Fut<'a, ()>;
}

/// The credentials of one account.
pub trait Tokens: Send + Sync {
    /// The current ones: the provider's own JSON object.
    fn current(&self) -> Json;

    /// Replaces credentials that stopped working. `seen` is what the caller used: when another call has replaced it
    /// already, that is returned and `refresh` does not run. One refresh runs at a time per account; what it gives is
    /// stored before it is used.
    fn renew<'a>(&'a self, seen: &'a Json, refresh: Refresh<'a>) -> Fut<'a, Json>;
}

/// Gets new credentials from the ones given.
pub type Refresh<'a> = Box<dyn FnOnce(Json) -> Fut<'a, Json> + Send + 'a>;

/// A picture or video of a part.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaFile {
    /// The library item.
    pub id: MediaId,
    /// `image/jpeg`, `image/png`, `image/gif`, `image/webp` or `video/mp4`.
    pub mime: String,
    /// Size of the stored file.
    pub bytes: u64,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Of a video.
    pub duration: Option<Duration>,
    /// Alternative text for this use; may be empty.
    pub alt: String,
    /// What stays in sight where it is cut: shares of width and height, 0 to 1, from the upper left.
    pub focus: Option<(f64, f64)>,
    /// The picture that stands for a video while it is not played.
    pub cover: Option<MediaId>,
}

impl MediaFile {
    /// True for a video.
    pub fn is_video(&self) -> bool {
        self.mime.starts_with("video/")
    }
}

/// What a picture must be turned into.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// Most bytes.
    pub max_bytes: u64,
    /// Longest side in pixels.
    pub max_side: u32,
    /// Accepted formats; the first is made when the stored one is not among them.
    pub formats: &'static [&'static str],
}

/// A picture made to fit, metadata removed.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The file.
    pub bytes: Bytes,
    /// Its type.
    pub mime: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// The bytes of media.
pub trait MediaSource: Send + Sync {
    /// The picture, upright and without metadata, shrunk and converted as far as `wanted` demands.
    fn fit<'a>(&'a self, id: MediaId, wanted: Picture) -> Fut<'a, Fitted>;

    /// The stored file as a stream.
    fn stream<'a>(&'a self, id: MediaId) -> Fut<'a, BoxStream<'static, std::io::Result<Bytes>>>;

    /// An address from which the platform can fetch the file itself, for an hour at least.
    fn public_url(&self, id: MediaId) -> Option<String>;

    /// An address that lasts and stays the same, for what shows the file from where it is: articles, mails.
    fn lasting_url(&self, id: MediaId) -> Option<String>;
}

impl Call<'_> {
    /// Runs a named step at most once to success: a finished one gives its stored result again.
    ///
    /// `sent` is what is about to be sent, hashed into the ledger. A failure that leaves open whether the write
    /// happened stays [`FailureKind::Uncertain`] only for [`Effect::Once`]; other effects may be repeated, so it
    /// becomes [`FailureKind::Unavailable`].
    pub async fn step<T, F, R>(&self, name: &str, effect: Effect, sent: &[u8], run: F) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce(StepKey) -> R,
        R: Future<Output = Result<T, Failure>>,
    {
        let key = match self.steps.begin(name, effect, crate::kit::crypto::sha256(sent)).await? {
            Begin::Done(stored) => return decode(stored),
            Begin::Run(key) => key,
        };
        match run(key).await {
            Ok(result) => {
                let json = serde_json::to_value(&result).map_err(|e| Failure::unexpected(e.to_string()))?;
                self.steps.end(name, Ok(&json)).await?;
                Ok(result)
            }
            Err(failure) => {
                // The ledger keeps what really happened; the engine hears what it means for this effect.
                self.steps.end(name, Err(&failure)).await?;
                Err(settle(effect, failure))
            }
        }
    }

    /// Refuses what the descriptor says does not fit. It was checked when the post was saved; this is for what changed since,
    /// and no request has left.
    pub fn fits(&self, about: &super::Descriptor) -> Result<(), Failure> {
        self.fits_in(about, &about.limits)
    }

    /// As [`Call::fits`], with limits of this account's own.
    pub fn fits_in(&self, about: &super::Descriptor, limits: &super::Limits) -> Result<(), Failure> {
        let text = about.counted(self.text);
        let (long, bytes, most) = (limits.text.count(&text), text.len(), limits.text.max_bytes.unwrap_or(usize::MAX));
        let films = self.media.iter().filter(|m| m.is_video()).count();
        let pictures = self.media.len() - films;
        let refusal = match () {
            () if long > limits.text.max => format!("the text has {long} characters; {} takes {}", about.name, limits.text.max),
            () if bytes > most => format!("the text has {bytes} bytes; {} takes {most}", about.name),
            () if pictures > limits.images => format!("the post has {pictures} pictures; {} takes {}", about.name, limits.images),
            () if films > limits.videos => format!("the post has {films} videos; {} takes {}", about.name, limits.videos),
            () => return Ok(()),
        };
        Err(Failure::rejected(refusal))
    }

    /// The words that are sent: see [`super::Descriptor::words`].
    pub fn words(&self, about: &super::Descriptor) -> String {
        about.words(self.text)
    }

    /// A text of the settings; nothing when it is not there or empty.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings[name].as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The part before this one, which a reply hangs on; `None` for the root.
    pub fn parent(&self) -> Option<&Remote> {
        self.thread.last()
    }
}

/// A host of a provider: the configured one, else the descriptor's.
pub(super) fn host(hosts: &BTreeMap<String, String>, about: &super::Descriptor, name: &str) -> String {
    let known = about.hosts.iter().find(|(n, _)| *n == name).map_or("", |(_, url)| *url);
    hosts.get(name).map_or(known, String::as_str).trim_end_matches('/').to_owned()
}

fn decode<T: DeserializeOwned>(stored: Json) -> Result<T, Failure> {
    serde_json::from_value(stored).map_err(|e| Failure::unexpected(format!("a stored step result cannot be read: {e}")))
}

fn settle(effect: Effect, failure: Failure) -> Failure {
    match (effect, failure.kind) {
        (Effect::Once, _) => failure,
        (_, FailureKind::Uncertain) => Failure { kind: FailureKind::Unavailable, ..failure },
        _ => failure,
    }
}
