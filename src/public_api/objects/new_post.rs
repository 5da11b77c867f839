//! A post to be created, as its documentation. `new_post.rs` reads it: leniently where Postiz's clients need it, and
//! naming every field that is wrong at once, which a derived parser cannot.

use std::collections::HashMap;

use poem_openapi::{
    Object,
    types::{Any, Example},
};
use serde_json::Value as Json;

/// A post for one or more channels.
#[derive(Object)]
#[oai(rename_all = "camelCase", example, skip_serializing_if_is_none)]
pub struct NewPost {
    /// `draft` keeps it, `schedule` sends it at `date`, `now` sends it at once, `update` changes posts that exist and
    /// leaves drafts drafts and scheduled posts scheduled.
    #[oai(validator(pattern = "^(draft|schedule|now|update)$"))]
    pub r#type: String,
    /// When it goes out, ISO 8601; without a zone it is read as UTC. Up to ten minutes past means now, older is refused.
    /// Required for `schedule`; for `update` the time stays what it was when there is none; ignored for `now`.
    pub date: Option<String>,
    /// Accepted and ignored: links are published as they are.
    pub short_link: Option<bool>,
    /// The tags it carries from now on, by their `label`; tags that there are not are passed over.
    pub tags: Option<Vec<NewTag>>,
    /// Days after which it goes out again and again, 1 to 366, at the same time of day on the organisation's clock. Each
    /// occurrence becomes a post of its own. With it an edit changes this occurrence and all that follow, without it this
    /// one alone. 0: it goes out once.
    pub inter: Option<f64>,
    /// Accepted and ignored.
    pub order: Option<String>,
    /// One per channel, 1 to 100.
    #[oai(validator(min_items = 1, max_items = 100))]
    pub posts: Vec<NewEntry>,
}

/// A label.
#[derive(Object)]
pub struct NewTag {
    /// Its value.
    pub value: Option<String>,
    /// Its text.
    pub label: Option<String>,
}

/// The post for one channel.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NewEntry {
    /// Where to.
    pub integration: To,
    /// Accepted and ignored: `value[0].id` names what is edited.
    pub group: Option<String>,
    /// The post and, after it, its replies or comments in order; 1 to 50.
    #[oai(validator(min_items = 1, max_items = 50))]
    pub value: Vec<NewValue>,
    /// The provider's settings; `GET /integration-settings/{id}` has their schema. `__type` may be there and is ignored.
    pub settings: Option<HashMap<String, Any<Json>>>,
}

/// The channel.
#[derive(Object)]
pub struct To {
    /// Its id, from `GET /integrations`.
    pub id: String,
}

/// One item of a thread.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NewValue {
    /// Plain text, or HTML of which paragraphs, line breaks, bold, italics, underline, links, lists and headings are
    /// kept. May be empty only beside an image.
    pub content: Option<String>,
    /// For the first item the id of a post that exists: it is edited in place. For the others the id of the item that is
    /// kept. Empty or unknown: new.
    pub id: Option<String>,
    /// Minutes to wait after the item before it, at most 30 days; ignored for the first.
    pub delay: Option<f64>,
    /// Pictures and films, at most 50.
    #[oai(validator(max_items = 50))]
    pub image: Option<Vec<NewImage>>,
}

/// A picture or film.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NewImage {
    /// Its id, from an upload; looked at when `path` is not one of ours.
    pub id: Option<String>,
    /// Its address, from an upload. A file at another https address is added to the library first.
    pub path: Option<String>,
    /// Alternative text for this post; that of the library when there is none.
    pub alt: Option<String>,
    /// Accepted and ignored.
    pub thumbnail: Option<String>,
}

impl Example for NewPost {
    fn example() -> Self {
        let value = |text: &str, image| NewValue { content: Some(text.into()), id: None, delay: None, image };
        let picture = NewImage {
            id: Some("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a93".into()),
            path: Some("https://rostrum.example.org/media/file/2026/11/5f2b.png".into()),
            alt: Some("The engine's plan".into()),
            thumbnail: None,
        };
        Self {
            r#type: "schedule".into(),
            date: Some("2026-11-24T08:20:00Z".into()),
            short_link: None,
            tags: None,
            inter: None,
            order: None,
            posts: vec![NewEntry {
                integration: To { id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90".into() },
                group: None,
                value: vec![value("The engine is drawn.", Some(vec![picture])), value("It weaves algebraic patterns.", None)],
                settings: None,
            }],
        }
    }
}
