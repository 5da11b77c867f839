//! Medium, for those who still have an integration token: no new ones are given out.
//! <https://github.com/Medium/medium-api-docs>
//!
//! Nothing can be read back there, so an article whose answer was lost is for a person to look at.

#[cfg(test)]
mod tests;

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Connected, Descriptor, Draft, Effect, Failure, FailureKind, Field, Fut, Group,
    Identity, Item, Limits, Link, Lookup, Outcome, Problem, Provider, Remote, Text, article, call::host,
};
use crate::{
    http::{Client, Method, Reply, Request},
    kit::text::Style,
};

const ABOUT: Descriptor = Descriptor {
    id: "medium",
    name: "Medium",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[Field::password("apiKey", "provider.medium.key").help("provider.medium.key_help")],
    settings: &[
        Field::text("title", "article.title").most(250),
        Field::text("subtitle", "article.subtitle").most(250).optional(),
        Field::url("canonical", "article.canonical").optional().help("article.canonical_help"),
        Field::pick("publication", "article.publication", "publications").optional().help("provider.medium.publication_help"),
        Field::tags("tags", "article.tags", "", 4).labelled().help("provider.medium.tags_help"),
    ],
    lookups: &[Lookup { name: "publications", fresh: 3_600, searches: false, with: &[] }],
    hosts: &[("api", "https://api.medium.com")],
    text: Style::Article,
    limits: Limits {
        text: Text::chars(100_000),
        images: article::PICTURES,
        image_bytes: article::PICTURE_BYTES,
        text_optional: false,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://github.com/Medium/medium-api-docs",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Medium;

/// What every answer stands in.
#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
    name: Option<String>,
    url: Option<String>,
    #[serde(rename = "imageUrl")]
    image: Option<String>,
}

impl From<User> for Identity {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name.filter(|name| !name.is_empty()).unwrap_or_else(|| user.username.clone()),
            handle: user.username,
            picture: user.image.filter(|url| url.starts_with("https://")),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Posted {
    id: String,
    url: Option<String>,
}

impl Provider for Medium {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async move {
            let key = answers.get("apiKey").map_or("", |a| a.trim());
            let asked = request(link.http, (Method::GET, &host(link.hosts, &ABOUT, "api"), "me"), key);
            let user = asked.send().await?.ok(link.now, explain)?.json::<Answer<User>>()?.data;
            let url = user.url.clone();
            let Identity { id, name, handle, picture } = user.into();
            Ok(Account { id, name, handle, picture, url, credentials: json!({"apiKey": key}) }.into())
        })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async {
            let answer: Answer<User> = send(access, Method::GET, "me", |r| r).await?.json()?;
            Ok(answer.data.into())
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "publications" => publications(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async {
            let (path, article) = compose(call)?;
            let bytes = format!("{path} {article}");
            let write = async |_| {
                let answer: Answer<Posted> = send(call, Method::POST, &path, |r| r.json(&article)).await?.json()?;
                Ok::<_, Failure>(answer.data)
            };
            let posted = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
            Ok(Outcome::live(Remote { id: posted.id, url: posted.url, extra: json!({}) }))
        })
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        [article::too_short(draft, "title", 2), article::too_short(draft, "subtitle", 2)].into_iter().flatten().collect()
    }
}

fn request(http: &Client, (method, api, path): (Method, &str, &str), key: &str) -> Request {
    let request = http.request(method, &format!("{api}/v1/{path}")).bearer(key);
    request.header("accept", "application/json").header("accept-charset", "utf-8")
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl Fn(Request) -> Request) -> Result<Reply, Failure> {
    let (api, key) = (access.host(&ABOUT, "api"), access.credential("apiKey")?);
    let make = |_: &Json| with(request(access.http, (method.clone(), &api, path), &key));
    let tomorrow = (access.now + TimeDelta::days(1)).with_time(NaiveTime::MIN).single();
    // The allowance is one of days: asking every minute is of no use.
    let slowed = |_: &Reply, failure: Failure| match failure.kind {
        FailureKind::RateLimited { until: None } => Failure { kind: FailureKind::RateLimited { until: tomorrow }, ..failure },
        _ => failure,
    };
    access.send_as(&Medium, make, slowed).await
}

/// Where the article goes and what it is. In a publication it is a draft, because its writers may send nothing else.
fn compose(call: &Call<'_>) -> Result<(String, Json), Failure> {
    article::fits(call, &ABOUT)?;
    let title = article::needed(call, "title")?;
    let body = article::markdown(call, &ABOUT, &article::pictures(call)?);
    let (path, status) = match call.setting("publication") {
        Some(id) if is_id(id) => (format!("publications/{id}/posts"), "draft"),
        Some(_) => return Err(Failure::rejected("publication is no id of Medium's")),
        None => (format!("users/{}/posts", call.account), "public"),
    };
    let content = headed(title, call.setting("subtitle"), &body);
    let mut article = json!({"title": title, "contentFormat": "markdown", "content": content, "publishStatus": status});
    if let Some(canonical) = call.setting("canonical") {
        article["canonicalUrl"] = canonical.into();
    }
    let tags: Vec<String> = article::labels(call.settings, "tags").into_iter().map(|tag| tag.name).collect();
    if !tags.is_empty() {
        article["tags"] = json!(tags);
    }
    Ok((path, article))
}

/// Medium shows neither title nor subtitle unless the text begins with them.
fn headed(title: &str, subtitle: Option<&str>, body: &str) -> String {
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    let body = if first.trim() == format!("# {title}") { rest.trim_start() } else { body };
    let second = subtitle.map(|subtitle| format!("## {subtitle}\n\n")).unwrap_or_default();
    format!("# {title}\n\n{second}{body}")
}

fn is_id(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric())
}

async fn publications(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Publication {
        id: String,
        name: String,
    }
    let path = format!("users/{}/publications", access.account);
    let answer: Answer<Vec<Publication>> = send(access, Method::GET, &path, |r| r).await?.json()?;
    Ok(answer.data.into_iter().map(|publication| Item::new(publication.id, publication.name)).collect())
}

/// `{"errors": [{"message", "code"}]}`; the codes are documented nowhere.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    match said["errors"][0]["message"].as_str().filter(|words| !words.is_empty()) {
        Some(words) => Failure { message: words.to_owned(), ..failure },
        None => failure,
    }
}
