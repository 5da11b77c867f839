//! Hashnode, in the dialect of 2026: GraphQL, for publications with an active Pro plan.
//! <https://github.com/Hashnode/gql-skill>
//!
//! The API knows no key of ours, so an article whose answer was lost is looked for among the newest of its publication.

mod graphql;
mod read;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Answers, Auth, Call, Can, Candidate, Connected, Descriptor, Draft, Effect, Failure, Field, Found, Fut,
    Group, Identity, Item, Limits, Link, Lookup, Metric, Outcome, Problem, Provider, Remote, StepKey, Text, article,
    article::Sought,
};
use crate::{
    http::Reply,
    kit::text::{Style, Unit},
};

/// Most tags of an article.
const MOST_TAGS: usize = 15;
/// Bytes of a whole request, a limit of the platform's.
const REQUEST: usize = 100_000;

const ABOUT: Descriptor = Descriptor {
    id: "hashnode",
    name: "Hashnode",
    group: Group::Article,
    auth: Auth::Form,
    connect: &[Field::password("apiKey", "provider.hashnode.key").help("provider.hashnode.key_help")],
    settings: &[
        Field::text("title", "article.title").most(250),
        Field::text("subtitle", "article.subtitle").most(250).optional(),
        Field::picture("main_image", "article.cover"),
        Field::url("canonical", "article.canonical").optional().help("article.canonical_help"),
        Field::pick("publication", "article.publication", "publications").help("provider.hashnode.publication_help"),
        Field { required: true, ..Field::tags("tags", "article.tags", "", MOST_TAGS).labelled() },
    ],
    lookups: &[Lookup { name: "publications", fresh: 3_600, searches: false, with: &[] }],
    hosts: &[("api", "https://gql-beta.hashnode.com")],
    text: Style::Article,
    can: Can { find: true, candidates: true, delete: true, edit: true, metrics: true, ..Can::PUBLISH },
    limits: Limits {
        // The request may have 100 KB, in which letters are escaped and other fields stand as well.
        text: Text::of(80_000, Unit::Bytes),
        images: article::PICTURES,
        image_bytes: article::PICTURE_BYTES,
        text_optional: false,
        parts: 1,
        ..Limits::NONE
    },
    docs: "https://github.com/Hashnode/gql-skill",
    ..Descriptor::EMPTY
};

const ME: &str = "query { me { id name username profilePicture } }";
const PUBLISH: &str = "mutation ($input: PublishPostInput!) { publishPost(input: $input) { post { id slug url publishedAt } } }";
const UPDATE: &str = "mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { id slug url } } }";
const REMOVE: &str = "mutation ($input: RemovePostInput!) { removePost(input: $input) { post { id } } }";

/// The provider.
pub struct Hashnode;

#[derive(Deserialize)]
struct User {
    id: String,
    username: String,
    name: Option<String>,
    #[serde(rename = "profilePicture")]
    picture: Option<String>,
}

impl From<User> for Identity {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name.filter(|name| !name.is_empty()).unwrap_or_else(|| user.username.clone()),
            handle: user.username,
            picture: user.picture.filter(|url| url.starts_with("https://")),
        }
    }
}

/// What a mutation gives of an article.
#[derive(Serialize, Deserialize)]
struct Posted {
    id: String,
    url: Option<String>,
}

impl From<Posted> for Remote {
    fn from(post: Posted) -> Self {
        Remote { id: post.id, url: post.url, extra: json!({}) }
    }
}

impl Provider for Hashnode {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, link: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async move {
            let key = answers.get("apiKey").map_or("", |a| a.trim());
            let user: User = graphql::ask_as(link, key, ME, "/me").await?;
            let url = format!("https://hashnode.com/@{}", user.username);
            let Identity { id, name, handle, picture } = user.into();
            let credentials = json!({"apiKey": key});
            Ok(Account { id, name, handle, picture, url: Some(url), credentials }.into())
        })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        graphql::explain(reply, failure)
    }

    fn refused(&self, reply: &Reply, now: DateTime<Utc>) -> Option<Failure> {
        graphql::refused(reply, now)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async { graphql::ask::<User>(access, ME, json!({}), "/me").await.map(Identity::from) })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, _with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move {
            match name {
                "publications" => read::publications(access).await,
                _ => Err(Failure::unsupported(name)),
            }
        })
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(read::metrics(access, remote))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async {
            let input = compose(call)?;
            let bytes = input.to_string();
            let write = async |_| graphql::change::<Posted>(call, PUBLISH, &input, "/publishPost/post").await;
            let posted = call.step("publish", Effect::Once, bytes.as_bytes(), write).await?;
            Ok(Outcome::live(posted.into()))
        })
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(async {
            let input = compose(call)?;
            let text = |name: &str| input[name].as_str().unwrap_or_default();
            let sought = Sought::new(text("title"), text("contentMarkdown"), step);
            let seen = read::newest(call).await?.into_iter().filter(|post| post.is(&sought));
            Ok(article::found(seen.map(Remote::from).collect()))
        })
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(async {
            let sought = Sought::new("", "", step);
            let newest = read::newest(call).await?;
            Ok(newest.into_iter().filter(|post| sought.is_young(post.at())).map(Candidate::from).collect())
        })
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(read::named(call, words))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(async {
            let mut input = compose(call)?;
            // An article stays in its publication.
            input.as_object_mut().map(|fields| fields.remove("publicationId"));
            input["id"] = remote.id.as_str().into();
            graphql::change::<Posted>(call, UPDATE, &input, "/updatePost/post").await.map(Remote::from)
        })
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(async {
            match graphql::change::<Json>(call, REMOVE, &json!({"id": remote.id}), "/removePost").await {
                // Removed already is as good.
                Err(failure) if failure.code.as_deref() != Some("NOT_FOUND") => Err(failure),
                _ => Ok(()),
            }
        })
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        [article::too_short(draft, "title", 6), article::too_short(draft, "subtitle", 2)].into_iter().flatten().collect()
    }
}

/// `PublishPostInput`.
fn compose(call: &Call<'_>) -> Result<Json, Failure> {
    article::fits(call, &ABOUT)?;
    let tags: Vec<Json> = article::labels(call.settings, "tags").iter().filter_map(tag).collect();
    if !(1..=MOST_TAGS).contains(&tags.len()) {
        return Err(Failure::rejected(format!("tags: Hashnode takes 1 to {MOST_TAGS} of them, with Latin letters or digits")));
    }
    let mut input = json!({
        "publicationId": article::needed(call, "publication")?,
        "title": article::needed(call, "title")?,
        "contentMarkdown": article::markdown(call, &ABOUT, &article::pictures(call)?),
        "tags": tags,
    });
    for (name, value) in [("subtitle", call.setting("subtitle")), ("originalArticleURL", call.setting("canonical"))] {
        if let Some(value) = value {
            input[name] = value.into();
        }
    }
    if let Some(cover) = article::cover_url(call, "main_image")? {
        input["coverImage"] = cover.into();
    }
    match input.to_string().len() + PUBLISH.len() > REQUEST {
        true => Err(Failure::rejected(format!("the article is larger than {REQUEST} bytes, which is what Hashnode takes"))),
        false => Ok(input),
    }
}

/// Known by its slug; one that is not known yet is made.
fn tag(label: &article::Label) -> Option<Json> {
    let slug = article::slug(&label.name);
    (!slug.is_empty()).then(|| json!({"slug": slug, "name": label.name}))
}
