//! Media: uploaded once, worked on by the server, then attached. <https://docs.joinmastodon.org/methods/media/#v2>

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Failure, FailureKind, Mastodon, Method, request, rules::Rules, send};
use crate::{
    http::{FormData, Reply},
    providers::{MediaFile, Picture, Provider as _},
};

/// Servers throw away what is not attached within a day.
const KEPT: TimeDelta = TimeDelta::hours(20);
/// How often a file is uploaded again for that reason before it is given up.
const AGAIN: usize = 10;
/// Longest side of a picture: what older servers take, and more than any shows.
const SIDE: u32 = 4_096;
const FORMATS: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];
const STILLS: &[&str] = &["image/jpeg", "image/png", "image/webp"];

/// A file that the server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Ours.
    pub file: String,
    /// The server's.
    pub id: String,
    /// When it was uploaded.
    pub at: DateTime<Utc>,
    /// The server had finished with it then.
    pub ready: bool,
}

/// Every file of the part at the server, in order; `None` while the server works on one. Those in `known` are there already.
pub async fn all(call: &Call<'_>, known: &[Upload]) -> Result<Option<Vec<Upload>>, Failure> {
    let mut uploads = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let id = file.id.to_string();
        uploads.push(match known.iter().find(|upload| upload.file == id) {
            Some(upload) => upload.clone(),
            None => uploaded(call, n, file).await?,
        });
    }
    for upload in uploads.iter_mut().filter(|upload| !upload.ready) {
        if !is_ready(call, &upload.id).await? {
            return Ok(None);
        }
        upload.ready = true;
    }
    Ok(Some(uploads))
}

/// Uploads a file, or finds that it was. What was uploaded too long ago is uploaded again.
async fn uploaded(call: &Call<'_>, n: usize, file: &MediaFile) -> Result<Upload, Failure> {
    for again in 0..AGAIN {
        let name = if again == 0 { format!("media:{n}") } else { format!("media:{n}:{again}") };
        let sent = [file.id.0.as_bytes(), file.alt.as_bytes()].concat();
        let upload = call.step(&name, Effect::Repeatable, &sent, async |_| upload(call, n, file).await).await?;
        if call.now - upload.at < KEPT {
            return Ok(upload);
        }
    }
    Err(Failure::rejected("the server has dropped the media too often while the status waited"))
}

async fn upload(call: &Call<'_>, n: usize, file: &MediaFile) -> Result<Upload, Failure> {
    #[derive(Deserialize)]
    struct Attachment {
        id: String,
        url: Option<String>,
    }
    let mut form = FormData::default();
    if !file.alt.trim().is_empty() {
        form = form.text("description", file.alt.as_str());
    }
    if let Some(focus) = file.focus {
        form = form.text("focus", focal(focus));
    }
    let name = |mime: &str| format!("media-{n}.{}", mime.rsplit('/').next().unwrap_or("bin"));
    let rules = Rules::kept(&call.tokens.current());
    let wanted = Picture { max_bytes: rules.image_bytes, max_side: SIDE, formats: FORMATS };
    if file.is_video() {
        if let Some(cover) = file.cover {
            let fitted = call.files.fit(cover, Picture { formats: STILLS, ..wanted }).await?;
            form = form.bytes("thumbnail", fitted.bytes, (&name(&fitted.mime), &fitted.mime));
        }
        let stream = call.files.stream(file.id).await?;
        form = form.stream("file", (stream, file.bytes), (&name(&file.mime), &file.mime));
    } else {
        let fitted = call.files.fit(file.id, wanted).await?;
        form = form.bytes("file", fitted.bytes, (&name(&fitted.mime), &fitted.mime));
    }
    let reply = send(call, request(call, Method::POST, "v2/media")?.reads().multipart(form)).await?;
    let Attachment { id, url } = reply.json()?;
    let ready = reply.status == 200 && url.is_some();
    Ok(Upload { file: file.id.to_string(), id, at: call.now, ready })
}

/// Shares from the upper left as distances from the middle: -1 to 1, to the right and up.
/// <https://docs.joinmastodon.org/api/guidelines/#focal-points>
fn focal((x, y): (f64, f64)) -> String {
    format!("{:.2},{:.2}", x * 2.0 - 1.0, 1.0 - y * 2.0)
}

/// Whether the server has finished: 200, or 206 while it works. One that it does not know (any more) is left to the status,
/// which says whether it is attached to it.
async fn is_ready(call: &Call<'_>, id: &str) -> Result<bool, Failure> {
    let reply: Reply = request(call, Method::GET, &format!("v1/media/{id}"))?.send().await?;
    match reply.status {
        206 => Ok(false),
        404 => Ok(true),
        422 => {
            let failure = reply.failure(call.now);
            let failure = call.hidden(Mastodon.explain(&reply, failure), &call.tokens.current());
            Err(Failure { kind: FailureKind::Rejected, ..failure })
        }
        _ => {
            let now = call.now;
            let judged = reply.ok(now, |reply, failure| Mastodon.explain(reply, failure));
            judged.map_err(|failure| call.hidden(failure, &call.tokens.current())).map(|_| true)
        }
    }
}
