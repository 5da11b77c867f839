//! How blogs and mailings answer: DEV, Hashnode, Ghost, WordPress, Medium, WriteFreely, listmonk.
//!
//! Most of them make a draft first: it is nobody's to read, and what is published is that draft.

use serde_json::{Value as Json, json};

use super::world::{Answer, Script, Seen, Store, now, ok};

pub const ALL: &[Script] = &[
    Script {
        id: "devto",
        form: &[("apiKey", "devto-api-key")],
        settings: r#"{"title": "Smoke", "tags": []}"#,
        answer: devto,
        ..Script::PLAIN
    },
    Script {
        id: "hashnode",
        form: &[("apiKey", "hashnode-api-key")],
        settings: r#"{"title": "Smoke test", "publication": "65a", "tags": [{"value": "rust", "label": "Rust"}]}"#,
        answer: hashnode,
        ..Script::PLAIN
    },
    Script {
        id: "ghost",
        form: &[
            ("url", "{url}"),
            ("apiKey", "0123456789abcdef01234567:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ],
        settings: r#"{"title": "Smoke"}"#,
        answer: ghost,
        ..Script::PLAIN
    },
    Script {
        id: "wordpress",
        form: &[("domain", "{url}"), ("username", "ann"), ("password", "abcd EFGH 1234")],
        settings: r#"{"title": "Smoke", "type": "posts"}"#,
        answer: wordpress,
        ..Script::PLAIN
    },
    Script {
        id: "medium",
        form: &[("apiKey", "medium-token")],
        settings: r#"{"title": "Smoke", "subtitle": "Without fire"}"#,
        answer: medium,
        ..Script::PLAIN
    },
    Script {
        id: "writefreely",
        form: &[("url", "{url}"), ("username", "ann"), ("password", "writefreely-password")],
        settings: r#"{"collection": "ann"}"#,
        answer: writefreely,
        ..Script::PLAIN
    },
    Script {
        id: "listmonk",
        form: &[("url", "{url}"), ("username", "ann"), ("password", "listmonk-password")],
        settings: r#"{"subject": "Smoke", "list": "1"}"#,
        answer: listmonk,
        ..Script::PLAIN
    },
];

impl Store {
    /// A draft becomes what everybody can read; one that is that already stays.
    fn release(&mut self, id: &Json, change: &Json) -> Option<Json> {
        if let Some(post) = self.posts.iter().find(|post| post["id"] == *id) {
            return Some(post.clone());
        }
        let at = self.drafts.iter().position(|draft| draft["id"] == *id)?;
        let mut post = self.drafts.remove(at);
        for (name, value) in change.as_object().into_iter().flatten() {
            post[name] = value.clone();
        }
        Some(self.publish(None, post))
    }
}

/// <https://developers.forem.com/api/v1>
fn devto(store: &mut Store, seen: &Seen) -> Answer {
    if seen.header("api-key") != "devto-api-key" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/users/me") => ok(json!({"id": 1234, "username": "ann", "name": "Ann", "profile_image": null})),
        ("POST", "/api/articles") => {
            let (id, mut article) = (store.next(), seen.json()["article"].clone());
            (article["id"], article["url"]) = (id.into(), format!("https://dev.to/ann/smoke-{id}").into());
            store.drafts.push(article.clone());
            Answer::status(201, article)
        }
        ("GET", "/api/articles/me/unpublished") => ok(json!(store.drafts)),
        ("GET", "/api/articles/me/published") => ok(json!(store.posts)),
        ("PUT", path) => {
            let id: Json = path.trim_start_matches("/api/articles/").parse::<usize>().unwrap_or_default().into();
            match store.release(&id, &json!({"published": true, "published_at": now()})) {
                Some(article) => ok(article),
                None => Answer::status(404, json!({"error": "not found", "status": 404})),
            }
        }
        _ => store.strange(seen),
    }
}

/// <https://github.com/Hashnode/gql-skill>
fn hashnode(store: &mut Store, seen: &Seen) -> Answer {
    if seen.bearer() != "hashnode-api-key" {
        return store.refuse(seen);
    }
    let body = seen.json();
    let query = body["query"].as_str().unwrap_or_default();
    let data = |data: Json| ok(json!({"data": data}));
    if query.contains("publishPost(") {
        let (input, n) = (&body["variables"]["input"], store.next());
        let post = json!({
            "id": format!("66b0000000000000000000{n:02}"), "slug": "smoke", "url": "https://ann.hashnode.dev/smoke", "title": input["title"],
            "publishedAt": now(), "content": {"markdown": input["contentMarkdown"]}, "publication": {"id": input["publicationId"]},
        });
        return data(json!({"publishPost": {"post": store.publish(None, post)}}));
    }
    if query.contains("posts(first") {
        let edges: Vec<Json> = store.posts.iter().map(|node| json!({"node": node})).collect();
        return data(json!({"publication": {"posts": {"edges": edges}}}));
    }
    match query.contains("{ me { id") {
        true => data(json!({"me": {"id": "64f", "name": "Ann", "username": "ann", "profilePicture": null}})),
        false => store.strange(seen),
    }
}

/// <https://docs.ghost.org/admin-api>
fn ghost(store: &mut Store, seen: &Seen) -> Answer {
    let path = seen.path.trim_start_matches("/ghost/api/admin/");
    let many = |posts: &[Json]| ok(json!({"posts": posts}));
    match (seen.method.as_str(), path) {
        ("GET", "site/") => {
            let site = json!({"title": "Ann's blog", "url": format!("{}/", store.url), "version": "5.130"});
            return ok(json!({"site": site}));
        }
        _ if !seen.header("authorization").starts_with("Ghost ") => return store.refuse(seen),
        _ => {}
    }
    match (seen.method.as_str(), path) {
        ("GET", "users/") => ok(json!({"users": [{"id": "1", "name": "Ann"}]})),
        ("POST", "posts/") => {
            let (n, mut post) = (store.next(), seen.json()["posts"][0].clone());
            (post["id"], post["url"]) = (format!("{n:024x}").into(), format!("{}/smoke-{n}/", store.url).into());
            (post["updated_at"], post["created_at"]) = (now().into(), now().into());
            store.drafts.push(post.clone());
            Answer::status(201, json!({"posts": [post]}))
        }
        ("GET", "posts/") if seen.query.get("filter").is_some_and(|filter| filter.contains("draft")) => many(&store.drafts),
        ("GET", "posts/") => many(&store.posts),
        ("PUT", path) => {
            let id: Json = path.trim_start_matches("posts/").trim_end_matches('/').into();
            match store.release(&id, &json!({"status": "published", "published_at": now()})) {
                Some(post) => many(&[post]),
                None => Answer::status(404, json!({"errors": [{"message": "Resource not found", "type": "NotFoundError"}]})),
            }
        }
        ("GET", path) if path.starts_with("posts/") => {
            let id = path.trim_start_matches("posts/").trim_end_matches('/');
            let found: Vec<Json> = store.posts.iter().chain(&store.drafts).filter(|post| post["id"] == id).cloned().collect();
            many(&found)
        }
        _ => store.strange(seen),
    }
}

/// <https://developer.wordpress.org/rest-api/reference/posts/>
fn wordpress(store: &mut Store, seen: &Seen) -> Answer {
    if seen.header("authorization") != "Basic YW5uOmFiY2QgRUZHSCAxMjM0" {
        return store.refuse(seen);
    }
    let date = now().trim_end_matches('Z').to_owned();
    match (seen.method.as_str(), seen.path.trim_start_matches("/wp-json/wp/v2/")) {
        ("GET", "users/me") => ok(json!({"id": 1, "name": "Ann", "slug": "ann", "avatar_urls": {}})),
        ("POST", "posts") => {
            let (n, sent) = (store.next(), seen.json());
            let post = json!({
                "id": n, "link": format!("{}/?p={n}", store.url), "date_gmt": date, "title": {"raw": sent["title"]},
                "content": {"raw": sent["content"]},
            });
            store.drafts.push(post.clone());
            Answer::status(201, post)
        }
        ("GET", "posts") => ok(json!(if seen.query["status"] == "draft" { &store.drafts } else { &store.posts })),
        ("POST", path) => {
            let id: Json = path.trim_start_matches("posts/").parse::<usize>().unwrap_or_default().into();
            match store.release(&id, &json!({})) {
                Some(post) => ok(post),
                None => Answer::status(
                    404,
                    json!({"code": "rest_post_invalid_id", "message": "Invalid post ID.", "data": {"status": 404}}),
                ),
            }
        }
        _ => store.strange(seen),
    }
}

/// <https://github.com/Medium/medium-api-docs>
fn medium(store: &mut Store, seen: &Seen) -> Answer {
    if seen.bearer() != "medium-token" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v1/me") => ok(
            json!({"data": {"id": "5303d7", "username": "ann", "name": "Ann", "url": "https://medium.com/@ann", "imageUrl": ""}}),
        ),
        ("POST", "/v1/users/5303d7/posts") => {
            let (n, sent) = (store.next(), seen.json());
            let post =
                json!({"id": format!("e6f36a{n}"), "title": sent["title"], "url": format!("https://medium.com/@ann/smoke-{n}")});
            Answer::status(201, json!({"data": store.publish(None, post)}))
        }
        _ => store.strange(seen),
    }
}

