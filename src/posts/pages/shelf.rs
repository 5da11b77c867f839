//! What stands ready beside the composer: tags, signatures, sets of hashtags, sets to begin from.

use serde::Serialize;

use super::typed::Typed;
use crate::{
    app::App,
    error::Result,
    kit::{OrgId, SetId, SnippetId, TagId},
    posts::{
        model::{Set, Snippet, Tag},
        tag,
    },
};

/// All of it.
#[derive(Debug, Serialize)]
pub struct Shelf {
    tags: Vec<TagChoice>,
    signatures: Vec<Words>,
    hashtags: Vec<Words>,
    sets: Vec<SetChoice>,
    /// The set that is changed.
    set: Option<SetChoice>,
}

#[derive(Debug, Serialize)]
struct TagChoice {
    id: TagId,
    name: String,
    tone: &'static str,
    selected: bool,
}

#[derive(Debug, Serialize)]
struct Words {
    id: SnippetId,
    name: String,
    content: String,
}

#[derive(Debug, Clone, Serialize)]
struct SetChoice {
    id: SetId,
    name: String,
}

impl Shelf {
    /// Reads it.
    pub async fn load(app: &App, org: OrgId, typed: &Typed) -> Result<Self> {
        let snippets = Snippet::list(&app.db, org).await?;
        let of = |kind: &str| snippets.iter().filter(|s| s.kind == kind).map(words).collect();
        let tags = Tag::list(&app.db, org).await?.into_iter().map(|tag| TagChoice {
            id: tag.id,
            tone: tag::tone(&tag.colour),
            selected: typed.tags.contains(&tag.id),
            name: tag.name,
        });
        let sets = Set::list(&app.db, org).await?;
        let sets: Vec<SetChoice> = sets.into_iter().map(|set| SetChoice { id: set.id, name: set.name }).collect();
        let set = sets.iter().find(|set| Some(set.id) == typed.set).cloned();
        Ok(Self { tags: tags.collect(), signatures: of("signature"), hashtags: of("hashtags"), sets, set })
    }
}

fn words(snippet: &Snippet) -> Words {
    Words { id: snippet.id, name: snippet.name.clone(), content: snippet.content.clone() }
}
