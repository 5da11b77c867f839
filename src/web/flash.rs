//! One message that survives a redirect, in a short-lived cookie. It holds only a catalogue key and values, shown
//! escaped to the browser that brought it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use poem::{Request, Response};
use serde::{Deserialize, Serialize};

use super::{Peer, cookies};
use crate::{error::Message, render::text};

const COOKIE: &str = "flash";

/// How it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something worked.
    Ok,
    /// Something did not.
    Error,
    /// Neither.
    Info,
}

/// A message for the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// How it is shown.
    pub kind: Kind,
    /// The text.
    pub text: String,
    /// A button that takes the change back.
    #[serde(default)]
    pub undo: Option<Undo>,
}

/// A form of one button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Path the form posts to.
    pub url: String,
    /// The button.
    pub label: String,
}

impl Flash {
    /// Something worked.
    pub fn ok(message: impl Into<Message>) -> Self {
        Self { kind: Kind::Ok, text: text(&message.into()), undo: None }
    }

    /// Something did not work.
    pub fn error(message: impl Into<Message>) -> Self {
        Self { kind: Kind::Error, text: text(&message.into()), undo: None }
    }

    /// Adds an undo button that posts to `url`.
    pub fn undo(mut self, url: impl Into<String>, label: impl Into<Message>) -> Self {
        self.undo = Some(Undo { url: url.into(), label: text(&label.into()) });
        self
    }

    /// Puts it into the answer for the next page.
    pub fn into_response(self, mut response: Response, peer: &Peer) -> Response {
        let json = serde_json::to_vec(&self).expect("a flash is plain data");
        cookies::set(&mut response, peer, COOKIE, &URL_SAFE_NO_PAD.encode(json), Some(Duration::from_secs(60)));
        response
    }

    /// What the last answer left for this page.
    pub fn of(req: &Request) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(cookies::get(req, COOKIE)?).ok()?;
        let flash: Self = serde_json::from_slice(&json).ok()?;
        // Only a path of ours: never an address of another site.
        let ours = |u: &Undo| u.url.starts_with('/') && !u.url.starts_with("//");
        (flash.text.len() <= 1_000 && flash.undo.as_ref().is_none_or(ours)).then_some(flash)
    }

    /// Removes what was shown.
    pub fn clear(response: &mut Response, peer: &Peer) {
        cookies::clear(response, peer, COOKIE);
    }
}
