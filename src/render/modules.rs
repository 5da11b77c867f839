//! Which modules of `assets/js` a page will want. Browsers would find them one import after the other, a round trip each; told
//! with the page they fetch them at once. Read from the modules themselves: `app.js` says which attribute wants which module,
//! and every module what it imports. Knows no page and no behaviour by name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::LazyLock,
};

use super::assets::{asset_url, below, source};

/// Starts everything on every page.
const APP: &str = "js/app.js";

static MODULES: LazyLock<Modules> = LazyLock::new(Modules::embedded);

struct Modules {
    /// An attribute, and what is fetched where it stands.
    wanted: Vec<(String, String)>,
    /// What a module imports.
    imports: BTreeMap<String, Vec<String>>,
}

/// The page with a link in its head for each module that it will want; what is no whole page stays as it is.
pub fn announced(mut html: String) -> String {
    let Some(end) = html.find("</head>") else { return html };
    let links = MODULES.of(&html).into_iter().fold(String::new(), |mut links, path| {
        let _ = writeln!(links, "<link rel=\"modulepreload\" href=\"{}\">", asset_url(path));
        links
    });
    html.insert_str(end, &links);
    html
}

impl Modules {
    fn embedded() -> Self {
        let read = |name: String| Some((format!("js/{name}"), source(&format!("js/{name}"))?));
        let files: BTreeMap<String, String> = below("js/").filter_map(read).collect();
        Self::read(&files)
    }

    fn read(files: &BTreeMap<String, String>) -> Self {
        let app = files.get(APP).map_or("", String::as_str);
        let imports = |(path, text): (&String, &String)| {
            let lazy = if path == APP { Vec::new() } else { quoted(text, "import(\"") };
            let all = quoted(text, " from \"").into_iter().chain(lazy);
            (path.clone(), all.filter_map(|there| resolve(path, there)).collect())
        };
        Self { wanted: app.lines().filter_map(behaviour).collect(), imports: files.iter().map(imports).collect() }
    }

    /// What this page wants, without `app.js`, which it names itself.
    fn of(&self, html: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = vec![APP];
        open.extend(self.wanted.iter().filter(|(attribute, _)| has(html, attribute)).map(|(_, path)| path.as_str()));
        while let Some(path) = open.pop() {
            if found.insert(path) {
                open.extend(self.imports.get(path).into_iter().flatten().map(String::as_str));
            }
        }
        found.remove(APP);
        found
    }
}

/// `["[data-await]", () => import("./await.js")],` as the attribute and the file.
fn behaviour(line: &str) -> Option<(String, String)> {
    let selector = line.trim_start().strip_prefix("[\"")?.split('"').next()?;
    let attribute = selector.split_once('[')?.1.split([']', '=']).next()?;
    let path = *quoted(line, "import(\"").first()?;
    Some((attribute.to_owned(), resolve(APP, path)?))
}

/// What stands between `before` and the next quote, wherever `before` does.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once('"')).map(|(path, _)| path).collect()
}

/// An import of a module as a path below `assets/`.
fn resolve(from: &str, import: &str) -> Option<String> {
    let (folder, _) = from.rsplit_once('/')?;
    match import.strip_prefix("../") {
        Some(above) => Some(above.to_owned()),
        None => Some(format!("{folder}/{}", import.strip_prefix("./")?)),
    }
}

/// The attribute stands in the page, not only as the beginning of a longer one.
fn has(html: &str, attribute: &str) -> bool {
    html.match_indices(attribute).any(|(at, _)| {
        let after = html.as_bytes().get(at + attribute.len());
        html[..at].ends_with([' ', '\n']) && after.is_some_and(|next| matches!(next, b'=' | b' ' | b'>' | b'\n'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::asset;

    #[test]
    fn a_page_wants_what_its_attributes_ask_for_and_what_that_imports() {
        let files = [
            (
                "js/app.js",
                "import * as keys from \"./keys.js\";\n  [\"[data-write]\", () => import(\"./write.js\")],\n  [\"time[data-ago]\", () => import(\"./ago.js\")],",
            ),
            ("js/write.js", "import {\n  a,\n} from \"../vendor/x/x.js\";\nconst more = await import(\"./rich.js\");"),
            ("js/rich.js", "import \"y\";\nimport { b } from \"./write.js\";"),
        ];
        let modules = Modules::read(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
        let of = |html: &str| modules.of(html).into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(of("<p data-writer data-agog=\"1\">data-write </p>"), ["js/keys.js"]);
        assert_eq!(of("<time data-ago>"), ["js/ago.js", "js/keys.js"]);
        assert_eq!(of("<form data-write=\"\">"), ["js/keys.js", "js/rich.js", "js/write.js", "vendor/x/x.js"]);
    }

    #[test]
    fn what_is_announced_is_there() {
        assert!(MODULES.wanted.len() > 20, "the table of app.js is read no more");
        let all: String = MODULES.wanted.iter().map(|(attribute, _)| format!("<i {attribute}></i>")).collect();
        let paths = MODULES.of(&all);
        assert!(paths.contains("vendor/prosemirror/prosemirror.js") && paths.contains("js/shortcuts.js"));
        for path in paths {
            assert!(asset(path).is_some(), "{path} is imported and not there");
        }
    }

    #[test]
    fn links_stand_in_the_head() {
        let page = announced("<head><title>x</title></head><body data-copy></body>".to_owned());
        assert!(page.contains("/js/copy.js\">") && page.find("modulepreload") < page.find("</head>"));
        assert_eq!(announced("<p data-copy></p>".to_owned()), "<p data-copy></p>");
    }
}
