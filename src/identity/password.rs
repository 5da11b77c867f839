//! Passwords: argon2id, off the async threads and two at a time; bcrypt from an import until the next login.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _},
};
use tokio::sync::Semaphore;

use crate::{
    error::{Error, FieldError, Message, Result},
    kit::Secret,
};

/// Fewest characters of a new password.
pub const LEAST: usize = 10;
/// Most characters of a new password.
pub const MOST: usize = 256;

/// OWASP's first choice for argon2id in little memory: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How every hash made with these numbers begins.
const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
/// A hash of nothing anybody knows: what a login with an unknown address is compared with.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Tm9ib2R5IGlzIGhlcmUu$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Hashes at the same time: bounds the memory that logins can take, at 19 MiB each.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What is wrong with a new password, if anything. A password of an import may break the rules until it is changed.
pub fn check(field: &str, password: &Secret) -> Option<FieldError> {
    let count = password.expose().chars().count();
    let (key, limit) = match count {
        0..LEAST => ("account.password_short", LEAST),
        LEAST..=MOST => return None,
        _ => ("account.password_long", MOST),
    };
    Some(FieldError::new(field, Message::new(key).with("limit", limit).with("n", count)))
}

/// The hash to store, in PHC form with a salt of its own.
pub async fn hash(password: &Secret) -> Result<String> {
    let password = password.clone();
    in_turn(move || {
        let hash = argon2().hash_password(password.expose().as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|e| Error::Internal(anyhow::anyhow!("password hash: {e}")))
    })
    .await?
}

/// True when the password is the one of `stored`. `None`, for a person who does not exist, takes as long and is false.
pub async fn verify(password: &Secret, stored: Option<&str>) -> Result<bool> {
    let password = password.clone();
    let known = stored.is_some();
    let stored = stored.unwrap_or(NOBODY).to_owned();
    Ok(in_turn(move || matches(password.expose(), &stored)).await? && known)
}

/// True for a hash that was made otherwise than new ones are: bcrypt, or argon2id with other numbers.
pub fn is_outdated(stored: &str) -> bool {
    !stored.starts_with(CURRENT)
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the numbers are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn matches(password: &str, stored: &str) -> bool {
    let outcome = if ["$2a$", "$2b$", "$2y$"].iter().any(|kind| stored.starts_with(kind)) {
        bcrypt::verify(password, stored).map_err(|e| e.to_string())
    } else {
        match argon2().verify_password(password.as_bytes(), stored) {
            Ok(()) => Ok(true),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(e) => Err(e.to_string()),
        }
    };
    outcome.unwrap_or_else(|e| {
        tracing::warn!(error = e, "a stored password hash cannot be read");
        false
    })
}

/// Runs `work` on a blocking thread when it is its turn. A caller that goes away does not free the turn early.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let turn = AT_ONCE.acquire().await.map_err(Error::internal)?;
    let run = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(run).await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[tokio::test]
    async fn a_hash_accepts_its_password_only_and_is_salted() {
        let (a, b) = (hash(&secret("correct horse")).await.unwrap(), hash(&secret("correct horse")).await.unwrap());
        assert_ne!(a, b);
        assert!(a.starts_with(CURRENT) && !is_outdated(&a), "{a}");
        assert!(verify(&secret("correct horse"), Some(&a)).await.unwrap());
        assert!(!verify(&secret("correct horsf"), Some(&a)).await.unwrap());
    }

    #[tokio::test]
    async fn bcrypt_of_every_kind_is_read_and_outdated() {
        let made = bcrypt::hash("from an import", 4).unwrap();
        for kind in ["$2a$", "$2b$", "$2y$"] {
            let stored = format!("{kind}{}", &made[4..]);
            assert!(verify(&secret("from an import"), Some(&stored)).await.unwrap(), "{kind}");
            assert!(!verify(&secret("from an inport"), Some(&stored)).await.unwrap(), "{kind}");
            assert!(is_outdated(&stored));
        }
    }

    /// Nobody's hash must be well formed, or an unknown address would be told by a fast answer.
    #[test]
    fn nobody_costs_as_much_as_somebody() {
        assert!(NOBODY.starts_with(CURRENT));
        let outcome = argon2().verify_password(b"x", NOBODY);
        assert!(matches!(outcome, Err(HashError::PasswordInvalid)), "{outcome:?}");
    }

    #[tokio::test]
    async fn nobody_and_unreadable_hashes_accept_nothing() {
        for stored in [None, Some(""), Some("none"), Some("$2b$"), Some("$argon2id$v=19$m=19456,t=2,p=1$")] {
            assert!(!verify(&secret(""), stored).await.unwrap(), "{stored:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(check("p", &secret("éééééééééé")).is_none());
        assert!(check("p", &secret("ééééééééé")).is_some());
        assert!(check("p", &secret(&"x".repeat(256))).is_none());
        assert_eq!(check("p", &secret(&"x".repeat(257))).unwrap().field, "p");
    }
}
