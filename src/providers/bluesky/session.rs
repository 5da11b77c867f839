//! A session is opened with the password, lives two hours and is renewed with its refresh token; the password opens the
//! next one when that is refused. <https://docs.bsky.app/docs/api/com-atproto-server-create-session>
//!
//! Opening sessions is limited to some hundred a day, so that none is opened where the stored one still serves.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use url::Url;

use super::xrpc;
use crate::{
    error::{Failure, FailureKind},
    http::{Client, Method, Reply, Request},
    providers::Access,
};

/// A token that ends this soon is renewed before it is used.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// What opens the account; kept sealed. Has no `Debug`, because all of it would be shown.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The address the person gave; passwords go only there.
    pub service: String,
    /// Where the account lives, as its identity document says.
    pub pds: String,
    /// Handle, e-mail address or DID.
    pub identifier: String,
    /// An app password, we advise.
    pub password: String,
    /// The account's permanent id.
    pub did: String,
    /// The account's name at the moment.
    pub handle: String,
    /// For calls.
    pub access: String,
    /// For the next session.
    pub refresh: String,
}

/// The answer of `createSession` and `refreshSession`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    access_jwt: String,
    refresh_jwt: String,
    did: String,
    handle: String,
    did_doc: Option<Json>,
    active: Option<bool>,
    status: Option<String>,
}

/// What is needed to ask a server: before an account exists, too.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The guarded client.
    pub http: &'a Client,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Credentials {
    fn read(stored: &Json) -> Result<Self, Failure> {
        // The words of the error could quote a secret.
        Self::deserialize(stored).map_err(|_| Failure::reconnect("the stored credentials are incomplete"))
    }

    fn secrets(&self) -> [&str; 3] {
        [&self.password, &self.access, &self.refresh]
    }

    /// Signs in with the password.
    pub async fn open(line: Line<'_>, service: &str, identifier: &str, password: &str) -> Result<Self, Failure> {
        let blank = Self {
            service: service.into(),
            pds: service.into(),
            identifier: identifier.into(),
            password: password.into(),
            did: String::new(),
            handle: String::new(),
            access: String::new(),
            refresh: String::new(),
        };
        blank.sign_in(line).await
    }

    async fn sign_in(&self, line: Line<'_>) -> Result<Self, Failure> {
        let request = line.http.request(Method::POST, &xrpc::url(&self.service, "com.atproto.server.createSession"));
        let body = json!({"identifier": self.identifier, "password": self.password});
        let reply = xrpc::accept(request.reads().json(&body).send().await?, line.now, &self.secrets())?;
        Self { pds: self.service.clone(), ..self.clone() }.with(line, xrpc::decode(&reply)?)
    }

    async fn resume(&self, line: Line<'_>) -> Result<Self, Failure> {
        let request = line.http.request(Method::POST, &xrpc::url(&self.pds, "com.atproto.server.refreshSession"));
        let reply = xrpc::accept(request.reads().bearer(&self.refresh).send().await?, line.now, &self.secrets())?;
        self.clone().with(line, xrpc::decode(&reply)?)
    }

    /// Takes a new session over; refuses one of another account, which a handle that changed hands would open.
    fn with(self, line: Line<'_>, opened: Opened) -> Result<Self, Failure> {
        if opened.access_jwt.is_empty() || opened.refresh_jwt.is_empty() {
            return Err(Failure::unexpected("the server opened a session without tokens"));
        }
        if opened.active == Some(false) {
            let status = opened.status.as_deref().unwrap_or("not active");
            return Err(Failure::reconnect(format!("the account is {status}")));
        }
        if !self.did.is_empty() && self.did != opened.did {
            return Err(Failure::reconnect(format!("{} belongs to another account now", self.identifier)));
        }
        let home = opened.did_doc.as_ref().and_then(|document| home(document, &opened.did));
        let pds = home.filter(|url| line.http.check(url).is_ok()).unwrap_or(self.pds);
        let Opened { access_jwt: access, refresh_jwt: refresh, did, handle, .. } = opened;
        Ok(Self { pds, did, handle, access, refresh, ..self })
    }

    /// The next session: by the refresh token, else by the password. Only a server that says so in the protocol's words
    /// makes us give the account up.
    async fn renewed(&self, line: Line<'_>) -> Result<Self, Failure> {
        let resumed = if self.refresh.is_empty() { None } else { Some(self.resume(line).await) };
        match resumed {
            Some(Err(failure)) if !xrpc::is_refusal(&failure) => Err(weather(failure)),
            Some(Ok(next)) => Ok(next),
            Some(Err(_)) | None => self.sign_in(line).await.map_err(|failure| match xrpc::is_refusal(&failure) {
                true => Failure { kind: FailureKind::Reconnect, ..failure },
                false => weather(failure),
            }),
        }
    }

    /// The account's server as other servers call it.
    pub fn home(&self) -> String {
        format!("did:web:{}", self.pds.split("://").last().unwrap_or_default().replace(':', "%3A"))
    }

    /// A call in the account's name, as it would be sent now.
    pub fn request(&self, http: &Client, method: Method, name: &str) -> Request {
        http.request(method, &xrpc::url(&self.pds, name)).bearer(&self.access)
    }

    fn ends_by(&self, at: DateTime<Utc>) -> bool {
        self.access.is_empty() || expiry(&self.access).is_some_and(|end| end <= at)
    }
}

