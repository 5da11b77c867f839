//! Which platforms there are.

use std::sync::{OnceLock, PoisonError, RwLock};

#[cfg(test)]
use super::testing;
use super::{
    Provider, bluesky, devto, discord, dribbble, ghost, hashnode, kick, lemmy, listmonk, mastodon, medium, mewe, moltbook, nostr,
    reddit, sandbox, skool, slack, telegram, tumblr, twitch, vk, whop, wordpress, wrapcast, writefreely,
};

/// Every provider, in the order of the pages.
pub const REGISTRY: &[&dyn Provider] = &[
    &bluesky::Bluesky,
    &mastodon::Mastodon,
    &nostr::Nostr,
    &lemmy::Lemmy,
    &wrapcast::Wrapcast,
    &telegram::Telegram,
    &discord::Discord,
    &slack::Slack,
    &reddit::Reddit,
    &tumblr::Tumblr,
    &twitch::Twitch,
    &kick::Kick,
    &vk::Vk,
    &dribbble::Dribbble,
    &devto::Devto,
    &hashnode::Hashnode,
    &ghost::Ghost,
    &wordpress::WordPress,
    &medium::Medium,
    &writefreely::WriteFreely,
    &listmonk::Listmonk,
    &moltbook::Moltbook,
    &whop::Whop,
    &mewe::MeWe,
    &skool::Skool,
    &sandbox::Sandbox,
];

/// Providers that whoever embeds this crate brings along; its tests do.
static ADDED: RwLock<Vec<&'static dyn Provider>> = RwLock::new(Vec::new());

/// Adds a provider to those of [`REGISTRY`], for as long as this process lives. One with an id that is there already is left
/// out.
pub fn add(provider: &'static dyn Provider) {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    if !REGISTRY.iter().chain(added.iter()).any(|p| p.about().id == provider.about().id) {
        added.push(provider);
    }
}

/// Every provider there is, in the order of the pages.
pub fn all() -> Vec<&'static dyn Provider> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    REGISTRY.iter().chain(added.iter()).copied().collect()
}

/// Providers of a simulation, in a process that runs one. People never see them: lists are made of [`REGISTRY`].
static REHEARSAL: OnceLock<&'static [&'static dyn Provider]> = OnceLock::new();

/// Lets [`find`] know more providers than people see; the first list of a process stays.
pub(crate) fn rehearse(list: &'static [&'static dyn Provider]) {
    REHEARSAL.get_or_init(|| list);
}

/// The provider with this id, or with this alias.
pub fn find(id: &str) -> Option<&'static dyn Provider> {
    let rehearsal = REHEARSAL.get().copied().unwrap_or_default();
    let known = all().into_iter().chain(rehearsal.iter().copied());
    #[cfg(test)]
    let known = known.chain(testing::EXTRA.iter().copied());
    let mut known = known;
    known.find(|p| p.about().id == id || p.about().aliases.contains(&id))
}
