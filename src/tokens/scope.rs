//! What a token may do.

/// One permission. Words with `write` do not include `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Read posts, targets and what became of them.
    PostsRead,
    /// Write posts and act on targets.
    PostsWrite,
    /// Read what waits for approval, answers and comments.
    ReviewsRead,
    /// Approve, ask for changes, take back and comment, in the name of the token's maker.
    ReviewsWrite,
    /// Read channels and their posting times.
    ChannelsRead,
    /// Pause channels and change their posting times.
    ChannelsWrite,
    /// Read the library.
    MediaRead,
    /// Upload to the library and delete from it.
    MediaWrite,
    /// Read the audit trail.
    EventsRead,
    /// Read the list of tokens.
    TokensRead,
    /// Revoke tokens.
    TokensWrite,
}

impl Scope {
    /// Every scope, in the order of lists.
    pub const ALL: [Self; 11] = [
        Self::PostsRead,
        Self::PostsWrite,
        Self::ReviewsRead,
        Self::ReviewsWrite,
        Self::ChannelsRead,
        Self::ChannelsWrite,
        Self::MediaRead,
        Self::MediaWrite,
        Self::EventsRead,
        Self::TokensRead,
        Self::TokensWrite,
    ];

    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PostsRead => "posts:read",
            Self::PostsWrite => "posts:write",
            Self::ReviewsRead => "reviews:read",
            Self::ReviewsWrite => "reviews:write",
            Self::ChannelsRead => "channels:read",
            Self::ChannelsWrite => "channels:write",
            Self::MediaRead => "media:read",
            Self::MediaWrite => "media:write",
            Self::EventsRead => "events:read",
            Self::TokensRead => "tokens:read",
            Self::TokensWrite => "tokens:write",
        }
    }

    /// What it allows, as a key of the catalogue.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::PostsRead => "token.scope.posts_read",
            Self::PostsWrite => "token.scope.posts_write",
            Self::ReviewsRead => "token.scope.reviews_read",
            Self::ReviewsWrite => "token.scope.reviews_write",
            Self::ChannelsRead => "token.scope.channels_read",
            Self::ChannelsWrite => "token.scope.channels_write",
            Self::MediaRead => "token.scope.media_read",
            Self::MediaWrite => "token.scope.media_write",
            Self::EventsRead => "token.scope.events_read",
            Self::TokensRead => "token.scope.tokens_read",
            Self::TokensWrite => "token.scope.tokens_write",
        }
    }

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// From words between spaces; words that this program does not know mean nothing.
    pub fn parse_all(words: &str) -> Vec<Self> {
        words.split(' ').filter_map(Self::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_unknown_ones_mean_nothing() {
        let words: Vec<&str> = Scope::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(Scope::parse_all(&words.join(" ")), Scope::ALL);
        assert_eq!(Scope::parse_all("posts:read posts:* everything"), [Scope::PostsRead]);
    }
}
