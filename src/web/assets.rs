//! `GET /assets/{hash}/…`: embedded files, immutable under the hash of the whole tree, packed once for everybody.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use bytes::Bytes;
use poem::{
    IntoResponse as _, Request, Response, handler,
    http::{HeaderMap, StatusCode, header},
    web::{Compress, CompressionAlgo, CompressionLevel, Path},
};

use crate::{
    error::Error,
    render::{self, Asset},
};

/// Below, the head of an answer weighs more than what packing saves.
const WORTH_PACKING: usize = 512;

/// What was packed before, by its content and how: as many as there are files, twice.
static PACKED: LazyLock<Mutex<HashMap<(String, &'static str), Bytes>>> = LazyLock::new(Mutex::default);

/// One embedded file. An old hash still answers, but is not kept by caches.
#[handler]
pub async fn serve(Path((hash, path)): Path<(String, String)>, req: &Request) -> super::Result {
    let asset = render::asset(&path).ok_or(Error::NotFound("page"))?;
    let packing = packing(req.headers(), &asset);
    let etag = format!("\"{}{}\"", &asset.hash[..32], packing.map_or(String::new(), |(name, _)| format!("-{name}")));
    let current = render::asset_url("").ends_with(&format!("/{hash}/"));
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let response = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::CACHE_CONTROL, cache)
        .header(header::VARY, "accept-encoding");
    if matches_etag(req.headers(), &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let response = response.content_type(&asset.mime);
    Ok(match packing {
        Some((name, algorithm)) => response.header(header::CONTENT_ENCODING, name).body(packed(asset, name, algorithm).await?),
        None => response.body(asset.bytes.into_owned()),
    })
}

/// How the caller takes it, if it gets smaller by that: pictures and fonts are packed already.
fn packing(headers: &HeaderMap, asset: &Asset) -> Option<(&'static str, CompressionAlgo)> {
    let text =
        ["text/", "application/javascript", "application/json", "image/svg"].iter().any(|kind| asset.mime.starts_with(kind));
    if !text || asset.bytes.len() < WORTH_PACKING {
        return None;
    }
    let wanted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        let named = |one: &str| {
            one.trim().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(';') && !rest.ends_with("q=0"))
        };
        wanted.split(',').any(named)
    };
    [("br", CompressionAlgo::BR), ("gzip", CompressionAlgo::GZIP)].into_iter().find(|(name, _)| takes(name))
}

/// Packed at the first time; while that lasts, others may pack it, too.
async fn packed(asset: Asset, name: &'static str, algorithm: CompressionAlgo) -> super::Result<Bytes> {
    let key = (asset.hash, name);
    let known = PACKED.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(bytes) = known {
        return Ok(bytes);
    }
    // Below two, brotli packs every piece of eight kilobytes by itself; from seven on it takes long and saves little.
    let level = CompressionLevel::Precise(if cfg!(debug_assertions) { 2 } else { 6 });
    let whole = Response::builder().body(asset.bytes.into_owned());
    let bytes = Compress::new(whole, algorithm)
        .with_quality(level)
        .into_response()
        .into_body()
        .into_bytes()
        .await
        .map_err(Error::internal)?;
    PACKED.lock().unwrap_or_else(PoisonError::into_inner).insert(key, bytes.clone());
    Ok(bytes)
}

/// True when the caller already has this content.
pub fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*")
}
