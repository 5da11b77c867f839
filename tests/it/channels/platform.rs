//! The platforms of the [`providers`] on the loopback address. What they are sent is checked where it arrives.

mod providers;

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use poem::{
    EndpointExt as _, Request, Response, Route, Server, get, handler,
    http::StatusCode,
    listener::{Acceptor as _, Listener as _, TcpListener},
    post,
    web::{Data, Form, Path},
};
use rostrum::kit::crypto::sha256;
use serde_json::{Value as Json, json};

use crate::support::{Engine, TestApp};

/// What the configuration says of the developer app.
pub const CLIENT: (&str, &str) = ("client-1", "secret-of-client-1");

/// The platform's side.
#[derive(Default)]
pub struct State {
    /// What `/me` says, whoever asks.
    pub me: Json,
    /// What the word led to.
    pub chat: Json,
    /// The challenge of the consent page that was opened last.
    pub challenge: String,
    /// What the token endpoint was sent.
    pub exchanged: Vec<Json>,
    /// What `/picture.png` holds.
    pub picture: Vec<u8>,
    /// Refuses everybody's access.
    pub revoked: bool,
}

/// The platform, for as long as the test runs.
#[derive(Clone)]
pub struct Platform {
    pub url: String,
    pub state: Arc<Mutex<State>>,
}

type Shared = Arc<Mutex<State>>;

#[handler]
fn exchange(Data(state): Data<&Shared>, Form(sent): Form<Json>) -> Response {
    let mut state = state.lock().unwrap();
    let text = |name: &str| sent[name].as_str().unwrap_or_default().to_owned();
    state.exchanged.push(sent.clone());
    let refuse = |error: &str| {
        let body = json!({"error": error, "error_description": format!("{error} it is")}).to_string();
        Response::builder().status(StatusCode::BAD_REQUEST).content_type("application/json").body(body)
    };
    if !text("client_id").starts_with("client-") || text("client_secret") != format!("secret-of-{}", text("client_id")) {
        return refuse("invalid_client");
    }
    let challenge = URL_SAFE_NO_PAD.encode(sha256(text("code_verifier").as_bytes()));
    if !text("code").starts_with("good") || challenge != state.challenge {
        return refuse("invalid_grant");
    }
    let answer = json!({"access_token": format!("access-{}", text("code")), "refresh_token": "refresh-1", "expires_in": 3600, "scope": "read write"});
    Response::builder().content_type("application/json").body(answer.to_string())
}

#[handler]
fn whose(Data(state): Data<&Shared>, req: &Request) -> Response {
    let state = state.lock().unwrap();
    if state.revoked || !req.header("authorization").is_some_and(|h| h.starts_with("Bearer access-good")) {
        return Response::builder().status(StatusCode::UNAUTHORIZED).finish();
    }
    Response::builder().content_type("application/json").body(state.me.to_string())
}

#[handler]
fn heard(Data(state): Data<&Shared>, Path(word): Path<String>) -> Response {
    assert_eq!(word, "abcd");
    Response::builder().content_type("application/json").body(json!({"chat": state.lock().unwrap().chat}).to_string())
}

#[handler]
fn portrait(Data(state): Data<&Shared>) -> Response {
    Response::builder().content_type("text/plain").body(state.lock().unwrap().picture.clone())
}

impl Platform {
    pub async fn start() -> Self {
        providers::add();
        let state = Arc::new(Mutex::new(State {
            me: json!({"id": "id:ann", "name": "Ann of Loop", "handle": "ann"}),
            ..State::default()
        }));
        let routes = Route::new()
            .at("/oauth/token", post(exchange))
            .at("/me", get(whose))
            .at("/words/:word", get(heard))
            .at("/picture.png", get(portrait))
            .data(state.clone());
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
        tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
        Self { url: format!("http://{address}"), state }
    }

    /// An instance that knows this platform, with a developer app in its configuration unless `app` is false.
    pub async fn instance(&self, engine: Engine, app: bool) -> TestApp {
        let url = self.url.clone();
        TestApp::with(engine, rostrum::kit::Clock::system(), move |config| {
            for id in ["loop", "knock"] {
                config.providers.entry(id.into()).or_default().hosts.insert("web".into(), url.clone());
            }
            if app {
                let fields = [("client_id", CLIENT.0), ("client_secret", CLIENT.1)].map(|(n, v)| (n.to_owned(), v.to_owned()));
                config.providers.entry("loop".into()).or_default().app.extend(fields);
            }
        })
        .await
    }

    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }
}
