//! Skool, by the calls of its own pages: there is no public API. Off unless an operator switches it on, because it is against
//! Skool's terms and may end any day. What is known of the calls is what others use of them.
//!
//! A lost answer is for a person to look at.

mod read;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Can, Connected, Descriptor, Effect, Failure, FailureKind, Field, Fut, Group, Identity,
    Item, Limits, Link, Lookup, MediaFile, Outcome, Picture, Provider, Remote, Text, article, call::host, credential,
};
use crate::{
    http::{Client, Method, Reply, Request},
    kit::text::Style,
};

const PICTURE: Picture =
    Picture { max_bytes: 10 * 1024 * 1024, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/gif"] };

const ABOUT: Descriptor = Descriptor {
    id: "skool",
    name: "Skool",
    group: Group::Community,
    auth: Auth::Form,
    connect: &[
        Field::password("auth_token", "provider.skool.auth_token").most(4_000).help("provider.skool.cookies_help"),
        Field::password("client_id", "provider.skool.client_id").help("provider.skool.unofficial"),
    ],
    settings: &[
        Field::pick("group", "provider.skool.group", "groups"),
        Field::pick("label", "provider.skool.label", "label"),
        Field::text("title", "article.title"),
    ],
    lookups: &[
        Lookup { name: "groups", fresh: 3_600, searches: false, with: &[] },
        Lookup { name: "label", fresh: 3_600, searches: false, with: &["group"] },
    ],
    hosts: &[("api", "https://api2.skool.com"), ("web", "https://www.skool.com")],
    text: Style::Plain,
    can: Can { thread: true, ..Can::PUBLISH },
    limits: Limits { text: Text::chars(5_000), images: 10, image_bytes: PICTURE.max_bytes, ..Limits::NONE },
    docs: "https://www.skool.com/legal",
    unofficial: true,
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Skool;

#[derive(Deserialize)]
struct User {
    id: String,
    name: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    metadata: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    picture_profile: Option<String>,
}

impl From<User> for Identity {
    fn from(user: User) -> Self {
        let full = format!("{} {}", user.first_name, user.last_name).trim().to_owned();
        Self {
            id: user.id,
            name: if full.is_empty() { user.name.clone() } else { full },
            handle: user.name,
            picture: user.metadata.and_then(|m| m.picture_profile).filter(|url| url.starts_with("https://")),
        }
    }
}

/// What a step keeps of a post; `name` is the last part of its address.
#[derive(Serialize, Deserialize)]
struct Posted {
    id: String,
    name: Option<String>,
}

impl Provider for Skool {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect(link, answers).await.map(Connected::from) })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async {
            let user: User = send(access, Method::GET, "self", |r| r).await?.json()?;
            Ok(user.into())
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "groups" => read::groups(access).await,
                "label" => read::labels(access, with).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = call.words(&ABOUT);
    if text.trim().is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    let group = article::needed(call, "group")?;
    let mut post = match call.thread {
        [] => json!({"post_type": "generic", "group_id": group, "metadata": metadata(call, &text)?}),
        [root, ..] => json!({
            "post_type": "comment", "group_id": group, "root_id": root.id, "parent_id": call.parent().map(|parent| &parent.id),
            "metadata": {"title": "", "content": text, "attachments": "", "action": 0, "video_ids": ""},
        }),
    };
    let mut files: Vec<String> = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let put = async |_| upload(call, file).await;
        files.push(call.step(&format!("file:{n}"), Effect::Repeatable, file.id.0.as_bytes(), put).await?);
    }
    post["metadata"]["attachments"] = files.join(",").into();
    let bytes = post.to_string();
    let write = async |_| {
        let reply = send(call, Method::POST, "posts", |r| r.query(&[("follow", "true")]).json(&post)).await?;
        reply.json::<Posted>()
    };
    let posted = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
    let root = call.thread.first().and_then(|root| root.url.clone());
    let named = || posted.name.as_ref().map(|name| format!("{}/{group}/{name}", call.host(&ABOUT, "web")));
    let url = root.or_else(named);
    Ok(Outcome::live(Remote { id: posted.id, url, extra: json!({}) }))
}

