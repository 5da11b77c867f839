//! A message catalogue, `assets/locale/<language>.toml`: every text a person reads, by key.
//!
//! `{name}` in a text is replaced by the value of that name. A key whose text depends on a number has the forms of its
//! language below it (CLDR's plural categories: English has `one` and `other`) and is asked for with `count`.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use unic_langid::LanguageIdentifier;

use super::{Language, assets::asset};
use crate::error::Message;

/// All texts of one language.
pub struct Catalogue {
    texts: HashMap<String, String>,
    rules: Option<PluralRules>,
    /// Written from right to left.
    leftward: bool,
}

impl Catalogue {
    pub(super) fn embedded(code: &str) -> Self {
        let file = asset(&format!("locale/{code}.toml")).expect("the catalogue is embedded");
        let text = std::str::from_utf8(&file.bytes).expect("the catalogue is UTF-8");
        let catalogue = Self::parse(text).expect("the catalogue is TOML, which a test checks");
        let rules = code
            .parse::<LanguageIdentifier>()
            .ok()
            .and_then(|language| PluralRules::create(language, PluralRuleType::CARDINAL).ok());
        let leftward = catalogue.texts.get("common.direction").is_some_and(|direction| direction == "rtl");
        Self { rules, leftward, ..catalogue }
    }

    /// Reads nested tables into dotted keys. Its plurals are those of English.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut texts = HashMap::new();
        flatten("", &text.parse::<toml::Table>()?, &mut texts);
        Ok(Self { texts, rules: None, leftward: false })
    }

    /// The text of `key` with its values put in; `None` for an unknown key.
    pub fn get<'a>(&self, key: &str, args: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
        let args: Vec<(&str, &str)> = args.into_iter().collect();
        let text = self.texts.get(key).or_else(|| self.plural(key, &args))?;
        Some(args.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &self.isolated(value))))
    }

    /// A value of unknown direction, so that its marks stay on its own side in a text that runs the other way (UAX 9). What
    /// holds isolated values itself was put together here and runs as this language does: from within them nothing can be told.
    fn isolated<'a>(&self, value: &'a str) -> Cow<'a, str> {
        let plain = !self.leftward || value.chars().all(|c| c.is_ascii_digit());
        if plain {
            Cow::Borrowed(value)
        } else {
            {
                let mark = if value.contains('\u{2068}') { '\u{2067}' } else { '\u{2068}' };
                Cow::Owned(format!("{mark}{value}\u{2069}"))
            }
        }
    }

    fn plural(&self, key: &str, args: &[(&str, &str)]) -> Option<&String> {
        let (_, count) = args.iter().find(|(name, _)| *name == "count")?;
        let form = self.texts.get(&format!("{key}.{}", self.form(count)));
        form.or_else(|| self.texts.get(&format!("{key}.other")))
    }

    fn form(&self, count: &str) -> &'static str {
        let category = match &self.rules {
            Some(rules) => rules.select(count).unwrap_or(PluralCategory::OTHER),
            None if count == "1" => PluralCategory::ONE,
            None => PluralCategory::OTHER,
        };
        match category {
            PluralCategory::ZERO => "zero",
            PluralCategory::ONE => "one",
            PluralCategory::TWO => "two",
            PluralCategory::FEW => "few",
            PluralCategory::MANY => "many",
            PluralCategory::OTHER => "other",
        }
    }

    /// The forms that its numbers take.
    pub(super) fn forms(&self) -> BTreeSet<&'static str> {
        (0..=200).map(|n: u32| self.form(&n.to_string())).collect()
    }

    /// All keys with their texts, for the tests that compare them with their uses and with other languages.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }
}

fn flatten(prefix: &str, table: &toml::Table, texts: &mut HashMap<String, String>) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{key}."), inner, texts),
            toml::Value::String(text) => {
                texts.insert(key, text.clone());
            }
            _ => {}
        }
    }
}

/// In the task's language; in English what that lacks.
pub(super) fn find(key: &str, args: &[(&str, &str)]) -> Option<String> {
    let language = Language::current();
    let found = language.catalogue().get(key, args.iter().copied());
    found.or_else(|| Language::ENGLISH.catalogue().get(key, args.iter().copied()))
}

/// A message as text, in the task's language. A key the catalogue lacks is shown as it is, so that a slip is ugly but never
/// an error.
pub fn text(message: &Message) -> String {
    let args: Vec<_> = message.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    find(message.key, &args).unwrap_or_else(|| message.key.to_owned())
}

/// The text of a key that is put together at run time, such as one per provider; `None` when there is none.
pub fn lookup(key: &str) -> Option<String> {
    find(key, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_plurals_are_put_in() {
        let c = Catalogue::parse("[a]\nb = \"{name} has {count}\"\n[a.posts]\none = \"{count} post\"\nother = \"{count} posts\"")
            .unwrap();
        assert_eq!(c.get("a.b", [("name", "Ann"), ("count", "3")]).unwrap(), "Ann has 3");
        assert_eq!(c.get("a.posts", [("count", "1")]).unwrap(), "1 post");
        assert_eq!(c.get("a.posts", [("count", "0")]).unwrap(), "0 posts");
        assert_eq!(c.get("a.c", []), None);
    }

    #[test]
    fn what_is_put_together_runs_as_the_language_does() {
        let arabic = Catalogue::embedded("ar");
        let date = arabic.get("date.day", [("day", "24"), ("month", "نوفمبر")]).unwrap();
        assert_eq!(date, "24 \u{2068}نوفمبر\u{2069}");
        let at = arabic.get("date.at", [("date", date.as_str()), ("time", "09:20")]).unwrap();
        assert_eq!(at, "\u{2067}24 \u{2068}نوفمبر\u{2069}\u{2069}، \u{2068}09:20\u{2069}");
    }

    #[test]
    fn each_language_counts_in_its_way() {
        let form = |code: &str, count: &str| Catalogue::embedded(code).form(count);
        assert_eq!(["0", "1", "2", "999+"].map(|n| form("en", n)), ["other", "one", "other", "other"]);
        assert_eq!(["0", "1", "2", "3", "11", "100"].map(|n| form("ar", n)), ["zero", "one", "two", "few", "many", "other"]);
    }
}
