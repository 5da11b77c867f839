//! The platforms: one file each, described by data, published to by named steps.
//!
//! A provider knows its platform and nothing of databases, pages or schedules: all it sees is a [`Call`]. Adding one is
//! a file, a line in [`REGISTRY`], an icon and a test.

mod access;
mod article;
pub mod bluesky;
mod call;
mod candidate;
#[cfg(test)]
mod conformance;
mod descriptor;
pub mod devto;
pub mod discord;
pub mod dribbble;
mod field;
pub mod ghost;
pub mod hashnode;
pub mod kick;
pub mod lemmy;
mod limits;
pub mod listmonk;
pub mod mastodon;
pub mod medium;
pub mod mewe;
pub mod moltbook;
pub mod nostr;
pub mod oauth;
pub mod reddit;
mod registry;
pub mod sandbox;
pub mod skool;
pub mod slack;
pub mod telegram;
#[cfg(test)]
pub mod testing;
pub mod tumblr;
pub mod twitch;
pub mod vk;
pub mod whop;
pub mod wordpress;
pub mod wrapcast;
pub mod writefreely;

use std::{future::Future, pin::Pin};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use access::{Access, text as credential};
pub use call::{Begin, Call, Effect, Fitted, MediaFile, MediaSource, Picture, Refresh, StepKey, Steps, Tokens};
pub use candidate::{Candidate, likeness};
pub use descriptor::{Auth, Can, Cost, Descriptor, Group, Lookup, Plug, Rate, Scope};
pub use field::{Choice, Field, FieldKind, When};
pub use limits::{Limits, Text};
pub use oauth::{Consent, Granted, OAuth2};
pub(crate) use registry::rehearse;
pub use registry::{REGISTRY, add, all, find};

pub use crate::error::{Failure, FailureKind};
use crate::{
    http::{Client, Reply},
    kit::MediaId,
    kit::text::Doc,
};

/// What a provider's methods return.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// One platform.
pub trait Provider: Send + Sync {
    /// What it is, as data.
    fn about(&self) -> &'static Descriptor;

