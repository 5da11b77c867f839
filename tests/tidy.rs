//! Rules that source text can keep. Each failure names the rule and where it is explained (docs/ARCHITECTURE.md).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Layers from the bottom; a module imports only from lower ones, and features (L4) only from those before them.
const LAYERS: &[&[&str]] = &[
    &["error", "kit"],
    &["config", "render"],
    &["db", "http", "mail", "queue", "search", "store", "web"],
    &["providers", "instance", "app"],
];
/// L4, in order.
const FEATURES: &[&str] = &[
    "events",
    "orgs",
    "tokens",
    "identity",
    "media",
    "channels",
    "delivery",
    "posts",
    "plugs",
    "inbox",
    "notify",
    "sandbox",
    "start",
    "public_api",
    "api_v1",
    "admin",
    "finder",
    "design",
];
/// L5.
const TOP: &[&str] = &["boot", "jobs", "routes", "server", "fleet", "bench", "selftest", "cli"];

/// Most lines of a file of logic.
const MAX_LINES: usize = 500;
/// Uniform tables are exempt by name.
const TABLES: &[&str] = &[];
/// Places where the two databases need different words (docs/ARCHITECTURE.md, "Two databases").
const MAX_DIALECTS: usize = 25;

struct Source {
    path: String,
    text: String,
    /// Without tests at the file's end.
    code: String,
}

impl Source {
    fn module(&self) -> &str {
        self.path.trim_start_matches("src/").split(['/', '.']).next().unwrap()
    }

    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    /// Lines of code, numbered, without comments.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines()).filter(|(_, l)| !l.trim_start().starts_with("//"))
    }
}

#[test]
fn layers_import_downwards_only() {
    let rank: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(n, names)| names.iter().map(move |m| (*m, n)))
        .chain(FEATURES.iter().enumerate().map(|(n, m)| (*m, 10 + n)))
        .chain(TOP.iter().map(|m| (*m, 100)))
        .collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source.module();
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some(mine) = rank.get(module) else {
            wrong.push(format!("{}: the module {module} has no layer in tests/tidy.rs", source.path));
            continue;
        };
        for used in crate_imports(&source.code) {
            let Some(theirs) = rank.get(used.as_str()) else { continue };
            let allowed = used == module || theirs < mine || (mine == theirs && *mine < 10) || *mine == 100;
            if !allowed {
                wrong.push(format!("{} imports {used}, which lies above {module}", source.path));
            }
        }
    }
    fail("layers import downwards only", wrong);
}

