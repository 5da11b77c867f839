//! What one-shot commands do, the same in the server and outside it.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::{backup, channel, mail, token};
use crate::{
    api_v1,
    app::App,
    boot, channels,
    config::{Config, Loaded},
    delivery,
    error::{Error, FieldError, Message, Result},
    http, identity, instance,
    kit::{ChannelId, Clock, OrgId, PostId, Secret, TargetId, text::Doc, zone},
    media,
    orgs::{Caller, Organisation, Source, late},
    posts::{self, Draft, Entry, EntryPart, When},
    providers::{self, MediaRef},
    public_api,
};

/// A command that needs the instance, as it crosses the socket.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// `admin create`
    AdminCreate {
        /// Login.
        email: String,
        /// Password.
        #[serde(serialize_with = "expose")]
        password: Secret,
        /// Its name.
        organisation: String,
        /// The person's.
        name: String,
        /// IANA zone.
        zone: String,
    },
    /// `admin reset-password`
    ResetPassword {
        /// Login.
        email: String,
        /// Password.
        #[serde(serialize_with = "expose")]
        password: Secret,
    },
    /// `admin token create`
    TokenCreate {
        /// Which organisation.
        organisation: Option<String>,
        /// What it is for.
        name: String,
        /// What it may do.
        scopes: Vec<String>,
        /// Days until it ends.
        days: Option<i64>,
    },
    /// `admin token list`
    TokenList {
        /// Which organisation.
        organisation: Option<String>,
    },
    /// `admin token revoke`
    TokenRevoke {
        /// The token.
        id: String,
        /// Which organisation.
        organisation: Option<String>,
    },
    /// `channel add`
    ChannelAdd {
        /// The provider's id.
        provider: String,
        /// Which organisation.
        organisation: Option<String>,
        /// Of several accounts that the answers open, which one.
        page: Option<String>,
        /// The connect form's answers.
        #[serde(serialize_with = "expose_all")]
        fields: BTreeMap<String, Secret>,
    },
    /// `channel test`, `channel remove`, `channel reconnect`
    ChannelAct {
        /// The channel.
        id: String,
        /// Which organisation.
        organisation: Option<String>,
        /// Which of them.
        act: channel::Act,
    },
    /// `channel list`
    ChannelList {
        /// Which organisation.
        organisation: Option<String>,
    },
    /// `channel late`
    ChannelLate {
        /// The channel.
        id: String,
        /// Which organisation.
        organisation: Option<String>,
        /// Empty: as the organisation has it.
        minutes: String,
        /// Empty: as the organisation has it.
        policy: String,
    },
    /// `post create`
    PostCreate {
        /// Which organisation.
        organisation: Option<String>,
        /// Channel ids.
        channels: Vec<String>,
        /// The thread.
        texts: Vec<String>,
        /// Files of the first part with their alternative texts.
        media: Vec<(PathBuf, String)>,
        /// Provider settings.
        settings: BTreeMap<String, String>,
        /// An instant or a wall-clock time.
        at: Option<String>,
        /// At once.
        now: bool,
        /// At the next free slot.
        next_slot: bool,
    },
    /// `post list`
    PostList {
        /// Which organisation.
        organisation: Option<String>,
        /// From.
        from: Option<String>,
        /// Until.
        to: Option<String>,
    },
    /// `post show`
    PostShow {
        /// Post or target.
        id: String,
        /// Which organisation.
        organisation: Option<String>,
    },
    /// `resume --show`
    Paused,
    /// `resume`
    Resume {
        /// Nothing is looked up, everything that was due waits for a person.
        hold_overdue: bool,
    },
    /// `mail test`
    MailTest {
        /// Where to.
        to: String,
    },
    /// `backup`
    Backup {
        /// Absolute path of the archive.
        file: PathBuf,
    },
}

