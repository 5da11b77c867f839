//! Who is at the other end of the connection, as far as it can be believed.

use std::net::IpAddr;

use poem::{FromRequest, Request, RequestBody, http::uri::Scheme};

use crate::config::Server;

/// The caller's address and whether its connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address; that of the last untrusted hop behind trusted proxies. `None` on a socket file.
    pub ip: Option<IpAddr>,
    /// True on https, also when a trusted proxy says so.
    pub https: bool,
}

impl Peer {
    /// Reads the connection and, only from `trusted_proxies`, the X-Forwarded headers.
    pub fn of(req: &Request, server: &Server) -> Self {
        let direct = req.remote_addr().as_socket_addr().map(|a| a.ip());
        let https = req.scheme() == &Scheme::HTTPS;
        let trusted = |ip: &IpAddr| server.trusted_proxies.iter().any(|net| net.contains(ip));
        let Some(proxy) = direct.filter(|ip| trusted(ip)) else { return Self { ip: direct, https } };
        let hops = req.header("x-forwarded-for").unwrap_or_default();
        // From the right: the first hop that is not ours is the client; what stands left of it may be invented.
        let ip = hops.rsplit(',').filter_map(|h| h.trim().parse().ok()).find(|ip| !trusted(ip)).unwrap_or(proxy);
        let proto = req.header("x-forwarded-proto").unwrap_or_default();
        Self { ip: Some(ip), https: https || proto.eq_ignore_ascii_case("https") }
    }

    /// The address as text, for lists and limits.
    pub fn address(&self) -> String {
        self.ip.map_or_else(|| "local".into(), |ip| ip.to_string())
    }
}

impl<'a> FromRequest<'a> for Peer {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Peer>().cloned().expect("the server puts the peer into every request"))
    }
}
