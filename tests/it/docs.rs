//! `docs/providers/` says what the descriptors say, and `tests/browser/fields.html` is what the composer shows.

use std::{collections::BTreeSet, fs, path::Path};

use rostrum::{channels::manual, providers::REGISTRY, render::Pages, web::Frame};

/// Written by hand: what the providers rest on that nobody saw a platform do.
const UNVERIFIED: &str = "UNVERIFIED.md";

/// Every provider has its lines there, in the order of the registry.
#[test]
fn what_is_not_verified_is_said_of_every_provider() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/providers").join(UNVERIFIED);
    let page = fs::read_to_string(path).unwrap();
    let said: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let known: Vec<&str> = REGISTRY.iter().map(|p| p.about().id).collect();
    assert_eq!(said, known);
}

/// Writes the pages anew when `ROSTRUM_WRITE_DOCS` is set, and fails when one is not what it would be.
#[test]
fn the_documentation_of_providers_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/providers");
    let pages = REGISTRY.iter().map(|p| (format!("{}.md", p.about().id), manual::page(p.about())));
    let pages: Vec<(String, String)> = pages.chain([("README.md".to_owned(), manual::index())]).collect();
    let known: BTreeSet<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    if std::env::var_os("ROSTRUM_WRITE_DOCS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        pages.iter().for_each(|(name, page)| fs::write(folder.join(name), page).unwrap());
    }
    for (name, page) in &pages {
        let stored = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(stored == *page, "docs/providers/{name} is not current: run this test with ROSTRUM_WRITE_DOCS=1");
    }
    for file in fs::read_dir(&folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == UNVERIFIED || known.contains(name.as_str()), "docs/providers/{name} is of no provider");
    }
}

/// The settings panel with every kind of field, from the composer's first sample: what `fields.test.mjs` drives.
#[test]
fn the_form_that_the_browser_drives_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = fs::read_to_string(root.join("templates/posts/compose.sample.json")).unwrap();
    let contexts: Vec<serde_json::Value> = serde_json::from_str(&sample).unwrap();
    let page = Pages::new().unwrap().render_template("posts/compose.html", &contexts[0], &Frame::sample()).unwrap();
    let page = page.replace("&#x2f;", "/");
    let start = page.find("<details class=\"card settings-panel\" data-settings-for=\"c3\"").unwrap();
    let panel = &page[start..start + page[start..].find("</details>").unwrap() + "</details>".len()];
    // The addresses of icons change with every embedded file.
    let pieces = panel.split("/assets/").enumerate().map(|(n, piece)| match (n, piece.split_once('/')) {
        (0, _) | (_, None) => piece.to_owned(),
        (_, Some((_, rest))) => format!("/assets/hash/{rest}"),
    });
    let panel = pieces.collect::<String>() + "\n";
    let file = root.join("tests/browser/fields.html");
    if std::env::var_os("ROSTRUM_WRITE_DOCS").is_some() {
        fs::write(&file, &panel).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == panel, "tests/browser/fields.html is not current: run this test with ROSTRUM_WRITE_DOCS=1");
}
