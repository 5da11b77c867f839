//! Moltbook, a network of agents: ours is registered there, and its owner claims it. <https://www.moltbook.com/skill.md>
//!
//! Nothing can be read back by account there, so a post whose answer was lost is for a person to look at.

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Can, Connected, Descriptor, Effect, Failure, FailureKind, Field, Fut, Group, Identity,
    Invitation, Item, Limits, Link, Lookup, Metric, Outcome, Provider, Remote, Text, call::host,
};
use crate::{
    error::Message,
    http::{Client, Method, Reply, Request},
    kit::text::Style,
};

/// How long a registered agent waits here to be claimed, in seconds.
const PATIENCE: u64 = 3_600;
/// Characters of a title.
const TITLE: usize = 100;

const ABOUT: Descriptor = Descriptor {
    id: "moltbook",
    name: "Moltbook",
    group: Group::Community,
    auth: Auth::Await,
    connect: &[
        Field::text("name", "provider.moltbook.name").most(50).help("provider.moltbook.name_help"),
        Field::text("description", "provider.moltbook.description").most(500),
    ],
    settings: &[Field::pick("submolt", "provider.moltbook.submolt", "submolts").default("general").optional()],
    lookups: &[Lookup { name: "submolts", fresh: 3_600, searches: false, with: &[] }],
    // Never without www: the bare name sends us on, and what proves who we are would be lost on the way.
    hosts: &[("web", "https://www.moltbook.com")],
    text: Style::Plain,
    can: Can { thread: true, metrics: true, ..Can::PUBLISH },
    limits: Limits { text: Text::chars(300), text_optional: false, ..Limits::NONE },
    // A post every 30 minutes and a comment every 20 seconds: not one number for both, so its refusals are obeyed.
    docs: "https://www.moltbook.com/skill.md",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Moltbook;

#[derive(Deserialize)]
struct Agent {
    id: String,
    name: String,
    display_name: Option<String>,
}

/// What a step keeps of a post or comment.
#[derive(Serialize, Deserialize)]
struct Sent {
    id: String,
    url: Option<String>,
    warning: Option<String>,
}

impl Provider for Moltbook {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn invite<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Invitation> {
        Box::pin(register(link, answers))
    }

    fn accepted<'a>(&'a self, link: &'a Link<'a>, kept: &'a Json) -> Fut<'a, Option<Connected>> {
        Box::pin(claimed(link, kept))
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        explain(reply, failure)
    }

    fn refused(&self, reply: &Reply, _now: DateTime<Utc>) -> Option<Failure> {
        let said: Json = serde_json::from_slice(&reply.body).ok()?;
        let failure = Failure::rejected("the platform refused").code(reply.status.to_string()).raw(&reply.text());
        (said["success"] == false).then(|| explain(reply, failure))
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async {
            let answer: Json = send(access, Method::GET, "agents/me", |r| r).await?.json()?;
            Ok(identity(agent(&answer)?))
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "submolts" => submolts(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(async {
            let answer: Json = send(access, Method::GET, &place(&remote.id)?, |r| r).await?.json()?;
            let post = within(&answer, "post");
            let votes = post["upvotes"].as_i64().map(|up| up - post["downvotes"].as_i64().unwrap_or(0));
            let numbers = [("votes", votes), ("comments", post["comment_count"].as_i64())];
            Ok(numbers.into_iter().filter_map(|(name, value)| Some(Metric::new(name, value?))).collect())
        })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(publish(call))
    }
}

async fn publish(call: &Call<'_>) -> Result<Outcome, Failure> {
    call.fits(&ABOUT)?;
    let text = call.words(&ABOUT);
    if text.trim().is_empty() {
        return Err(Failure::rejected("the post has no text"));
    }
    let (path, body, what) = match call.thread {
        [] => ("posts".to_owned(), post(call, &text), "post"),
        [root, rest @ ..] => {
            let mut comment = json!({"content": text});
            if let Some(parent) = rest.last() {
                comment["parent_id"] = parent.id.as_str().into();
            }
            (format!("{}/comments", place(&root.id)?), comment, "comment")
        }
    };
    let bytes = format!("{path} {body}");
    let write = async |_| {
        let answer: Json = send(call, Method::POST, &path, |r| r.json(&body)).await?.json()?;
        sent(&answer, what)
    };
    let sent = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
    let root = call.thread.first().and_then(|root| root.url.clone());
    let made = || format!("{}/post/{}", call.host(&ABOUT, "web"), sent.id);
    let url = root.or_else(|| sent.url.clone()).unwrap_or_else(made);
    let remote = Remote { id: sent.id.clone(), url: Some(url), extra: json!({}) };
    Ok(Outcome::Live { remotes: vec![remote], warnings: sent.warning.into_iter().collect() })
}

/// The API was described with both names of the community.
fn post(call: &Call<'_>, text: &str) -> Json {
    let submolt = call.setting("submolt").unwrap_or("general");
    let title: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE).collect();
    json!({"submolt": submolt, "submolt_name": submolt, "title": title, "content": text})
}

/// `{post: {id}}`, or `{data: {id, url}}` in another description of the API. A puzzle for agents may come along: it is for
/// the agent's owner, and until it is solved others do not see the post.
fn sent(answer: &Json, what: &str) -> Result<Sent, Failure> {
    let made = within(answer, what);
    let id = made["id"].as_str().ok_or_else(|| Failure::uncertain("Moltbook answered without an id").raw(&answer.to_string()))?;
    let puzzle = [&answer["verification"], &made["verification"], &answer["data"]["verification"]];
    let asked = puzzle.iter().find_map(|p| p["challenge_text"].as_str().or(p["challenge"].as_str()));
    let warning = asked.map(|asked| format!("Moltbook hides it until this is answered in the agent's name: {asked}"));
    Ok(Sent { id: id.to_owned(), url: made["url"].as_str().map(str::to_owned), warning })
}

fn within<'j>(answer: &'j Json, what: &str) -> &'j Json {
    if answer[what].is_object() { &answer[what] } else { &answer["data"] }
}

