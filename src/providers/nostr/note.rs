//! What a note says: its text with the addresses of its media, and the tags that clients read.
//! Threads: NIP-10, media: NIP-92, mentions: NIP-27, warnings: NIP-36.

use super::{
    ABOUT, Call, Failure, Remote, bech32,
    event::{Draft, kind},
};
use crate::providers::MediaFile;

/// Tags of one sort.
const MOST: usize = 50;

/// The draft of a part; the same on every attempt.
pub fn draft(call: &Call<'_>, public: &str) -> Result<Draft, Failure> {
    let text = call.text.render_with(ABOUT.text, &|id, label| mention(id, label));
    // Control characters are written differently by different programs, which would make different ids.
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let mut tags = thread(call.thread, public)?;
    tags.extend(mentioned(&text).into_iter().map(|key| tag(&["p", &key])));
    tags.extend(hashtags(&text).into_iter().map(|word| tag(&["t", &word])));
    if let Some(reason) = call.setting("content_warning") {
        tags.push(tag(&["content-warning", reason]));
    }
    let mut paragraphs = vec![text.trim().to_owned()];
    for file in call.media {
        let url = call.files.lasting_url(file.id);
        let url = url.ok_or_else(|| Failure::rejected("a file of the note has no address that others can open"))?;
        tags.push(described(file, &url));
        paragraphs.push(url);
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    Ok(Draft { kind: kind::NOTE, tags, content: paragraphs.join("\n\n") })
}

fn tag(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A mention of a known key, or the words as they are.
fn mention(id: &str, label: &str) -> String {
    let key = hex::decode(id).ok().filter(|key| key.len() == 32).map(|key| bech32::encode("npub", &key));
    match key.or_else(|| bech32::decode_key("npub", id).map(|_| id.to_owned())) {
        Some(npub) => format!("nostr:{npub}"),
        None => format!("@{label}"),
    }
}

/// What it replies to: the root, and the part before it where that is another one.
fn thread(thread: &[Remote], public: &str) -> Result<Vec<Vec<String>>, Failure> {
    let (Some(root), Some(parent)) = (thread.first(), thread.last()) else { return Ok(Vec::new()) };
    let named = |remote: &Remote, role: &str| {
        let relay = remote.extra["relays"][0].as_str().unwrap_or_default();
        tag(&["e", &remote.id, relay, role, public])
    };
    if [root, parent].iter().any(|remote| remote.id.len() != 64) {
        return Err(Failure::unexpected("the note to reply to was stored without its id"));
    }
    let mut tags = vec![named(root, "root")];
    if parent.id != root.id {
        tags.push(named(parent, "reply"));
    }
    tags.push(tag(&["p", public]));
    Ok(tags)
}

/// The keys of `nostr:npub1…` in a text, as hex.
fn mentioned(text: &str) -> Vec<String> {
    let word = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        bech32::decode_key("npub", &rest[..end]).map(hex::encode)
    };
    once_each(text.match_indices("nostr:npub1").filter_map(|(at, _)| word(&text[at + "nostr:".len()..])))
}

/// The words after `#`, in small letters.
fn hashtags(text: &str) -> Vec<String> {
    let word = |(at, _): (usize, &str)| {
        let starts = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "([{\"'“‘«".contains(c));
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest[..end].to_lowercase();
        (starts && word.chars().any(char::is_alphabetic)).then_some(word)
    };
    once_each(text.match_indices('#').filter_map(word))
}

fn once_each(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for word in words {
        if seen.len() < MOST && !seen.contains(&word) {
            seen.push(word);
        }
    }
    seen
}

/// What a client shows before it has loaded the file.
fn described(file: &MediaFile, url: &str) -> Vec<String> {
    let mut words = vec!["imeta".to_owned(), format!("url {url}"), format!("m {}", file.mime)];
    if let (Some(width), Some(height)) = (file.width, file.height) {
        words.push(format!("dim {width}x{height}"));
    }
    if !file.alt.trim().is_empty() {
        words.push(format!("alt {}", file.alt.trim()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_words_with_a_letter() {
        assert_eq!(hashtags("#Nostr and (#zürich) #1 #a1_b. x#no # #nostr\n#日本"), ["nostr", "zürich", "a1_b", "日本"]);
        assert_eq!(hashtags(&(0..99).map(|n| format!("#t{n} ")).collect::<String>()).len(), MOST);
    }

    #[test]
    fn keys_are_found_in_the_text() {
        let npub = bech32::encode("npub", &[7; 32]);
        let text = format!("hi nostr:{npub}, nostr:{npub}! nostr:npub1broken");
        assert_eq!(mentioned(&text), [hex::encode([7; 32])]);
        assert_eq!(mention(&hex::encode([7; 32]), "x"), format!("nostr:{npub}"));
        assert_eq!(mention(&npub, "x"), format!("nostr:{npub}"));
        assert_eq!(mention("somebody", "x"), "@x");
    }
}
