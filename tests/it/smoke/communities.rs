//! How the communities answer: Reddit, Lemmy, Moltbook, Whop, MeWe, Skool.

use serde_json::{Value as Json, json};

use super::{
    social::CLIENT,
    world::{Answer, Script, Seen, Store, now, ok, seconds},
};

pub const ALL: &[Script] = &[
    Script {
        id: "reddit",
        app: CLIENT,
        settings: r#"{"subreddit": [{"value": {"subreddit": "test", "title": "Smoke", "type": "self", "is_flair_required": false}}]}"#,
        answer: reddit,
        ..Script::PLAIN
    },
    Script {
        id: "lemmy",
        form: &[("service", "{url}"), ("identifier", "ann"), ("password", "lemmy-password")],
        settings: r#"{"subreddit": [{"value": {"id": "2", "subreddit": "Test", "title": "Smoke"}}]}"#,
        answer: lemmy,
        ..Script::PLAIN
    },
    Script { id: "moltbook", form: &[("name", "ann"), ("description", "Posts for Ann")], answer: moltbook, ..Script::PLAIN },
    Script {
        id: "whop",
        app: &[("client_id", "app_1")],
        settings: r#"{"company": "biz_1", "experience": "exp_1"}"#,
        answer: whop,
        ..Script::PLAIN
    },
    Script {
        id: "mewe",
        app: CLIENT,
        settings: r#"{"postType": "timeline"}"#,
        back: "loginRequestToken=good",
        answer: mewe,
        ..Script::PLAIN
    },
    Script {
        id: "skool",
        form: &[("auth_token", "skool-auth-token"), ("client_id", "skool-client")],
        settings: r#"{"group": "g1", "label": "none", "title": "Smoke"}"#,
        answer: skool,
        ..Script::PLAIN
    },
];

/// <https://www.reddit.com/dev/api>
fn reddit(store: &mut Store, seen: &Seen) -> Answer {
    if seen.path == "/api/v1/access_token" {
        return ok(json!({
            "access_token": "reddit-access", "token_type": "bearer", "expires_in": 3600, "refresh_token": "reddit-refresh",
            "scope": "read identity submit flair edit history",
        }));
    }
    if seen.bearer() != "reddit-access" || !seen.header("user-agent").starts_with("server:rostrum:v") {
        return store.refuse(seen);
    }
    let form = seen.form();
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).unwrap_or_default();
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/v1/me") => ok(json!({"id": "abc", "name": "ann", "icon_img": ""})),
        ("POST", "/api/submit") => {
            let (id, subreddit) = (format!("p{}", store.next()), field("sr"));
            let place = format!("/r/{subreddit}/comments/{id}/smoke/");
            store.publish(
                None,
                json!({"kind": "t3", "data": {
                    "id": id, "author": "ann", "subreddit": subreddit, "title": field("title"), "selftext": field("text"),
                    "is_self": true, "created_utc": seconds() as f64, "permalink": place,
                }}),
            );
            let url = format!("https://www.reddit.com{place}");
            ok(json!({"json": {"errors": [], "data": {"id": id, "name": format!("t3_{id}"), "url": url}}}))
        }
        ("GET", "/user/ann/submitted") => ok(json!({"data": {"children": store.posts}})),
        _ => store.strange(seen),
    }
}

/// <https://github.com/LemmyNet/lemmy-js-client>
fn lemmy(store: &mut Store, seen: &Seen) -> Answer {
    let path = seen.path.trim_start_matches("/api/v3/");
    match (seen.method.as_str(), path) {
        // A server of before 1.0.
        ("GET", "/api/v4/site") => return Answer::status(404, json!({"error": "not_found"})),
        ("POST", "user/login") if seen.json()["password"] == "lemmy-password" => {
            return ok(json!({"jwt": "lemmy-jwt", "registration_created": false, "verify_email_sent": false}));
        }
        _ if seen.bearer() != "lemmy-jwt" => return store.refuse(seen),
        _ => {}
    }
    match (seen.method.as_str(), path) {
        ("GET", "site") => {
            let person = json!({"id": 7, "name": "ann", "display_name": "Ann", "avatar": null, "actor_id": "http://x/u/ann"});
            ok(json!({"my_user": {"local_user_view": {"person": person}}}))
        }
        ("POST", "post") => {
            let mut post = seen.json();
            (post["id"], post["published"]) = ((10 + store.next()).into(), now().into());
            let post = store.publish(None, post);
            ok(json!({"post_view": {"post": post}}))
        }
        ("GET", "user") => {
            let posts: Vec<Json> = store.posts.iter().map(|post| json!({"post": post})).collect();
            ok(json!({"posts": posts, "comments": []}))
        }
        _ => store.strange(seen),
    }
}