fn metadata(call: &Call<'_>, text: &str) -> Result<Json, Failure> {
    let mut metadata = json!({
        "title": article::needed(call, "title")?, "content": text, "attachments": "", "action": 0, "video_ids": "",
    });
    match article::needed(call, "label")? {
        "none" => {}
        label => metadata["labels"] = label.into(),
    }
    Ok(metadata)
}

/// Announces a picture and puts it where Skool says.
async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Announced {
        write_url: String,
        content_type: Option<String>,
        acl: Option<String>,
        file: Made,
    }
    #[derive(Deserialize)]
    struct Made {
        id: String,
    }
    let fitted = call.files.fit(file.id, PICTURE).await?;
    let name = format!("{}.{}", file.id, fitted.mime.trim_start_matches("image/").replace("jpeg", "jpg"));
    let announcement = json!({
        "file_name": name, "content_type": fitted.mime, "content_length": fitted.bytes.len(), "content_disposition": "", "ref": "",
        "owner_id": call.account, "large_thumbnail": false,
    });
    let announced: Announced = send(call, Method::POST, "files", |r| r.json(&announcement)).await?.json()?;
    let mime = announced.content_type.unwrap_or(fitted.mime);
    let put = call.http.request(Method::PUT, &announced.write_url).body(fitted.bytes, &mime);
    let put = announced.acl.iter().fold(put, |put, acl| put.header("x-amz-acl", acl));
    // The address carries its own proof; whether the store takes it is no matter of the account.
    let stored = put.send().await?;
    match stored.is_success() {
        true => Ok(announced.file.id),
        false => Err(Failure::unavailable(format!("Skool's store answered {}", stored.status)).code(stored.status.to_string())),
    }
}

async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let missing: Vec<&str> = ["auth_token", "client_id"].into_iter().filter(|name| answer(name).is_empty()).collect();
    if !missing.is_empty() {
        return Err(Failure::rejected(format!("these cookies are missing: {}", missing.join(", "))));
    }
    // A cookie's value has none of these; what was copied with them is more than the value.
    if let Some(name) = ["auth_token", "client_id"].into_iter().find(|name| answer(name).contains([';', ' ', ',', '"'])) {
        return Err(Failure::rejected(format!("{name}: that is not the value of a cookie alone")));
    }
    let credentials = json!({"auth_token": answer("auth_token"), "client": answer("client_id")});
    let api = host(link.hosts, &ABOUT, "api");
    let reply = request(link.http, (Method::GET, &api, "self"), &credentials)?.send().await?;
    let user: User = reply.ok(link.now, explain)?.json()?;
    let Identity { id, name, handle, picture } = user.into();
    let url = format!("{}/@{handle}", host(link.hosts, &ABOUT, "web"));
    Ok(Account { id, name, handle, picture, url: Some(url), credentials })
}

fn request(http: &Client, (method, api, path): (Method, &str, &str), credentials: &Json) -> Result<Request, Failure> {
    let (token, client) = (credential(credentials, "auth_token")?, credential(credentials, "client")?);
    Ok(http.request(method, &format!("{api}/{path}")).header("cookie", &format!("auth_token={token}; client_id={client}")))
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl FnOnce(Request) -> Request) -> Result<Reply, Failure> {
    let api = access.host(&ABOUT, "api");
    let request = request(access.http, (method, &api, path), &access.tokens.current())?;
    access.send_once(&Skool, with(request)).await
}

/// Refusals are told by their words only; 403 is a session that has ended unless they say otherwise.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let text = reply.text();
    let said: Json = serde_json::from_str(&text).unwrap_or_default();
    let words = ["message", "error"].iter().find_map(|name| said[*name].as_str()).filter(|words| !words.is_empty());
    let message = words.map_or(failure.message.clone(), str::to_owned);
    let about_content = text.contains("must be admin or level") || text.contains("cannot post to this label");
    let kind = match (reply.status, about_content) {
        (400..=499, true) => FailureKind::Rejected,
        (401 | 403, false) => FailureKind::Reconnect,
        _ => failure.kind,
    };
    Failure { kind, message, ..failure }
}
