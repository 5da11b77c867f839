//! How the networks answer: Bluesky, Mastodon, Nostr, Farcaster, Tumblr, VK, Dribbble.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use super::world::{Answer, Script, Seen, Store, now, ok, seconds};

pub const ALL: &[Script] = &[
    Script {
        id: "bluesky",
        form: &[("service", "{url}"), ("identifier", "ann.test"), ("password", "app-pass-word")],
        answer: bluesky,
        ..Script::PLAIN
    },
    Script { id: "mastodon", form: &[("server", "{url}")], answer: mastodon, ..Script::PLAIN },
    Script {
        id: "nostr",
        form: &[("password", "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"), ("relays", "{url}")],
        ..Script::PLAIN
    },
    Script {
        id: "wrapcast",
        app: &[
            ("api_key", "neynar-api-key"),
            ("app_fid", "9"),
            ("app_key", "1111111111111111111111111111111111111111111111111111111111111111"),
        ],
        answer: farcaster,
        ..Script::PLAIN
    },
    Script { id: "tumblr", app: CLIENT, answer: tumblr, ..Script::PLAIN },
    Script { id: "vk", app: &[("client_id", "54321")], back: "code=good&device_id=d1", answer: vk, ..Script::PLAIN },
    Script {
        id: "dribbble",
        app: CLIENT,
        settings: r#"{"title": "Smoke"}"#,
        picture: Some((800, 600)),
        answer: dribbble,
        ..Script::PLAIN
    },
];

/// A developer app of the usual kind.
pub const CLIENT: &[(&str, &str)] = &[("client_id", "client-1"), ("client_secret", "secret-of-client-1")];

/// <https://docs.bsky.app/docs/api/com-atproto-repo-create-record>
fn bluesky(store: &mut Store, seen: &Seen) -> Answer {
    const DID: &str = "did:plc:ann";
    let token = |name: &str| {
        let part = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.{name}", part(json!({"alg": "HS256"})), part(json!({"exp": 4_000_000_000_i64})))
    };
    let method = seen.path.rsplit('/').next().unwrap_or_default();
    if method == "com.atproto.server.createSession" && seen.json()["password"] == "app-pass-word" {
        let (access, refresh) = (token("access"), token("refresh"));
        return ok(json!({"accessJwt": access, "refreshJwt": refresh, "did": DID, "handle": "ann.test", "active": true}));
    }
    if seen.bearer() != token("access") {
        return store.refuse(seen);
    }
    let record = |post: &Json| {
        let rkey = post["rkey"].as_str().unwrap_or_default();
        json!({"uri": format!("at://{DID}/app.bsky.feed.post/{rkey}"), "cid": format!("cid-{rkey}"), "value": post["record"]})
    };
    match method {
        "com.atproto.server.getSession" => ok(json!({"did": DID, "handle": "ann.test", "active": true})),
        "app.bsky.actor.getProfile" => ok(json!({"did": DID, "handle": "ann.test", "displayName": "Ann"})),
        "com.atproto.repo.createRecord" => {
            let body = seen.json();
            let rkey = body["rkey"].as_str().unwrap_or_default().to_owned();
            // What a real server says to a key that is taken.
            if store.knows(&rkey) {
                return Answer::status(500, json!({"error": "InternalServerError", "message": "Internal Server Error"}));
            }
            ok(record(&store.publish(Some(&rkey), body)))
        }
        "com.atproto.repo.getRecord" => match store.posts.iter().find(|post| post["rkey"] == seen.query["rkey"]) {
            Some(post) => ok(record(post)),
            None => Answer::status(400, json!({"error": "RecordNotFound", "message": "Could not locate record"})),
        },
        _ => store.strange(seen),
    }
}

/// <https://docs.joinmastodon.org/methods/statuses/>
fn mastodon(store: &mut Store, seen: &Seen) -> Answer {
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/.well-known/oauth-authorization-server") => {
            return ok(json!({"code_challenge_methods_supported": ["S256"]}));
        }
        ("POST", "/api/v1/apps") => return ok(json!({"client_id": "registered-1", "client_secret": "secret-of-registered-1"})),
        ("POST", "/oauth/token") => {
            let scope = "read:accounts read:statuses write:statuses write:media";
            let granted = seen.form().contains(&("code".into(), "good".into()));
            return match granted {
                true => ok(json!({"access_token": "mastodon-access", "token_type": "Bearer", "scope": scope, "created_at": 1})),
                false => Answer::status(400, json!({"error": "invalid_grant"})),
            };
        }
        _ => {}
    }
    if seen.bearer() != "mastodon-access" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api/v1/accounts/verify_credentials") => {
            ok(json!({"id": "1", "username": "ann", "acct": "ann", "display_name": "Ann", "avatar": "", "url": null}))
        }
        ("GET", "/api/v2/instance") => ok(json!({"configuration": {"statuses": {"max_characters": 500}}})),
        ("POST", "/api/v1/statuses") => {
            let (n, sent, key) = (store.next(), seen.json(), seen.header("idempotency-key").to_owned());
            let status = json!({
                "id": n.to_string(), "url": format!("https://social.example/@ann/{n}"), "created_at": now(), "visibility": sent["visibility"],
                "content": format!("<p>{}</p>", sent["status"].as_str().unwrap_or_default()), "account": {"id": "1"},
            });
            ok(store.publish(Some(&key), status))
        }
        _ => store.strange(seen),
    }
}