async fn register(link: &Link<'_>, answers: &Answers) -> Result<Invitation, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let body = json!({"name": answer("name"), "description": answer("description")});
    let api = host(link.hosts, &ABOUT, "web");
    // An agent that nobody claims is seen by nobody.
    let request = link.http.request(Method::POST, &format!("{api}/api/v1/agents/register")).reads().json(&body);
    let answer: Json = ask(link, request).await?;
    let agent = within(&answer, "agent");
    let text = |name: &str| agent[name].as_str().map(str::to_owned);
    let key = text("api_key").ok_or_else(|| Failure::unexpected("Moltbook registered an agent without a key"))?;
    Ok(Invitation {
        text: Message::new("provider.moltbook.invite"),
        word: text("verification_code"),
        link: text("claim_url").filter(|url| url.starts_with("https://")),
        kept: json!({"apiKey": key}),
        lasts: PATIENCE,
    })
}

async fn claimed(link: &Link<'_>, kept: &Json) -> Result<Option<Connected>, Failure> {
    let (key, api) = (super::credential(kept, "apiKey")?, host(link.hosts, &ABOUT, "web"));
    let status = ask(link, request(link.http, (Method::GET, &api, "agents/status"), key)).await?;
    if status["status"] != "claimed" {
        return Ok(None);
    }
    let me = ask(link, request(link.http, (Method::GET, &api, "agents/me"), key)).await?;
    let Identity { id, name, handle, picture } = identity(agent(&me)?);
    let url = format!("{api}/u/{handle}");
    Ok(Some(Account { id, name, handle, picture, url: Some(url), credentials: json!({"apiKey": key}) }.into()))
}

async fn ask(link: &Link<'_>, request: Request) -> Result<Json, Failure> {
    let reply = request.send().await?.ok(link.now, explain)?;
    // Answers hold keys, so none is quoted.
    let answer: Json = reply.json().map_err(|failure| Failure { raw: None, ..failure })?;
    match answer["success"] == false {
        true => Err(explain(&reply, Failure::rejected("the platform refused"))),
        false => Ok(answer),
    }
}

fn agent(answer: &Json) -> Result<Agent, Failure> {
    Agent::deserialize(within(answer, "agent")).map_err(|e| Failure::unexpected(format!("the agent cannot be read: {e}")))
}

fn identity(agent: Agent) -> Identity {
    Identity {
        id: agent.id,
        name: agent.display_name.filter(|name| !name.is_empty()).unwrap_or_else(|| agent.name.clone()),
        handle: agent.name,
        picture: None,
    }
}

async fn submolts(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    let answer: Json = send(access, Method::GET, "submolts", |r| r).await?.json()?;
    let item = |submolt: &Json| {
        let name = submolt["name"].as_str()?;
        Some(Item::new(name, submolt["display_name"].as_str().filter(|n| !n.is_empty()).unwrap_or(name)))
    };
    Ok(answer["submolts"].as_array().into_iter().flatten().filter_map(item).collect())
}

/// Where a post is read: an id may come from a person, and must not lead elsewhere.
fn place(id: &str) -> Result<String, Failure> {
    match !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        true => Ok(format!("posts/{id}")),
        false => Err(Failure::rejected("that is no id of Moltbook's")),
    }
}

fn request(http: &Client, (method, web, path): (Method, &str, &str), key: &str) -> Request {
    http.request(method, &format!("{web}/api/v1/{path}")).bearer(key)
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl Fn(Request) -> Request) -> Result<Reply, Failure> {
    let (web, key) = (access.host(&ABOUT, "web"), access.credential("apiKey")?);
    let make = |_: &Json| with(request(access.http, (method.clone(), &web, path), &key));
    access.send_as(&Moltbook, make, |reply, failure| slowed(reply, failure, access.now)).await
}

/// `{"success": false, "error", "hint"}`.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().filter(|text| !text.is_empty());
    match (text("error"), text("hint")) {
        (Some(error), Some(hint)) => Failure { message: format!("{error} ({hint})"), ..failure },
        (Some(words), None) | (None, Some(words)) => Failure { message: words.to_owned(), ..failure },
        (None, None) => failure,
    }
}

/// A limit says in its body when to come back.
fn slowed(reply: &Reply, failure: Failure, now: DateTime<Utc>) -> Failure {
    let FailureKind::RateLimited { until: None } = failure.kind else { return failure };
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let number = |name: &str, unit: i64| Some(said[name].as_f64().filter(|n| (0.0..1e6).contains(n))?.ceil() as i64 * unit);
    let seconds = number("retry_after_seconds", 1).or_else(|| number("retry_after_minutes", 60));
    let until = seconds.map(|seconds| now + TimeDelta::seconds(seconds));
    Failure { kind: FailureKind::RateLimited { until }, ..failure }
}
