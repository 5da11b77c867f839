//! Keys and events as people pass them on: `nsec1…`, `npub1…`, `note1…`, `nevent1…`.
//! <https://github.com/nostr-protocol/nips/blob/master/19.md>, the letters and the checksum of BIP 173.

const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
const CHECKSUM: usize = 6;
/// Longer words are none of ours.
const LONGEST: usize = 1_000;

/// `prefix1data`.
pub fn encode(prefix: &str, bytes: &[u8]) -> String {
    let data = regroup(bytes, 8, 5, true).unwrap_or_default();
    let mut values = expanded(prefix);
    values.extend(&data);
    values.extend([0; CHECKSUM]);
    let sum = polymod(&values) ^ 1;
    let check = (0..CHECKSUM).map(|n| (sum >> (5 * (CHECKSUM - 1 - n)) & 31) as u8);
    let letters: String = data.iter().copied().chain(check).map(|v| char::from(LETTERS[usize::from(v)])).collect();
    format!("{prefix}1{letters}")
}

/// Prefix and bytes; `None` when the checksum is wrong or it is no such word.
pub fn decode(word: &str) -> Option<(String, Vec<u8>)> {
    let lower = word.to_ascii_lowercase();
    if word.len() > LONGEST || (lower != word && word.to_ascii_uppercase() != word) {
        return None;
    }
    let (prefix, letters) = lower.rsplit_once('1')?;
    let value = |c: u8| LETTERS.iter().position(|l| *l == c).and_then(|n| u8::try_from(n).ok());
    let data: Vec<u8> = letters.bytes().map(value).collect::<Option<_>>()?;
    let mut values = expanded(prefix);
    values.extend(&data);
    let body = data.len().checked_sub(CHECKSUM)?;
    if prefix.is_empty() || polymod(&values) != 1 {
        return None;
    }
    Some((prefix.to_owned(), regroup(&data[..body], 5, 8, false)?))
}

/// The 32 bytes of a word with this prefix.
pub fn decode_key(prefix: &str, word: &str) -> Option<[u8; 32]> {
    let (found, bytes) = decode(word)?;
    if found == prefix { bytes.try_into().ok() } else { None }
}

/// An event, where it is and whose.
pub fn nevent(id: &[u8; 32], relay: Option<&str>, author: &[u8; 32]) -> String {
    let mut bytes = vec![0, 32];
    bytes.extend(id);
    if let Some((relay, length)) = relay.and_then(|relay| Some((relay, u8::try_from(relay.len()).ok()?))) {
        bytes.extend([1, length]);
        bytes.extend(relay.as_bytes());
    }
    bytes.extend([2, 32]);
    bytes.extend(author);
    bytes.extend([3, 4, 0, 0, 0, 1]);
    encode("nevent", &bytes)
}

/// The id in the data of an `nevent`, or of a `note`.
pub fn event_id(word: &str) -> Option<[u8; 32]> {
    match decode(word)? {
        (prefix, bytes) if prefix == "note" => bytes.try_into().ok(),
        (prefix, bytes) if prefix == "nevent" => {
            let mut rest = bytes.as_slice();
            while let [kind, length, data @ ..] = rest {
                let (value, next) = data.split_at_checked(usize::from(*length))?;
                if *kind == 0 {
                    return value.try_into().ok();
                }
                rest = next;
            }
            None
        }
        _ => None,
    }
}

fn expanded(prefix: &str) -> Vec<u8> {
    prefix.bytes().map(|b| b >> 5).chain([0]).chain(prefix.bytes().map(|b| b & 31)).collect()
}

fn polymod(values: &[u8]) -> u32 {
    values.iter().fold(1, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(*value);
        GENERATORS.iter().enumerate().filter(|(n, _)| top >> n & 1 == 1).fold(next, |sum, (_, g)| sum ^ g)
    })
}

/// The same bits in groups of another size; without padding, what is left over must be zeros of less than a group.
fn regroup(data: &[u8], from: u32, to: u32, pad: bool) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut out) = (0u32, 0, Vec::new());
    for value in data {
        held = held << from | u32::from(*value);
        bits += from;
        while bits >= to {
            bits -= to;
            out.push((held >> bits & ((1 << to) - 1)) as u8);
        }
        held &= (1 << bits) - 1;
    }
    match (pad, bits) {
        (_, 0) => {}
        (true, _) => out.push((held << (to - bits) & ((1 << to) - 1)) as u8),
        (false, bits) if bits < from && held == 0 => {}
        _ => return None,
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of NIP-19.
    #[test]
    fn the_standards_examples() {
        for (prefix, word, key) in [
            (
                "nsec",
                "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5",
                "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa",
            ),
            (
                "npub",
                "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
                "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e",
            ),
        ] {
            let bytes = hex::decode(key).unwrap();
            assert_eq!(encode(prefix, &bytes), word);
            assert_eq!(decode_key(prefix, word).unwrap().to_vec(), bytes);
            assert_eq!(decode_key(prefix, &word.to_uppercase()).unwrap().to_vec(), bytes);
            assert_eq!(decode_key("note", word), None);
        }
    }

    #[test]
    fn what_is_mistyped_is_not_read() {
        let word = encode("note", &[7; 32]);
        for at in 0..word.len() {
            let mut typed = word.clone().into_bytes();
            typed[at] = if typed[at] == b'q' { b'p' } else { b'q' };
            assert_eq!(decode_key("note", std::str::from_utf8(&typed).unwrap()), None, "{at}");
        }
        for odd in ["", "1", "note1", "note1qqqqqq", "noté1qqqqqqqq", "Note1QQ", &"q".repeat(2_000)] {
            assert_eq!(decode(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_event_is_found_in_its_word() {
        let (id, author) = ([1; 32], [2; 32]);
        assert_eq!(event_id(&nevent(&id, Some("wss://relay.example"), &author)), Some(id));
        assert_eq!(event_id(&nevent(&id, None, &author)), Some(id));
        assert_eq!(event_id(&encode("note", &id)), Some(id));
        assert_eq!(event_id(&encode("nevent", &[1, 200, 3])), None);
        assert_eq!(event_id(&encode("npub", &id)), None);
    }
}
