//! What a part becomes: a message, an album of up to ten, or several of these; how each is sent, changed and deleted.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ABOUT, CAPTION, api, caption_length};
use crate::{
    error::Failure,
    http::FormData,
    providers::{Access, Call, MediaFile, Picture, Remote},
};

/// Most pictures and videos of an album: <https://core.telegram.org/bots/api#sendmediagroup>
const ALBUM: usize = 10;
/// Telegram shows photos at up to 2,560 pixels; ten of these are in memory at a time.
const PHOTO: Picture = Picture { max_bytes: 5_000_000, max_side: 2_560, formats: &["image/jpeg", "image/png", "image/webp"] };

/// One request's worth of a part.
pub struct Piece<'a> {
    /// HTML; empty: none.
    pub text: String,
    /// Up to ten; one GIF, or pictures and videos.
    pub media: Vec<&'a MediaFile>,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

/// The text goes under the first picture or video, and when it is too long for that, behind all of them.
pub fn pieces<'a>(call: &Call<'a>) -> Result<Vec<Piece<'a>>, Failure> {
    let text = call.words(&ABOUT);
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for file in call.media {
        match pieces.last_mut() {
            Some(piece) if piece.media.len() < ALBUM && !is_gif(piece.media[0]) && !is_gif(file) => piece.media.push(file),
            _ => pieces.push(Piece { text: String::new(), media: vec![file] }),
        }
    }
    match pieces.first_mut() {
        Some(first) if caption_length(call.text) <= CAPTION => first.text = text,
        _ if text.trim().is_empty() => {}
        _ => pieces.push(Piece { text, media: Vec::new() }),
    }
    if pieces.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    Ok(pieces)
}

/// Sends one; in a group that has become a supergroup once more, under its new id, which is kept.
pub async fn send(call: &Call<'_>, piece: &Piece<'_>, above: Option<&Remote>) -> Result<Remote, Failure> {
    let chat = call.credential("id")?;
    let first = once(call, &chat, piece, above).await;
    let (chat, sent) = match first.as_ref().err().and_then(api::moved) {
        Some(new) => {
            keep(call, &new).await?;
            let sent = once(call, &new, piece, above).await?;
            (new, sent)
        }
        None => (chat, first?),
    };
    let ids: Vec<i64> = sent.iter().map(|message| message.message_id).collect();
    let first = ids.first().ok_or_else(|| Failure::uncertain("Telegram named no message"))?;
    let holds = match (piece.media.is_empty(), call.media.is_empty() || caption_length(call.text) <= CAPTION) {
        (true, _) => "text",
        (false, true) => "caption",
        (false, false) => "nothing",
    };
    Ok(Remote { id: first.to_string(), url: url(&call.access, &chat, *first), extra: json!({"messages": ids, "holds": holds}) })
}

async fn once(call: &Call<'_>, chat: &str, piece: &Piece<'_>, above: Option<&Remote>) -> Result<Vec<Sent>, Failure> {
    let reply =
        above.map(|remote| json!({"message_id": remote.id.parse::<i64>().unwrap_or(0), "allow_sending_without_reply": true}));
    match piece.media[..] {
        [] => {
            let mut body = json!({"chat_id": chat, "text": piece.text, "parse_mode": "HTML"});
            if let Some(reply) = reply {
                body["reply_parameters"] = reply;
            }
            Ok(vec![api::write(&call.access, "sendMessage", &body).await?])
        }
        [file] => {
            let (method, field) = match () {
                () if file.is_video() => ("sendVideo", "video"),
                () if is_gif(file) => ("sendAnimation", "animation"),
                () => ("sendPhoto", "photo"),
            };
            let mut form = head(chat, reply.as_ref());
            if !piece.text.is_empty() {
                form = form.text("caption", &piece.text).text("parse_mode", "HTML");
            }
            if file.is_video() {
                form = form.text("supports_streaming", "true");
            }
            Ok(vec![api::upload(&call.access, method, attach(call, form, field, file).await?).await?])
        }
        _ => {
            let mut form = head(chat, reply.as_ref()).text("media", album(piece).to_string());
            for (n, file) in piece.media.iter().enumerate() {
                form = attach(call, form, &format!("file{n}"), file).await?;
            }
            api::upload(&call.access, "sendMediaGroup", form).await
        }
    }
}

