//! The shape of a token: `rst_`, 36 random characters and six that check them, so that scanners and people find a leaked or
//! mistyped one without asking anybody.

use crate::kit::{
    Secret,
    crypto::{random, sha256},
};

const LEAD: &str = "rst_";
const RANDOM: usize = 36;
const CHECK: usize = 6;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How much of a token may be seen afterwards.
pub const SHOWN: usize = 10;

/// A new token of 214 random bits.
pub fn make() -> Secret {
    // Bytes from 248 up would favour the first letters.
    let fair = std::iter::repeat_with(random::<64>).flatten().filter(|byte| *byte < 248);
    let body: String = fair.take(RANDOM).map(letter).collect();
    Secret::new(format!("{LEAD}{body}{}", check(&body)))
}

/// True for what [`make`] could have made.
pub fn is_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(LEAD).filter(|rest| rest.len() == RANDOM + CHECK && rest.is_ascii()) else { return false };
    let (body, given) = rest.split_at(RANDOM);
    body.bytes().all(|b| b.is_ascii_alphanumeric()) && check(body) == given
}

fn check(body: &str) -> String {
    sha256(body.as_bytes())[..CHECK].iter().map(|byte| letter(*byte)).collect()
}

fn letter(byte: u8) -> char {
    char::from(LETTERS[usize::from(byte) % LETTERS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_checks_itself() {
        let token = make();
        assert!(is_token(token.expose()) && token.expose().len() == 46);
        assert_ne!(make().expose(), token.expose());
        let mistyped = token.expose().replacen(&token.expose()[9..10], if &token.expose()[9..10] == "x" { "y" } else { "x" }, 1);
        assert!(!is_token(&mistyped));
        for other in ["", "rst_", "rst_é", &token.expose()[1..], &format!("{}0", token.expose())] {
            assert!(!is_token(other), "{other}");
        }
    }
}