/// What is no refusal is trouble on the way.
fn weather(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::RateLimited { .. } => failure,
        // Ours: an address that may not be called, a session that was judged.
        FailureKind::Rejected | FailureKind::Reconnect if failure.code.is_none() => failure,
        _ => Failure { kind: FailureKind::Unavailable, ..failure },
    }
}

/// The account's server in its identity document, when that is about the account.
fn home(document: &Json, did: &str) -> Option<String> {
    if document["id"] != did {
        return None;
    }
    let services = document["service"].as_array()?;
    let pds = services.iter().find(|s| s["id"].as_str().is_some_and(|id| id.ends_with("#atproto_pds")))?;
    let url = Url::parse(pds["serviceEndpoint"].as_str()?).ok()?;
    Some(url.origin().ascii_serialization())
}

/// When a token ends, by its own word; nothing is verified.
fn expiry(token: &str) -> Option<DateTime<Utc>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let payload: Json = serde_json::from_slice(&payload).ok()?;
    DateTime::from_timestamp(payload["exp"].as_i64()?, 0)
}

impl<'a> From<&Access<'a>> for Line<'a> {
    fn from(access: &Access<'a>) -> Self {
        Self { http: access.http, now: access.now }
    }
}

/// Renews a session that is about to end, so that no write is spent on finding out.
pub async fn freshen(access: &Access<'_>) -> Result<(), Failure> {
    let stored = access.tokens.current();
    match Credentials::read(&stored)?.ends_by(access.now + MARGIN) {
        true => renew(access, &stored).await.map(drop),
        false => Ok(()),
    }
}

/// Sends what `make` builds and passes a 2xx on. A session that has ended is renewed and the call made once more.
pub async fn send(access: &Access<'_>, make: impl Fn(&Credentials) -> Request) -> Result<Reply, Failure> {
    let stored = access.tokens.current();
    match once(access, &Credentials::read(&stored)?, &make).await {
        Err(failure) if xrpc::is_stale(&failure) => once(access, &renew(access, &stored).await?, &make).await,
        result => result,
    }
}

async fn once(access: &Access<'_>, credentials: &Credentials, make: impl Fn(&Credentials) -> Request) -> Result<Reply, Failure> {
    xrpc::accept(make(credentials).send().await?, access.now, &credentials.secrets())
}

async fn renew(access: &Access<'_>, seen: &Json) -> Result<Credentials, Failure> {
    let line = Line::from(access);
    let renewed = access.tokens.renew(
        seen,
        Box::new(move |stored| {
            Box::pin(async move {
                let next = Credentials::read(&stored)?.renewed(line).await?;
                serde_json::to_value(next).map_err(|_| Failure::unexpected("credentials cannot be written"))
            })
        }),
    );
    Credentials::read(&renewed.await?)
}
