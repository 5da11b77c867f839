//! A ledger, credentials and media in memory: what a provider is given instead of the engine.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream::BoxStream};
use rostrum::{
    config,
    error::Failure,
    http::Client,
    kit::{MediaId, text::Doc},
    providers::{
        Access, Account, Answers, Begin, Call, Connected, Effect, Fitted, Fut, Link, MediaFile, MediaSource, Outcome, Picture,
        Provider as _, Refresh, Remote, StepKey, Steps, Tokens, sandbox::Sandbox,
    },
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// One step of the ledger.
struct Step {
    key: StepKey,
    done: Option<Json>,
}

/// Finished steps are not run again; the rest keep their key.
#[derive(Default)]
pub struct Ledger(Mutex<HashMap<String, Step>>);

impl Ledger {
    pub fn key(&self, name: &str) -> StepKey {
        self.0.lock().unwrap()[name].key.clone()
    }
}

impl Steps for Ledger {
    fn begin<'a>(&'a self, name: &'a str, _: Effect, _: [u8; 32]) -> Fut<'a, Begin> {
        let mut steps = self.0.lock().unwrap();
        let new = || Step { key: StepKey { key: Uuid::new_v4(), begun_at: Utc::now(), earlier: 0 }, done: None };
        let step = steps.entry(name.to_owned()).or_insert_with(new);
        let begin = match &step.done {
            Some(done) => Begin::Done(done.clone()),
            None => Begin::Run(step.key.clone()),
        };
        Box::pin(async { Ok(begin) })
    }

    fn end<'a>(&'a self, name: &'a str, result: Result<&'a Json, &'a Failure>) -> Fut<'a, ()> {
        self.0.lock().unwrap().get_mut(name).unwrap().done = result.ok().cloned();
        Box::pin(async { Ok(()) })
    }
}

struct Fixed(Json);

impl Tokens for Fixed {
    fn current(&self) -> Json {
        self.0.clone()
    }

    fn renew<'a>(&'a self, seen: &'a Json, refresh: Refresh<'a>) -> Fut<'a, Json> {
        refresh(seen.clone())
    }
}

/// Every picture and video is these bytes.
pub const BYTES: &[u8] = b"not really a picture";

struct Files;

impl MediaSource for Files {
    fn fit<'a>(&'a self, _: MediaId, _: Picture) -> Fut<'a, Fitted> {
        Box::pin(async { Ok(Fitted { bytes: Bytes::from_static(BYTES), mime: "image/png".into(), width: 4, height: 3 }) })
    }

    fn stream<'a>(&'a self, _: MediaId) -> Fut<'a, BoxStream<'static, std::io::Result<Bytes>>> {
        let chunks = BYTES.chunks(7).map(|c| Ok(Bytes::from_static(c)));
        Box::pin(async { Ok(futures_util::stream::iter(chunks).boxed()) })
    }

    fn public_url(&self, _: MediaId) -> Option<String> {
        None
    }

    fn lasting_url(&self, _: MediaId) -> Option<String> {
        None
    }
}

/// A guarded client that may call loopback addresses and waits a second for answers.
pub fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    Client::new(&config::Http { allow_private, timeout_seconds: 1, ..config::Http::default() }).unwrap()
}

/// Connects an account; `hosts` as configured.
pub async fn connect(http: &Client, hosts: &BTreeMap<String, String>, answers: &[(&str, &str)]) -> Result<Account, Failure> {
    let answers: Answers = crate::support::map(answers);
    let link = Link { http, hosts, app: &Answers::new(), redirect: "", now: Utc::now() };
    match Sandbox.connect(&link, &answers).await? {
        Connected::Account(account) => Ok(*account),
        Connected::Choose { pages, .. } => panic!("offered {pages:?}"),
    }
}

/// One part on its way to the platform.
pub struct Part {
    pub http: Client,
    pub hosts: BTreeMap<String, String>,
    pub credentials: Json,
    pub text: Doc,
    pub media: Vec<MediaFile>,
    pub settings: Json,
    pub thread: Vec<Remote>,
    pub ledger: Ledger,
    pub now: DateTime<Utc>,
}

impl Part {
    /// For the account `me` of a server.
    pub async fn of(server: &str, text: &str) -> Self {
        let http = http();
        let account = connect(&http, &BTreeMap::new(), &[("server", server), ("handle", "me")]).await.unwrap();
        Self {
            http,
            hosts: BTreeMap::new(),
            credentials: account.credentials,
            text: Doc::from_plain(text),
            media: Vec::new(),
            settings: json!({}),
            thread: Vec::new(),
            ledger: Ledger::default(),
            now: Utc::now(),
        }
    }

    pub fn with(mut self, mime: &str) -> Self {
        self.media.push(MediaFile {
            id: MediaId::new(),
            mime: mime.into(),
            bytes: BYTES.len() as u64,
            width: None,
            height: None,
            duration: None,
            alt: "four pixels".into(),
            focus: None,
            cover: None,
        });
        self
    }

    async fn call<T>(&self, run: impl AsyncFnOnce(&Call<'_>) -> T) -> T {
        let (tokens, app) = (Fixed(self.credentials.clone()), Answers::new());
        let call = Call {
            access: Access {
                http: &self.http,
                hosts: &self.hosts,
                app: &app,
                redirect: "",
                account: "me",
                tokens: &tokens,
                now: self.now,
            },
            text: &self.text,
            media: &self.media,
            settings: &self.settings,
            position: self.thread.len(),
            thread: &self.thread,
            last: false,
            steps: &self.ledger,
            files: &Files,
        };
        run(&call).await
    }

    pub async fn publish(&self) -> Result<Outcome, Failure> {
        self.call(async |call| Sandbox.publish(call).await).await
    }

    /// The one remote of a part that went out.
    pub async fn live(&self) -> Remote {
        match self.publish().await.unwrap() {
            Outcome::Live { remotes, .. } => remotes.into_iter().next().unwrap(),
            Outcome::Wait { after } => panic!("still processing for {after:?}"),
        }
    }

    pub async fn find(&self) -> Result<rostrum::providers::Found, Failure> {
        let key = self.ledger.key("post");
        self.call(async |call| Sandbox.find(call, &key).await).await
    }

    pub async fn delete(&self, remote: &Remote) -> Result<(), Failure> {
        self.call(async |call| Sandbox.delete(call, remote).await).await
    }
}
