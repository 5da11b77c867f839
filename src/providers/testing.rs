//! What a provider's tests stand on: a part to publish with an in-memory ledger, credentials and media, and a platform on
//! the loopback address that can refuse, hang and hang up.
//!
//! ```ignore
//! let fake = Fake::start(|seen| match seen.path.as_str() { "/post" => Answer::json(json!({"id": 1})), _ => Answer::hang() }).await;
//! let stage = Stage::new("account", json!({"token": "t"}));
//! stage.ledger.crash_at("create");                        // the write goes out, its end is never stored
//! assert!(provider.publish(&stage.call()).await.is_err());
//! provider.publish(&stage.call()).await                    // the same part again: finished steps are not repeated
//! ```

mod fake;
pub mod forum;
mod ledger;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, Once},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde_json::Value as Json;

pub use fake::{Answer, Fake, Part, Seen};
pub use ledger::Ledger;

use super::{
    Access, Account, Answers, Call, Connected, Descriptor, Failure, Fitted, Fut, MediaFile, MediaSource, Picture, Refresh,
    Remote, Tokens,
};
use crate::{config, http::Client, kit::MediaId, kit::text::Doc};

/// A client that may call the loopback address and gives up after a second.
pub fn client() -> Client {
    client_with_patience(1)
}

/// As [`client`], with the patience that a real server needs at first.
pub fn patient_client() -> Client {
    client_with_patience(30)
}

fn client_with_patience(seconds: u64) -> Client {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    Client::new(&config::Http { allow_private, connect_timeout_seconds: seconds.min(5), timeout_seconds: seconds }).unwrap()
}

/// The bytes of a small picture.
pub fn png() -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(400, 300, image::Rgb([200, 60, 30])).write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

/// Providers that only tests know, found by their id.
pub const EXTRA: &[&dyn super::Provider] = &[&forum::Forum];

/// Where the platform sends people back.
pub const REDIRECT: &str = "https://rostrum.example/integrations/social/x";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// One part about to be published, and everything its [`Call`] borrows. Change the fields, then ask for the call.
pub struct Stage {
    pub http: Client,
    pub account: String,
    pub hosts: BTreeMap<String, String>,
    pub app: Answers,
    pub text: Doc,
    pub media: Vec<MediaFile>,
    pub settings: Json,
    pub thread: Vec<Remote>,
    pub last: bool,
    pub now: DateTime<Utc>,
    pub ledger: Ledger,
    pub purse: Purse,
    pub files: Files,
}

impl Stage {
    /// A first part without text at 2026-11-23 08:00 UTC.
    pub fn new(account: &str, credentials: Json) -> Self {
        let now = "2026-11-23T08:00:00.123456Z".parse().unwrap();
        Self {
            http: client(),
            account: account.into(),
            hosts: BTreeMap::new(),
            app: Answers::new(),
            text: Doc::default(),
            media: Vec::new(),
            settings: Json::Object(Default::default()),
            thread: Vec::new(),
            last: false,
            now,
            ledger: Ledger::new(now),
            purse: Purse::new(credentials),
            files: Files::default(),
        }
    }

    /// With this text, as a person would type it.
    pub fn text(mut self, text: &str) -> Self {
        self.text = Doc::from_plain(text);
        self
    }

    /// With every host of the provider at this address.
    pub fn at(mut self, about: &Descriptor, url: &str) -> Self {
        self.hosts = about.hosts.iter().map(|(name, _)| ((*name).to_owned(), url.to_owned())).collect();
        self
    }

    /// With a developer app.
    pub fn app(mut self, app: &[(&str, &str)]) -> Self {
        self.app = app.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }

    /// With settings.
    pub fn settings(mut self, settings: Json) -> Self {
        self.settings = settings;
        self
    }

    /// With one more video of this size.
    pub fn film(mut self, width: u32, height: u32, alt: &str) -> Self {
        let mut file = self.files.add(width, height, alt);
        let bytes = format!("mp4 {}", self.media.len());
        (file.mime, file.bytes, file.duration) = ("video/mp4".into(), bytes.len() as u64, Some(Duration::from_secs(9)));
        self.files.fill(&file, bytes, "video/mp4");
        self.media.push(file);
        self
    }

    /// With one more picture of this size.
    pub fn picture(mut self, width: u32, height: u32, alt: &str) -> Self {
        self.media.push(self.files.add(width, height, alt));
        self
    }

