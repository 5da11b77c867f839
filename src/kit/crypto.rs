//! Encryption at rest, hashes and random tokens. All primitives are ring's.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use sha2::{Digest, Sha256};

/// Bytes of a key's id, stored before every value it sealed.
const KEY_ID_LEN: usize = 4;

/// The instance's key. Values are sealed with ChaCha20-Poly1305 under a random nonce.
///
/// A sealed value is `key id (4 bytes) | nonce (12) | ciphertext and tag`, so that a later key can be introduced
/// and old values still name the key they need.
pub struct Key {
    id: [u8; KEY_ID_LEN],
    aead: LessSafeKey,
}

/// A sealed value could not be opened: wrong key, wrong place or damaged.
#[derive(Debug, thiserror::Error)]
#[error("a stored secret cannot be decrypted: {0}")]
pub struct Unsealable(&'static str);

impl Key {
    /// Length of the key file's raw key.
    pub const LEN: usize = 32;

    /// From 32 random bytes.
    pub fn new(bytes: &[u8; Self::LEN]) -> Self {
        let mut id = [0; KEY_ID_LEN];
        id.copy_from_slice(&sha256(bytes)[..KEY_ID_LEN]);
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).expect("the length is the cipher's");
        Self { id, aead: LessSafeKey::new(key) }
    }

    /// What tells this key from another without giving it away: 8 hex digits.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.id)
    }

    /// Encrypts `plain` for one place, for example `channels/<id>`; it opens only with the same place.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut body = plain.to_vec();
        self.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut body)
            .expect("a value in memory is shorter than the cipher's limit");
        [&self.id[..], &nonce[..], &body[..]].concat()
    }

    /// Decrypts what [`Key::seal`] made for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (id, rest) = sealed.split_at_checked(KEY_ID_LEN).ok_or(Unsealable("too short"))?;
        if id != self.id {
            return Err(Unsealable("it was sealed with another key file"));
        }
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(Unsealable("too short"))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable("bad nonce"))?;
        let mut body = body.to_vec();
        let plain = self
            .aead
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| Unsealable("damaged, or moved to another place"))?;
        Ok(plain.to_vec())
    }
}

/// HMAC with SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key), bytes);
    tag.as_ref().try_into().expect("a tag of SHA-256 has 32 bytes")
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A random token of 256 bits in 43 URL-safe characters.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// Random 64 lower-case hex characters: the shape of a Postiz API key.
pub fn random_hex() -> String {
    hex::encode(random::<32>())
}

/// Compares without telling by its duration where the difference is.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    sha256(a).iter().zip(sha256(b)).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_with_its_key() {
        let key = Key::new(&[7; 32]);
        let sealed = key.seal("channels/1", b"token");
        assert_eq!(key.open("channels/1", &sealed).unwrap(), b"token");
        assert!(key.open("channels/2", &sealed).is_err());
        assert!(Key::new(&[8; 32]).open("channels/1", &sealed).is_err());
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(key.open("channels/1", &damaged).is_err());
        assert!(key.open("channels/1", &sealed[..3]).is_err());
    }

    #[test]
    fn the_same_value_never_seals_to_the_same_bytes() {
        let key = Key::new(&[7; 32]);
        assert_ne!(key.seal("p", b"x"), key.seal("p", b"x"));
    }
}
