//! The signature with which the developer app's account asks for a key: EIP-712 over secp256k1.
//! <https://eips.ethereum.org/EIPS/eip-712>; keys from words: BIP-39, BIP-32, path m/44'/60'/0'/0/0.

use std::num::NonZeroU32;

use k256::{ecdsa::SigningKey, elliptic_curve::sec1::ToSec1Point as _};
use ring::{hmac, pbkdf2};
use sha3::{Digest as _, Keccak256};

const DOMAIN: &str = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const REQUEST: &str = "SignedKeyRequest(uint256 requestFid,bytes key,uint256 deadline)";
/// Optimism.
const CHAIN: u64 = 10;
/// <https://docs.farcaster.xyz/reference/contracts/reference/signed-key-request-validator>
const CONTRACT: [u8; 20] =
    [0x00, 0x00, 0x00, 0x00, 0xfc, 0x70, 0x04, 0x72, 0x60, 0x6e, 0xd4, 0xfa, 0x22, 0x62, 0x3a, 0xcf, 0x62, 0xc6, 0x05, 0x53];
const HARDENED: u32 = 1 << 31;
const PATH: [u32; 5] = [44 | HARDENED, 60 | HARDENED, HARDENED, 0, 0];

/// The private key of an account: 64 hex digits, or the words it is made from. `None` for anything else.
pub fn key(words: &str) -> Option<SigningKey> {
    let words = words.trim();
    let digits = words.strip_prefix("0x").unwrap_or(words);
    if digits.len() == 64
        && let Ok(bytes) = hex::decode(digits)
    {
        return SigningKey::from_slice(&bytes).ok();
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    let plausible = matches!(words.len(), 12 | 15 | 18 | 21 | 24);
    let plain = words.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    if plausible && plain { from_words(&words.join(" ")) } else { None }
}

fn from_words(words: &str) -> Option<SigningKey> {
    let rounds = NonZeroU32::new(2_048)?;
    let mut seed = [0; 64];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, b"mnemonic", words.as_bytes(), &mut seed);
    let (mut key, mut chain) = halves(b"Bitcoin seed", &seed)?;
    for index in PATH {
        let mut data = match index >= HARDENED {
            true => [&[0u8][..], key.to_bytes().as_slice()].concat(),
            false => key.verifying_key().as_affine().to_sec1_point(true).as_bytes().to_vec(),
        };
        data.extend(index.to_be_bytes());
        let (step, next) = halves(&chain, &data)?;
        let sum = **key.as_nonzero_scalar() + **step.as_nonzero_scalar();
        key = SigningKey::from_slice(&sum.to_bytes()).ok()?;
        chain = next;
    }
    Some(key)
}

fn halves(secret: &[u8], data: &[u8]) -> Option<(SigningKey, Vec<u8>)> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, secret), data);
    let (left, right) = tag.as_ref().split_at(32);
    Some((SigningKey::from_slice(left).ok()?, right.to_vec()))
}

fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

fn number(n: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// What is signed to ask for `public` on behalf of the app `fid`, until `deadline` (seconds since 1970).
pub fn digest(fid: u64, public: &[u8], deadline: u64) -> [u8; 32] {
    let mut contract = [0; 32];
    contract[12..].copy_from_slice(&CONTRACT);
    let name = keccak(b"Farcaster SignedKeyRequestValidator");
    let domain = [keccak(DOMAIN.as_bytes()), name, keccak(b"1"), number(CHAIN), contract].concat();
    let request = [keccak(REQUEST.as_bytes()), number(fid), keccak(public), number(deadline)].concat();
    keccak(&[&[0x19, 0x01][..], &keccak(&domain), &keccak(&request)].concat())
}

/// `0x`, r, s and the recovery byte.
pub fn sign(key: &SigningKey, digest: &[u8; 32]) -> String {
    let (signature, recovery) = key.sign_prehash_recoverable(digest);
    format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte())
}

#[cfg(test)]
mod tests {
    use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

    use super::*;

    /// The first account of the words that every Ethereum tool uses for tests.
    #[test]
    fn keys_come_from_words_or_digits() {
        let words = format!(" {}junk\n", "test ".repeat(11));
        let digits = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        let key = key(&words).unwrap();
        assert_eq!(hex::encode(key.to_bytes()), digits);
        assert_eq!(super::key(&format!("0x{digits}")).unwrap().to_bytes(), key.to_bytes());
        let point = key.verifying_key().as_affine().to_sec1_point(false);
        assert_eq!(hex::encode(&keccak(&point.as_bytes()[1..])[12..]), "f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
        for bad in ["", "test", &"test ".repeat(11), &"Test ".repeat(12), &"0".repeat(64), "0x12"] {
            assert!(super::key(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn keccak_is_ethereums_and_not_the_later_standard() {
        assert_eq!(hex::encode(keccak(b"")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        // As the EIP gives it.
        assert_eq!(hex::encode(keccak(DOMAIN.as_bytes())), "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
    }

    #[test]
    fn a_signature_names_its_key_and_any_change_shows() {
        let key = key(&"1".repeat(64)).unwrap();
        let signed = digest(3, &[7; 32], 1_795_507_200);
        let signature = sign(&key, &signed);
        let bytes = hex::decode(&signature[2..]).unwrap();
        assert_eq!(bytes.len(), 65);
        let recovery = RecoveryId::from_byte(bytes[64] - 27).unwrap();
        let parsed = Signature::from_slice(&bytes[..64]).unwrap();
        let found = VerifyingKey::recover_from_prehash(&signed, &parsed, recovery).unwrap();
        assert_eq!(&found, key.verifying_key());
        for other in [digest(4, &[7; 32], 1_795_507_200), digest(3, &[8; 32], 1_795_507_200), digest(3, &[7; 32], 1)] {
            assert_ne!(other, signed);
        }
    }
}