/// The socket is readable for nobody but the instance's own user; nowhere else is a secret written out.
fn expose<S: Serializer>(secret: &Secret, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn expose_all<S: Serializer>(secrets: &BTreeMap<String, Secret>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(secrets.iter().map(|(name, secret)| (name, secret.expose())))
}

/// Does what was asked.
pub async fn execute(app: &App, request: Request) -> Result<Json> {
    match request {
        Request::AdminCreate { email, password, organisation, name, zone } => {
            let owner = identity::NewOwner { email, name, password, organisation, zone, operator: true };
            let created = identity::create_owner(app, owner).await?;
            Ok(json!({"user_id": created.user, "organisation_id": created.org, "api_key": created.api_key.expose()}))
        }
        Request::ResetPassword { email, password } => {
            identity::reset_password(app, &email, password).await?;
            Ok(json!({"reset": true}))
        }
        Request::TokenCreate { organisation, name, scopes, days } => {
            let org = organisation_of(app, organisation).await?.id;
            token::create(app, org, (name, &scopes), days).await
        }
        Request::TokenList { organisation } => token::list(app, organisation_of(app, organisation).await?.id).await,
        Request::TokenRevoke { id, organisation } => token::revoke(app, organisation_of(app, organisation).await?.id, &id).await,
        Request::ChannelAct { id, organisation, act } => {
            channel::act(app, organisation_of(app, organisation).await?.id, &id, act).await
        }
        Request::ChannelAdd { provider, organisation, page, fields } => {
            if providers::find(&provider).is_none() {
                return Err(Error::invalid("provider", Message::new("cli.unknown_provider").with("name", provider)));
            }
            let org = organisation_of(app, organisation).await?.id;
            let answers = fields.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect();
            let channel = channels::connect_page(app, org, (&provider, page.as_deref()), &answers).await?;
            Ok(json!({"id": channel.id, "name": channel.name, "handle": channel.handle}))
        }
        Request::ChannelList { organisation } => channel_list(app, organisation).await,
        Request::ChannelLate { id, organisation, minutes, policy } => {
            channel_late(app, organisation, &id, (&minutes, &policy)).await
        }
        Request::PostCreate { organisation, channels, texts, media, settings, at, now, next_slot } => {
            let organisation = organisation_of(app, organisation).await?;
            let caller = Caller::machine(organisation.id, &organisation.zone, Source::Cli);
            let when = when(&caller, at.as_deref(), now, next_slot)?;
            let files = upload(app, &caller, &media).await?;
            let draft = draft(&caller, when, &channels, (&texts, files), &settings)?;
            post_create(app, &caller, &draft).await
        }
        Request::PostList { organisation, from, to } => post_list(app, organisation, from, to).await,
        Request::PostShow { id, organisation } => post_show(app, organisation, &id).await,
        Request::Paused => paused(app).await,
        Request::Resume { hold_overdue } => {
            let how = if hold_overdue { delivery::Resume::HoldOverdue } else { delivery::Resume::Reconcile };
            let done = delivery::resume_instance(app, how).await?;
            Ok(json!({"looked_up": done.looked_up, "held": done.held}))
        }
        Request::MailTest { to } => mail::test(app, &to).await,
        Request::Backup { file } => backup::write(app, &file).await,
    }
}

/// Whether nothing is sent, since when, and what was due meanwhile.
async fn paused(app: &App) -> Result<Json> {
    let held = instance::held(&app.db).await?;
    let overdue = delivery::overdue(&app.db, app.clock.now()).await?;
    Ok(json!({
        "paused": held.is_some(), "reason": held.as_ref().map(|h| &h.reason), "last_alive": held.as_ref().and_then(|h| h.since),
        "overdue": overdue.iter().map(|o| json!({
            "organisation": o.organisation, "channel": o.channel, "provider": o.provider, "posts": o.posts, "earliest": o.earliest,
            "can_be_looked_up": o.can_be_looked_up(),
        })).collect::<Json>(),
    }))
}

/// The organisation named, or the only one.
async fn organisation_of(app: &App, named: Option<String>) -> Result<Organisation> {
    if let Some(id) = named {
        let id: OrgId = id.parse().map_err(|_| Error::invalid("organisation", "cli.not_an_id"))?;
        return Organisation::find(&app.db, id).await;
    }
    let mut all = Organisation::list(&app.db).await?;
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Error::invalid("organisation", "cli.which_organisation")),
        (None, _) => Err(Error::NotFound("organisation")),
    }
}

