//! OAuth 2 with an authorization code (RFC 6749, PKCE of RFC 7636): the platforms' quirks are data. Knows no table and no
//! page: who keeps `state` and where the code arrives is the business of the feature above.
//!
//! Credentials are an object with `access`, `refresh`, `expires_at`, `scopes`, for self-registered clients `client`, and
//! whatever the provider adds.

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use url::Url;

use super::{Answers, Auth, Descriptor, Failure, FailureKind, Link, Trial, call::host};
use crate::{
    http::{Method, Reply},
    kit::crypto,
};

/// How a platform does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OAuth2 {
    /// The consent page; `{name}` is a host of the descriptor or an answer of the connect form.
    pub authorize: &'static str,
    /// Where codes and refresh tokens are exchanged; as `authorize`.
    pub token: &'static str,
    /// What is asked for.
    pub scopes: &'static [&'static str],
    /// Between scopes.
    pub separator: &'static str,
    /// Whose client it is.
    pub client: Client,
    /// How the client proves itself at `token`.
    pub proof: Proof,
    /// With a code challenge (S256).
    pub pkce: bool,
    /// Further parameters of the consent page.
    pub extra: &'static [(&'static str, &'static str)],
    /// The exchange is sent as JSON instead of a form.
    pub json: bool,
    /// Refuse an account that did not grant every scope.
    pub all_scopes: bool,
}

impl OAuth2 {
    /// For `..OAuth2::CODE`.
    pub const CODE: Self = Self {
        authorize: "",
        token: "",
        scopes: &[],
        separator: " ",
        client: Client::Developer,
        proof: Proof::Body,
        pkce: false,
        extra: &[],
        json: false,
        all_scopes: false,
    };
    /// With a code challenge.
    pub const PKCE: Self = Self { pkce: true, ..Self::CODE };
}

/// Whose client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// Somebody made a developer app at the platform and entered its `client_id` and `client_secret`.
    Developer,
    /// The provider registers one on the fly: [`super::Provider::consent`] keeps it as `client`.
    Registered,
}

/// How the client proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// `client_id` and `client_secret` in the body.
    Body,
    /// HTTP Basic.
    Basic,
    /// `client_id` in the body, no secret: a public client.
    Public,
}

/// A consent page to be opened.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Its address.
    pub url: String,
    /// What the provider needs when the code arrives; kept sealed until then.
    pub kept: Json,
}

/// A code that was exchanged.
#[derive(Debug, Clone)]
pub struct Granted {
    /// For calls.
    pub access: String,
    /// The platform's whole answer.
    pub answer: Json,
    /// What was kept since the consent page.
    pub kept: Json,
    /// The connect form.
    pub answers: Answers,
    now: DateTime<Utc>,
}

impl Granted {
    /// What is stored: access, refresh, expiry, scopes, a registered client, and the fields of `extra`.
    pub fn credentials(&self, extra: Json) -> Json {
        let mut stored = tokens(&self.answer, self.now);
        if let Some(client) = self.kept.get("client") {
            stored.insert("client".into(), client.clone());
        }
        if let Json::Object(extra) = extra {
            stored.extend(extra);
        }
        Json::Object(stored)
    }
}

/// The tokens of an answer, in our words; what it lacks is left out.
fn tokens(answer: &Json, now: DateTime<Utc>) -> Map<String, Json> {
    let mut stored = Map::new();
    for (ours, theirs) in [("access", "access_token"), ("refresh", "refresh_token"), ("scopes", "scope")] {
        if let Some(text) = answer[theirs].as_str().filter(|text| !text.is_empty()) {
            stored.insert(ours.into(), text.into());
        }
    }
    let seconds = answer["expires_in"].as_i64().or_else(|| answer["expires_in"].as_str()?.parse().ok());
    if let Some(at) = seconds.filter(|s| *s > 0).and_then(TimeDelta::try_seconds).and_then(|s| now.checked_add_signed(s)) {
        stored.insert("expires_at".into(), at.to_rfc3339().into());
    }
    stored
}

fn how(about: &Descriptor) -> Result<OAuth2, Failure> {
    match about.auth {
        Auth::OAuth2(how) => Ok(how),
        _ => Err(Failure::unsupported("OAuth")),
    }
}

/// An address with hosts and answers filled in. Answers are addresses of servers that people gave.
pub fn fill(about: &Descriptor, hosts: &BTreeMap<String, String>, answers: &Answers, template: &str) -> Result<String, Failure> {
    let Some((before, rest)) = template.split_once('{') else { return Ok(template.to_owned()) };
    let (name, after) = rest.split_once('}').ok_or_else(|| Failure::unexpected("an address without a closing brace"))?;
    let value = match answers.get(name) {
        Some(answer) => answer.trim_end_matches('/').to_owned(),
        None => host(hosts, about, name),
    };
    Ok(format!("{before}{value}{after}"))
}

