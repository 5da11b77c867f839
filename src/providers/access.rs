//! What a provider sees of a connected account: the guarded client, its credentials, the developer app. Calls made with
//! [`Access::send`] carry the account's token, renew it once when the platform refuses it, and never leak it into a failure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::{Answers, Descriptor, Failure, FailureKind, Link, Provider, Tokens, call::host, oauth};
use crate::http::{Client, Reply, Request};

/// A token that ends this soon is renewed before it is used.
const MARGIN: TimeDelta = TimeDelta::seconds(90);
/// Fields of credentials that may be read by anybody; all other texts are secret.
const PUBLIC: [&str; 10] = ["server", "service", "pds", "handle", "did", "identifier", "scopes", "expires_at", "id", "name"];

/// A connected account.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// The guarded client.
    pub http: &'a Client,
    /// Host overrides of this provider's configuration.
    pub hosts: &'a BTreeMap<String, String>,
    /// The developer app, by the names of [`Descriptor::app`]; empty where none is needed.
    pub app: &'a Answers,
    /// Where the platform sends people back after consent.
    pub redirect: &'a str,
    /// The platform's id of the account.
    pub account: &'a str,
    /// The account's credentials.
    pub tokens: &'a dyn Tokens,
    /// Now.
    pub now: DateTime<Utc>,
}

impl<'a> Access<'a> {
    /// A host of the provider, as configured.
    pub fn host(&self, about: &Descriptor, name: &str) -> String {
        host(self.hosts, about, name)
    }

    /// The instance's side alone.
    pub fn link(&self) -> Link<'a> {
        Link { http: self.http, hosts: self.hosts, app: self.app, redirect: self.redirect, now: self.now }
    }

    /// Sends what `make` builds from the credentials and passes a 2xx on. Where the provider can renew its access, a refused
    /// one is renewed and the call made once more: a 401 says that nothing was done. Failures are refined by
    /// [`Provider::explain`] and carry no secret of the account.
    pub async fn send(&self, provider: &dyn Provider, make: impl Fn(&Json) -> Request) -> Result<Reply, Failure> {
        self.send_as(provider, make, |_, failure| failure).await
    }

    /// As [`Access::send`], with words for what this call alone can answer.
    pub async fn send_as(
        &self,
        provider: &dyn Provider,
        make: impl Fn(&Json) -> Request,
        explain: impl Fn(&Reply, Failure) -> Failure,
    ) -> Result<Reply, Failure> {
        let stored = self.tokens.current();
        match self.once(provider, &stored, &make, &explain).await {
            Err(failure) if failure.kind == FailureKind::Reconnect && provider.about().can.refresh => {
                let renewed = self.renewed(provider, &stored).await?;
                self.once(provider, &renewed, &make, &explain).await
            }
            result => result,
        }
    }

    async fn once(
        &self,
        provider: &dyn Provider,
        credentials: &Json,
        make: &impl Fn(&Json) -> Request,
        explain: &impl Fn(&Reply, Failure) -> Failure,
    ) -> Result<Reply, Failure> {
        self.judged(provider, credentials, make(credentials), explain).await
    }

    /// Sends a body that can be sent once, a stream for example, so without renewing the access: [`Access::freshen`] it before.
    pub async fn send_once(&self, provider: &dyn Provider, request: Request) -> Result<Reply, Failure> {
        self.judged(provider, &self.tokens.current(), request, &|_: &Reply, failure| failure).await
    }

    async fn judged(
        &self,
        provider: &dyn Provider,
        credentials: &Json,
        request: Request,
        explain: &impl Fn(&Reply, Failure) -> Failure,
    ) -> Result<Reply, Failure> {
        let sent = request.send().await;
        let reply = sent.and_then(|reply| reply.ok(self.now, |r, failure| explain(r, provider.explain(r, failure))));
        let reply = reply.and_then(|reply| match provider.refused(&reply, self.now) {
            Some(failure) => Err(explain(&reply, failure)),
            None => Ok(reply),
        });
        reply.map_err(|failure| self.hidden(failure, credentials))
    }

    /// Renews an access that is about to end, so that no write is spent on finding out.
    pub async fn freshen(&self, provider: &dyn Provider) -> Result<(), Failure> {
        let stored = self.tokens.current();
        let ends = stored["expires_at"].as_str().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        if provider.about().can.refresh && ends.is_some_and(|at| at.to_utc() <= self.now + MARGIN) {
            self.renewed(provider, &stored).await?;
        }
        Ok(())
    }

    async fn renewed(&self, provider: &dyn Provider, seen: &Json) -> Result<Json, Failure> {
        let link = self.link();
        let refresh: super::Refresh<'_> = Box::new(move |stored| Box::pin(async move { provider.renew(&link, stored).await }));
        self.tokens.renew(seen, refresh).await.map_err(|failure| self.hidden(failure, seen))
    }

    /// A text of the credentials; a missing one means that the channel must be connected again.
    pub fn credential(&self, name: &str) -> Result<String, Failure> {
        text(&self.tokens.current(), name).map(str::to_owned)
    }

    /// Without any secret of the account or the app.
    pub fn hidden(&self, failure: Failure, credentials: &Json) -> Failure {
        let mut secrets = Vec::new();
        collect(credentials, "", &mut secrets);
        secrets.extend(self.app.iter().filter(|(name, _)| *name != "client_id").map(|(_, value)| value.as_str()));
        oauth::scrubbed(failure, &secrets)
    }
}

/// A text of credentials; a missing one means that the channel must be connected again.
pub fn text<'j>(credentials: &'j Json, name: &str) -> Result<&'j str, Failure> {
    credentials[name].as_str().ok_or_else(|| Failure::reconnect("the stored credentials are incomplete"))
}

fn collect<'j>(value: &'j Json, name: &str, into: &mut Vec<&'j str>) {
    match value {
        Json::String(text) if !PUBLIC.contains(&name) && name != "client_id" => into.push(text),
        Json::Object(fields) => fields.iter().for_each(|(name, value)| collect(value, name, into)),
        Json::Array(values) => values.iter().for_each(|value| collect(value, name, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
