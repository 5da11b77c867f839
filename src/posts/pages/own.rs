//! A channel's own text in the composer's form, beside the common one. Pure.
//!
//! Its fields are `own[<channel>][n][…]` as the common ones are `parts[n][…]`; the marker `own[<channel>]` says whether it
//! holds. One that does not hold stays in the form, so that "back to the common text" can be taken back.

use super::typed::TypedPart;

/// The text of one channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnText {
    /// The channel's id.
    pub channel: String,
    /// It holds: the channel gets this and not the common text.
    pub on: bool,
    /// The thread.
    pub parts: Vec<TypedPart>,
}

impl OwnText {
    /// Out of its marker.
    pub fn marked(name: &str, value: &str) -> Option<Self> {
        let channel = name.strip_prefix("own[")?.strip_suffix(']')?;
        let fits = !channel.is_empty() && channel.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        fits.then(|| Self { channel: channel.to_owned(), on: value == "on", parts: Vec::new() })
    }

    /// What the names of its parts begin with.
    pub fn base(&self) -> String {
        format!("own[{}]", self.channel)
    }
}