    /// The account.
    pub fn access(&self) -> Access<'_> {
        Access {
            http: &self.http,
            hosts: &self.hosts,
            app: &self.app,
            redirect: REDIRECT,
            account: &self.account,
            tokens: &self.purse,
            now: self.now,
        }
    }

    /// What the provider sees.
    pub fn call(&self) -> Call<'_> {
        Call {
            access: self.access(),
            text: &self.text,
            media: &self.media,
            settings: &self.settings,
            position: self.thread.len(),
            thread: &self.thread,
            last: self.last,
            steps: &self.ledger,
            files: &self.files,
        }
    }

    /// The next part of the thread, a second later: this one became `remote`.
    pub fn next(mut self, remote: Remote, text: &str) -> Self {
        self.thread.push(remote);
        self.now += TimeDelta::seconds(1);
        self.media.clear();
        self.ledger = Ledger::new(self.now);
        self.text(text)
    }

    /// Fails when one of the secrets shows in a failure, or in anything the ledger keeps.
    pub fn assert_hides(&self, secrets: &[&str], failure: Option<&Failure>) {
        let mut kept = vec![format!("{failure:?}"), serde_json::to_string(&failure).unwrap()];
        kept.extend(self.ledger.kept());
        for secret in secrets {
            assert!(!kept.iter().any(|text| text.contains(secret)), "{secret} shows in {kept:?}");
        }
    }
}

/// The account of a provider that has nothing to choose from.
pub fn one(connected: Connected) -> Account {
    match connected {
        Connected::Account(account) => *account,
        Connected::Choose { pages, .. } => panic!("offered {pages:?}"),
    }
}

/// Credentials in memory: one refresh at a time, stored before it is used.
pub struct Purse {
    current: Mutex<Json>,
    refresh: tokio::sync::Mutex<u32>,
}

impl Purse {
    pub fn new(credentials: Json) -> Self {
        Self { current: Mutex::new(credentials), refresh: Default::default() }
    }

    /// How many refreshes succeeded.
    pub async fn refreshed(&self) -> u32 {
        *self.refresh.lock().await
    }
}

impl Tokens for Purse {
    fn current(&self) -> Json {
        lock(&self.current).clone()
    }

    fn renew<'a>(&'a self, seen: &'a Json, refresh: Refresh<'a>) -> Fut<'a, Json> {
        Box::pin(async move {
            let mut refreshed = self.refresh.lock().await;
            let current = self.current();
            if current != *seen {
                return Ok(current);
            }
            let renewed = refresh(current).await?;
            *lock(&self.current) = renewed.clone();
            *refreshed += 1;
            Ok(renewed)
        })
    }
}

/// Media in memory. The bytes of a picture are its type and number.
#[derive(Default)]
pub struct Files {
    files: HashMap<MediaId, Fitted>,
    asked: Mutex<Vec<Picture>>,
}

impl Files {
    /// Another JPEG of this size.
    pub fn add(&mut self, width: u32, height: u32, alt: &str) -> MediaFile {
        let (id, mime) = (MediaId::new(), "image/jpeg".to_owned());
        let bytes = Bytes::from(format!("jpeg {}", self.files.len()));
        let size = bytes.len() as u64;
        self.files.insert(id, Fitted { bytes, mime: mime.clone(), width, height });
        MediaFile {
            id,
            mime,
            bytes: size,
            width: Some(width),
            height: Some(height),
            duration: None,
            alt: alt.into(),
            focus: None,
            cover: None,
        }
    }

    /// Puts real bytes behind a file.
    pub fn fill(&mut self, file: &MediaFile, bytes: impl Into<Bytes>, mime: &str) {
        let fitted = self.files.get_mut(&file.id).expect("the file was added here");
        (fitted.bytes, fitted.mime) = (bytes.into(), mime.into());
    }

    /// What pictures were asked to be.
    pub fn asked(&self) -> Vec<Picture> {
        lock(&self.asked).clone()
    }
}

impl MediaSource for Files {
    fn fit<'a>(&'a self, id: MediaId, wanted: Picture) -> Fut<'a, Fitted> {
        lock(&self.asked).push(wanted);
        Box::pin(async move { self.files.get(&id).cloned().ok_or_else(|| Failure::rejected("the file is gone")) })
    }

    fn stream<'a>(&'a self, id: MediaId) -> Fut<'a, BoxStream<'static, std::io::Result<Bytes>>> {
        Box::pin(async move {
            let file = self.fit(id, Picture { max_bytes: 0, max_side: 0, formats: &[] }).await?;
            Ok(stream::iter([Ok(file.bytes)]).boxed())
        })
    }

    fn public_url(&self, id: MediaId) -> Option<String> {
        self.files.contains_key(&id).then(|| format!("https://media.example/{id}.jpg"))
    }

    fn lasting_url(&self, id: MediaId) -> Option<String> {
        self.files.contains_key(&id).then(|| format!("https://lasting.example/{id}.jpg"))
    }
}
