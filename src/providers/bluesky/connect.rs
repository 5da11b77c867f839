//! Connecting an account: what the form's answers mean, and what the server says about them.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;
use url::Url;

use super::{
    ABOUT,
    session::{Credentials, Line},
    xrpc,
};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    providers::{Account, Answers, Link, call::host},
};

/// The profile is decoration: its lack fails nothing, and waiting for it long is not worth it.
const PROFILE_TIMEOUT: Duration = Duration::from_secs(10);
/// What a server gives as the handle of an account whose real one does not point back.
const NO_HANDLE: &str = "handle.invalid";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Profile {
    display_name: String,
    avatar: Option<String>,
}

/// Signs in and describes the account.
pub async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let line = Line { http: link.http, now: link.now };
    let answer = |name: &str| answers.get(name).map_or("", |a| a.trim());
    let service = service(line, answer("service"))?;
    let (identifier, password) = (answer("identifier").trim_start_matches('@'), answer("password"));
    if identifier.is_empty() || password.is_empty() {
        return Err(Failure::rejected("handle and app password are both needed"));
    }
    let opened = Credentials::open(line, &service, identifier, password).await;
    let credentials = opened.map_err(|failure| explain(&service, failure))?;
    let profile = profile(line, &credentials).await.unwrap_or_default();
    account(credentials, profile, &host(link.hosts, &ABOUT, "web"))
}

/// The address without path; `https://` is what a bare name means.
fn service(line: Line<'_>, given: &str) -> Result<String, Failure> {
    let given = match given {
        "" => "https://bsky.social".to_owned(),
        bare if !bare.contains("://") => format!("https://{bare}"),
        url => url.to_owned(),
    };
    line.http.check(&given).map_err(|words| Failure::rejected(format!("{given}: {words}")))?;
    let url = Url::parse(&given).map_err(|e| Failure::rejected(format!("{given}: {e}")))?;
    Ok(url.origin().ascii_serialization())
}

/// Names the server where it is the server's address that was wrong.
fn explain(service: &str, failure: Failure) -> Failure {
    match failure.kind {
        _ if xrpc::is_refusal(&failure) => Failure { kind: FailureKind::Reconnect, ..failure },
        FailureKind::Unavailable => Failure { message: format!("{service}: {}", failure.message), ..failure },
        FailureKind::Rejected | FailureKind::Reconnect | FailureKind::Unexpected if failure.code.is_some() => Failure {
            kind: FailureKind::Rejected,
            message: format!("{service} does not answer like a Bluesky server"),
            ..failure
        },
        _ => failure,
    }
}

/// Name and picture, which a server without the view of the whole network cannot give.
async fn profile(line: Line<'_>, credentials: &Credentials) -> Option<Profile> {
    let request = credentials.request(line.http, Method::GET, "app.bsky.actor.getProfile");
    let reply = request.query(&[("actor", &credentials.did)]).timeout(PROFILE_TIMEOUT).send().await.ok()?;
    if reply.is_success() { xrpc::decode(&reply).ok() } else { None }
}

fn account(credentials: Credentials, profile: Profile, web: &str) -> Result<Account, Failure> {
    let Credentials { did, handle, .. } = &credentials;
    let shown = if handle == NO_HANDLE { did } else { handle };
    Ok(Account {
        id: did.clone(),
        name: if profile.display_name.trim().is_empty() { shown.clone() } else { profile.display_name.trim().to_owned() },
        handle: handle.clone(),
        picture: profile.avatar.filter(|url| url.starts_with("https://")),
        url: Some(format!("{web}/profile/{shown}")),
        credentials: stored(&credentials)?,
    })
}

fn stored(credentials: &Credentials) -> Result<Json, Failure> {
    serde_json::to_value(credentials).map_err(|_| Failure::unexpected("credentials cannot be written"))
}
