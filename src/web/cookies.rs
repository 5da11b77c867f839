//! Cookies: HttpOnly, SameSite=Lax, Secure exactly on https.

use std::time::Duration;

use poem::{Request, Response, http::HeaderValue};

use super::Peer;

/// The cookie of this name.
pub fn get<'a>(req: &'a Request, name: &str) -> Option<&'a str> {
    let pairs = req.headers().get_all("cookie").iter().filter_map(|h| h.to_str().ok()).flat_map(|h| h.split(';'));
    pairs.filter_map(|p| p.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
}

/// Adds a cookie that lasts for `max_age`, or until the browser is closed. `value` must be cookie-safe (base64url, hex).
pub fn set(response: &mut Response, peer: &Peer, name: &str, value: &str, max_age: Option<Duration>) {
    set_below(response, peer, "/", (name, value), max_age);
}

/// [`set`], for the pages at and below one path alone.
pub fn set_below(response: &mut Response, peer: &Peer, path: &str, (name, value): (&str, &str), max_age: Option<Duration>) {
    let secure = if peer.https { "; Secure" } else { "" };
    let age = max_age.map(|d| format!("; Max-Age={}", d.as_secs())).unwrap_or_default();
    let cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append("set-cookie", value);
    }
}

/// Removes a cookie.
pub fn clear(response: &mut Response, peer: &Peer, name: &str) {
    set(response, peer, name, "", Some(Duration::ZERO));
}