    /// Checks the answers of the connect form at the platform and says whose account they open. For [`Auth::Form`].
    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        let _ = (link, answers);
        Box::pin(async { Err(Failure::unsupported("connecting with a form")) })
    }

    /// The consent page to open, with `state` in its address. For [`Auth::OAuth2`]; the default does what the descriptor
    /// says. One that registers a client on the fly keeps it as [`oauth::registered`].
    fn consent<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers, state: &'a str) -> Fut<'a, Consent> {
        Box::pin(async move { oauth::consent(self.about(), link, answers, state, None) })
    }

    /// Exchanges the code that came back; whatever else stood in the address is in `kept` as the object `query`. The default
    /// asks the token endpoint of the descriptor, then [`Provider::profile`].
    fn grant<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers, kept: Json, code: &'a str) -> Fut<'a, Connected> {
        Box::pin(async move {
            let granted = oauth::exchange(self.about(), link, answers, kept, code).await?;
            self.profile(link, &granted).await
        })
    }

    /// Whose account was granted. For [`Auth::OAuth2`].
    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        let _ = (link, granted);
        Box::pin(async { Err(Failure::unsupported("connecting at a consent page")) })
    }

    /// Asks the platform whether it knows the developer app. The default is [`oauth::try_app`].
    fn try_app<'a>(&'a self, link: &'a Link<'a>) -> Fut<'a, Trial> {
        Box::pin(async move { oauth::try_app(self.about(), link).await })
    }

    /// The account behind one of the [`Page`]s that were offered; `kept` is what was kept with them.
    fn choose<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json, page: &'a str) -> Fut<'a, Account> {
        let _ = (link, kept, page);
        Box::pin(async { Err(Failure::unsupported("choosing a page")) })
    }

    /// What the person has to do at the platform. For [`Auth::Await`].
    fn invite<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Invitation> {
        let _ = (link, answers);
        Box::pin(async { Err(Failure::unsupported("waiting for the person")) })
    }

    /// Whether the person has done it; `None`: not yet. Asked every few seconds.
    fn accepted<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json) -> Fut<'a, Option<Connected>> {
        let _ = (link, kept);
        Box::pin(async { Err(Failure::unsupported("waiting for the person")) })
    }

    /// New credentials in place of ones that have ended. Fails with [`FailureKind::Reconnect`] only when the platform
    /// refuses them for good. The default is OAuth's refresh token.
    fn renew<'a>(&'a self, link: &'a Link<'a>, stored: Json) -> Fut<'a, Json> {
        Box::pin(async move { oauth::renew(self.about(), link, stored).await })
    }

    /// What an answer of the platform that is no 2xx means: its error code and words into `failure`.
    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        let _ = reply;
        failure
    }

    /// A 2xx that says that nothing was done, as some platforms refuse; `None`: it is what it says.
    fn refused(&self, reply: &Reply, now: DateTime<Utc>) -> Option<Failure> {
        let _ = (reply, now);
        None
    }

    /// Asks the platform who the account is: whether it works, and its name and picture of today.
    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        let _ = access;
        Box::pin(async { Err(Failure::unsupported("asking for the profile")) })
    }

    /// What this account's server accepts. Where [`Can::limits`] is true.
    fn limits<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Limits> {
        let _ = access;
        Box::pin(async { Err(Failure::unsupported("limits of an account")) })
    }

    /// A list that the platform knows: one of [`Descriptor::lookups`]. `with` holds `query` and the fields it depends on.
    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        let _ = (access, name, with);
        Box::pin(async { Err(Failure::unsupported("lists")) })
    }

    /// Accounts whose name begins like `query`. Where [`Can::mentions`] is true.
    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        let _ = (access, query);
        Box::pin(async { Err(Failure::unsupported("searching for accounts")) })
    }

    /// Numbers of a published post now, by the names of [`Metric`]. Where [`Can::metrics`] is true.
    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        let _ = (access, remote);
        Box::pin(async { Err(Failure::unsupported("numbers of a post")) })
    }

    /// Numbers of the account over the last `days`. Where [`Can::statistics`] is true.
    fn statistics<'a>(&'a self, access: &'a Access<'a>, days: u32) -> Fut<'a, Vec<Series>> {
        let _ = (access, days);
        Box::pin(async { Err(Failure::unsupported("numbers of an account")) })
    }

    /// Changes a published post to what the call holds now. Where [`Can::edit`] is true.
    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        let _ = (call, remote);
        Box::pin(async { Err(Failure::unsupported("editing")) })
    }

    /// Runs one of [`Descriptor::plugs`] on a published post; true when it is done and needs no further look.
    fn plug<'a>(&'a self, call: &'a Call<'a>, name: &'a str, remote: &'a Remote) -> Fut<'a, bool> {
        let _ = (call, name, remote);
        Box::pin(async { Err(Failure::unsupported("plugs")) })
    }

    /// Publishes one part. Re-entrant: called again after [`Outcome::Wait`] and after a crash; finished steps of the
    /// [`Call`] are not repeated.
    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome>;

    /// Reads back whether the write whose outcome is unknown went out. `since` is when its step was first intended.
    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        let _ = (call, step);
        Box::pin(async { Err(Failure::unsupported("reading back")) })
    }

    /// The account's own posts since shortly before the write whose outcome is unknown, at most some dozens: what a person
    /// compares when [`Provider::find`] could not tell. What is not among them proves nothing.
    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        let _ = (call, step);
        Box::pin(async { Err(Failure::unsupported("listing the account's posts")) })
    }

    /// The post of this account that an address or id names, as a person pasted it; `None` when the account has none.
    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        let _ = (call, words);
        Box::pin(async { Err(Failure::unsupported("reading a post by its address")) })
    }

    /// Takes a published remote down. May be repeated: one that is gone already is gone.
    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        let _ = (call, remote);
        Box::pin(async { Err(Failure::unsupported("deleting")) })
    }

    /// Rules that data cannot say. Texts are keys of the catalogue.
    fn review(&self, draft: &Draft) -> Vec<Problem> {
        let _ = draft;
        Vec::new()
    }
}

/// What connecting needs from the instance: no account exists yet.
#[derive(Clone, Copy)]
pub struct Link<'a> {
    /// The guarded client.
    pub http: &'a Client,
    /// Host overrides of this provider's configuration.
    pub hosts: &'a std::collections::BTreeMap<String, String>,
    /// The developer app, by the names of [`Descriptor::app`]; empty where none is needed.
    pub app: &'a Answers,
    /// Where the platform sends people back after consent.
    pub redirect: &'a str,
    /// Now.
    pub now: DateTime<Utc>,
}

/// The connect form as filled in: field name and value.
pub type Answers = std::collections::BTreeMap<String, String>;

/// An account at a platform and what opens it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// The platform's id of the account; the same account connected again has the same.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// `@`-less handle.
    pub handle: String,
    /// Picture, an https address.
    pub picture: Option<String>,
    /// The account's page.
    pub url: Option<String>,
    /// The provider's own JSON object with whatever a later call needs, secrets included. Sealed before it is stored.
    pub credentials: Json,
}

