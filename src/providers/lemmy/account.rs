//! The account: signing in, who it is, which communities there are.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use url::Url;

use super::{Access, Answers, Failure, FailureKind, Identity, Item, Link, Method, explain, get, is_v4};
use crate::providers::{Account, access::text, oauth};

#[derive(Deserialize)]
struct Person {
    id: i64,
    name: String,
    display_name: Option<String>,
    avatar: Option<String>,
    #[serde(alias = "ap_id")]
    actor_id: Option<String>,
}

impl Person {
    fn name(&self) -> String {
        self.display_name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| self.name.clone())
    }

    fn picture(&self) -> Option<String> {
        self.avatar.clone().filter(|url| url.starts_with("https://"))
    }
}

fn host(service: &str) -> &str {
    service.split("://").last().unwrap_or(service)
}

/// Signs in and describes the account. The name is the server's word: people sign in with an e-mail address, too.
pub async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let service = service(link, answer("service"))?;
    let (identifier, password) = (answer("identifier").trim_start_matches('@'), answer("password"));
    if identifier.is_empty() || password.is_empty() {
        return Err(Failure::rejected("user name and password are both needed"));
    }
    let totp = Some(answer("totp")).filter(|totp| !totp.is_empty());
    let mut credentials = json!({"service": service, "identifier": identifier, "password": password});
    if speaks_v4(link, &service).await? {
        credentials["api"] = "v4".into();
    }
    let jwt = sign_in(link, &credentials, totp).await?;
    let mine = if is_v4(&credentials) { "api/v4/account" } else { "api/v3/site" };
    let reply = link.http.request(Method::GET, &format!("{service}/{mine}")).bearer(&jwt).send().await?;
    let reply = reply.ok(link.now, explain).map_err(|failure| oauth::scrubbed(failure, &[&jwt]))?;
    let person = person(&reply.json()?).ok_or_else(|| foreign(&service))?;
    credentials["jwt"] = jwt.into();
    Ok(Account {
        id: format!("{}@{}", person.id, host(&service)),
        name: person.name(),
        handle: format!("{}@{}", person.name, host(&service)),
        picture: person.picture(),
        url: person.actor_id.clone().or_else(|| Some(format!("{service}/u/{}", person.name))),
        credentials,
    })
}

fn service(link: &Link<'_>, given: &str) -> Result<String, Failure> {
    let given = match given {
        "" => "https://lemmy.world".to_owned(),
        bare if !bare.contains("://") => format!("https://{bare}"),
        url => url.to_owned(),
    };
    link.http.check(&given).map_err(|words| Failure::rejected(format!("{given}: {words}")))?;
    let url = Url::parse(&given).map_err(|e| Failure::rejected(format!("{given}: {e}")))?;
    Ok(url.origin().ascii_serialization())
}

fn foreign(service: &str) -> Failure {
    Failure::rejected(format!("{} does not answer like a Lemmy server", host(service)))
}

/// Whether the server knows the newer API.
async fn speaks_v4(link: &Link<'_>, service: &str) -> Result<bool, Failure> {
    let reply = link.http.request(Method::GET, &format!("{service}/api/v4/site")).send().await;
    let reply = reply.map_err(|failure| Failure { message: format!("{service}: {}", failure.message), ..failure })?;
    let said: Json = if reply.is_success() { reply.json().unwrap_or_default() } else { Json::Null };
    Ok(said["site_view"].is_object())
}

/// A token that lasts until the account signs out. Signing in is limited to a few times an hour.
async fn sign_in(link: &Link<'_>, credentials: &Json, totp: Option<&str>) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Opened {
        jwt: Option<String>,
        #[serde(default)]
        registration_created: bool,
        #[serde(default)]
        verify_email_sent: bool,
    }
    let (service, password) = (text(credentials, "service")?, text(credentials, "password")?);
    let mut body = json!({"username_or_email": text(credentials, "identifier")?, "password": password});
    if let Some(totp) = totp {
        body["totp_2fa_token"] = totp.into();
    }
    let path = if is_v4(credentials) { "v4/account/auth/login" } else { "v3/user/login" };
    let request = link.http.request(Method::POST, &format!("{service}/api/{path}")).reads().json(&body);
    let reply = request.send().await?;
    let is_json = reply.header("content-type").is_some_and(|kind| kind.contains("json"));
    let reply = match reply.ok(link.now, explain) {
        Err(failure) if !is_json && failure.kind == FailureKind::Rejected => return Err(foreign(service)),
        Err(failure) if failure.code.as_deref() == Some("missing_totp_token") => {
            let message = "this account wants a two-factor code as well".to_owned();
            return Err(Failure { message, ..failure });
        }
        reply => reply.map_err(|failure| oauth::scrubbed(failure, &[password]))?,
    };
    let opened: Opened = reply.json().map_err(|_| foreign(service))?;
    match opened {
        Opened { jwt: Some(jwt), .. } if !jwt.is_empty() => Ok(jwt),
        Opened { verify_email_sent: true, .. } => Err(Failure::reconnect("the account's e-mail address is not confirmed yet")),
        Opened { registration_created: true, .. } => Err(Failure::reconnect("the account is not approved yet")),
        Opened { .. } => Err(foreign(service)),
    }
}

