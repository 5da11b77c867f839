//! What stands in the link at the end of a mail: whose mails of which kind shall end. Sealed, so that nobody can make one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Kind;
use crate::kit::{UserId, crypto::Key};

const PLACE: &str = "mails to end";
/// The daily mail's word, beside those of the kinds.
const DAILY: &str = "daily";
/// Longer ones are none of ours.
const LONGEST: usize = 256;

/// Which mails of a person a link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// Whose.
    pub user: UserId,
    /// Of which kind; `None`: the daily ones.
    pub kind: Option<Kind>,
}

impl Leaving {
    /// As it stands in the link.
    pub fn token(&self, key: &Key) -> String {
        let plain = format!("{}|{}", self.user, self.kind.map_or(DAILY, Kind::as_str));
        URL_SAFE_NO_PAD.encode(key.seal(PLACE, plain.as_bytes()))
    }

    /// From the link; `None` when it is not ours.
    pub fn read(key: &Key, token: &str) -> Option<Self> {
        let sealed = Some(token).filter(|t| t.len() <= LONGEST).and_then(|t| URL_SAFE_NO_PAD.decode(t).ok())?;
        let plain = String::from_utf8(key.open(PLACE, &sealed).ok()?).ok()?;
        let (user, word) = plain.split_once('|')?;
        let kind = if word == DAILY { None } else { Some(Kind::parse(word)?) };
        Some(Self { user: user.parse().ok()?, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_here_is_read() {
        let key = Key::new(&[7; 32]);
        for kind in [None, Some(Kind::PostFailed)] {
            let leaving = Leaving { user: UserId::new(), kind };
            let token = leaving.token(&key);
            assert_eq!(Leaving::read(&key, &token), Some(leaving));
            assert_eq!(Leaving::read(&Key::new(&[8; 32]), &token), None);
            assert_eq!(Leaving::read(&key, &token[1..]), None);
        }
        assert_eq!(Leaving::read(&key, ""), None);
        assert_eq!(Leaving::read(&key, &"A".repeat(10_000)), None);
    }
}