/// What came of connecting.
#[derive(Debug, Clone)]
pub enum Connected {
    /// One account.
    Account(Box<Account>),
    /// Several to choose from: pages, blogs, publications. `kept` is sealed until one is chosen.
    Choose {
        /// Them; never empty.
        pages: Vec<Page>,
        /// What [`Provider::choose`] needs.
        kept: Json,
    },
}

impl From<Account> for Connected {
    fn from(account: Account) -> Self {
        Self::Account(Box::new(account))
    }
}

/// What a platform says of a developer app that it does not refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// It knows it.
    Works,
    /// It answered something from which that cannot be told; its words.
    Unclear(String),
}

/// One of several accounts that a grant opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The platform's id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// A word beside it: handle, address, kind.
    pub note: String,
    /// Picture, an https address.
    pub picture: Option<String>,
}

/// What a person has to do at the platform, for [`Auth::Await`].
#[derive(Debug, Clone)]
pub struct Invitation {
    /// What it is: a key of the catalogue, with arguments.
    pub text: crate::error::Message,
    /// A word or command to be sent as it is.
    pub word: Option<String>,
    /// An address to be opened; shown as a picture to be scanned, too.
    pub link: Option<String>,
    /// What [`Provider::accepted`] needs; sealed.
    pub kept: Json,
    /// Seconds until it is void.
    pub lasts: u64,
}

/// Who an account is today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The platform's id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// `@`-less handle.
    pub handle: String,
    /// Picture, an https address.
    pub picture: Option<String>,
}

/// One item of a platform's list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What is stored.
    pub id: String,
    /// What is shown.
    pub name: String,
    /// Picture, an https address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// What else Postiz's clients get of it.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Json>,
}

impl Item {
    /// An item without a picture.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), picture: None, extra: Default::default() }
    }
}

/// A number of a published post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// One word for all platforms: `likes`, `comments`, `shares`, `views`, `clicks`, `reach`, `saves`, `quotes`, `votes`.
    pub name: String,
    /// The number.
    pub value: i64,
}

impl Metric {
    /// A number under a name.
    pub fn new(name: &str, value: i64) -> Self {
        Self { name: name.into(), value }
    }
}

/// A number of an account over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// As [`Metric::name`], and `followers`.
    pub name: String,
    /// A value a day, oldest first.
    pub days: Vec<(chrono::NaiveDate, f64)>,
}

/// What came of [`Provider::publish`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is live.
    Live {
        /// What now exists at the platform, in order; at least one.
        remotes: Vec<Remote>,
        /// Things that did not work but do not matter to "is it live", in plain words.
        warnings: Vec<String>,
    },
    /// The platform is still working on it: call again after this long.
    Wait {
        /// How long to wait.
        after: std::time::Duration,
    },
}

impl Outcome {
    /// One remote is live.
    pub fn live(remote: Remote) -> Self {
        Self::Live { remotes: vec![remote], warnings: Vec::new() }
    }
}

/// Something that exists at a platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remote {
    /// The platform's id.
    pub id: String,
    /// Where people see it.
    pub url: Option<String>,
    /// The provider's own JSON object, for example what a reply needs to name its parent.
    #[serde(default)]
    pub extra: Json,
}

/// What reading back found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// It is there.
    Yes(Vec<Remote>),
    /// It is surely not there: sending again cannot double it.
    No,
    /// It was not seen, which proves nothing.
    NotSeen,
}

/// A part about to be saved, for [`Provider::review`].
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// The thread.
    pub parts: &'a [DraftPart],
    /// Settings of this provider, as sent.
    pub settings: &'a Json,
    /// What the account's server accepts.
    pub limits: &'a Limits,
}

/// One item of a thread before it is saved.
#[derive(Debug, Clone)]
pub struct DraftPart {
    /// Its text.
    pub text: Doc,
    /// Its pictures and videos.
    pub media: Vec<MediaFile>,
}

/// Something wrong with one part for one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which part, from 0; `None`: the settings.
    pub part: Option<usize>,
    /// The field within it: `content`, `image`, or a setting's name.
    pub field: &'static str,
    /// What is wrong.
    pub message: crate::error::Message,
}

/// Ids of media as the parts table keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRef {
    /// The library item.
    pub id: MediaId,
    /// Alternative text for this use.
    #[serde(default)]
    pub alt: String,
}
