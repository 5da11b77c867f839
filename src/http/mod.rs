//! Calls to the outside: guarded against private addresses, limited in time and size, with failures that say whether
//! anything can have happened. Knows no platform.

mod guard;
mod rate;
mod reply;
mod request;
mod wire;

use std::{net::SocketAddr, sync::Arc, time::Duration};

pub use guard::own_address;
pub use rate::{Heard, RateHint};
pub use reply::Reply;
pub use request::Request;
pub use reqwest::Method;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
pub use wire::{Answer, Broken, Sent, Wire};

use crate::{
    config,
    error::{Error, Result},
    kit::Clock,
};
use guard::{Guard, Own, Reach, Refused};

/// Most bytes of an answer that are read.
pub const MAX_REPLY: usize = 5 * 1024 * 1024;
/// Redirects followed by [`Client::fetch`].
const MAX_REDIRECTS: usize = 5;

/// The guarded client. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    guard: Guard,
    /// For https: any public address, and allowed private ones.
    secure: reqwest::Client,
    /// For plain http: allowed private addresses only.
    plain: reqwest::Client,
    /// As the two above, and follows redirects, each hop checked.
    follow_secure: reqwest::Client,
    follow_plain: reqwest::Client,
    timeout: Duration,
    own: Option<Own>,
    heard: Option<Heard>,
    wire: Option<Arc<dyn Wire>>,
}

impl Client {
    /// Built once at start.
    pub fn new(config: &config::Http) -> Result<Self> {
        let guard = Guard::new(&config.allow_private);
        let build = |reach: Reach, redirects: Policy| {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("Rostrum/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(config.connect_timeout_seconds))
                .dns_resolver(Arc::new(guard.resolver(reach)))
                .redirect(redirects)
                .no_proxy()
                // A pooled connection may be closed by the peer just as we write: that must not look like a lost answer.
                .pool_idle_timeout(Duration::from_secs(15));
            with_roots(builder).build().map_err(Error::internal)
        };
        Ok(Self {
            secure: build(Reach::Public, Policy::none())?,
            plain: build(Reach::AllowedPrivate, Policy::none())?,
            follow_secure: build(Reach::Public, follow(&guard, "https"))?,
            follow_plain: build(Reach::AllowedPrivate, follow(&guard, "http"))?,
            guard,
            timeout: Duration::from_secs(config.timeout_seconds),
            own: None,
            heard: None,
            wire: None,
        })
    }

    /// Lets calls travel over something else than the network.
    pub(crate) fn over(self, wire: Arc<dyn Wire>) -> Self {
        Self { wire: Some(wire), ..self }
    }

    /// Lets [`Client::request`] call this instance itself, which the built-in sandbox needs: plain http to
    /// [`own_address`] of `listen` and nothing else. [`Client::fetch`] never gets there.
    pub fn trusting(self, listen: Option<SocketAddr>) -> Self {
        Self { own: listen.map(Own::new), ..self }
    }

    /// The same client, and what the answers to its writes say about how much more is taken.
    pub fn listening(&self, clock: &Clock) -> (Self, Heard) {
        let heard = Heard::new(clock.clone());
        (Self { heard: Some(heard.clone()), ..self.clone() }, heard)
    }

    /// A call to a platform's API; redirects are not followed.
    pub fn request(&self, method: Method, url: &str) -> Request {
        Request::new(self, method, url, false)
    }

    /// Reads a public page or file for which a person gave the address; redirects are followed and checked.
    pub fn fetch(&self, url: &str) -> Request {
        Request::new(self, Method::GET, url, true)
    }

    fn for_scheme(&self, scheme: &str, follow: bool) -> &reqwest::Client {
        match (scheme, follow) {
            ("http", false) => &self.plain,
            ("http", true) => &self.follow_plain,
            (_, false) => &self.secure,
            (_, true) => &self.follow_secure,
        }
    }

    /// Refuses an address this instance must not call, before anything is stored that names it.
    pub fn check(&self, url: &str) -> Result<(), String> {
        let url = url::Url::parse(url).map_err(|e| e.to_string())?;
        self.guard.allows(&url).map_err(|e| e.to_string())
    }

    fn admits(&self, url: &url::Url, follow: bool) -> Result<(), Refused> {
        match self.own {
            Some(own) if !follow && own.is(url) => Ok(()),
            _ => self.guard.allows(url),
        }
    }
}

/// Redirects stay on the scheme they began with, because each scheme has a resolver of its own.
fn follow(guard: &Guard, scheme: &'static str) -> Policy {
    let guard = guard.clone();
    Policy::custom(move |attempt| match guard.allows(attempt.url()) {
        _ if attempt.previous().len() > MAX_REDIRECTS => attempt.error("too many redirects"),
        Ok(()) if attempt.url().scheme() == scheme => attempt.follow(),
        Ok(()) => attempt.error("a redirect to another scheme is not followed"),
        Err(e) => attempt.error(e),
    })
}

/// Where there is no CA bundle (a bare container), the embedded one of Mozilla is used.
fn with_roots(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    match embedded_roots() {
        Some(roots) => builder.tls_certs_only(roots.filter_map(|der| reqwest::Certificate::from_der(der).ok())),
        None => builder,
    }
}

/// Mozilla's root certificates, when this machine has no bundle of its own.
pub fn embedded_roots() -> Option<impl Iterator<Item = &'static [u8]>> {
    const BUNDLES: [&str; 4] =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"];
    let named = std::env::var_os("SSL_CERT_FILE").is_some_and(|file| std::path::Path::new(&file).exists());
    if named || BUNDLES.iter().any(|b| std::path::Path::new(b).exists()) {
        return None;
    }
    Some(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FailureKind;

    #[tokio::test]
    async fn a_trusted_listener_is_reached_by_requests_and_by_nothing_else() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Nobody listens there: what is let through fails to connect, what is refused is rejected.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        drop(listener);
        let client = Client::new(&config::Http::default()).unwrap();
        let url = format!("http://{own}/");
        let kind = async |request: Request| request.send().await.unwrap_err().kind;
        assert_eq!(kind(client.request(Method::GET, &url)).await, FailureKind::Rejected);
        let client = client.trusting(Some(own));
        assert_eq!(kind(client.request(Method::GET, &url)).await, FailureKind::Unavailable);
        assert_eq!(kind(client.fetch(&url)).await, FailureKind::Rejected);
        let other = format!("http://127.0.0.1:{}/", own.port() ^ 1);
        assert_eq!(kind(client.request(Method::GET, &other)).await, FailureKind::Rejected);
        assert!(client.check(&url).is_err(), "an address that a person gives is no business of this");
    }
}
