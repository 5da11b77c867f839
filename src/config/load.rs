//! Reads the sources in order and remembers where each value came from.

use std::path::Path;

use anyhow::{Context as _, bail};
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
    value::{Dict, Value},
};

use super::Config;

/// The configuration and its origins.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Every value with its origin, secrets masked, sorted by key.
    pub settings: Vec<Setting>,
}

/// One value for `config show`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Setting {
    /// `section.key`.
    pub key: String,
    /// As JSON; a secret is shown as `…`.
    pub value: String,
    /// `default`, a file, an environment variable or `flag`.
    pub origin: String,
}

/// Words in a key that make its value a secret.
const SECRET_WORDS: [&str; 5] = ["password", "secret", "token", "key", "credential"];

/// Reads defaults, `file` (when it exists, or must exist because it was named), the environment and `flags`
/// (`section.key` and value).
///
/// Fails with a text that names the key and its origin.
pub fn load(file: &Path, must_exist: bool, flags: &[(&str, String)]) -> anyhow::Result<Loaded> {
    if must_exist && !file.exists() {
        bail!("the configuration file {} does not exist", file.display());
    }
    let mut figment = Figment::new().merge(Toml::file(file)).merge(Env::prefixed("ROSTRUM_").filter(is_setting).split("__"));
    for (key, value) in flags {
        figment = figment.merge(Serialized::default(key, value));
    }
    let figment = with_files(figment)?;
    let figment = Figment::from(Serialized::defaults(Config::default())).merge(figment);
    let config: Config = figment.extract().map_err(explain)?;
    let settings = settings(&figment)?;
    Ok(Loaded { config, settings })
}

/// `ROSTRUM_CONFIG` names the file, `ROSTRUM_TEST_…` belongs to the tests: only names with a section are settings.
fn is_setting(name: &figment::value::UncasedStr) -> bool {
    name.as_str().contains("__")
}

fn explain(e: figment::Error) -> anyhow::Error {
    anyhow::anyhow!("the configuration is wrong: {e}")
}

/// Replaces every `x_file` by `x` with the file's content, without the line break at its end.
fn with_files(figment: Figment) -> anyhow::Result<Figment> {
    let all: Dict = figment.extract().map_err(explain)?;
    let mut found = Vec::new();
    collect_files("", &all, &mut found);
    let mut figment = figment;
    for (key, path) in found {
        let text = std::fs::read_to_string(&path).with_context(|| format!("{key}_file names {path}, which cannot be read"))?;
        figment = figment.merge(Serialized::default(&key, text.trim_end_matches(['\r', '\n'])));
    }
    Ok(without_files(figment, &all))
}

fn collect_files(prefix: &str, dict: &Dict, found: &mut Vec<(String, String)>) {
    for (name, value) in dict {
        let key = format!("{prefix}{name}");
        match value {
            Value::Dict(_, inner) => collect_files(&format!("{key}."), inner, found),
            Value::String(_, path) => {
                if let Some(key) = key.strip_suffix("_file") {
                    found.push((key.to_owned(), path.clone()));
                }
            }
            _ => {}
        }
    }
}

/// `deny_unknown_fields` must not see the `_file` keys, so a merged tree without them is built where there are any.
fn without_files(figment: Figment, all: &Dict) -> Figment {
    let mut found = Vec::new();
    collect_files("", all, &mut found);
    if found.is_empty() {
        return figment;
    }
    let mut tree: Dict = figment.extract().unwrap_or_default();
    strip(&mut tree);
    Figment::from(Serialized::defaults(tree))
}

fn strip(dict: &mut Dict) {
    dict.retain(|name, value| {
        if let Value::Dict(_, inner) = value {
            strip(inner);
        }
        !(name.ends_with("_file") && matches!(value, Value::String(..)))
    });
}

fn settings(figment: &Figment) -> anyhow::Result<Vec<Setting>> {
    let all: Dict = figment.extract()?;
    let mut list = Vec::new();
    flatten("", &all, figment, &mut list);
    list.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(list)
}

fn flatten(prefix: &str, dict: &Dict, figment: &Figment, list: &mut Vec<Setting>) {
    for (name, value) in dict {
        let key = format!("{prefix}{name}");
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => flatten(&format!("{key}."), inner, figment, list),
            Value::Dict(..) => {}
            value => list.push(Setting { value: shown(name, value), origin: origin(figment, &key), key }),
        }
    }
}

fn shown(name: &str, value: &Value) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    if SECRET_WORDS.iter().any(|w| name.contains(w)) {
        return "…".into();
    }
    // A database address carries its password inside.
    match value.as_str().and_then(|s| url::Url::parse(s).ok()) {
        Some(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("…"));
            url.to_string().replace("%E2%80%A6", "…")
        }
        _ => json,
    }
}

fn origin(figment: &Figment, key: &str) -> String {
    let Some(metadata) = figment.find_metadata(key) else { return "default".into() };
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        _ if metadata.name.contains("environment") => format!("ROSTRUM_{}", key.to_uppercase().replace('.', "__")),
        _ if metadata.name.contains("Config") => "default".into(),
        _ => "flag or file".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(toml: &str, flags: &[(&str, String)]) -> anyhow::Result<Loaded> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rostrum.toml");
        std::fs::write(&file, toml.replace("DIR", dir.path().to_str().unwrap())).unwrap();
        std::fs::write(dir.path().join("db"), "postgres://u:hidden@h/db\n").unwrap();
        load(&file, true, flags)
    }

    #[test]
    fn later_sources_win_and_origins_are_told() {
        let loaded = with("[server]\nlisten = \"127.0.0.1:1\"", &[("server.data", "/d".into())]).unwrap();
        assert_eq!(loaded.config.server.listen.port(), 1);
        assert_eq!(loaded.config.server.data.to_str(), Some("/d"));
        let origin = |k: &str| loaded.settings.iter().find(|s| s.key == k).unwrap().origin.clone();
        assert!(origin("server.listen").ends_with("rostrum.toml"));
        assert_eq!(origin("http.timeout_seconds"), "default");
    }

    #[test]
    fn a_file_gives_a_secret_and_the_list_masks_it() {
        let loaded = with("[database]\nurl_file = \"DIR/db\"", &[]).unwrap();
        assert_eq!(loaded.config.database.url.as_deref(), Some("postgres://u:hidden@h/db"));
        let shown = loaded.settings.iter().find(|s| s.key == "database.url").unwrap();
        assert!(!shown.value.contains("hidden"), "{shown:?}");
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = with("[server]\nlisten_on = \"x\"", &[]).unwrap_err().to_string();
        assert!(error.contains("listen_on"), "{error}");
    }
}
