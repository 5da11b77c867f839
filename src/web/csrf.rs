//! Guards unsafe methods that a browser could be tricked into: the request must come from our own pages *and* carry a
//! token bound to the session.

use poem::{Request, http::Method};

use crate::{
    error::{Error, Result},
    kit::crypto::{same, sha256},
};

/// The token of a session: nobody without the session's cookie can know it.
pub fn token(session_cookie: &str) -> String {
    hex::encode(sha256(format!("csrf|{session_cookie}").as_bytes()))
}

/// The token that the current session's forms must carry; put into the request by the layer that knows the session.
#[derive(Debug, Clone)]
pub struct Expected(pub String);

/// True for methods that change something.
pub fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses a request that another site caused. `hosts` are the names this instance is known by.
///
/// Browsers send `Sec-Fetch-Site` or at least `Origin` with every unsafe request; one that sends neither is not a
/// browser of the last ten years.
pub fn check_origin(req: &Request, hosts: &[String]) -> Result<()> {
    if let Some(site) = req.header("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(foreign()) };
    }
    let origin = req.header("origin").ok_or_else(foreign)?;
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let ours =
        req.header("host").is_some_and(|h| h.eq_ignore_ascii_case(host)) || hosts.iter().any(|h| h.eq_ignore_ascii_case(host));
    if ours && !host.is_empty() { Ok(()) } else { Err(foreign()) }
}

/// Compares the token that came with the one expected.
pub fn check_token(expected: &str, given: &str) -> Result<()> {
    if same(expected.as_bytes(), given.as_bytes()) { Ok(()) } else { Err(Error::forbidden("error.csrf")) }
}

fn foreign() -> Error {
    Error::forbidden("error.foreign_origin")
}
