//! The platforms: one file each, described by data, published to by named steps.
//!
//! A provider knows its platform and nothing of databases, pages or schedules: all it sees is a [`Call`]. Adding one is
//! a file, a line in [`REGISTRY`], an icon and a test.

pub mod bluesky;
mod call;
#[cfg(test)]
mod conformance;
mod descriptor;
pub mod sandbox;
#[cfg(test)]
pub mod testing;

use std::{future::Future, pin::Pin, sync::OnceLock};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use call::{Begin, Call, Effect, Fitted, MediaFile, MediaSource, Picture, Refresh, StepKey, Steps, Tokens};
pub use descriptor::{Auth, Can, Choice, Descriptor, Field, FieldKind, Limits, Text, Unit, When};

pub use crate::error::{Failure, FailureKind};
use crate::{http::Client, kit::MediaId, kit::text::Doc};

/// What a provider's methods return.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Every provider, in the order of the pages.
pub const REGISTRY: &[&dyn Provider] = &[&bluesky::Bluesky, &sandbox::Sandbox];

/// Providers of a simulation, in a process that runs one. People never see them: lists are made of [`REGISTRY`].
static REHEARSAL: OnceLock<&'static [&'static dyn Provider]> = OnceLock::new();

/// Lets [`find`] know more providers than people see; the first list of a process stays.
pub(crate) fn rehearse(list: &'static [&'static dyn Provider]) {
    REHEARSAL.get_or_init(|| list);
}

/// The provider with this id.
pub fn find(id: &str) -> Option<&'static dyn Provider> {
    let rehearsal = REHEARSAL.get().copied().unwrap_or_default();
    REGISTRY.iter().chain(rehearsal).copied().find(|p| p.about().id == id)
}

/// One platform.
pub trait Provider: Send + Sync {
    /// What it is, as data.
    fn about(&self) -> &'static Descriptor;

    /// Checks the answers of the connect form at the platform and says whose account they open.
    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Account> {
        let _ = (link, answers);
        Box::pin(async { Err(Failure::unsupported("connecting with a form")) })
    }

    /// Publishes one part. Re-entrant: called again after [`Outcome::Wait`] and after a crash; finished steps of the
    /// [`Call`] are not repeated.
    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome>;

    /// Reads back whether the write whose outcome is unknown went out. `since` is when its step was first intended.
    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        let _ = (call, step);
        Box::pin(async { Err(Failure::unsupported("reading back")) })
    }

    /// Takes a published remote down.
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
pub struct Link<'a> {
    /// The guarded client.
    pub http: &'a Client,
    /// Host overrides of this provider's configuration.
    pub hosts: &'a std::collections::BTreeMap<String, String>,
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
