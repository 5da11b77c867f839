//! What a provider is, as data: connect and settings forms, validation, OpenAPI, the command line, docs and the
//! conformance test all derive from it.

use serde::Serialize;

use super::{Field, Limits, OAuth2};
pub use crate::config::{Cost, Rate, Scope};
use crate::kit::text::{Doc, Style, without_markup};

/// Everything about a provider that data can say.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Descriptor {
    /// Postiz's identifier, so that its clients keep working.
    pub id: &'static str,
    /// Other identifiers that mean the same, for example of a class that Postiz kept apart.
    pub aliases: &'static [&'static str],
    /// The platform's own spelling of its name.
    pub name: &'static str,
    /// Where it stands in the gallery.
    pub group: Group,
    /// How an account is connected.
    pub auth: Auth,
    /// The developer app that the operator, an organisation or a channel brings: by convention `client_id` and
    /// `client_secret`. Empty: none is needed.
    pub app: &'static [Field],
    /// The connect form; with [`Auth::OAuth2`] asked before the consent page is opened.
    pub connect: &'static [Field],
    /// Settings of a post, with Postiz's field names.
    pub settings: &'static [Field],
    /// Lists that the platform knows: what [`super::Provider::lookup`] answers.
    pub lookups: &'static [Lookup],
    /// What can be done to a published post later, by itself.
    pub plugs: &'static [Plug],
    /// Hosts by name, each replaceable by `providers.<id>.hosts.<name>`. Every address that is called begins with one, or
    /// with an answer of the connect form.
    pub hosts: &'static [(&'static str, &'static str)],
    /// The words it understands.
    pub text: Style,
    /// What it can do.
    pub can: Can,
    /// What it accepts. Where [`Can::limits`] is true, an account may have others.
    pub limits: Limits,
    /// How often it lets itself be written to; `providers.<id>.rates` replaces them.
    pub rates: &'static [Rate],
    /// The platform's documentation of what is used here.
    pub docs: &'static str,
    /// Not offered unless `providers.<id>.enabled` is set: nothing official is behind it.
    pub unofficial: bool,
}

impl Descriptor {
    /// For `..Descriptor::EMPTY`.
    pub const EMPTY: Self = Self {
        id: "",
        aliases: &[],
        name: "",
        group: Group::Social,
        auth: Auth::Form,
        app: &[],
        connect: &[],
        settings: &[],
        lookups: &[],
        plugs: &[],
        hosts: &[],
        text: Style::Plain,
        can: Can::PUBLISH,
        limits: Limits::NONE,
        rates: &[],
        docs: "",
        unofficial: false,
    };

    /// The words that are sent for a text, mentions as `@label`.
    pub fn words(&self, text: &Doc) -> String {
        text.render(self.text)
    }

    /// What the limit of the text counts: the words that are sent, or what is left of them without markup.
    pub fn counted(&self, text: &Doc) -> String {
        let words = self.words(text);
        if self.limits.text.parsed { without_markup(&words) } else { words }
    }
}

/// Where a provider stands in the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Networks.
    Social,
    /// Chats and communities.
    Community,
    /// Blogs and mailings.
    Article,
    /// For practice.
    Practice,
}

/// How an account is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By the connect form alone: app password, token, key.
    Form,
    /// At the platform's consent page.
    OAuth2(OAuth2),
    /// The person does something at the platform (sends a word to a bot, scans a code), and we ask until it is done.
    Await,
}

/// What a provider can do; each is true exactly when the trait's method is implemented (a test compares).
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Can {
    /// Publish at all.
    pub publish: bool,
    /// Further parts as replies or comments.
    pub thread: bool,
    /// Read back an uncertain write.
    pub find: bool,
    /// List the account's own posts and read one by its address.
    pub candidates: bool,
    /// Take a published post down.
    pub delete: bool,
    /// Change a published post.
    pub edit: bool,
    /// Accounts have limits of their own.
    pub limits: bool,
    /// Find accounts to mention.
    pub mentions: bool,
    /// Numbers of a published post.
    pub metrics: bool,
    /// Numbers of the account over time.
    pub statistics: bool,
    /// Get a new token without the person.
    pub refresh: bool,
}

impl Can {
    /// Publishes one part, nothing else.
    pub const PUBLISH: Self = Self {
        publish: true,
        thread: false,
        find: false,
        candidates: false,
        delete: false,
        edit: false,
        limits: false,
        mentions: false,
        metrics: false,
        statistics: false,
        refresh: false,
    };
}

/// A list that a platform knows: its channels, boards, tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lookup {
    /// Postiz's name of the tool, as its clients call it (`integration-trigger`).
    pub name: &'static str,
    /// Seconds for which an answer may be used again.
    pub fresh: u64,
    /// It searches: what was typed goes along as `query`.
    pub searches: bool,
    /// Fields of the settings it depends on, sent along under their names.
    pub with: &'static [&'static str],
}

/// Something done to a published post later, by itself, under a condition.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Plug {
    /// Postiz's name of it.
    pub name: &'static str,
    /// Its title: a key of the catalogue.
    pub title: &'static str,
    /// What it does: a key of the catalogue.
    pub help: &'static str,
    /// Its settings.
    pub fields: &'static [Field],
    /// Seconds after publishing at which it looks, each counted from publishing itself.
    pub after: &'static [u64],
}
