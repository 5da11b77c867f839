//! MeWe, for those to whom it gave an app (a closed programme). What is known of the API is what others use of it.
//! <https://dev.mewe.com>
//!
//! The API tells no ids of posts and lists none, so a post whose answer was lost is for a person to look at.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    Access, Account, Answers, Auth, Call, Can, Choice, Connected, Descriptor, Effect, Failure, FailureKind, Field, Fut, Group,
    Identity, Item, Limits, Link, Lookup, MediaFile, OAuth2, Outcome, Picture, Provider, Remote, StepKey, Text, call::host,
    oauth::Consent,
};
use crate::{
    http::{Client, FormData, Method, Reply, Request},
    kit::text::Style,
};

const PLACES: &[Choice] =
    &[Choice { value: "timeline", label: "provider.mewe.timeline" }, Choice { value: "group", label: "provider.mewe.group" }];
const PICTURE: Picture =
    Picture { max_bytes: 10 * 1024 * 1024, max_side: 4_096, formats: &["image/jpeg", "image/png", "image/gif"] };
/// Pages of a list of groups that are read.
const PAGES: usize = 20;
/// An access lasts so long when MeWe does not say how long.
const LASTS_DAYS: i64 = 30;

const ABOUT: Descriptor = Descriptor {
    id: "mewe",
    name: "MeWe",
    group: Group::Community,
    // Its own kind of consent: only where it begins and where it ends are the same.
    auth: Auth::OAuth2(OAuth2 { authorize: "{web}/login", token: "{web}/api/dev/token", ..OAuth2::CODE }),
    app: &[Field::text("client_id", "provider.mewe.app_id"), Field::password("client_secret", "provider.mewe.api_key")],
    settings: &[
        Field::choice("postType", "provider.mewe.post_type", PLACES).default("timeline"),
        Field::pick("group", "provider.mewe.group", "groups").when("postType", "group"),
    ],
    lookups: &[Lookup { name: "groups", fresh: 3_600, searches: false, with: &[] }],
    hosts: &[("web", "https://mewe.com")],
    text: Style::Plain,
    can: Can::PUBLISH,
    limits: Limits { text: Text::chars(63_206), images: 10, image_bytes: PICTURE.max_bytes, parts: 1, ..Limits::NONE },
    docs: "https://dev.mewe.com",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct MeWe;

#[derive(Deserialize)]
struct User {
    #[serde(rename = "userId")]
    id: String,
    name: Option<String>,
    handle: Option<String>,
}

impl From<User> for Identity {
    fn from(user: User) -> Self {
        let handle = user.handle.filter(|handle| !handle.is_empty()).unwrap_or_else(|| user.id.clone());
        let name = user.name.filter(|name| !name.is_empty()).unwrap_or_else(|| handle.clone());
        Self { id: user.id, name, handle, picture: None }
    }
}

impl Provider for MeWe {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    /// What comes back is called `loginRequestToken` and stands for the code.
    fn consent<'a>(&'a self, link: &'a Link<'a>, _answers: &'a Answers, state: &'a str) -> Fut<'a, Consent> {
        Box::pin(async move {
            let address = format!("{}/login", host(link.hosts, &ABOUT, "web"));
            let mut url = Url::parse(&address).map_err(|e| Failure::rejected(format!("{address}: {e}")))?;
            let pairs = [("client_id", app(link.app, "client_id")?), ("redirect_uri", link.redirect), ("state", state)];
            url.query_pairs_mut().extend_pairs(pairs);
            Ok(Consent { url: url.into(), kept: json!({}) })
        })
    }

    fn grant<'a>(&'a self, link: &'a Link<'a>, _answers: &'a Answers, _kept: Json, code: &'a str) -> Fut<'a, Connected> {
        Box::pin(grant(link, code))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async {
            let user: User = send(access, Method::GET, "me", |r| r).await?.json()?;
            Ok(user.into())
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "groups" => groups(access).await,
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
    if call.position > 0 {
        return Err(Failure::rejected("MeWe takes no comments from apps: a post there is one part"));
    }
    let text = call.words(&ABOUT);
    if text.trim().is_empty() && call.media.is_empty() {
        return Err(Failure::rejected("the post has neither text nor a picture"));
    }
    let place = place(call)?;
    let mut photos = Vec::with_capacity(call.media.len());
    for (n, file) in call.media.iter().enumerate() {
        let photo = async |_: StepKey| upload(call, file).await;
        photos.push(call.step(&format!("photo:{n}"), Effect::Repeatable, file.id.0.as_bytes(), photo).await?);
    }
    let mut post = json!({"text": text});
    if !photos.is_empty() {
        post["uploadedPhotoIds"] = json!(photos.iter().map(|photo: &Photo| &photo.id).collect::<Vec<_>>());
    }
    let bytes = format!("{} {post}", place.path);
    let write = async |key: StepKey| {
        send(call, Method::POST, &place.path, |r| r.json(&post)).await?;
        // The answer is empty; the post needs some name here.
        Ok::<String, Failure>(key.key.simple().to_string()[..12].to_owned())
    };
    let id = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
    Ok(Outcome::live(Remote { id, url: Some(place.url), extra: json!({}) }))
}

