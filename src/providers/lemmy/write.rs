//! Posts, one in each community, and comments, one below each post: made once, changed, deleted.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Call, Failure, FailureKind, Lemmy, Method, Remote, StepKey,
    draft::{Entry, body, entries, refuse},
    is_v4, own, request,
};
use crate::{
    http::FormData,
    providers::{Effect, MediaFile, Picture, access::text},
};

/// A picture as it is sent.
const PICTURE: Picture = Picture {
    max_bytes: super::ABOUT.limits.image_bytes,
    max_side: 4_096,
    formats: &["image/jpeg", "image/png", "image/webp", "image/gif"],
};
/// A write that was lost is sent again when so many looks in a row have not found it. The engine waits longer each time.
const LOOKS: u32 = 3;

/// One thing that a part became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its number.
    pub id: i64,
    /// The post it is, or hangs below.
    pub post: i64,
    /// It is a comment.
    pub comment: bool,
}

/// What is to be made.
pub enum Draft<'a> {
    /// A post in a community.
    Post {
        /// Where and under which title.
        entry: &'a Entry,
        /// Its text.
        body: &'a str,
        /// The picture's address.
        picture: Option<&'a str>,
        /// What the picture shows.
        alt: &'a str,
    },
    /// A comment below a post.
    Comment {
        /// The post.
        post: i64,
        /// The comment it answers.
        parent: Option<i64>,
        /// Its text.
        body: &'a str,
    },
}

impl Draft<'_> {
    fn path(&self) -> &'static str {
        if matches!(self, Self::Post { .. }) { "post" } else { "comment" }
    }

    fn json(&self) -> Json {
        match self {
            Self::Post { entry, body, picture, alt } => {
                let mut json = json!({"community_id": entry.community, "name": entry.title, "nsfw": false});
                json.as_object_mut().expect("it was made as one").extend(shown(entry, body, *picture, alt));
                json
            }
            Self::Comment { post, parent, body } => {
                let mut json = json!({"post_id": post, "content": body});
                if let Some(parent) = parent {
                    json["parent_id"] = (*parent).into();
                }
                json
            }
        }
    }
}

/// Without a link the picture is what the post is about; beside one it is its cover.
fn shown(entry: &Entry, body: &str, picture: Option<&str>, alt: &str) -> serde_json::Map<String, Json> {
    let mut fields = serde_json::Map::new();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            fields.insert(name.to_owned(), value.into());
        }
    };
    add("body", Some(body));
    add("url", entry.url.as_deref().or(picture));
    add("custom_thumbnail", picture.filter(|_| entry.url.is_some()));
    add("alt_text", picture.map(|_| alt));
    fields
}

/// Makes them all; each is kept before the next one is begun.
pub async fn publish(call: &Call<'_>) -> Result<Vec<Remote>, Failure> {
    let text = body(call);
    refuse(call, &text)?;
    let posts = if call.position == 0 { entries(call.settings)? } else { Vec::new() };
    let picture = match call.media.first() {
        Some(file) => {
            Some(call.step("image:0", Effect::Repeatable, file.id.0.as_bytes(), async |_| upload(call, file).await).await?)
        }
        None => None,
    };
    let alt = call.media.first().map_or("", |file| file.alt.as_str());
    let mut made: Vec<Made> = Vec::new();
    if call.position == 0 {
        for (n, entry) in posts.iter().enumerate() {
            let draft = Draft::Post { entry, body: &text, picture: picture.as_deref(), alt };
            made.push(once(call, &format!("post:{n}"), &draft).await?);
        }
    } else {
        let text = with_picture(text, picture.as_deref(), alt);
        for (n, (post, parent)) in below(call)?.into_iter().enumerate() {
            made.push(once(call, &format!("comment:{n}"), &Draft::Comment { post, parent, body: &text }).await?);
        }
    }
    remotes(call, &made)
}

/// A comment has its picture in its text.
pub fn with_picture(text: String, picture: Option<&str>, alt: &str) -> String {
    let alt: String = alt.chars().filter(|c| !matches!(c, '[' | ']' | '\n')).collect();
    picture.map_or(text.clone(), |url| format!("{text}\n\n![{alt}]({url})").trim_start().to_owned())
}

/// The posts of the thread, and what was said last below each.
pub fn below(call: &Call<'_>) -> Result<Vec<(i64, Option<i64>)>, Failure> {
    let made = |remote: &Remote| Vec::<Made>::deserialize(&remote.extra["made"]).unwrap_or_default();
    let posts = call.thread.first().map(made).unwrap_or_default();
    let last = call.parent().map(made).unwrap_or_default();
    if posts.is_empty() {
        return Err(Failure::unexpected("the post to comment on was stored without its number"));
    }
    let parent = |post: i64| last.iter().find(|m| m.comment && m.post == post).map(|m| m.id);
    Ok(posts.iter().map(|m| (m.post, parent(m.post))).collect())
}

/// What they are at the server; the first one knows all, because the next part is told of it alone.
pub fn remotes(call: &Call<'_>, made: &[Made]) -> Result<Vec<Remote>, Failure> {
    let credentials = call.tokens.current();
    let service = text(&credentials, "service")?;
    let remote = |m: &Made| {
        let kind = if m.comment { "comment" } else { "post" };
        let url = Some(format!("{service}/{kind}/{}", m.id));
        Remote { id: m.id.to_string(), url, extra: json!({"kind": kind, "made": made}) }
    };
    Ok(made.iter().map(remote).collect())
}