/// A new token by the password, where the old one was refused.
pub async fn renew(link: &Link<'_>, stored: Json) -> Result<Json, Failure> {
    let jwt = sign_in(link, &stored, None).await;
    let jwt = jwt.map_err(|failure| match failure.kind {
        FailureKind::Reconnect | FailureKind::RateLimited { .. } => failure,
        _ => Failure { kind: FailureKind::Unavailable, ..failure },
    })?;
    let mut next = stored;
    next["jwt"] = jwt.into();
    Ok(next)
}

fn person(said: &Json) -> Option<Person> {
    let mine = if said["my_user"].is_object() { &said["my_user"] } else { said };
    Person::deserialize(&mine["local_user_view"]["person"]).ok()
}

/// Who the account is today.
pub async fn whoami(access: &Access<'_>) -> Result<Identity, Failure> {
    let mine = if is_v4(&access.tokens.current()) { "account" } else { "site" };
    let site = get(access, mine, &[]).await?;
    let service = access.credential("service")?;
    let person = person(&site).ok_or_else(|| Failure::reconnect("the server no longer knows who this is"))?;
    let (name, picture) = (person.name(), person.picture());
    Ok(Identity {
        id: format!("{}@{}", person.id, host(&service)),
        name,
        handle: format!("{}@{}", person.name, host(&service)),
        picture,
    })
}

/// Communities whose name has the query in it; shown by their address, because titles repeat.
pub async fn communities(access: &Access<'_>, with: &Json) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Community {
        id: i64,
        name: String,
        title: String,
        #[serde(alias = "ap_id")]
        actor_id: String,
        icon: Option<String>,
    }
    let query = with["query"].as_str().or_else(|| with["word"].as_str()).unwrap_or_default().trim().trim_start_matches('!');
    let listed = search(access, ("communities", "Communities"), query).await?;
    let communities = listed.iter().filter_map(|view| Community::deserialize(&view["community"]).ok());
    Ok(communities
        .map(|c| {
            let address = format!("!{}@{}", c.name, c.actor_id.split('/').nth(2).unwrap_or_default());
            let picture = c.icon.filter(|url| url.starts_with("https://"));
            let mut item = Item { picture, ..Item::new(c.id.to_string(), format!("{} ({address})", c.title)) };
            item.extra.insert("title".into(), c.title.into());
            item
        })
        .collect())
}

/// What the server finds of one kind, which the two versions of the API call and list differently.
async fn search(access: &Access<'_>, (v4, v3): (&str, &str), query: &str) -> Result<Vec<Json>, Failure> {
    let asked: &[(&str, &str)] = match is_v4(&access.tokens.current()) {
        true => &[("type_", v4), ("limit", "20"), ("search_term", query), ("q", query)],
        false => &[("type_", v3), ("sort", "Active"), ("limit", "20"), ("q", query)],
    };
    let found = get(access, "search", asked).await?;
    let lists = [v4, "search", "items"].into_iter().filter_map(|name| found[name].as_array());
    Ok(lists.max_by_key(|list| list.len()).cloned().unwrap_or_default())
}

/// Accounts whose name has the query in it, known to this server; their id is what a mention says after `@`.
pub async fn people(access: &Access<'_>, query: &str) -> Result<Vec<Item>, Failure> {
    let query = query.trim().trim_start_matches('@');
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let home = access.credential("service")?;
    let listed = search(access, ("users", "Users"), query).await?;
    let people = listed.iter().filter_map(|view| Person::deserialize(&view["person"]).ok());
    let item = |person: Person| {
        let place = person.actor_id.as_deref().and_then(|url| url.split('/').nth(2)).unwrap_or(host(&home)).to_owned();
        let handle = format!("{}@{place}", person.name);
        let mut item = Item { picture: person.picture(), ..Item::new(handle.clone(), handle) };
        item.extra.insert("display_name".into(), person.name().into());
        item
    };
    Ok(people.map(item).collect())
}
