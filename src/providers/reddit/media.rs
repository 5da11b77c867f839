//! Files go to Reddit's store under a lease: fields that Reddit signs, then the file.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{ABOUT, api};
use crate::{
    error::{Failure, FailureKind},
    http::{FormData, Method, Reply},
    kit::MediaId,
    providers::{Call, MediaFile, Picture},
};

/// What a picture must be.
pub const PICTURE: Picture =
    Picture { max_bytes: 20_000_000, max_side: 8_192, formats: &["image/jpeg", "image/png", "image/gif"] };
const POSTER: Picture = Picture { max_bytes: 5_000_000, max_side: 1_920, formats: &["image/png", "image/jpeg"] };
/// Size of the plain picture that stands for a video that came without one.
const PLAIN: (u32, u32) = (640, 360);

#[derive(Deserialize)]
struct Lease {
    args: Target,
    asset: Asset,
}

#[derive(Deserialize)]
struct Asset {
    asset_id: String,
}

/// A file that Reddit has.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The address that a submission names.
    pub url: String,
    /// The id that a gallery names.
    pub id: String,
}

#[derive(Deserialize)]
struct Target {
    action: String,
    fields: Vec<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    name: String,
    value: String,
}

/// Bytes to be uploaded.
enum File<'a> {
    Stored(&'a MediaFile),
    Made(Bytes, String),
}

/// Uploads a picture or video.
pub async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<Stored, Failure> {
    if file.is_video() {
        return send(call, File::Stored(file)).await;
    }
    let fitted = call.files.fit(file.id, PICTURE).await?;
    send(call, File::Made(fitted.bytes, fitted.mime)).await
}

/// Uploads the picture that stands for a video: this one, else a plain one.
pub async fn poster(call: &Call<'_>, picture: Option<MediaId>) -> Result<Stored, Failure> {
    match picture {
        Some(id) => {
            let fitted = call.files.fit(id, POSTER).await?;
            send(call, File::Made(fitted.bytes, fitted.mime)).await
        }
        None => send(call, File::Made(plain()?, "image/png".into())).await,
    }
}

fn plain() -> Result<Bytes, Failure> {
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(PLAIN.0, PLAIN.1, image::Rgb([26, 26, 27]));
    picture.write_to(&mut png, image::ImageFormat::Png).map_err(|e| Failure::unexpected(e.to_string()))?;
    Ok(png.into_inner().into())
}

async fn send(call: &Call<'_>, file: File<'_>) -> Result<Stored, Failure> {
    let mime = match &file {
        File::Stored(file) => file.mime.as_str(),
        File::Made(_, mime) => mime,
    };
    let name = format!("file.{}", mime.rsplit('/').next().unwrap_or("bin").replace("jpeg", "jpg"));
    let lease: Lease = api::repeat(&call.access, "api/media/asset.json", &[("filepath", &name), ("mimetype", mime)]).await?;
    let target = match call.host(&ABOUT, "uploads") {
        host if host.is_empty() => format!("https:{}", lease.args.action),
        host => host,
    };
    let field = |wanted: &str| lease.args.fields.iter().find(|f| f.name == wanted).map(|f| f.value.clone());
    let key = field("key").ok_or_else(|| Failure::unexpected("Reddit leased no place for the file"))?;
    let form = lease.args.fields.iter().fold(FormData::default(), |form, f| form.text(&f.name, &f.value));
    let form = match &file {
        File::Stored(stored) => form.stream("file", (call.files.stream(stored.id).await?, stored.bytes), (&name, mime)),
        File::Made(bytes, _) => form.bytes("file", bytes.clone(), (&name, mime)),
    };
    call.http.request(Method::POST, &target).reads().multipart(form).send().await?.ok(call.now, refused)?;
    Ok(Stored { url: format!("{target}/{key}"), id: lease.asset.asset_id })
}

/// The store's own words: `<Error><Code>EntityTooLarge</Code><Message>…</Message>`.
fn refused(reply: &Reply, failure: Failure) -> Failure {
    let text = reply.text();
    let within = |tag: &str| Some(text.split_once(&format!("<{tag}>"))?.1.split_once(&format!("</{tag}>"))?.0.to_owned());
    let kind = if failure.kind == FailureKind::Reconnect { FailureKind::Rejected } else { failure.kind };
    match (within("Code"), within("Message")) {
        (Some(code), Some(message)) => Failure { kind, message, ..failure }.code(code),
        _ => Failure { kind, ..failure },
    }
}
