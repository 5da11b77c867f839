//! Providers for what no real one does yet: writes with an idempotency key, writes that cannot be read back, and code of
//! ours that panics, hangs or kills the process. Only a process that simulates knows them.

use std::{future::pending, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use crate::{
    http::{Method, Request},
    kit::text::Doc,
    providers::{
        Account, Answers, Call, Can, Connected, Descriptor, Effect, Failure, Field, Found, Fut, Limits, Link, Outcome, Provider,
        Remote, StepKey, Text,
    },
};

/// How long the platform remembers a key.
pub const KEY_LASTS: Duration = Duration::from_secs(3_600);
/// What the platform is called.
const HOST: &str = "https://plain.sim";

const KEYED: Descriptor = Descriptor { id: "simulated-keyed", can: Can { thread: true, find: true, ..Can::PUBLISH }, ..ABOUT };
const BLIND: Descriptor = Descriptor { id: "simulated-blind", can: Can { thread: true, ..Can::PUBLISH }, ..ABOUT };
const ABOUT: Descriptor = Descriptor {
    name: "Simulated",
    connect: &[Field::text("handle", "provider.sandbox.handle")],
    settings: &[
        Field::text("uploads", "provider.sandbox.visibility").optional(),
        Field::text("trouble", "provider.sandbox.visibility").optional(),
    ],
    limits: Limits { text: Text::graphemes(500), ..Limits::NONE },
    ..Descriptor::EMPTY
};

/// Both.
pub static PROVIDERS: &[&dyn Provider] = &[&Simulated { keyed: true }, &Simulated { keyed: false }];

/// One of them.
pub struct Simulated {
    keyed: bool,
}

impl Provider for Simulated {
    fn about(&self) -> &'static Descriptor {
        if self.keyed { &KEYED } else { &BLIND }
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async { connect(link, answers).await.map(Connected::from) })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(self.send(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async move {
            let ids: Vec<String> = ask(call, request(call, Method::GET, &format!("list?{}", step.key))).await?;
            Ok(if ids.is_empty() { Found::NotSeen } else { Found::Yes(ids.into_iter().map(remote).collect()) })
        })
    }
}

async fn connect(link: &Link<'_>, answers: &Answers) -> Result<Account, Failure> {
    let handle = answers.get("handle").cloned().unwrap_or_default();
    let sent = link.http.request(Method::POST, &format!("{HOST}/open")).json(&json!({"handle": handle})).reads();
    let opened: Json = sent.send().await?.ok(link.now, |_, f| f)?.json()?;
    let credentials = json!({"token": opened["token"]});
    Ok(Account { id: handle.clone(), name: handle.clone(), handle, picture: None, url: None, credentials })
}

impl Simulated {
    async fn send(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let setting = |name: &str| call.settings[name].as_str().unwrap_or_default();
        match setting("trouble") {
            // Without the panic hook's lines on standard error.
            "panics" => std::panic::resume_unwind(Box::new("simulated")),
            "hangs" => pending().await,
            "kills" => self.write(call, Some("kill")).await,
            _ => {
                for n in 0..setting("uploads").parse().unwrap_or(0u8) {
                    let upload = async |_| ask::<String>(call, request(call, Method::POST, "upload")).await;
                    call.step(&format!("upload:{n}"), Effect::Repeatable, b"upload", upload).await?;
                }
                self.write(call, None).await
            }
        }
    }

    async fn write(&self, call: &Call<'_>, path: Option<&str>) -> Result<Outcome, Failure> {
        let effect = if self.keyed { Effect::Keyed { lasts: KEY_LASTS } } else { Effect::Once };
        let text = call.text.to_plain();
        let write = async |key: StepKey| {
            let key = self.keyed.then(|| key.key.to_string());
            let body = json!({"text": text, "key": key, "parent": call.thread.last().map(|p| &p.id)});
            ask::<String>(call, request(call, Method::POST, path.unwrap_or("write")).json(&body)).await
        };
        let id = call.step("write", effect, text.as_bytes(), write).await?;
        Ok(Outcome::live(remote(id)))
    }
}

fn request(call: &Call<'_>, method: Method, path: &str) -> Request {
    let token = call.tokens.current()["token"].as_str().unwrap_or_default().to_owned();
    call.http.request(method, &format!("{HOST}/{path}")).bearer(&token)
}

/// Says what the platform says, without the token that a rude one repeats.
async fn ask<T: DeserializeOwned + Serialize>(call: &Call<'_>, request: Request) -> Result<T, Failure> {
    let quiet = |_: &crate::http::Reply, failure: Failure| Failure { raw: None, ..failure };
    request.send().await?.ok(call.now, quiet)?.json().map_err(|f| Failure { raw: None, ..f })
}

fn remote(id: String) -> Remote {
    Remote { url: Some(format!("{HOST}/{id}")), id, extra: json!({}) }
}

/// The text of a part: names post, part, version and channel.
pub fn text(post: usize, part: usize, version: u64, channel: usize) -> Doc {
    Doc::from_plain(&format!("p{post}.{part} v{version} c{channel}"))
}