/// <https://docs.neynar.com/reference/publish-cast>
fn farcaster(store: &mut Store, seen: &Seen) -> Answer {
    const SIGNER: &str = "19d0c5fd-9b33-4a48-a0e2-bc7b0555baec";
    if seen.header("x-api-key") != "neynar-api-key" {
        return store.refuse(seen);
    }
    let signer = |status: &str| {
        let approval = "https://client.farcaster.xyz/deeplinks/signed-key-request?token=0xab";
        json!({"signer_uuid": SIGNER, "public_key": format!("0x{}", "3d".repeat(32)), "status": status, "signer_approval_url": approval})
    };
    match (seen.method.as_str(), seen.path.trim_start_matches("/v2/farcaster/")) {
        ("POST", "signer/") => ok(signer("generated")),
        ("POST", "signer/signed_key/") => ok(signer("pending_approval")),
        ("GET", "signer/") => {
            let mut signer = signer(if store.word.is_empty() { "pending_approval" } else { "approved" });
            signer["fid"] = if store.word.is_empty() { Json::Null } else { 3.into() };
            ok(signer)
        }
        ("GET", "user/bulk/") => ok(json!({"users": [{"fid": 3, "username": "ann", "display_name": "Ann"}]})),
        ("POST", "cast/") if seen.json()["signer_uuid"] == SIGNER => {
            let (sent, hash) = (seen.json(), format!("0x{:040x}", store.next()));
            let key = sent["idem"].as_str().unwrap_or_default().to_owned();
            let cast = json!({"hash": hash, "author": {"fid": 3}, "text": sent["text"], "timestamp": now(), "embeds": []});
            let cast = store.publish(Some(&key), cast);
            ok(json!({"success": true, "cast": cast}))
        }
        ("GET", "feed/user/casts/") => ok(json!({"casts": store.posts, "next": {"cursor": null}})),
        _ => store.strange(seen),
    }
}

/// <https://www.tumblr.com/docs/en/api/v2>
fn tumblr(store: &mut Store, seen: &Seen) -> Answer {
    let said = |status: u16, response: Json| {
        Answer::status(status, json!({"meta": {"status": status, "msg": "OK"}, "response": response}))
    };
    if seen.path == "/v2/oauth2/token" {
        return ok(json!({
            "access_token": "tumblr-access", "expires_in": 2520, "id_token": false, "refresh_token": "tumblr-refresh",
            "scope": "write offline_access", "token_type": "bearer",
        }));
    }
    if seen.bearer() != "tumblr-access" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v2/user/info") => {
            let blog = json!({"name": "ann", "title": "Ann", "url": "https://ann.tumblr.com/", "primary": true, "followers": 1});
            said(200, json!({"user": {"name": "ann", "blogs": [blog]}}))
        }
        ("POST", "/v2/blog/ann/posts") => {
            let id = (700_000_000_000_000_000 + store.next()).to_string();
            let post = json!({"id_string": id, "timestamp": seconds(), "content": seen.json()["content"]});
            store.publish(None, post);
            said(201, json!({"id": id}))
        }
        ("GET", "/v2/blog/ann/posts") => said(200, json!({"posts": store.posts})),
        _ => store.strange(seen),
    }
}

/// <https://dev.vk.com/ru/method/wall.post>
fn vk(store: &mut Store, seen: &Seen) -> Answer {
    let form = seen.form();
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).unwrap_or_default();
    match seen.path.as_str() {
        "/oauth2/auth" if field("device_id") == "d1" => {
            return ok(json!({
                "access_token": "vk-access-token", "refresh_token": "vk-refresh-token", "token_type": "Bearer", "expires_in": 3600,
                "user_id": 1, "state": field("state"), "scope": "vkid.personal_info email wall photos",
            }));
        }
        _ if field("access_token") != "vk-access-token" => return store.refuse(seen),
        _ => {}
    }
    match seen.path.as_str() {
        "/oauth2/user_info" => ok(json!({"user": {"user_id": "1", "first_name": "Ann", "last_name": "Lee"}})),
        "/method/wall.post" => {
            let post = json!({"id": store.next(), "from_id": 1, "owner_id": 1, "date": seconds(), "text": field("message")});
            let post = store.publish(Some(&field("guid")), post);
            ok(json!({"response": {"post_id": post["id"]}}))
        }
        "/method/wall.get" => ok(json!({"response": {"count": store.posts.len(), "items": store.posts}})),
        _ => store.strange(seen),
    }
}

/// <https://developer.dribbble.com/v2/shots/>
fn dribbble(store: &mut Store, seen: &Seen) -> Answer {
    if seen.path == "/oauth/token" {
        return ok(json!({"access_token": "dribbble-access", "token_type": "bearer", "scope": "public upload", "created_at": 1}));
    }
    if seen.bearer() != "dribbble-access" {
        return store.refuse(seen);
    }
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v2/user") => ok(json!({"id": 1, "name": "Ann", "login": "ann", "can_upload_shot": true, "teams": []})),
        ("POST", "/v2/shots") => {
            let id = 471_756 + store.next();
            let title = seen.parts().into_iter().find(|part| part.name == "title").map(|part| part.body).unwrap_or_default();
            store.publish(None, json!({"id": id, "title": title, "published_at": now()}));
            let place = format!("https://api.dribbble.com/v2/shots/{id}-smoke");
            Answer::bytes("text/plain", "").with_status(202).header("location", place)
        }
        ("GET", "/v2/user/shots") => ok(json!(store.posts)),
        _ => store.strange(seen),
    }
}