/// <https://www.moltbook.com/skill.md>
fn moltbook(store: &mut Store, seen: &Seen) -> Answer {
    let path = seen.path.trim_start_matches("/api/v1/");
    if path == "agents/register" {
        let claim = "https://www.moltbook.com/claim/moltbook_claim_xxx";
        return ok(
            json!({"success": true, "agent": {"api_key": "moltbook_key", "claim_url": claim, "verification_code": "reef-X4B2"}}),
        );
    }
    if seen.bearer() != "moltbook_key" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), path) {
        ("GET", "agents/status") => {
            let status = if store.word.is_empty() { "pending_claim" } else { "claimed" };
            ok(json!({"success": true, "status": status}))
        }
        ("GET", "agents/me") => ok(json!({"success": true, "agent": {"id": "a1", "name": "ann", "display_name": "Ann"}})),
        ("POST", "posts") => {
            let mut post = seen.json();
            post["id"] = format!("p{}", store.next()).into();
            ok(json!({"success": true, "post": store.publish(None, post)}))
        }
        _ => store.strange(seen),
    }
}

/// <https://docs.whop.com/api-reference/forum-posts/create-forum-post>
fn whop(store: &mut Store, seen: &Seen) -> Answer {
    if seen.path == "/oauth/token" {
        return ok(json!({
            "access_token": "whop-access", "refresh_token": "whop-refresh", "token_type": "Bearer", "expires_in": 3600, "id_token": "x",
            "scope": "openid profile email forum:post:create forum:read company:basic:read",
        }));
    }
    if seen.bearer() != "whop-access" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/oauth/userinfo") => ok(json!({"sub": "user_1", "name": "Ann", "preferred_username": "ann"})),
        ("POST", "/api/v1/forum_posts") => {
            let mut post = seen.json();
            post["id"] = format!("post_{}", store.next()).into();
            (post["created_at"], post["user"]) = (now().into(), json!({"id": "user_1", "name": "Ann", "username": "ann"}));
            ok(store.publish(None, post))
        }
        ("GET", "/api/v1/forum_posts") => ok(json!({"data": store.posts, "page_info": {"has_next_page": false}})),
        _ => store.strange(seen),
    }
}

/// <https://dev.mewe.com>
fn mewe(store: &mut Store, seen: &Seen) -> Answer {
    let path = seen.path.trim_start_matches("/api/dev/");
    if (seen.header("x-app-id"), seen.header("x-api-key")) != ("client-1", "secret-of-client-1") {
        return store.refuse(seen);
    }
    if path == "token" && seen.query["loginRequestToken"] == "good" {
        return ok(json!({"apiToken": "mewe-access", "expiresAt": "2099-01-01T00:00:00Z"}));
    }
    if seen.bearer() != "mewe-access" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), path) {
        ("GET", "me") => ok(json!({"userId": "5f", "name": "Ann", "handle": "ann"})),
        ("POST", "me/post") => {
            store.publish(None, seen.json());
            Answer::bytes("text/plain", "").with_status(204)
        }
        _ => store.strange(seen),
    }
}

/// What others use of Skool's own pages.
fn skool(store: &mut Store, seen: &Seen) -> Answer {
    if seen.header("cookie") != "auth_token=skool-auth-token; client_id=skool-client" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/self") => ok(json!({"id": "u1", "name": "ann-lee-1", "first_name": "Ann", "last_name": "Lee"})),
        ("POST", "/posts") => {
            let mut post = seen.json();
            (post["id"], post["name"]) = (format!("p{}", store.next()).into(), "smoke".into());
            ok(store.publish(None, post))
        }
        _ => store.strange(seen),
    }
}
