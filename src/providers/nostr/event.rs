//! An event: what it says, its id (a hash of that), its signature. <https://github.com/nostr-protocol/nips/blob/master/01.md>

use k256::schnorr::{
    Signature, SigningKey, VerifyingKey,
    signature::hazmat::{PrehashSigner as _, PrehashVerifier as _},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Failure, bech32, text};
use crate::kit::crypto::sha256;

/// Kinds that are used here.
pub mod kind {
    /// Who an account is.
    pub const PROFILE: u16 = 0;
    /// A short note.
    pub const NOTE: u16 = 1;
    /// A request to forget events.
    pub const DELETION: u16 = 5;
    /// A note shared by somebody.
    pub const REPOST: u16 = 6;
    /// A like, or another sign.
    pub const REACTION: u16 = 7;
    /// Where an account writes and reads.
    pub const RELAYS: u16 = 10_002;
    /// A proof towards one relay.
    pub const PROOF: u16 = 22_242;
}

/// An event as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Hex of the hash.
    pub id: String,
    /// Hex of the author's public key.
    pub pubkey: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// See [`kind`].
    pub kind: u16,
    /// Lists of words, the first of which says what they mean.
    pub tags: Vec<Vec<String>>,
    /// The text.
    pub content: String,
    /// Hex of the signature.
    pub sig: String,
}

/// What is to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// See [`kind`].
    pub kind: u16,
    /// The tags.
    pub tags: Vec<Vec<String>>,
    /// The text.
    pub content: String,
}

impl Event {
    /// True when id and signature are those of what it says.
    pub fn is_genuine(&self) -> bool {
        let draft = Draft { kind: self.kind, tags: self.tags.clone(), content: self.content.clone() };
        let id = hash(&self.pubkey, self.created_at, &draft);
        let (Ok(key), Ok(sig)) = (hex::decode(&self.pubkey), hex::decode(&self.sig)) else { return false };
        let (Ok(key), Ok(sig)) = (VerifyingKey::from_slice(&key), Signature::try_from(sig.as_slice())) else { return false };
        hex::encode(id) == self.id && key.verify_prehash(&id, &sig).is_ok()
    }
}

fn hash(pubkey: &str, created_at: i64, draft: &Draft) -> [u8; 32] {
    sha256(json!([0, pubkey, created_at, draft.kind, draft.tags, draft.content]).to_string().as_bytes())
}

/// A private key. Has no `Debug`.
pub struct Key(SigningKey);

impl Key {
    /// From 64 hex digits or `nsec1…`; `None` for anything else.
    pub fn parse(words: &str) -> Option<Self> {
        let words = words.trim();
        let bytes = match words.len() {
            64 => hex::decode(words).ok()?.try_into().ok()?,
            _ => bech32::decode_key("nsec", words)?,
        };
        let bytes: [u8; 32] = bytes;
        SigningKey::from_slice(&bytes).ok().map(Self)
    }

    /// Of stored credentials.
    pub fn stored(credentials: &Json) -> Result<Self, Failure> {
        Self::parse(text(credentials, "key")?).ok_or_else(|| Failure::reconnect("the stored credentials are incomplete"))
    }

    /// 64 hex digits.
    pub fn secret(&self) -> String {
        hex::encode(self.0.to_bytes())
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes().into()
    }

    /// Signs; the same draft and time give the same id.
    pub fn sign(&self, draft: &Draft, created_at: i64) -> Result<Event, Failure> {
        let pubkey = hex::encode(self.public());
        let id = hash(&pubkey, created_at, draft);
        let signature = self.0.sign_prehash(&id).map_err(|_| Failure::unexpected("the note could not be signed"))?;
        let (sig, id) = (hex::encode(signature.to_bytes()), hex::encode(id));
        let Draft { kind, tags, content } = draft.clone();
        Ok(Event { id, pubkey, created_at, kind, tags, content, sig })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";

    fn draft() -> Draft {
        let tags = vec![vec!["t".to_owned(), "é\"\\".to_owned()]];
        Draft { kind: kind::NOTE, tags, content: "one\ntwo\t\"three\" \\ 👩‍👩‍👧".into() }
    }

    #[test]
    fn what_is_hashed_is_written_as_the_standard_says() {
        let shown = json!([0, "ab", 7, 1, draft().tags, draft().content]).to_string();
        assert_eq!(shown, "[0,\"ab\",7,1,[[\"t\",\"é\\\"\\\\\"]],\"one\\ntwo\\t\\\"three\\\" \\\\ 👩‍👩‍👧\"]");
    }

    #[test]
    fn a_signed_event_is_genuine_and_any_change_shows() {
        let key = Key::parse(SECRET).unwrap();
        assert_eq!(hex::encode(key.public()), "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e");
        let event = key.sign(&draft(), 1_795_420_800).unwrap();
        assert!(event.is_genuine());
        assert_eq!(key.sign(&draft(), 1_795_420_800).unwrap().id, event.id);
        for changed in [
            Event { content: "other".into(), ..event.clone() },
            Event { created_at: 1, ..event.clone() },
            Event { kind: 7, ..event.clone() },
            Event { tags: vec![], ..event.clone() },
            Event { id: "00".repeat(32), ..event.clone() },
            Event { pubkey: "11".repeat(32), ..event.clone() },
            Event { sig: "22".repeat(64), ..event.clone() },
            Event { sig: "x".into(), ..event.clone() },
        ] {
            assert!(!changed.is_genuine(), "{changed:?}");
        }
    }

    #[test]
    fn keys_come_as_hex_or_nsec_and_as_nothing_else() {
        let word = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
        assert_eq!(Key::parse(&format!(" {word}\n")).unwrap().secret(), SECRET);
        let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
        for bad in ["", "x", &"0".repeat(64), &"f".repeat(64), &SECRET[1..], npub] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
    }
}