/// The words after `crate::`, also inside `use crate::{…}`.
fn crate_imports(code: &str) -> BTreeSet<String> {
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (n, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    found.insert(word(&group[n..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn words_stay_in_their_places() {
    type Rule = (&'static str, &'static str, fn(&Source) -> bool);
    let rules: &[Rule] = &[
        ("sqlx::", "SQL drivers are known to db/ (and derives)", |s| s.module() == "db"),
        ("Utc::now", "the time comes from the injected clock", |s| s.path == "src/kit/clock.rs"),
        ("reqwest::", "calls to the outside go through http/", |s| s.module() == "http"),
        ("std::env", "settings come from config/", |s| matches!(s.module(), "config" | "http" | "cli")),
        (".unwrap()", "say with expect() why it cannot fail", |_| false),
        ("todo!(", "no stubs", |_| false),
        ("unimplemented!(", "no stubs", |_| false),
        ("dbg!(", "no debugging left behind", |_| false),
        ("println!(", "output goes through cli/output.rs or the log", |_| false),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, why, exempt) in rules {
            for (n, line) in source.lines() {
                let derive = *word == "sqlx::" && (line.contains("derive(") || line.trim_start().starts_with("#[sqlx"));
                let written = *word == "println!(" && line.contains("eprintln!(");
                if line.contains(word) && !exempt(&source) && !derive && !written {
                    wrong.push(format!("{}:{n}: `{word}`: {why}", source.path));
                }
            }
        }
    }
    fail("words stay in their places", wrong);
}

#[test]
fn poem_is_known_to_web_and_the_edges_of_features_only() {
    let edge = |s: &Source| {
        let name = s.file();
        matches!(s.module(), "web" | "routes" | "server" | "app" | "public_api" | "api_v1")
            || matches!(name, "api.rs" | "pages.rs" | "caller.rs")
            || s.path.contains("/pages/")
            || s.path.contains("/api/")
    };
    let wrong = sources()
        .iter()
        .filter(|s| !edge(s))
        .flat_map(|s| {
            s.lines()
                .filter(|(_, l)| l.contains("poem::") || l.contains("use poem"))
                .map(|(n, _)| format!("{}:{n}", s.path))
                .collect::<Vec<_>>()
        })
        .collect();
    fail("poem is known to web/ and to api.rs, pages.rs and caller.rs of features only", wrong);
}

#[test]
fn sql_stands_in_models_only() {
    let allowed = |s: &Source| {
        matches!(s.module(), "db" | "boot")
            || s.file().starts_with("model")
            || s.path.contains("/model/")
            || s.path.starts_with("src/delivery/ledger/")
            || matches!(s.path.as_str(), "src/delivery/ledger.rs" | "src/delivery/actions.rs" | "src/delivery/engine.rs")
            || s.path == "src/identity/session.rs"
    };
    let wrong = sources()
        .iter()
        .filter(|s| !allowed(s))
        .flat_map(|s| {
            s.lines()
                .filter(|(_, l)| l.contains(" q(\"") || l.trim_start().starts_with("q(\""))
                .map(|(n, _)| format!("{}:{n}", s.path))
                .collect::<Vec<_>>()
        })
        .collect();
    fail("SQL stands in model files (and the ledger) only", wrong);
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MAX_LINES && !TABLES.contains(&source.path.as_str()) {
            wrong.push(format!("{} has {lines} lines, the limit is {MAX_LINES}", source.path));
        }
        if !source.text.starts_with("//!") {
            wrong.push(format!("{} does not begin with //! what it is for", source.path));
        }
        for name in ["utils", "helpers", "common", "manager", "service"] {
            if source.path.split(['/', '.']).any(|p| p == name) {
                wrong.push(format!("{}: {name} says nothing", source.path));
            }
        }
    }
    fail("files are small and say what they are for", wrong);
}

#[test]
fn the_databases_rarely_differ() {
    let uses: Vec<String> = sources()
        .iter()
        .filter(|s| s.path != "src/db/query.rs")
        .flat_map(|s| {
            s.lines().filter(|(_, l)| l.contains(".dialect(")).map(|(n, _)| format!("{}:{n}", s.path)).collect::<Vec<_>>()
        })
        .collect();
    assert!(uses.len() <= MAX_DIALECTS, "{} dialect differences, the cap is {MAX_DIALECTS}: {uses:#?}", uses.len());
}

#[test]
fn every_text_is_in_the_catalogue_and_every_entry_is_used() {
    let catalogue = rostrum::render::Catalogue::parse(&fs::read_to_string("assets/locale/en.toml").unwrap()).unwrap();
    let keys: BTreeSet<&str> = catalogue.texts().map(|(key, _)| base(key).unwrap_or(key)).collect();
    let code: Vec<String> = sources().into_iter().map(|s| s.text).collect();
    let texts = [files("templates", "html"), files("templates", "txt")].concat();
    let templates: Vec<String> = texts.iter().map(|p| fs::read_to_string(p).unwrap()).collect();
    let quoted = quoted(code.iter().chain(&templates));
    let wrong = templates
        .iter()
        .flat_map(|t| literal_keys(t))
        .filter(|key| !keys.contains(key.as_str()))
        .map(|key| format!("a template uses {key}, which the catalogue lacks"))
        .chain(keys.iter().filter(|key| !used(key, &quoted)).map(|key| format!("{key} is in the catalogue and used nowhere")))
        .collect();
    fail("every text is in the catalogue and every entry is used", wrong);
}

/// Of a text that depends on a number: its key without the form.
fn base(key: &str) -> Option<&str> {
    let (base, form) = key.rsplit_once('.')?;
    ["zero", "one", "two", "few", "many", "other"].contains(&form).then_some(base)
}

/// Every language says everything that English says, with the same values, and counts in all its forms.
#[test]
fn every_language_is_complete() {
    let read = |code: &str| fs::read_to_string(format!("assets/locale/{code}.toml")).unwrap();
    let english = rostrum::render::Catalogue::parse(&read("en")).unwrap();
    let english: BTreeMap<&str, &str> = english.texts().collect();
    let mut wrong = Vec::new();
    for language in rostrum::render::Language::all() {
        let code = language.code();
        let own = rostrum::render::Catalogue::parse(&read(code)).unwrap();
        let own: BTreeMap<&str, &str> = own.texts().collect();
        let mut keys = BTreeSet::new();
        for (key, text) in &english {
            let Some(base) = base(key).filter(|b| english.contains_key(format!("{b}.other").as_str())) else {
                keys.insert((*key).to_owned());
                let said = own.get(key).map(|text| values(text));
                if said.as_ref() != Some(&values(text)) {
                    wrong.push(format!("{code}: {key} is missing or has other values than English: {said:?}"));
                }
                continue;
            };
            for form in language.forms() {
                let key = format!("{base}.{form}");
                // A form for one or two can do without the number, and can say what English says of one.
                let without = |v: &BTreeSet<String>| v.iter().filter(|v| *v != "{count}").cloned().collect::<BTreeSet<_>>();
                let of = |form: &str| english.get(format!("{base}.{form}").as_str()).map(|t| values(t));
                let allowed = [of("other"), of("one").filter(|_| ["zero", "one", "two"].contains(&form))];
                let said = own.get(key.as_str()).map(|t| values(t));
                if !said.is_some_and(|said| allowed.iter().flatten().any(|v| without(v) == without(&said))) {
                    wrong.push(format!("{code}: {key} is missing or has other values than English"));
                }
                keys.insert(key);
            }
        }
        wrong.extend(
            own.keys().filter(|key| !keys.contains(**key)).map(|key| format!("{code}: {key} is not in the English catalogue")),
        );
    }
    fail("every language says everything (docs/TRANSLATING.md)", wrong);
}

/// `{name}` in a text.
fn values(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|rest| Some(format!("{{{}}}", rest.split_once('}')?.0))).collect()
}

/// `t('a.b'` in a template.
fn literal_keys(template: &str) -> Vec<String> {
    template
        .match_indices("t('")
        .filter(|(at, _)| !template[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter_map(|(at, _)| template[at + 3..].split_once('\'').map(|(key, _)| key.to_owned()))
        .collect()
}

/// Words in quotes, with what comes after them: the quote, or `{` where Rust puts a key together.
fn quoted<'a>(texts: impl Iterator<Item = &'a String>) -> BTreeSet<(char, &'a str, char)> {
    let mut found = BTreeSet::new();
    for text in texts {
        for (at, quote) in text.match_indices(['"', '\'']) {
            let rest = &text[at + 1..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.' && c != '-').unwrap_or(rest.len());
            let (quote, next) = (quote.chars().next().unwrap(), rest[end..].chars().next().unwrap_or(' '));
            if next == quote || next == '{' {
                found.insert((quote, &rest[..end], next));
            }
        }
    }
    found
}

/// A key stands somewhere in quotes, or its beginning does where Rust puts keys together (`event.` and a kind).
fn used(key: &str, quoted: &BTreeSet<(char, &str, char)>) -> bool {
    let stands = |word: &str| quoted.contains(&('"', word, '"')) || quoted.contains(&('\'', word, '\''));
    stands(key)
        || key.match_indices('.').map(|(at, _)| &key[..=at]).any(|prefix| stands(prefix) || quoted.contains(&('"', prefix, '{')))
}

/// docs/GUARANTEES.md names the test behind each promise.
#[test]
fn every_promise_names_tests_that_exist() {
    let tests: String = ["src", "tests"]
        .iter()
        .flat_map(|folder| [files(folder, "rs"), files(folder, "mjs")].concat())
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let promises = fs::read_to_string("docs/GUARANTEES.md").unwrap();
    let rows = promises.lines().filter(|line| line.starts_with("| ") || line.starts_with("   "));
    let quoted = |line: &str, mark: char| -> Vec<String> { line.split(mark).skip(1).step_by(2).map(str::to_owned).collect() };
    let (mut named, mut wrong) = (0, Vec::new());
    for line in rows {
        let proof = line.rsplit("| ").find(|cell| !cell.trim().is_empty()).unwrap_or(line);
        let functions = quoted(proof, '`').into_iter().filter(|name| name.contains('_') && !name.contains(['/', ' ']));
        let functions = functions.map(|name| format!("fn {name}("));
        for test in functions.chain(quoted(proof, '"').into_iter().map(|title| format!("test({}{title}", '\''))) {
            named += 1;
            let template = test.replace('\'', "`");
            if !tests.contains(&test) && !tests.contains(&template) {
                wrong.push(test);
            }
        }
    }
    assert!(named > 60, "only {named} tests are named");
    fail("a promise names a test that is not there", wrong);
}

#[test]
fn nothing_in_the_repository_points_outside_it() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "templates", "assets/js", "assets/css", "docs", "packaging", "migrations", ".ci"] {
        for path in walk(Path::new(folder)) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for word in ["../shared", concat!("/wo", "rk/"), concat!("/ro", "ot/")] {
                if text.contains(word) && !path.ends_with("tidy.rs") {
                    wrong.push(format!("{}: {word}", path.display()));
                }
            }
        }
    }
    fail("nothing in the repository points outside it", wrong);
}

fn sources() -> Vec<Source> {
    files("src", "rs")
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap().to_owned();
            Source { path: path.to_str().unwrap().to_owned(), text, code }
        })
        .filter(|s| !["tests.rs", "testing.rs", "fake.rs", "conformance.rs"].contains(&s.file()))
        .filter(|s| !s.path.contains("/tests/") && !s.path.contains("/testing/"))
        .collect()
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    walk(Path::new(folder)).into_iter().filter(|p| p.extension().is_some_and(|e| e == extension)).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("shots") {
            found.extend(walk(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[track_caller]
fn fail(rule: &str, wrong: Vec<String>) {
    assert!(wrong.is_empty(), "Rule: {rule} (docs/ARCHITECTURE.md).\n{}", wrong.join("\n"));
}
