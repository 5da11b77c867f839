//! The embedded files under `assets/`, addressed by one hash of the whole tree: `/assets/{hash}/js/app.js` never
//! changes its content, and relative imports and `url()` keep working. The sheets of all pages are also one file: a page is
//! painted after one answer instead of a dozen, and the next page has it already.

use std::{borrow::Cow, sync::LazyLock};

use rust_embed::RustEmbed;

use crate::kit::crypto::sha256;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

/// The sheets in the order in which they count, below `css/` and without their ending.
const SHEETS: [&str; 15] = [
    "tokens",
    "base",
    "layout",
    "components",
    "pages",
    "composer",
    "rich",
    "calendar",
    "people",
    "channels",
    "finder",
    "media",
    "designer",
    "start",
    "settings",
];
/// The address of all of them. Beside them, so that their `url()` keeps working.
const JOINED: &str = "css/rostrum.css";

/// One embedded file.
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// Its type, with the charset for text.
    pub mime: String,
    /// SHA-256 of its content in hex, for the ETag.
    pub hash: String,
}

/// The file at `path` below `assets/`.
pub fn asset(path: &str) -> Option<Asset> {
    if path == JOINED {
        return Some(joined());
    }
    let file = Assets::get(path)?;
    let mime = file.metadata.mimetype();
    let charset = if mime.starts_with("text/") || mime.ends_with("javascript") { "; charset=utf-8" } else { "" };
    Some(Asset { mime: format!("{mime}{charset}"), hash: hex::encode(file.metadata.sha256_hash()), bytes: file.data })
}

/// Read anew each time: in a development build a sheet is seen as soon as it is saved.
fn joined() -> Asset {
    let bytes: Vec<u8> =
        SHEETS.iter().filter_map(|name| Assets::get(&format!("css/{name}.css"))).flat_map(|f| f.data.into_owned()).collect();
    Asset { hash: hex::encode(sha256(&bytes)), mime: "text/css; charset=utf-8".to_owned(), bytes: Cow::Owned(bytes) }
}

/// The text of an embedded file.
pub(super) fn source(path: &str) -> Option<String> {
    String::from_utf8(Assets::get(path)?.data.into_owned()).ok()
}

/// The names of the files below a folder, without it.
pub fn below(folder: &str) -> impl Iterator<Item = String> {
    Assets::iter().filter_map(move |name| name.strip_prefix(folder).map(str::to_owned))
}

/// The address of the file at `path` below `assets/`.
pub fn asset_url(path: &str) -> String {
    format!("/assets/{}/{path}", tree())
}

/// Hash of all files and their names: 16 hex digits.
pub fn tree() -> &'static str {
    &TREE
}

static TREE: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort();
    let mut all = Vec::new();
    for name in names {
        all.extend_from_slice(name.as_bytes());
        all.extend(Assets::get(&name).map(|f| f.metadata.sha256_hash()).unwrap_or_default());
    }
    // Made of files that are counted already, but by this program.
    all.extend(joined().hash.as_bytes());
    hex::encode(&sha256(&all)[..8])
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_is_among_the_joined_ones() {
        let files: Vec<String> = below("css/").filter(|name| name != "design.css").collect();
        let mut named: Vec<String> = SHEETS.iter().map(|name| format!("{name}.css")).collect();
        named.sort();
        let mut found = files.clone();
        found.sort();
        assert_eq!(found, named, "a sheet that no page gets, or one that is no file");
        let sum: usize = files.iter().map(|name| asset(&format!("css/{name}")).unwrap().bytes.len()).sum();
        let all = asset(JOINED).unwrap();
        assert_eq!((all.bytes.len(), all.mime.as_str()), (sum, "text/css; charset=utf-8"));
        // Layers have their order before the first of them is filled.
        let text = String::from_utf8(all.bytes.into_owned()).unwrap();
        assert!(text.find("@layer reset, tokens").unwrap() < text.find("@layer base {").unwrap());
    }
}
