//! A provider with fields of every kind, lists, people and a plug, for tests of what is made of descriptors. The account's id
//! is the address of the platform, a [`super::Fake`].

use serde_json::{Value as Json, json};

use crate::{
    http::{Method, Reply},
    providers::{
        Access, Call, Can, Choice, Descriptor, Effect, Failure, Field, Fut, Item, Limits, Lookup, Outcome, Plug, Provider,
        Remote, Text,
    },
};

const TYPES: &[Choice] = &[Choice { value: "self", label: "common.save" }, Choice { value: "link", label: "common.edit" }];

/// Its description.
pub const ABOUT: Descriptor = Descriptor {
    id: "forum",
    name: "Forum",
    settings: &[
        Field::list(
            "sub",
            "common.edit",
            &[
                Field::pick("sub", "common.save", "subs"),
                Field::text("title", "common.delete").most(20),
                Field::choice("type", "common.edit", TYPES).default("self"),
                Field::url("url", "common.edit").when("type", "link"),
                Field::pick("flair", "common.remove", "flairs").optional().labelled(),
            ],
            2,
        )
        .labelled(),
        Field::tags("tags", "common.edit", "tags", 3).labelled(),
        Field::picture("cover", "common.cancel"),
        Field::pick("place", "common.cancel", "places").optional(),
    ],
    lookups: &[
        Lookup { name: "subs", fresh: 60, searches: true, with: &[] },
        Lookup { name: "flairs", fresh: 60, searches: false, with: &["sub"] },
        Lookup { name: "tags", fresh: 60, searches: false, with: &[] },
        Lookup { name: "places", fresh: 0, searches: false, with: &[] },
    ],
    plugs: &[Plug {
        name: "forum-autoPlugPost",
        title: "common.save",
        help: "common.edit",
        fields: &[Field::number("likesAmount", "common.edit", 1, 1_000_000), Field::long_text("post", "common.edit")],
        after: &[3_600, 7_200, 10_800],
    }],
    can: Can { mentions: true, thread: true, ..Can::PUBLISH },
    limits: Limits { text: Text::graphemes(100), images: 1, image_bytes: 1_000_000, ..Limits::NONE },
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Forum;

impl Provider for Forum {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        let said: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
        Failure { message: said["message"].as_str().unwrap_or(&failure.message).to_owned(), ..failure }
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(async move { list(self, access, &format!("lists/{name}"), with).await })
    }

    fn mentions<'a>(&'a self, access: &'a Access<'a>, query: &'a str) -> Fut<'a, Vec<Item>> {
        Box::pin(async move { list(self, access, "people", &json!({"query": query})).await })
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async move {
            let body = json!({"text": call.text.to_plain(), "settings": call.settings});
            let remote: Remote = call
                .step("post", Effect::Once, body.to_string().as_bytes(), async |_| {
                    let url = format!("{}/posts", call.account);
                    let reply = call.send(self, |_| call.http.request(Method::POST, &url).json(&body)).await?;
                    reply.json()
                })
                .await?;
            Ok(Outcome::live(remote))
        })
    }

    fn plug<'a>(&'a self, call: &'a Call<'a>, _: &'a str, remote: &'a Remote) -> Fut<'a, bool> {
        Box::pin(async move {
            let url = format!("{}/likes/{}", call.account, remote.id);
            let likes: i64 = call.send(self, |_| call.http.request(Method::GET, &url)).await?.json()?;
            if likes < call.settings["likesAmount"].as_i64().unwrap_or(i64::MAX) {
                return Ok(false);
            }
            let body = json!({"text": call.settings["post"], "reply_to": remote.id});
            call.step("plug", Effect::Once, body.to_string().as_bytes(), async |_| {
                let url = format!("{}/posts", call.account);
                call.send(self, |_| call.http.request(Method::POST, &url).json(&body)).await.map(|_| json!(true))
            })
            .await?;
            Ok(true)
        })
    }
}

async fn list(forum: &Forum, access: &Access<'_>, path: &str, with: &Json) -> Result<Vec<Item>, Failure> {
    let url = format!("{}/{path}", access.account);
    let pairs: Vec<(&str, &str)> =
        with.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).collect();
    access.send(forum, |_| access.http.request(Method::GET, &url).query(&pairs)).await?.json()
}