/// The consent page. `client` is one that was registered on the fly.
pub fn consent(
    about: &Descriptor,
    link: &Link<'_>,
    answers: &Answers,
    state: &str,
    client: Option<Json>,
) -> Result<Consent, Failure> {
    let how = how(about)?;
    let address = fill(about, link.hosts, answers, how.authorize)?;
    let mut url = Url::parse(&address).map_err(|e| Failure::rejected(format!("{address}: {e}")))?;
    let mut kept = Map::new();
    let id = client_id(link, client.as_ref())?;
    let scopes = how.scopes.join(how.separator);
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &id).append_pair("response_type", "code");
        query.append_pair("redirect_uri", link.redirect).append_pair("state", state);
        if !scopes.is_empty() {
            query.append_pair("scope", &scopes);
        }
        if how.pkce {
            let verifier = crypto::random_token();
            let challenge = URL_SAFE_NO_PAD.encode(crypto::sha256(verifier.as_bytes()));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
            kept.insert("verifier".into(), verifier.into());
        }
        query.extend_pairs(how.extra);
    }
    if let Some(client) = client {
        kept.insert("client".into(), client);
    }
    Ok(Consent { url: url.into(), kept: Json::Object(kept) })
}

/// Exchanges the code that the platform sent back.
pub async fn exchange(
    about: &Descriptor,
    link: &Link<'_>,
    answers: &Answers,
    kept: Json,
    code: &str,
) -> Result<Granted, Failure> {
    exchange_with(about, link, answers, kept, &[("code", code)]).await
}

/// As [`exchange`]; `given` is the code and what else the platform wants to see again.
pub async fn exchange_with(
    about: &Descriptor,
    link: &Link<'_>,
    answers: &Answers,
    kept: Json,
    given: &[(&str, &str)],
) -> Result<Granted, Failure> {
    let mut fields = vec![("grant_type", "authorization_code"), ("redirect_uri", link.redirect)];
    fields.splice(1..1, given.iter().copied());
    if let Some(verifier) = kept["verifier"].as_str() {
        fields.push(("code_verifier", verifier));
    }
    let answer = ask(about, link, (answers, kept.get("client")), &fields).await?;
    let access = answer["access_token"].as_str().filter(|t| !t.is_empty());
    let access = access.ok_or_else(|| Failure::unexpected("the platform granted access without a token"))?.to_owned();
    missing_scopes(about, &answer)?;
    Ok(Granted { access, answer, kept, answers: answers.clone(), now: link.now })
}

/// The scopes that were asked for and not granted are named.
fn missing_scopes(about: &Descriptor, answer: &Json) -> Result<(), Failure> {
    let how = how(about)?;
    let Some(granted) = answer["scope"].as_str().filter(|_| how.all_scopes) else { return Ok(()) };
    let granted: Vec<&str> = granted.split([' ', ',']).collect();
    let missing: Vec<&str> = how.scopes.iter().copied().filter(|scope| !granted.contains(scope)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::rejected(format!("these permissions were not granted: {}", missing.join(", "))))
}

/// New credentials by the refresh token, laid over the old ones: what the platform does not repeat stays. Only a refusal of
/// the token itself means that a person must reconnect; everything else is weather.
pub async fn renew(about: &Descriptor, link: &Link<'_>, stored: Json) -> Result<Json, Failure> {
    renew_with(about, link, stored, &[]).await
}

/// As [`renew`], with what else the platform wants to see.
pub async fn renew_with(about: &Descriptor, link: &Link<'_>, stored: Json, given: &[(&str, &str)]) -> Result<Json, Failure> {
    // Whoever has no such access at all must not be sent to connect again.
    how(about)?;
    let refresh = stored["refresh"].as_str().filter(|token| !token.is_empty());
    let refresh = refresh.ok_or_else(|| Failure::reconnect("the access has ended and cannot be renewed"))?;
    let fields = [&[("grant_type", "refresh_token"), ("refresh_token", refresh)], given].concat();
    let answers: Answers =
        stored.as_object().into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect();
    let answer = ask(about, link, (&answers, stored.get("client")), &fields).await.map_err(weather)?;
    let fresh = tokens(&answer, link.now);
    if !fresh.contains_key("access") {
        return Err(Failure::unexpected("the platform renewed the access without a token"));
    }
    let mut next = stored.as_object().cloned().unwrap_or_default();
    next.remove("expires_at");
    next.extend(fresh);
    Ok(Json::Object(next))
}