async fn channel_list(app: &App, organisation: Option<String>) -> Result<Json> {
    let org = organisation_of(app, organisation).await?.id;
    let list = channels::Channel::list(&app.db, org).await?;
    Ok(list
        .iter()
        .map(|c| {
            json!({"id": c.id, "provider": c.provider, "name": c.name, "handle": c.handle, "state": c.state.as_str(),
                   "reason": c.reason, "url": c.url, "zone": c.zone})
        })
        .collect())
}

async fn channel_late(app: &App, organisation: Option<String>, id: &str, (minutes, policy): (&str, &str)) -> Result<Json> {
    let org = organisation_of(app, organisation).await?.id;
    let id: ChannelId = id.parse().map_err(|_| Error::invalid("id", "cli.not_an_id"))?;
    let chosen = late::read(minutes, policy).map_err(Error::Invalid)?;
    let mut tx = app.db.begin().await?;
    let channel = channels::Channel::find(&mut tx, org, id).await?;
    channel.set_late(&mut tx, chosen, None, app.clock.now()).await?;
    tx.commit().await?;
    let held = delivery::Policy::load(&app.db, &app.config.delivery, org, id).await?;
    Ok(json!({"id": id, "late_minutes": held.late.num_minutes(), "late_policy": held.then.as_str()}))
}

fn when(caller: &Caller, at: Option<&str>, now: bool, next_slot: bool) -> Result<When> {
    Ok(match at {
        Some(text) => When::At(instant(caller, text).ok_or_else(|| Error::invalid("at", "cli.not_a_time"))?),
        None if now => When::Now,
        None if next_slot => When::NextSlot,
        None => When::Draft(None),
    })
}

/// RFC 3339, or `YYYY-MM-DD HH:MM` in the caller's zone.
fn instant(caller: &Caller, text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let wall = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"].iter().find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())?;
    Some(zone::instant(caller.zone, wall))
}

async fn upload(app: &App, caller: &Caller, files: &[(PathBuf, String)]) -> Result<Vec<MediaRef>> {
    let mut refs = Vec::new();
    for (path, alt) in files {
        let unreadable =
            |e| Error::invalid("media", Message::new("cli.unreadable").with("file", path.display()).with("detail", e));
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let name = path.file_name().map_or_else(|| "file".into(), |n| n.to_string_lossy().into_owned());
        let item = media::upload(app, caller, &name, file).await?;
        refs.push(MediaRef { id: item.id, alt: alt.clone() });
    }
    Ok(refs)
}

fn draft(
    caller: &Caller,
    when: When,
    channels: &[String],
    (texts, media): (&[String], Vec<MediaRef>),
    settings: &BTreeMap<String, String>,
) -> Result<Draft> {
    let parts: Vec<EntryPart> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| EntryPart {
            id: None,
            text: Doc::from_content(text),
            media: if n == 0 { media.clone() } else { Vec::new() },
            delay_seconds: 0,
        })
        .collect();
    let entries = channels
        .iter()
        .map(|id| {
            let channel: ChannelId = id.parse().map_err(|_| Error::invalid("channel", "cli.not_an_id"))?;
            Ok(Entry { target: None, channel, settings: json!(settings), parts: parts.clone() })
        })
        .collect::<Result<_>>()?;
    Ok(Draft { when, zone: caller.zone, entries, allow_duplicate: true })
}

async fn post_create(app: &App, caller: &Caller, draft: &Draft) -> Result<Json> {
    let saved = posts::create(app, caller, draft).await?.map_err(|problems| {
        let named = |p: &posts::Problem| match p.part {
            Some(part) => format!("{} of part {}", p.field, part + 1),
            None => p.field.clone(),
        };
        Error::Invalid(problems.iter().map(|p| FieldError::new(named(p), p.message.clone())).collect())
    })?;
    let targets: Json = saved.targets.iter().map(|(id, channel)| json!({"id": id, "channel": channel})).collect();
    Ok(json!({"id": saved.post, "targets": targets}))
}

