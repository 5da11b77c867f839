//! The language that texts are in: one for each file of `assets/locale`. Which one a page is in is known to the task that
//! makes the page; wherever nobody said, as in the API, on the command line and in the log, it is English.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use super::{
    assets,
    catalogue::{Catalogue, text},
};
use crate::error::Message;

/// All catalogues by their code.
static CATALOGUES: LazyLock<BTreeMap<&'static str, Catalogue>> = LazyLock::new(|| {
    let codes = assets::below("locale/").filter_map(|file| file.strip_suffix(".toml").map(str::to_owned));
    codes.map(|code| (&*code.clone().leak(), Catalogue::embedded(&code))).collect()
});

tokio::task_local! {
    static CURRENT: Language;
}

/// A language that there is a catalogue for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Language(&'static str);

impl Language {
    /// Whose catalogue is complete by definition.
    pub const ENGLISH: Self = Self("en");

    /// Every one, by its code.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUES.keys().map(|code| Self(code))
    }

    /// By its code, such as `de`.
    pub fn parse(code: &str) -> Option<Self> {
        CATALOGUES.get_key_value(code).map(|(code, _)| Self(code))
    }

    /// The first that an `Accept-Language` header (RFC 9110) names and we have, by its weights; English otherwise.
    pub fn accepted(header: &str) -> Self {
        let mut wanted: Vec<(f32, Self)> = header.split(',').take(32).filter_map(range).collect();
        // Stable: of the same weight, the first.
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.first().map_or(Self::ENGLISH, |(_, language)| *language)
    }

    /// That of the task, English if it has none.
    pub fn current() -> Self {
        CURRENT.try_with(|language| *language).unwrap_or(Self::ENGLISH)
    }

    /// Makes `work` speak this language.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// As [`Self::scope`], of work that does not wait.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// Its code, as in `lang="de"`.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// Its own name for itself.
    pub fn name(self) -> String {
        self.during(|| text(&Message::new("common.language_name")))
    }

    /// The plural forms of its whole numbers, as its catalogue names them.
    pub fn forms(self) -> BTreeSet<&'static str> {
        self.catalogue().forms()
    }

    pub(super) fn catalogue(self) -> &'static Catalogue {
        &CATALOGUES[self.0]
    }
}

/// `de-AT;q=0.8` as a weight and a language.
fn range(part: &str) -> Option<(f32, Language)> {
    let (tag, weight) = part.split_once(';').unwrap_or((part, ""));
    let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
    let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
    Language::parse(&primary).filter(|_| weight > 0.0).map(|language| (weight, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_have_is_taken() {
        for (header, expected) in [
            ("", "en"),
            ("de", "de"),
            ("de-AT,en;q=0.8", "de"),
            ("xx, ar-EG;q=0.5, en;q=0.4", "ar"),
            ("en;q=0.4,DE;q=0.9", "de"),
            ("de;q=0, en", "en"),
            ("de;q=x", "en"),
            ("*", "en"),
        ] {
            assert_eq!(Language::accepted(header).code(), expected, "{header}");
        }
    }

    #[tokio::test]
    async fn a_task_speaks_its_language() {
        assert_eq!(Language::current(), Language::ENGLISH);
        let german = Language::parse("de").unwrap();
        german.scope(async { assert_eq!(Language::current(), german) }).await;
        assert_eq!(german.name(), "Deutsch");
        assert_eq!(Language::parse("../de"), None);
    }
}
