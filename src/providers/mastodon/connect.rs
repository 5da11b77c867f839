//! Connecting: an app of ours at the server, its consent page, or a token that the person made there.
//! <https://docs.joinmastodon.org/methods/apps/>

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value as Json;
use url::Url;

use super::{
    ABOUT, Answers, Auth, Consent, Failure, Granted, Link,
    account::{self, Account, host},
    explain,
    rules::Rules,
};
use crate::{
    error::FailureKind,
    http::{Method, Reply, Request},
    kit::crypto,
    providers::{self, oauth},
};

/// How the app is called at the server.
const NAME: &str = "Rostrum";

#[derive(Deserialize)]
struct Registered {
    client_id: String,
    client_secret: String,
}

/// The answers with the server's address as the origin it means; `https://` is what a bare name means.
pub fn normal(link: &Link<'_>, answers: &Answers) -> Result<Answers, Failure> {
    let given = answers.get("server").map_or("", |server| server.trim());
    let given = match given {
        "" => "https://mastodon.social".to_owned(),
        bare if !bare.contains("://") => format!("https://{bare}"),
        url => url.to_owned(),
    };
    link.http.check(&given).map_err(|words| Failure::rejected(format!("{given}: {words}")))?;
    let url = Url::parse(&given).map_err(|e| Failure::rejected(format!("{given}: {e}")))?;
    let mut answers = answers.clone();
    answers.insert("server".into(), url.origin().ascii_serialization());
    Ok(answers)
}

/// Registers an app and opens its consent page.
pub async fn consent(link: &Link<'_>, answers: &Answers, state: &str) -> Result<Consent, Failure> {
    let answers = normal(link, answers)?;
    let server = &answers["server"];
    let challenges = knows_challenges(link, server).await?;
    let client = register(link, server).await?;
    let consent = oauth::consent(&ABOUT, link, &answers, state, Some(client))?;
    if challenges { challenged(consent) } else { Ok(consent) }
}

/// Whether the server says that it knows code challenges; before 4.3 it says nothing.
/// <https://docs.joinmastodon.org/methods/oauth/#authorization-server-metadata>
async fn knows_challenges(link: &Link<'_>, server: &str) -> Result<bool, Failure> {
    let request = link.http.request(Method::GET, &format!("{server}/.well-known/oauth-authorization-server"));
    let reply = request.send().await.map_err(|failure| named(server, failure))?;
    let said: Json = if reply.is_success() { reply.json().unwrap_or_default() } else { Json::Null };
    let methods = said["code_challenge_methods_supported"].as_array();
    Ok(methods.is_some_and(|methods| methods.iter().any(|method| method == "S256")))
}

fn challenged(consent: Consent) -> Result<Consent, Failure> {
    let verifier = crypto::random_token();
    let challenge = URL_SAFE_NO_PAD.encode(crypto::sha256(verifier.as_bytes()));
    let mut url = Url::parse(&consent.url).map_err(|e| Failure::unexpected(e.to_string()))?;
    url.query_pairs_mut().append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
    let mut kept = consent.kept;
    kept["verifier"] = verifier.into();
    Ok(Consent { url: url.into(), kept })
}

async fn register(link: &Link<'_>, server: &str) -> Result<Json, Failure> {
    let Auth::OAuth2(how) = ABOUT.auth else { return Err(Failure::unsupported("OAuth")) };
    let scopes = how.scopes.join(how.separator);
    let website = Url::parse(link.redirect).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let mut form = vec![("client_name", NAME), ("redirect_uris", link.redirect), ("scopes", &scopes)];
    if website.starts_with("http") {
        form.push(("website", &website));
    }
    let request = link.http.request(Method::POST, &format!("{server}/api/v1/apps")).reads().form(&form);
    let reply = ask(link, server, request).await?;
    let app: Registered = reply.json().map_err(|failure| foreign(server, Failure { raw: None, ..failure }))?;
    Ok(oauth::registered(&app.client_id, &app.client_secret))
}

/// The account that consented.
pub async fn granted(link: &Link<'_>, granted: &Granted) -> Result<providers::Account, Failure> {
    let answers = normal(link, &granted.answers)?;
    describe(link, &answers["server"], &granted.access, |kept| granted.credentials(kept)).await
}

/// The account of a token that the person made in the server's settings.
pub async fn with_token(link: &Link<'_>, answers: &Answers) -> Result<providers::Account, Failure> {
    let answers = normal(link, answers)?;
    let token = answers.get("token").map_or("", |token| token.trim());
    if token.is_empty() {
        return Err(Failure::rejected("without a consent page an access token is needed"));
    }
    let with = |mut kept: Json| {
        kept["access"] = token.into();
        kept
    };
    describe(link, &answers["server"], token, with).await
}

async fn describe(
    link: &Link<'_>,
    server: &str,
    token: &str,
    credentials: impl FnOnce(Json) -> Json,
) -> Result<providers::Account, Failure> {
    let get = |path: &str| link.http.request(Method::GET, &format!("{server}/api/{path}")).bearer(token);
    let hidden = |failure| oauth::scrubbed(failure, &[token]);
    let reply = ask(link, server, get("v1/accounts/verify_credentials")).await.map_err(hidden)?;
    let account: Account = reply.json().map_err(|failure| foreign(server, failure))?;
    let rules = match get("v2/instance").send().await {
        Ok(reply) if reply.is_success() => reply.json().ok().map(|instance| Rules::read(&instance)),
        Ok(_) => {
            let older = get("v1/instance").send().await.ok().filter(Reply::is_success);
            older.and_then(|reply| reply.json().ok()).map(|instance| Rules::read(&instance))
        }
        Err(_) => None,
    };
    Ok(providers::Account {
        id: account.key(server),
        name: account.name(),
        handle: account.handle(server),
        picture: account.picture(),
        url: account.url.clone().or_else(|| Some(format!("{server}/@{}", account.username))),
        credentials: credentials(account::stored(server, rules)),
    })
}

async fn ask(link: &Link<'_>, server: &str, request: Request) -> Result<Reply, Failure> {
    let reply = request.send().await.map_err(|failure| named(server, failure))?;
    // A page instead of an answer of the API: this is some other kind of server.
    let is_json = reply.header("content-type").is_some_and(|kind| kind.contains("json"));
    let refused = (400..500).contains(&reply.status) && reply.status != 429;
    match reply.ok(link.now, explain) {
        Err(failure) if refused && !is_json => Err(foreign(server, failure)),
        answer => answer,
    }
}

/// Names the server that could not be reached.
fn named(server: &str, failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Unavailable => Failure { message: format!("{server}: {}", failure.message), ..failure },
        _ => failure,
    }
}

fn foreign(server: &str, failure: Failure) -> Failure {
    let message = format!("{} does not answer like a Mastodon server", host(server));
    Failure { kind: FailureKind::Rejected, message, ..failure }
}
