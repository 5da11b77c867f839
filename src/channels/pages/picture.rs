//! `GET /channels/pictures/{file}`: our copy of an account's picture, for whoever was told its address.

use poem::{Body, Response, handler, http::header, web::Path};

use crate::{app::App, channels::picture::stored, error::Error, web};

/// The picture. Its name is that of its content, so it may be kept for ever.
#[handler]
pub async fn serve(app: App, Path(file): Path<String>) -> web::Result {
    let (path, mime) = stored(&file).ok_or(Error::NotFound("picture"))?;
    let (bytes, content) = app.store.get(&path).await?;
    let response = Response::builder()
        .content_type(mime)
        .header(header::CONTENT_LENGTH, bytes)
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    Ok(response.body(Body::from_bytes_stream(content)))
}