struct Place {
    path: String,
    url: String,
}

/// Where it goes, and where people see it.
fn place(call: &Call<'_>) -> Result<Place, Failure> {
    let web = call.host(&ABOUT, "web");
    match call.setting("postType") {
        Some("timeline") => {
            let handle = call.credential("handle").unwrap_or_else(|_| call.account.to_owned());
            Ok(Place { path: "me/post".into(), url: format!("{web}/{handle}/posts") })
        }
        Some("group") => {
            let group = call.setting("group").ok_or_else(|| Failure::rejected("group is missing"))?;
            let is_id = group.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            match is_id {
                true => Ok(Place { path: format!("group/{group}/post"), url: format!("{web}/group/{group}") }),
                false => Err(Failure::rejected("group is no id of MeWe's")),
            }
        }
        _ => Err(Failure::rejected("postType is neither timeline nor group")),
    }
}

#[derive(Serialize, Deserialize)]
struct Photo {
    id: String,
}

async fn upload(call: &Call<'_>, file: &MediaFile) -> Result<Photo, Failure> {
    let fitted = call.files.fit(file.id, PICTURE).await?;
    let name = format!("{}.{}", file.id, fitted.mime.trim_start_matches("image/").replace("jpeg", "jpg"));
    let form = || FormData::default().bytes("file", fitted.bytes.clone(), (&name, &fitted.mime));
    send(call, Method::POST, "photo/upload", |r| r.multipart(form())).await?.json()
}

async fn grant(link: &Link<'_>, code: &str) -> Result<Connected, Failure> {
    let web = host(link.hosts, &ABOUT, "web");
    let token = signed(link.http, (Method::GET, &web, "token"), link.app)?.query(&[("loginRequestToken", code)]);
    let reply = token.send().await?.ok(link.now, explain)?;
    // It holds the access, so it is not quoted.
    let answer: Json = reply.json().map_err(|failure| Failure { raw: None, ..failure })?;
    if answer["pending"] == true {
        return Err(Failure::rejected("MeWe waits for your approval: approve there, then connect again"));
    }
    let access = answer["apiToken"].as_str().filter(|token| !token.is_empty());
    let access = access.ok_or_else(|| Failure::unexpected("MeWe granted access without a token"))?;
    let ends = answer["expiresAt"].as_str().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
    let ends = ends.map_or_else(|| link.now + chrono::TimeDelta::days(LASTS_DAYS), |at| at.to_utc());
    let me = signed(link.http, (Method::GET, &web, "me"), link.app)?.bearer(access);
    let user: User = me.send().await?.ok(link.now, explain)?.json()?;
    let Identity { id, name, handle, picture } = user.into();
    let credentials = json!({"access": access, "handle": handle, "expires_at": ends.to_rfc3339()});
    let url = format!("{web}/{handle}");
    Ok(Account { id, name, handle, picture, url: Some(url), credentials }.into())
}

async fn groups(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Page {
        groups: Vec<Group>,
        #[serde(rename = "nextPage")]
        next: Option<String>,
    }
    #[derive(Deserialize)]
    struct Group {
        #[serde(rename = "groupId")]
        id: String,
        name: String,
    }
    let (mut items, mut path) = (Vec::new(), "groups".to_owned());
    for _ in 0..PAGES {
        let page: Page = send(access, Method::GET, &path, |r| r).await?.json()?;
        items.extend(page.groups.into_iter().map(|group| Item::new(group.id, group.name)));
        match page.next.as_deref().and_then(next_path) {
            Some(next) => path = next,
            None => break,
        }
    }
    Ok(items)
}

/// The next page is an address of the API or what stands for it.
fn next_path(next: &str) -> Option<String> {
    match next.split_once("/api/dev/") {
        Some((_, path)) => Some(path.to_owned()),
        None if next.is_empty() => None,
        None => {
            let word: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            Some(format!("groups?nextPage={word}"))
        }
    }
}

fn app<'l>(app: &'l Answers, name: &str) -> Result<&'l str, Failure> {
    let value = app.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| Failure::rejected("no developer app is set up for MeWe"))
}

fn signed(http: &Client, (method, web, path): (Method, &str, &str), given: &Answers) -> Result<Request, Failure> {
    let request = http.request(method, &format!("{web}/api/dev/{path}"));
    Ok(request.header("x-app-id", app(given, "client_id")?).header("x-api-key", app(given, "client_secret")?))
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl FnOnce(Request) -> Request) -> Result<Reply, Failure> {
    let (web, token) = (access.host(&ABOUT, "web"), access.credential("access")?);
    let request = signed(access.http, (method, &web, path), access.app)?.bearer(&token);
    access.send_once(&MeWe, with(request)).await
}

/// The words are wherever an answer has some. 420 ("Enhance Your Calm") is its way to say that it is too much.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let words = ["message", "error"].iter().find_map(|name| said[*name].as_str()).filter(|words| !words.is_empty());
    let kind = if reply.status == 420 { FailureKind::RateLimited { until: None } } else { failure.kind };
    let message = words.map_or(failure.message.clone(), str::to_owned);
    Failure { kind, message, ..failure }
}
