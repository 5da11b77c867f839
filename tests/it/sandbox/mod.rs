//! The practice platform: that it misbehaves as told, and that the provider understands what happened.

mod api;
mod doubles;
mod inside;
mod modes;
mod provider;

use serde_json::{Value as Json, json};

use crate::support::{Answer, Client};

/// A platform on its own, on a port of its own.
pub struct Platform {
    pub url: String,
    pub client: Client,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    _data: tempfile::TempDir,
}

impl Platform {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let alone = rostrum::sandbox::bind("127.0.0.1:0".parse().unwrap(), data.path()).await.unwrap();
        let address = alone.address;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.await;
            };
            alone.serve(stopped).await.unwrap();
        });
        Self { url: format!("http://{address}"), client: Client::browser(address, None), stop: Some(stop), _data: data }
    }

    /// The token of an account, made when it is new.
    pub async fn token(&self, handle: &str) -> String {
        let answer = self.client.post_json("/api/accounts", &json!({"handle": handle})).await.expect(200);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub async fn post(&self, token: &str, body: &Json) -> Answer {
        let request = self.client.request(reqwest::Method::POST, "/api/posts").bearer_auth(token).json(body);
        self.client.send(request).await
    }

    pub async fn behave(&self, behaviour: Json) {
        self.client.put_json("/api/behaviour", &behaviour).await.expect(200);
    }

    pub async fn stats(&self) -> Json {
        self.client.get("/api/stats").await.expect(200).json()
    }

    pub async fn count(&self) -> i64 {
        self.stats().await["posts"].as_i64().unwrap()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
