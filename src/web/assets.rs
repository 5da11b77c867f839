//! `GET /assets/{hash}/…`: embedded files, immutable under the hash of the whole tree.

use poem::{
    Request, Response, handler,
    http::{HeaderMap, StatusCode, header},
    web::Path,
};

use crate::{error::Error, render};

/// One embedded file. An old hash still answers, but is not kept by caches.
#[handler]
pub fn serve(Path((hash, path)): Path<(String, String)>, req: &Request) -> super::Result {
    let asset = render::asset(&path).ok_or(Error::NotFound("page"))?;
    let etag = format!("\"{}\"", &asset.hash[..32]);
    let current = render::asset_url("").ends_with(&format!("/{hash}/"));
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let response = Response::builder().header(header::ETAG, &etag).header(header::CACHE_CONTROL, cache);
    if matches_etag(req.headers(), &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    Ok(response.content_type(asset.mime).body(asset.bytes.into_owned()))
}

/// True when the caller already has this content.
pub fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*")
}