fn head(chat: &str, reply: Option<&Json>) -> FormData {
    let form = FormData::default().text("chat_id", chat);
    match reply {
        Some(reply) => form.text("reply_parameters", reply.to_string()),
        None => form,
    }
}

fn album(piece: &Piece<'_>) -> Json {
    let item = |(n, file): (usize, &&MediaFile)| {
        let kind = if file.is_video() { "video" } else { "photo" };
        let mut item = json!({"type": kind, "media": format!("attach://file{n}")});
        if n == 0 && !piece.text.is_empty() {
            item["caption"] = json!(piece.text);
            item["parse_mode"] = json!("HTML");
        }
        item
    };
    piece.media.iter().enumerate().map(item).collect()
}

async fn attach(call: &Call<'_>, form: FormData, field: &str, file: &MediaFile) -> Result<FormData, Failure> {
    if file.is_video() || is_gif(file) {
        let name = if file.is_video() { "video.mp4" } else { "animation.gif" };
        return Ok(form.stream(field, (call.files.stream(file.id).await?, file.bytes), (name, &file.mime)));
    }
    let fitted = call.files.fit(file.id, PHOTO).await?;
    let name = format!("photo.{}", fitted.mime.rsplit('/').next().unwrap_or("jpeg"));
    Ok(form.bytes(field, fitted.bytes, (&name, &fitted.mime)))
}

async fn keep(call: &Call<'_>, chat: &str) -> Result<(), Failure> {
    let chat = chat.to_owned();
    let seen = call.tokens.current();
    let change: crate::providers::Refresh<'_> = Box::new(move |mut stored| {
        Box::pin(async move {
            stored["id"] = chat.into();
            Ok(stored)
        })
    });
    call.tokens.renew(&seen, change).await.map(drop)
}

fn is_gif(file: &MediaFile) -> bool {
    file.mime == "image/gif"
}

/// Public chats by name, private channels and supergroups by the number behind `-100`; other chats have no addresses.
fn url(access: &Access<'_>, chat: &str, message: i64) -> Option<String> {
    let (site, handle) = (access.host(&ABOUT, "site"), access.credential("handle").unwrap_or_default());
    match (handle.as_str(), chat.strip_prefix("-100")) {
        ("", Some(number)) => Some(format!("{site}/c/{number}/{message}")),
        ("", None) => None,
        (handle, _) => Some(format!("{site}/{handle}/{message}")),
    }
}

/// Changes the text of what was sent; pictures stay.
pub async fn edit(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let text = call.words(&ABOUT);
    let (method, field) = match remote.extra["holds"].as_str() {
        Some("text") => ("editMessageText", "text"),
        Some("caption") if caption_length(call.text) > CAPTION => {
            return Err(Failure::rejected(format!("the text under a picture can have {CAPTION} characters at Telegram")));
        }
        Some("caption") => ("editMessageCaption", "caption"),
        // The text stands in a message of its own, which is another remote.
        _ => return Ok(remote.clone()),
    };
    let id: i64 = remote.id.parse().map_err(|_| Failure::unexpected("a message without a number"))?;
    let body = json!({"chat_id": call.credential("id")?, "message_id": id, field: text, "parse_mode": "HTML"});
    match api::read::<Json>(&call.access, method, &body).await {
        Err(failure) if !failure.message.contains("message is not modified") => Err(failure),
        _ => Ok(remote.clone()),
    }
}

/// Deletes all messages of what was sent; Telegram allows it for 48 hours.
pub async fn delete(call: &Call<'_>, remote: &Remote) -> Result<(), Failure> {
    let ids = match &remote.extra["messages"] {
        Json::Array(ids) if !ids.is_empty() => json!(ids),
        _ => json!([remote.id.parse::<i64>().map_err(|_| Failure::unexpected("a message without a number"))?]),
    };
    let body = json!({"chat_id": call.credential("id")?, "message_ids": ids});
    match api::read::<Json>(&call.access, "deleteMessages", &body).await {
        Err(failure) if !failure.message.contains("message to delete not found") => Err(failure),
        _ => Ok(()),
    }
}
