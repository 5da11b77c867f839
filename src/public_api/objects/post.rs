//! Posts on the wire: one of them is what is called a target elsewhere. The fields of both of Postiz's versions.

use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;

/// Where a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "UPPERCASE")]
#[serde(rename_all = "UPPERCASE")]
pub enum PostState {
    /// Not scheduled.
    Draft,
    /// Will be sent, waits for something, or is under way.
    Queue,
    /// Live, all of it or its beginning.
    Published,
    /// It did not get through, or a person must say whether it did: `error` says which.
    Error,
}

/// The posts of a time.
#[derive(Object, Serialize)]
pub struct PostList {
    /// Earliest first.
    pub posts: Vec<Post>,
}

/// One post on one channel.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
pub struct Post {
    /// Its id, an opaque string.
    pub id: String,
    /// Its first item, as HTML.
    pub content: String,
    /// When it goes or went out, ISO 8601 in UTC with milliseconds.
    pub publish_date: String,
    /// Where it can be seen, once it is live.
    #[oai(rename = "releaseURL")]
    #[serde(rename = "releaseURL")]
    pub release_url: Option<String>,
    /// The platform's id of it, once it is live; `missing` when nobody knows it.
    pub release_id: Option<String>,
    /// Where it is.
    pub state: PostState,
    /// Days after which it goes out again; null when it does not, or not after so many days.
    pub interval_in_days: Option<i64>,
    /// Only when this is a later occurrence that is not planned yet: the date of the post that has this id.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_date: Option<String>,
    /// The key of its thread: the same as `id`.
    pub group: String,
    /// `WEB`, `API` or `CLI`.
    pub creation_method: String,
    /// The provider's settings, as JSON text.
    pub settings: String,
    /// Its labels, by name.
    pub tags: Vec<Tagged>,
    /// The channel.
    pub integration: PostIntegration,
    /// Always null.
    pub submitted_for_organization_id: Option<String>,
    /// Always null.
    pub submitted_for_order_id: Option<String>,
    /// What went wrong. Begins with whether it may be live.
    pub error: Option<String>,
}

impl Example for Post {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a91".into(),
            content: "<p>The engine is drawn.</p>".into(),
            publish_date: "2026-11-24T08:20:00.000Z".into(),
            release_url: None,
            release_id: None,
            state: PostState::Queue,
            interval_in_days: None,
            actual_date: None,
            group: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a91".into(),
            creation_method: "API".into(),
            settings: "{\"__type\":\"bluesky\"}".into(),
            tags: vec![],
            integration: PostIntegration {
                id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into(),
                provider_identifier: "bluesky".into(),
                name: "Analytical Press".into(),
                picture: None,
            },
            submitted_for_organization_id: None,
            submitted_for_order_id: None,
            error: None,
        }
    }
}

/// A label of a post.
#[derive(Object, Serialize)]
pub struct Tagged {
    /// The label.
    pub tag: Tag,
}

impl Tagged {
    /// A tag of ours, its colour as Postiz's clients expect it.
    pub fn new(id: impl std::fmt::Display, name: String, colour: &str) -> Self {
        Self { tag: Tag { id: id.to_string(), name, color: crate::posts::tag::hexadecimal(colour) } }
    }
}

/// A label.
#[derive(Object, Serialize)]
pub struct Tag {
    /// Its id.
    pub id: String,
    /// Its text.
    pub name: String,
    /// Its colour.
    pub color: String,
}

/// The channel of a post.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct PostIntegration {
    /// Its id.
    pub id: String,
    /// The provider.
    pub provider_identifier: String,
    /// Its shown name.
    pub name: String,
    /// Its picture.
    pub picture: Option<String>,
}

/// A post that was created or changed.
#[derive(Object, Serialize)]
#[oai(rename_all = "camelCase", example)]
#[serde(rename_all = "camelCase")]
pub struct CreatedPost {
    /// Its id.
    pub post_id: String,
    /// The id of its channel.
    pub integration: String,
}

impl Example for CreatedPost {
    fn example() -> Self {
        Self {
            post_id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a91".into(),
            integration: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into(),
        }
    }
}

/// What was deleted.
#[derive(Object, Serialize)]
pub struct Deleted {
    /// Its id.
    pub id: String,
}

/// What a post shall be.
#[derive(Object)]
#[oai(example)]
pub struct NewStatus {
    /// `draft` or `schedule`.
    #[oai(validator(pattern = "^(draft|schedule)$"))]
    pub status: String,
}

impl Example for NewStatus {
    fn example() -> Self {
        Self { status: "schedule".into() }
    }
}

/// The state of a post after its change.
#[derive(Object, Serialize)]
pub struct StatusChange {
    /// Its id.
    pub id: String,
    /// Where it is now.
    pub state: PostState,
}

/// Something at the platform that may be the post.
#[derive(Object, Serialize)]
pub struct Missing {
    /// The platform's id.
    pub id: String,
    /// Its picture.
    pub url: String,
}
