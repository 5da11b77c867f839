//! Headers every answer carries.

use poem::{Response, http::HeaderValue};

/// What pages may load: only ourselves, no inline script or style.
const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
                   object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Adds the security headers, unless the answer set its own.
pub fn secure(response: &mut Response, https: bool) {
    let mut add = |name: &'static str, value: &'static str| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    add("content-security-policy", CSP);
    add("x-content-type-options", "nosniff");
    add("referrer-policy", "same-origin");
    add("x-frame-options", "DENY");
    add("cross-origin-opener-policy", "same-origin");
    add("permissions-policy", "camera=(), microphone=(), geolocation=()");
    // Pages show private data: nobody but the browser's own history may keep them.
    add("cache-control", "no-store");
    if https {
        add("strict-transport-security", "max-age=31536000");
    }
}
