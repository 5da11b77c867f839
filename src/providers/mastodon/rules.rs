//! What a server accepts: read from its answer, kept in the credentials, turned into limits.
//! <https://docs.joinmastodon.org/entities/Instance/>

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{ABOUT, Limits, Text};

/// Numbers of one server. What it does not say is what Mastodon has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Characters of a status, content warning included.
    pub characters: usize,
    /// For how many an address counts.
    pub link: usize,
    /// Media of a status.
    pub media: usize,
    /// Bytes of a picture.
    pub image_bytes: u64,
    /// Bytes of a video.
    pub video_bytes: u64,
    /// Characters of an alternative text.
    pub alt: usize,
    /// Options of a poll.
    pub poll_options: usize,
    /// Characters of an option.
    pub poll_characters: usize,
}

impl Default for Rules {
    fn default() -> Self {
        let Limits { text, images, image_bytes, video_bytes, alt, .. } = ABOUT.limits;
        let link = text.measure.link.unwrap_or(23);
        let (media, characters) = (images, text.max);
        Self { characters, link, media, image_bytes, video_bytes, alt, poll_options: 4, poll_characters: 50 }
    }
}

impl Rules {
    /// From `/api/v2/instance`, or `/api/v1/instance` of servers without it; Pleroma has words of its own.
    pub fn read(instance: &Json) -> Self {
        let known = Self::default();
        let configuration = &instance["configuration"];
        let number = |section: &str, name: &str| configuration[section][name].as_u64().filter(|n| *n > 0);
        let count = |section: &str, name: &str| number(section, name).and_then(|n| usize::try_from(n).ok());
        let pleroma = |name: &str| instance[name].as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        let characters = count("statuses", "max_characters").or_else(|| pleroma("max_toot_chars"));
        Self {
            characters: characters.unwrap_or(known.characters),
            link: count("statuses", "characters_reserved_per_url").unwrap_or(known.link),
            media: count("statuses", "max_media_attachments").or_else(|| pleroma("max_media_attachments")).unwrap_or(known.media),
            image_bytes: number("media_attachments", "image_size_limit").unwrap_or(known.image_bytes),
            video_bytes: number("media_attachments", "video_size_limit").unwrap_or(known.video_bytes),
            alt: count("media_attachments", "description_limit").unwrap_or(known.alt),
            poll_options: count("polls", "max_options").unwrap_or(known.poll_options),
            poll_characters: count("polls", "max_characters_per_option").unwrap_or(known.poll_characters),
        }
    }

    /// As kept beside the token; the defaults when nothing is.
    pub fn kept(credentials: &Json) -> Self {
        Self::deserialize(&credentials["rules"]).unwrap_or_default()
    }

    /// As limits of a part.
    pub fn limits(&self) -> Limits {
        Limits {
            text: Text::chars(self.characters).links_as(self.link).short_mentions(),
            images: self.media,
            image_bytes: self.image_bytes,
            video_bytes: self.video_bytes,
            alt: self.alt,
            ..ABOUT.limits
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn servers_of_three_kinds_say_what_they_accept() {
        let mastodon = json!({"configuration": {
            "statuses": {"max_characters": 1_000, "max_media_attachments": 6, "characters_reserved_per_url": 25},
            "media_attachments": {"image_size_limit": 9, "video_size_limit": 99, "description_limit": 7},
            "polls": {"max_options": 5, "max_characters_per_option": 60},
        }});
        let said = Rules {
            characters: 1_000,
            link: 25,
            media: 6,
            image_bytes: 9,
            video_bytes: 99,
            alt: 7,
            poll_options: 5,
            poll_characters: 60,
        };
        assert_eq!(Rules::read(&mastodon), said);
        assert_eq!(Rules::kept(&json!({"rules": said})), said);
        let limits = said.limits();
        assert_eq!((limits.text.max, limits.images, limits.videos, limits.alt), (1_000, 6, 1, 7));
        assert_eq!(limits.text.count("https://example.org/a/long/path and @ann@example.social"), 25 + 5 + 4);
        assert_eq!(Rules::read(&json!({"max_toot_chars": 5_000})), Rules { characters: 5_000, ..Rules::default() });
        for silent in [json!({}), json!(null), json!({"configuration": {"statuses": {"max_characters": "many"}}})] {
            assert_eq!(Rules::read(&silent), Rules::default());
        }
        assert_eq!(Rules::kept(&json!({})).characters, 500);
    }
}
