//! Clients: one that behaves like a browser (cookies, origin, session token), one like a script.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use reqwest::{Method, header::HeaderMap};
use rostrum::web::csrf;

/// A browser or a script.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookies: Arc<Mutex<Vec<(String, String)>>>,
    key: Option<String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A page, with the slashes that templates escape as they were.
    pub fn page(&self) -> String {
        self.text().replace("&#x2f;", "/")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Fails with the body when the status is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

impl Client {
    pub fn browser(address: SocketAddr, session: Option<String>) -> Self {
        let cookies = session.into_iter().map(|s| ("session".to_owned(), s)).collect();
        Self { http: http(), base: format!("http://{address}"), cookies: Arc::new(Mutex::new(cookies)), key: None }
    }

    pub fn script(address: SocketAddr, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::browser(address, None) }
    }

    /// The token that this browser's forms carry.
    pub fn csrf(&self) -> String {
        self.cookie("session").map(|c| csrf::token(&c)).unwrap_or_default()
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put_json(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Submits a form as a browser does, with the session's token; `_method` may be among the fields.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(self.request(Method::POST, path).header("origin", &self.base).form(&all)).await
    }

    /// Submits a form with files.
    pub async fn submit_multipart(
        &self,
        path: &str,
        form: impl FnOnce(reqwest::multipart::Form) -> reqwest::multipart::Form,
    ) -> Answer {
        let start = reqwest::multipart::Form::new();
        let start = if self.key.is_some() { start } else { start.text("csrf", self.csrf()) };
        self.send(self.request(Method::POST, path).header("origin", &self.base).multipart(form(start))).await
    }

    /// For everything else.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let cookies: Vec<String> = self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        match &self.key {
            Some(key) => request.header("authorization", key),
            None => request,
        }
    }

    /// Sends and keeps the cookies that come back.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the instance answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            jar.retain(|(n, _)| n != name);
            if !cookie.contains("Max-Age=0") {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}
