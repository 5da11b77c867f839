//! The embedded files under `assets/`, addressed by one hash of the whole tree: `/assets/{hash}/js/app.js` never
//! changes its content, and relative imports and `url()` keep working.

use std::{borrow::Cow, sync::LazyLock};

use rust_embed::RustEmbed;

use crate::kit::crypto::sha256;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

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
    let file = Assets::get(path)?;
    let mime = file.metadata.mimetype();
    let charset = if mime.starts_with("text/") || mime.ends_with("javascript") { "; charset=utf-8" } else { "" };
    Some(Asset { mime: format!("{mime}{charset}"), hash: hex::encode(file.metadata.sha256_hash()), bytes: file.data })
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
    hex::encode(&sha256(&all)[..8])
});