async fn post_list(app: &App, organisation: Option<String>, from: Option<String>, to: Option<String>) -> Result<Json> {
    let org = organisation_of(app, organisation).await?;
    let caller = Caller::machine(org.id, &org.zone, Source::Cli);
    let bound = |text: Option<String>, name: &str, default: DateTime<Utc>| match text {
        Some(text) => instant(&caller, &text).ok_or_else(|| Error::invalid(name, "cli.not_a_time")),
        None => Ok(default),
    };
    let now = app.clock.now();
    let from = bound(from, "from", now - TimeDelta::days(30))?;
    let to = bound(to, "to", now + TimeDelta::days(30))?;
    let listed = posts::list(&app.db, org.id, from, to).await?;
    Ok(listed.iter().map(line).collect())
}

fn line(item: &posts::Listed) -> Json {
    let first = item.parts.first().map(|p| Doc::from_html(&p.content).excerpt(60));
    json!({
        "id": item.target.id, "post": item.target.post_id, "channel": item.channel.name, "provider": item.channel.provider,
        "state": item.target.state, "reason": item.target.reason, "due_at": item.target.due_at, "url": item.target.url,
        "excerpt": first, "parts": item.parts.len(),
    })
}

async fn post_show(app: &App, organisation: Option<String>, id: &str) -> Result<Json> {
    let org = organisation_of(app, organisation).await?.id;
    let unknown = || Error::invalid("id", "cli.not_an_id");
    let target: TargetId = id.parse().map_err(|_| unknown())?;
    let post: PostId = id.parse().map_err(|_| unknown())?;
    let listed = match posts::of_post(&app.db, org, post).await? {
        list if list.is_empty() => vec![posts::find(&app.db, org, target).await?],
        list => list,
    };
    Ok(listed
        .iter()
        .map(|item| {
            let mut value = line(item);
            value["parts"] = item.parts.iter().map(part).collect();
            value
        })
        .collect())
}

fn part(part: &delivery::Part) -> Json {
    json!({
        "id": part.id, "position": part.position + 1, "state": part.state, "tries": part.tries, "next_at": part.next_at,
        "published_at": part.published_at, "text": Doc::from_html(&part.content).to_plain(),
        "failure": part.failure.as_ref().map(|f| json!({"message": f.0.message, "code": f.0.code})),
    })
}

/// `channel providers`: the registry.
pub fn providers() -> Json {
    providers::all().into_iter().map(|p| channels::describe(p.about())).collect()
}

/// `config show`: every setting with its origin.
pub fn config_show(loaded: &Loaded) -> Json {
    json!(loaded.settings)
}

/// `config check`: they could be read.
pub fn config_check(loaded: &Loaded) -> Json {
    json!({"ok": true, "settings": loaded.settings.len()})
}

/// `openapi`
pub fn openapi(config: &Config, v1: bool) -> Result<Json> {
    let url = config.server.url.as_ref().map_or_else(|| format!("http://{}", config.server.listen), ToString::to_string);
    let document = if v1 { api_v1::document } else { public_api::document };
    serde_json::from_str(&document(url.trim_end_matches('/'))).map_err(Error::internal)
}

/// `healthcheck`: asks `/readyz` of the configured address.
pub async fn healthcheck(config: &Config) -> Result<Json> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut address = config.server.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let settings = crate::config::Http { allow_private: vec![address.ip().into()], ..config.http.clone() };
    let client = http::Client::new(&settings)?;
    let request = client.request(http::Method::GET, &format!("http://{address}/readyz")).timeout(Duration::from_secs(5));
    let reply = request.send().await.map_err(|f| Error::Unavailable(f.message))?;
    if !reply.is_success() {
        return Err(Error::Unavailable(format!("not ready: {}", reply.text())));
    }
    reply.json().map_err(Error::Provider)
}

/// `migrate`
pub async fn migrate(config: Config) -> Result<Json> {
    let Some(_lock) = boot::Lock::take(&config.server.data)? else {
        return Err(Error::Unavailable("the server is running, and it migrates when it starts: restart it".into()));
    };
    let data = std::path::absolute(&config.server.data)?;
    let db = boot::open_database(&config, &data).await?;
    let applied = boot::migrate(&db, &data, &Clock::system()).await?;
    db.close().await;
    Ok(json!({"applied": applied}))
}