async fn once(call: &Call<'_>, step: &str, draft: &Draft<'_>) -> Result<Made, Failure> {
    let body = draft.json();
    let sent = body.to_string();
    let make = async |key: StepKey| {
        if key.earlier > 0 {
            if let Some(made) = own::look(call, &key, draft).await? {
                return Ok(made);
            }
            if !key.earlier.is_multiple_of(LOOKS) {
                return Err(Failure::uncertain("the server did not answer, and does not list it yet"));
            }
        }
        create(call, draft.path(), &body).await
    };
    call.step(step, Effect::ClientId, sent.as_bytes(), make).await
}

async fn create(call: &Call<'_>, path: &str, body: &Json) -> Result<Made, Failure> {
    let reply = call.send(&Lemmy, |credentials| request(call, credentials, Method::POST, path).json(body)).await?;
    own::made(&reply.json()?).ok_or_else(|| Failure::uncertain("the server took it and did not say under which number"))
}

/// Hands a picture to the server; its address there.
async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<String, Failure> {
    let fitted = call.files.fit(file.id, PICTURE).await?;
    let credentials = call.tokens.current();
    let (service, jwt) = (text(&credentials, "service")?, text(&credentials, "jwt")?);
    let name = format!("picture.{}", fitted.mime.rsplit('/').next().unwrap_or("jpg"));
    let form = FormData::default().bytes("images[]", fitted.bytes, (&name, &fitted.mime));
    let place = if is_v4(&credentials) { "api/v4/image" } else { "pictrs/image" };
    let request = call.http.request(Method::POST, &format!("{service}/{place}")).reads().bearer(jwt).multipart(form);
    let said: Json = call.send_once(&Lemmy, request).await?.json()?;
    if let Some(url) = said["image_url"].as_str().filter(|url| url.starts_with("http") && url.len() <= 2_000) {
        return Ok(url.to_owned());
    }
    let file =
        said["files"][0]["file"].as_str().filter(|file| file.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let file = file.ok_or_else(|| Failure::rejected(format!("the server did not take the picture: {}", said["msg"])))?;
    Ok(format!("{service}/pictrs/image/{file}"))
}

/// Says again what a post or comment is. A picture that was not changed is not known here, so it is handed over again.
pub async fn change(call: &Call<'_>, remote: &Remote) -> Result<Remote, Failure> {
    let id: i64 = remote.id.parse().map_err(|_| Failure::unexpected("the post was stored without its number"))?;
    let text = body(call);
    refuse(call, &text)?;
    let picture = match call.media.first() {
        Some(file) => {
            Some(call.step("image:0", Effect::Repeatable, file.id.0.as_bytes(), async |_| upload(call, file).await).await?)
        }
        None => None,
    };
    let alt = call.media.first().map_or("", |file| file.alt.as_str());
    let (path, json) = if remote.extra["kind"] == "comment" {
        ("comment", json!({"comment_id": id, "content": with_picture(text, picture.as_deref(), alt)}))
    } else {
        let made = Vec::<Made>::deserialize(&remote.extra["made"]).unwrap_or_default();
        let at = made.iter().position(|m| m.id == id).unwrap_or(0);
        let entry = entries(call.settings)?.into_iter().nth(at);
        let entry = entry.ok_or_else(|| Failure::rejected("the community of this post is no longer chosen"))?;
        let mut json = json!({"post_id": id, "name": entry.title});
        json.as_object_mut().expect("it was made as one").extend(shown(&entry, &text, picture.as_deref(), alt));
        ("post", json)
    };
    let sent = json.to_string();
    let put =
        async |_| call.send(&Lemmy, |credentials| request(call, credentials, Method::PUT, path).json(&json)).await.map(|_| ());
    call.step("edit", Effect::Repeatable, sent.as_bytes(), put).await?;
    Ok(remote.clone())
}

/// Takes it down, here and in all communities. What is gone already is no failure, and a lost answer may be asked for again.
pub async fn delete(access: &Access<'_>, remote: &Remote) -> Result<(), Failure> {
    let kind = if remote.extra["kind"] == "comment" { "comment" } else { "post" };
    let id: i64 = remote.id.parse().map_err(|_| Failure::unexpected("the post was stored without its number"))?;
    let body = json!({format!("{kind}_id"): id, "deleted": true});
    let ask = |credentials: &Json| match is_v4(credentials) {
        true => request(access, credentials, Method::DELETE, kind).reads().json(&body),
        false => request(access, credentials, Method::POST, &format!("{kind}/delete")).reads().json(&body),
    };
    match access.send(&Lemmy, ask).await {
        Err(failure) if failure.kind == FailureKind::Rejected && is_gone(&failure) => Ok(()),
        answer => answer.map(drop),
    }
}

fn is_gone(failure: &Failure) -> bool {
    let code = failure.code.as_deref().unwrap_or_default();
    matches!(code, "404" | "not_found" | "couldnt_find_post" | "couldnt_find_comment" | "couldnt_update_post")
}
