//! What Hashnode says about articles and publications: to recognise one, to count, and to choose from.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::graphql::ask;
use crate::{
    error::Failure,
    providers::{Access, Call, Candidate, Item, Metric, Remote, article, article::Sought},
};

const PUBLICATIONS: &str = "query { me { publications(first: 50) { edges { node { id title } } } } }";
const NEWEST: &str = "query ($id: ObjectId!) { publication(id: $id) { posts(first: 20) { edges { node { \
                      id title slug url publishedAt content { markdown } } } } } }";
const ONE: &str = "query ($id: ID!) { post(id: $id) { \
                   id title slug url publishedAt content { markdown } publication { id } } }";
const BY_SLUG: &str = "query ($host: String!, $slug: String!) { publication(host: $host) { id post(slug: $slug) { \
                       id title slug url publishedAt content { markdown } } } }";
const NUMBERS: &str = "query ($id: ID!) { post(id: $id) { id views reactionCount responseCount } }";

#[derive(Deserialize)]
struct Edge<T> {
    node: T,
}

/// An article as it stands there.
#[derive(Deserialize)]
pub struct Post {
    id: String,
    title: String,
    url: Option<String>,
    #[serde(rename = "publishedAt")]
    published_at: Option<DateTime<Utc>>,
    content: Option<Content>,
    publication: Option<Publication>,
}

#[derive(Deserialize)]
struct Content {
    markdown: Option<String>,
}

#[derive(Deserialize)]
struct Publication {
    id: String,
    title: Option<String>,
}

impl Post {
    /// When it was published.
    pub fn at(&self) -> Option<DateTime<Utc>> {
        self.published_at
    }

    /// Whether it is what is looked for.
    pub fn is(&self, sought: &Sought) -> bool {
        sought.is(&self.title, self.body(), self.published_at)
    }

    fn body(&self) -> &str {
        self.content.as_ref().and_then(|c| c.markdown.as_deref()).unwrap_or_default()
    }
}

impl From<Post> for Remote {
    fn from(post: Post) -> Self {
        Remote { id: post.id, url: post.url, extra: json!({}) }
    }
}

impl From<Post> for Candidate {
    fn from(post: Post) -> Self {
        let (text, at) = (format!("{}\n{}", post.title, post.body()), post.published_at);
        Candidate::new(post.into(), &text, at)
    }
}

/// The publications that the key's owner writes for.
pub async fn publications(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    let edges: Vec<Edge<Publication>> = ask(access, PUBLICATIONS, json!({}), "/me/publications/edges").await?;
    let item = |edge: Edge<Publication>| {
        let Publication { id, title } = edge.node;
        let name = title.filter(|title| !title.is_empty()).unwrap_or_else(|| id.clone());
        Item::new(id, name)
    };
    Ok(edges.into_iter().map(item).collect())
}

/// The newest articles of the call's publication.
pub async fn newest(call: &Call<'_>) -> Result<Vec<Post>, Failure> {
    let variables = json!({"id": article::needed(call, "publication")?});
    let edges: Vec<Edge<Post>> = ask(call, NEWEST, variables, "/publication/posts/edges").await?;
    Ok(edges.into_iter().map(|edge| edge.node).collect())
}

/// The article that an address of the publication, a discussion's address or an id names, if it is in the publication.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let words = words.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = words.rsplit('/').next().unwrap_or_default();
    let is_id = last.len() == 24 && last.chars().all(|c| c.is_ascii_hexdigit());
    let ours = article::needed(call, "publication")?;
    let (asked, publication) = match (is_id, url::Url::parse(words).ok().and_then(|url| url.host_str().map(str::to_owned))) {
        (true, _) => {
            let post: Result<Option<Post>, Failure> = ask(call, ONE, json!({"id": last}), "/post").await;
            let home = |post: &Post| post.publication.as_ref().map(|p| p.id.clone());
            let post = none_when_missing(post)?;
            let publication = post.as_ref().and_then(home);
            (post, publication)
        }
        (false, Some(host)) if !last.is_empty() && last != host => by_slug(call, &host, last).await?,
        _ => (None, None),
    };
    Ok(asked.filter(|_| publication.as_deref() == Some(ours)).map(Candidate::from))
}

async fn by_slug(call: &Call<'_>, host: &str, slug: &str) -> Result<(Option<Post>, Option<String>), Failure> {
    #[derive(Deserialize)]
    struct Home {
        id: String,
        post: Option<Post>,
    }
    let home: Result<Option<Home>, Failure> = ask(call, BY_SLUG, json!({"host": host, "slug": slug}), "/publication").await;
    Ok(none_when_missing(home)?.map_or((None, None), |home| (home.post, Some(home.id))))
}

fn none_when_missing<T>(asked: Result<Option<T>, Failure>) -> Result<Option<T>, Failure> {
    match asked {
        Err(failure) if failure.code.as_deref() == Some("NOT_FOUND") => Ok(None),
        asked => asked,
    }
}

/// Numbers of an article; one that the platform keeps to itself is left out.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let post: Json = ask(access, NUMBERS, json!({"id": remote.id}), "/post").await?;
    let numbers = [("views", "views"), ("likes", "reactionCount"), ("comments", "responseCount")];
    Ok(numbers.iter().filter_map(|(ours, theirs)| Some(Metric::new(ours, post[*theirs].as_i64()?))).collect())
}
