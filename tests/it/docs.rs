//! `docs/providers/` says what the descriptors say.

use std::{collections::BTreeSet, fs, path::Path};

use rostrum::{channels::manual, providers::REGISTRY};

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
        assert!(known.contains(name.as_str()), "docs/providers/{name} is of no provider");
    }
}
