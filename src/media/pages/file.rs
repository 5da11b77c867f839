//! `GET /media/file/{path}`: a stored file, whole or in part, for whoever was told its address.

use poem::{
    Body, Request, Response, ResponseBuilder, handler,
    http::{Method, StatusCode, header},
    web::Path,
};

use crate::{
    app::App,
    error::{Error, Result},
    media::{
        model::Media,
        name,
        range::{self, Wanted},
    },
    web::{self, RequestId, assets::matches_etag, problem},
};

/// The file. Its address is never used for another content, so it may be kept for ever.
#[handler]
pub async fn serve(app: App, Path(path): Path<String>, req: &Request) -> web::Result {
    let answer = answer(&app, &path, req).await;
    Ok(answer.inspect_err(|e| problem::log(e, req.method().as_str(), req.uri().path(), &RequestId::of(req)))?)
}

async fn answer(app: &App, path: &str, req: &Request) -> Result<Response> {
    let media = Media::public(&app.db, path).await?;
    // Deleted and in no post: nobody needs it any more. One in a post stays, because platforms fetch it here.
    let shown = async || -> Result<bool> {
        let used = !Media::uses(&app.db, media.org_id, &[media.id]).await?.is_empty();
        Ok(used || media.is_cover(&app.db).await?)
    };
    if media.deleted_at.is_some() && !shown().await? {
        return Err(Error::NotFound("media"));
    }
    let etag = format!("\"{}\"", hex::encode(&media.sha256));
    let response = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::ACCEPT_RANGES, "bytes");
    if matches_etag(req.headers(), &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let response = response
        .content_type(&media.mime)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_DISPOSITION, name::disposition(&media.name));
    // A range of another content than this one's is of no use (RFC 9110, 13.1.5).
    let range = req.header("range").filter(|_| req.header("if-range").is_none_or(|tag| tag == etag));
    content(app, &media, range::wanted(range, media.bytes.unsigned_abs()), req.method(), response).await
}

async fn content(app: &App, media: &Media, wanted: Wanted, method: &Method, response: ResponseBuilder) -> Result<Response> {
    let bytes = media.bytes.unsigned_abs();
    let (range, response) = match wanted {
        Wanted::Whole => (0..bytes, response),
        Wanted::Part(range) => {
            let said = format!("bytes {}-{}/{bytes}", range.start, range.end - 1);
            (range, response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, said))
        }
        Wanted::Beyond => {
            let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
            return Ok(response.header(header::CONTENT_RANGE, format!("bytes */{bytes}")).finish());
        }
    };
    let response = response.header(header::CONTENT_LENGTH, range.end - range.start);
    if method == Method::HEAD {
        return Ok(response.finish());
    }
    Ok(response.body(Body::from_bytes_stream(app.store.get_range(&media.file, range).await?)))
}
