//! The message catalogue `assets/locale/en.toml`: every text a person reads, by key.
//!
//! `{name}` in a text is replaced by the value of that name. A key whose text depends on a number has `one` and `other`
//! below it and is asked for with `count`.

use std::collections::HashMap;

use super::{CATALOGUE, assets::asset};
use crate::error::Message;

/// All texts of one language.
pub struct Catalogue(HashMap<String, String>);

impl Catalogue {
    pub(super) fn english() -> Self {
        let file = asset("locale/en.toml").expect("the catalogue is embedded");
        let text = std::str::from_utf8(&file.bytes).expect("the catalogue is UTF-8");
        Self::parse(text).expect("the catalogue is TOML, which a test checks")
    }

    /// Reads nested tables into dotted keys.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut texts = HashMap::new();
        flatten("", &text.parse::<toml::Table>()?, &mut texts);
        Ok(Self(texts))
    }

    /// The text of `key` with its values put in; `None` for an unknown key.
    pub fn get<'a>(&self, key: &str, args: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
        let args: Vec<(&str, &str)> = args.into_iter().collect();
        let text = self.0.get(key).or_else(|| self.plural(key, &args))?;
        Some(args.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value)))
    }

    fn plural(&self, key: &str, args: &[(&str, &str)]) -> Option<&String> {
        let (_, count) = args.iter().find(|(name, _)| *name == "count")?;
        let form = if *count == "1" { "one" } else { "other" };
        self.0.get(&format!("{key}.{form}"))
    }

    /// All keys, for the test that compares them with their uses.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
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

/// A message as text. A key the catalogue lacks is shown as it is, so that a slip is ugly but never an error.
pub fn text(message: &Message) -> String {
    let args = message.args.iter().map(|(name, value)| (*name, value.as_str()));
    CATALOGUE.get(message.key, args).unwrap_or_else(|| message.key.to_owned())
}

/// The text of a key that is put together at run time, such as one per provider; `None` when there is none.
pub fn lookup(key: &str) -> Option<String> {
    CATALOGUE.get(key, [])
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
}