/// <https://developers.write.as/docs/api/>
fn writefreely(store: &mut Store, seen: &Seen) -> Answer {
    const TOKEN: &str = "00000000-0000-0000-0000-000000000001";
    let data = |status: u16, data: Json| Answer::status(status, json!({"code": status, "data": data}));
    if seen.path == "/api/auth/login" && seen.json()["pass"] == "writefreely-password" {
        return data(200, json!({"access_token": TOKEN, "user": {"username": "ann"}}));
    }
    if seen.header("authorization") != format!("Token {TOKEN}") {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/me") => data(200, json!({"username": "ann"})),
        ("POST", "/api/collections/ann/posts") => {
            let (n, mut post) = (store.next(), seen.json());
            (post["id"], post["slug"]) = (format!("rf3t35fkax{n}").into(), format!("smoke-{n}").into());
            (post["created"], post["collection"]) =
                (now().into(), json!({"alias": "ann", "title": "Ann", "url": "https://write.as/ann/"}));
            data(201, store.publish(None, post))
        }
        ("GET", "/api/me/posts") => data(200, json!(store.posts)),
        _ => store.strange(seen),
    }
}

/// <https://listmonk.app/docs/apis/campaigns/>
fn listmonk(store: &mut Store, seen: &Seen) -> Answer {
    if seen.header("authorization") != "Basic YW5uOmxpc3Rtb25rLXBhc3N3b3Jk" {
        return store.refuse(seen);
    }
    let data = |data: Json| ok(json!({"data": data}));
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/settings") => data(json!({"app.site_name": "Ann's mails", "app.logo_url": ""})),
        ("POST", "/api/campaigns") => {
            let (n, mut campaign) = (store.next(), seen.json());
            (campaign["id"], campaign["uuid"]) = (n.into(), format!("2e7e4b51-{n}").into());
            (campaign["status"], campaign["created_at"]) = ("draft".into(), now().into());
            store.drafts.push(campaign.clone());
            data(campaign)
        }
        ("GET", "/api/campaigns") => {
            let all: Vec<Json> = store.posts.iter().chain(&store.drafts).cloned().collect();
            data(json!({"results": all, "total": all.len()}))
        }
        ("PUT", path) if path.ends_with("/status") => {
            let id: Json = path.split('/').nth(3).and_then(|id| id.parse::<usize>().ok()).unwrap_or_default().into();
            // listmonk starts a draft once.
            if store.posts.iter().any(|campaign| campaign["id"] == id) {
                return Answer::status(400, json!({"message": "Only drafts can be started"}));
            }
            match store.release(&id, &json!({"status": "running"})) {
                Some(campaign) => data(campaign),
                None => Answer::status(400, json!({"message": "Campaign not found"})),
            }
        }
        ("GET", path) => {
            let id: Json = path.split('/').nth(3).and_then(|id| id.parse::<usize>().ok()).unwrap_or_default().into();
            match store.posts.iter().chain(&store.drafts).find(|campaign| campaign["id"] == id) {
                Some(campaign) => data(campaign.clone()),
                None => store.strange(seen),
            }
        }
        _ => store.strange(seen),
    }
}