/// Whether the platform knows the developer app, without anybody's consent: a code that cannot be right is exchanged. Who
/// knows the app complains about the code, who does not about the app (RFC 6749 section 5.2). Fails with
/// [`FailureKind::Rejected`] when the app is refused.
pub async fn try_app(about: &Descriptor, link: &Link<'_>) -> Result<Trial, Failure> {
    let (code, verifier) = (crypto::random_token(), crypto::random_token());
    let mut fields = vec![("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", link.redirect)];
    if how(about)?.pkce {
        fields.push(("code_verifier", &verifier));
    }
    let failure = match ask(about, link, (&Answers::new(), None), &fields).await {
        Ok(_) => return Ok(Trial::Works),
        Err(failure) => failure,
    };
    match (failure.code.as_deref(), failure.kind) {
        (Some("invalid_grant" | "invalid_code" | "bad_verification_code"), _) => Ok(Trial::Works),
        (Some("invalid_client" | "unauthorized_client" | "invalid_client_id" | "bad_client_secret"), _) => {
            Err(Failure { kind: FailureKind::Rejected, ..failure })
        }
        (_, FailureKind::Unavailable | FailureKind::RateLimited { .. } | FailureKind::Unsupported) => Err(failure),
        _ => Ok(Trial::Unclear(failure.message)),
    }
}

/// A refusal other than of the token is not the account's fault.
fn weather(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Reconnect | FailureKind::RateLimited { .. } => failure,
        _ => Failure { kind: FailureKind::Unavailable, ..failure },
    }
}

async fn ask(
    about: &Descriptor,
    link: &Link<'_>,
    (answers, client): (&Answers, Option<&Json>),
    fields: &[(&str, &str)],
) -> Result<Json, Failure> {
    let how = how(about)?;
    let (id, secret) = (client_id(link, client)?, client_secret(link, client));
    let url = fill(about, link.hosts, answers, how.token)?;
    let mut request = link.http.request(Method::POST, &url).reads().header("accept", "application/json");
    let mut fields = fields.to_vec();
    let basic = STANDARD.encode(format!("{id}:{secret}"));
    match how.proof {
        Proof::Basic => request = request.header("authorization", &format!("Basic {basic}")),
        Proof::Body => fields.extend([("client_id", id.as_str()), ("client_secret", secret.as_str())]),
        Proof::Public => fields.push(("client_id", &id)),
    }
    let request =
        if how.json { request.json(&fields.iter().copied().collect::<BTreeMap<_, _>>()) } else { request.form(&fields) };
    let reply = request.send().await?;
    let known = |name: &str| matches!(name, "grant_type" | "redirect_uri" | "client_id");
    let sent = fields.iter().filter(|(name, _)| !known(name)).map(|(_, value)| *value);
    let secrets: Vec<&str> = sent.chain([secret.as_str(), basic.as_str()]).collect();
    let reply = reply.ok(link.now, |reply, failure| refused(reply, failure, &secrets))?;
    let answer: Json = reply.json()?;
    // Some answer 200 to a refusal.
    if answer["error"].as_str().is_some() {
        let failure = Failure::rejected("the platform refused").code(reply.status.to_string());
        return Err(refused(&reply, failure, &secrets));
    }
    Ok(answer)
}

/// The words of RFC 6749 section 5.2. A refused code or token is for the person; a refused client is the developer app's.
fn refused(reply: &Reply, failure: Failure, secrets: &[&str]) -> Failure {
    let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    let Some(code) = said["error"].as_str() else { return scrubbed(failure, secrets) };
    let words = said["error_description"].as_str().filter(|words| !words.is_empty()).unwrap_or(code);
    let kind = match (code, failure.kind) {
        ("invalid_grant", _) => FailureKind::Reconnect,
        ("temporarily_unavailable" | "server_error", _) => FailureKind::Unavailable,
        ("invalid_client" | "unauthorized_client", _) => FailureKind::Rejected,
        (_, FailureKind::Rejected | FailureKind::Unexpected) => FailureKind::Rejected,
        (_, kind) => kind,
    };
    scrubbed(Failure { kind, message: words.to_owned(), ..failure }.code(code), secrets)
}

/// Without the secrets that a platform repeats in its answer.
pub(super) fn scrubbed(mut failure: Failure, secrets: &[&str]) -> Failure {
    failure.message = without(&failure.message, secrets);
    failure.raw = failure.raw.map(|raw| without(&raw, secrets));
    failure
}

/// As they are, and as forms write them.
fn without(text: &str, secrets: &[&str]) -> String {
    secrets.iter().filter(|s| s.len() >= 6).fold(text.to_owned(), |text, secret| {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text.replace(secret, "•••").replace(&encoded, "•••")
    })
}

fn client_id(link: &Link<'_>, client: Option<&Json>) -> Result<String, Failure> {
    let own = client.and_then(|c| c["client_id"].as_str());
    let id = own.or_else(|| link.app.get("client_id").map(String::as_str)).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| Failure::rejected("no developer app is set up for this platform"))
}

fn client_secret(link: &Link<'_>, client: Option<&Json>) -> String {
    let own = client.and_then(|c| c["client_secret"].as_str());
    own.or_else(|| link.app.get("client_secret").map(String::as_str)).unwrap_or_default().to_owned()
}

/// A client that was registered on the fly, to be kept.
pub fn registered(id: &str, secret: &str) -> Json {
    json!({"client_id": id, "client_secret": secret})
}

#[cfg(test)]
mod tests;
