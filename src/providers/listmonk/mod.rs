//! listmonk: a post is a mailing to one list. <https://listmonk.app/docs/apis/campaigns/>
//!
//! A campaign is made as a draft under a name of ours and then started by its id; listmonk starts a campaign once. So whatever
//! answer is lost, nobody gets the mail twice.

mod compose;
mod read;
#[cfg(test)]
mod tests;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Effect, Failure, FailureKind, Field, Found, Fut,
    Group, Identity, Item, Limits, Link, Lookup, Metric, Outcome, Provider, Remote, Series, StepKey, Text,
    article::{self, Sought},
    credential,
};
use crate::{
    http::{Client, Method, Reply, Request},
    kit::text::Style,
};

const ABOUT: Descriptor = Descriptor {
    id: "listmonk",
    name: "listmonk",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[
        Field::url("url", "provider.listmonk.url").placeholder("https://lists.example.com"),
        Field::text("username", "provider.listmonk.username").help("provider.listmonk.username_help"),
        Field::password("password", "provider.listmonk.password"),
    ],
    settings: &[
        Field::text("subject", "provider.listmonk.subject"),
        Field::text("preview", "provider.listmonk.preview").optional().help("provider.listmonk.preview_help"),
        Field::pick("list", "provider.listmonk.list", "list"),
        Field::pick("template", "provider.listmonk.template", "templates").default("0").optional(),
    ],
    lookups: &[
        Lookup { name: "list", fresh: 600, searches: false, with: &[] },
        Lookup { name: "templates", fresh: 600, searches: false, with: &[] },
    ],
    text: Style::Html { tags: article::TAGS },
    can: Can { find: true, candidates: true, delete: true, metrics: true, statistics: true, ..Can::PUBLISH },
    limits: Limits {
        text: Text::chars(300_000),
        images: article::PICTURES,
        image_bytes: article::PICTURE_BYTES,
        text_optional: false,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://listmonk.app/docs/apis/campaigns/",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Listmonk;

/// What every answer stands in.
#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

/// What steps keep of a campaign.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Campaign {
    id: i64,
    uuid: String,
    status: String,
}

impl Campaign {
    /// It went out or is going out.
    fn is_started(&self) -> bool {
        matches!(self.status.as_str(), "running" | "finished" | "paused" | "cancelled")
    }

    fn remote(&self, server: &str) -> Remote {
        let url = format!("{server}/api/campaigns/{}/preview", self.id);
        Remote { id: self.uuid.clone(), url: Some(url), extra: json!({"id": self.id}) }
    }
}

impl Provider for Listmonk {
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
            let server = access.credential("server")?;
            match send(access, Method::GET, "settings", |r| r).await {
                Ok(reply) => Ok(identity(&reply.json::<Answer<Json>>()?.data, &server)),
                Err(failure) if failure.kind == FailureKind::Rejected => {
                    send(access, Method::GET, "lists", |r| r.query(&[("per_page", "1")])).await?;
                    Ok(identity(&Json::Null, &server))
                }
                Err(failure) => Err(failure),
            }
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "list" => read::lists(access).await,
                "templates" => read::templates(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(read::metrics(access, remote))
    }

    fn statistics<'a>(&'a self, access: &'a Access<'a>, days: u32) -> Fut<'a, Vec<Series>> {
        Box::pin(read::statistics(access, days))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async {
            let campaign = compose::campaign(call)?;
            let bytes = campaign.to_string();
            let draft: Campaign =
                call.step("draft", Effect::Repeatable, bytes.as_bytes(), |key| draft(call, campaign, key)).await?;
            let id = draft.id.to_string();
            let sent = call.step("start", Effect::ClientId, id.as_bytes(), |key| start(call, draft, key)).await?;
            Ok(Outcome::live(sent.remote(&call.credential("server")?)))
        })
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async {
            let (sought, server) = (Sought::new(article::needed(call, "subject")?, "", step), call.credential("server")?);
            let seen = read::newest(call, "").await?.into_iter();
            let ours = seen.filter(|c| c.campaign.is_started() && sought.is_titled(&c.subject, c.created_at));
            Ok(article::found(ours.map(|c| c.campaign.remote(&server)).collect()))
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(async {
            let (sought, server) = (Sought::new("", "", step), call.credential("server")?);
            let seen = read::newest(call, "").await?.into_iter();
            let young = seen.filter(|c| c.campaign.is_started() && sought.is_young(c.created_at));
            Ok(young.map(|c| c.candidate(&server)).collect())
        })
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(read::named(call, words))
    }

    /// Takes it off the server; mails that left stay where they are.
    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(async {
            match send(call, Method::DELETE, &read::place(remote)?, |r| r.reads()).await {
                // Gone already is as good; listmonk says 400 of one that it does not know.
                Err(failure) if !failure.message.to_lowercase().contains("not found") => Err(failure),
                _ => Ok(()),
            }
        })
    }
}

