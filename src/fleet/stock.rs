//! Fills a scratch instance through the features' own functions: owners, channels of the sandbox, posts by the thousand.

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use crate::{
    app::App,
    channels,
    error::{Error, Result},
    identity::{self, NewOwner},
    kit::{ChannelId, OrgId, Secret, crypto, text::Doc},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
};

/// Posts of one transaction.
const BATCH: usize = 500;
/// Channels connected at the same time.
const CONNECTING: usize = 8;

/// An organisation with its channels.
#[derive(Debug, Clone)]
pub struct Stock {
    /// The organisation.
    pub org: OrgId,
    /// Its API key.
    pub api_key: String,
    /// Its owner's login.
    pub email: String,
    /// Its owner's password.
    pub password: Secret,
    /// Channels with their handles on the sandbox.
    pub channels: Vec<(ChannelId, String)>,
}

impl Stock {
    /// Makes an owner called `name` with so many channels at `sandbox`.
    pub async fn new(app: &App, name: &str, sandbox: &str, channels: usize) -> Result<Self> {
        let (email, password) = (format!("{name}@example.org"), Secret::new(crypto::random_hex()));
        let owner = NewOwner {
            email: email.clone(),
            name: name.into(),
            password: Secret::new(password.expose()),
            organisation: name.into(),
            zone: "UTC".into(),
            operator: true,
        };
        let owner = identity::create_owner(app, owner).await?;
        let connect = |n: usize| async move {
            let handle = format!("{name}-{n}");
            let answers = [("server", sandbox), ("handle", &handle)].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
            Ok::<_, Error>((channels::connect(app, owner.org, "sandbox", &answers).await?.id, handle))
        };
        let channels = futures_util::stream::iter((0..channels).map(connect)).buffered(CONNECTING).try_collect().await?;
        Ok(Self { org: owner.org, api_key: owner.api_key.expose().to_owned(), email, password, channels })
    }

    /// Who saves its posts.
    pub fn caller(&self) -> Caller {
        Caller::machine(self.org, "UTC", Source::Api)
    }

    /// Saves posts of one part, spread over the channels, the n-th due at `due(n)`.
    pub async fn fill(&self, app: &App, posts: usize, due: impl Fn(usize) -> DateTime<Utc>) -> Result<()> {
        let caller = self.caller();
        let draft = |n: usize| {
            let (channel, _) = self.channels[n % self.channels.len()];
            plain_draft(due(n), channel, &[format!("A post among many, the {n}th, with a text of about the usual length. {n}")])
        };
        for first in (0..posts).step_by(BATCH) {
            let drafts: Vec<Draft> = (first..posts.min(first + BATCH)).map(draft).collect();
            let saved = posts::create_all(app, &caller, &drafts).await?;
            saved.map_err(|problems| Error::Unavailable(format!("the posts were refused: {problems:?}")))?;
        }
        Ok(())
    }
}

/// A thread of these texts for one channel.
pub fn plain_draft(due: DateTime<Utc>, channel: ChannelId, texts: &[String]) -> Draft {
    let part = |text: &String| EntryPart { id: None, text: Doc::from_plain(text), media: Vec::new(), delay_seconds: 0 };
    let entry = Entry { target: None, channel, settings: json!({}), parts: texts.iter().map(part).collect() };
    Draft { when: When::At(due), zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true }
}
