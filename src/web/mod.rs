//! The inside of HTTP: server, cookies, forms and their guard, error answers, embedded files, the page around a view.
//!
//! Knows no feature and no user: L5 (`routes.rs`) fills the [`Frame`] and says who is calling.

pub mod assets;
pub mod client;
pub mod cookies;
pub mod csrf;
pub mod flash;
pub mod form;
pub mod frame;
pub mod guard;
pub mod headers;
pub mod input;
mod linger;
pub mod manifest;
pub mod payload;
pub mod places;
pub mod problem;
pub mod stream;

pub use client::Peer;
pub use flash::Flash;
pub use form::{Form, Upload};
pub use frame::Frame;
pub use guard::RequestId;

/// What a page handler returns: errors become pages, problems or the Postiz envelope in one place.
pub type Result<T = poem::Response> = std::result::Result<T, poem::Error>;

/// Sends the browser to `path` with GET.
pub fn redirect(path: &str) -> poem::Response {
    poem::Response::builder().status(poem::http::StatusCode::SEE_OTHER).header("location", path).finish()
}