/// Makes the draft under a name of this step's own. One that an earlier attempt may have made is looked for first.
async fn draft(call: &Call<'_>, mut campaign: Json, key: StepKey) -> Result<Campaign, Failure> {
    let mark = &key.key.simple().to_string()[..8];
    let subject = article::slug(article::needed(call, "subject")?);
    let name = format!("{subject} {mark}").trim().to_owned();
    if key.earlier > 0 {
        let made = read::newest(call, mark).await?.into_iter().find(|c| c.name == name);
        if let Some(made) = made {
            return Ok(made.campaign);
        }
    }
    campaign["name"] = name.into();
    let answer: Answer<Campaign> = send(call, Method::POST, "campaigns", |r| r.json(&campaign)).await?.json()?;
    Ok(answer.data)
}

/// Starts a draft. listmonk refuses to start what is started, so a refusal is looked behind.
async fn start(call: &Call<'_>, draft: Campaign, key: StepKey) -> Result<Campaign, Failure> {
    let path = format!("campaigns/{}", draft.id);
    if key.earlier > 0 {
        let stands = read::one(call, &path).await?;
        if stands.is_started() {
            return Ok(stands);
        }
    }
    let run = json!({"status": "running"});
    match send(call, Method::PUT, &format!("{path}/status"), |r| r.json(&run)).await {
        Ok(reply) => Ok(reply.json::<Answer<Campaign>>()?.data),
        Err(failure) if failure.kind == FailureKind::Rejected => match read::one(call, &path).await {
            Ok(stands) if stands.is_started() => Ok(stands),
            _ => Err(failure),
        },
        Err(failure) => Err(failure),
    }
}

async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let server = article::site(link.http, answer("url"), "/admin")?;
    let credentials = json!({"server": server, "identifier": answer("username"), "password": answer("password")});
    let ask = async |path: &str| {
        let sent = request(link.http, (Method::GET, path), &credentials)?.send().await;
        let reply = sent.map_err(|f| Failure { message: format!("{server}: {}", f.message), ..f })?.ok(link.now, explain)?;
        let answer: Result<Answer<Json>, Failure> = reply.json();
        answer.map_err(|_| Failure::rejected(format!("{server} does not answer like a listmonk")))
    };
    let settings = match ask("settings").await {
        // A user who may send need not see the settings.
        Err(failure) if failure.kind == FailureKind::Rejected && failure.code.as_deref() == Some("403") => {
            ask("lists?per_page=1").await?;
            Json::Null
        }
        settings => settings?.data,
    };
    let Identity { id, name, handle, picture } = identity(&settings, &server);
    Ok(Account { id, name, handle, picture, url: Some(server), credentials })
}

/// Of the settings only name and logo are read; the rest has secrets in it.
fn identity(settings: &Json, server: &str) -> Identity {
    let place = server.split("://").last().unwrap_or(server).to_owned();
    let text = |name: &str| settings[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Identity {
        id: STANDARD.encode(server),
        name: text("app.site_name").unwrap_or_else(|| place.clone()),
        handle: place,
        picture: text("app.logo_url").filter(|url| url.starts_with("https://")),
    }
}

fn request(http: &Client, (method, path): (Method, &str), credentials: &Json) -> Result<Request, Failure> {
    let (server, name) = (credential(credentials, "server")?, credential(credentials, "identifier")?);
    let proof = STANDARD.encode(format!("{name}:{}", credential(credentials, "password")?));
    Ok(http.request(method, &format!("{server}/api/{path}")).header("authorization", &format!("Basic {proof}")))
}

async fn send(access: &Access<'_>, method: Method, path: &str, with: impl FnOnce(Request) -> Request) -> Result<Reply, Failure> {
    let request = request(access.http, (method, path), &access.tokens.current())?;
    access.send_once(&Listmonk, with(request)).await
}

/// `{"message": words}`. A login that is not known is refused with 403, as is one that may not.
fn explain(reply: &Reply, failure: Failure) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let Some(words) = said["message"].as_str().filter(|words| !words.is_empty()) else { return failure };
    let lower = words.to_lowercase();
    let kind = match reply.status {
        403 if lower.contains("invalid session") || lower.contains("invalid api") => FailureKind::Reconnect,
        _ => failure.kind,
    };
    Failure { kind, message: words.to_owned(), ..failure }
}
