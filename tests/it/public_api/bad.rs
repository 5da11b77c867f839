//! Bodies that are wrong, broken, huge or hostile: a documented answer, and nothing done.

use std::io::{Read as _, Write as _};

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{all, body, channel, in_hours};
use crate::{
    both_databases,
    support::{Answer, Client},
};

async fn raw(client: &Client, path: &str, bytes: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::POST, path).header("content-type", "application/json").body(bytes);
    client.send(request).await
}

fn fields(answer: &Json) -> Vec<&str> {
    answer["message"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().split(": ").next().unwrap()).collect()
}

both_databases! {
    /// All of it at once, each by its path.
    async fn every_wrong_field_is_named(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await.to_string();
        let refused = async |body: Json| owner.api.post_json("/public/v1/posts", &body).await.expect(400).json();
        assert_eq!(fields(&refused(json!({})).await), ["type", "posts"]);
        assert_eq!(fields(&refused(json!({"type": "schedule", "posts": []})).await), ["date", "posts"]);
        let answer = refused(json!({
            "type": "later", "date": 5, "shortLink": "yes", "tags": {}, "inter": "x", "order": 1,
            "posts": [
                {"integration": {"id": "nobody"}, "value": []},
                {"integration": {}, "settings": [], "group": 1, "value": "x"},
                {"value": [{"content": 5, "id": 1, "delay": -1, "image": "x"}, 5]},
                {"integration": {"id": id}, "value": [
                    {"content": " <p></p> "},
                    {"content": "a\u{0}b", "image": [{}, {"id": "", "path": ""}, {"path": "x\u{0}"}, null]},
                    {"content": "x", "delay": 43_201}, {"content": "x", "delay": "5"}]},
                {"integration": {"id": id}, "settings": {"a": {"b": ["\u{0}"]}}, "value": [{"content": "x"}]},
                "post",
            ],
        })).await;
        assert_eq!(fields(&answer), [
            "type", "date", "shortLink", "tags", "inter", "order",
            "posts[0].integration.id", "posts[0].value",
            "posts[1].integration.id", "posts[1].group", "posts[1].settings", "posts[1].value",
            "posts[2].integration", "posts[2].value[0].id", "posts[2].value[0].image", "posts[2].value[0].content",
            "posts[2].value[0].content", "posts[2].value[0].delay", "posts[2].value[1]",
            "posts[3].value[0].content", "posts[3].value[1].image[0].path", "posts[3].value[1].image[1].path",
            "posts[3].value[1].image[2].path", "posts[3].value[1].image[2].path", "posts[3].value[1].image[3]",
            "posts[3].value[1].content", "posts[3].value[2].delay", "posts[3].value[3].delay",
            "posts[4].settings", "posts[5]",
        ]);
        assert!(all(&app, &owner).await.is_empty());
    }

    /// More entries, items or pictures than are taken.
    async fn lists_have_an_end(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let date = in_hours(&app, 2);
        let mut many = body("draft", &date, id, &["x"]);
        many["posts"] = json!(vec![many["posts"][0].clone(); 101]);
        assert_eq!(fields(&owner.api.post_json("/public/v1/posts", &many).await.expect(400).json()), ["posts"]);
        let long = body("draft", &date, id, &["x"; 51]);
        assert_eq!(fields(&owner.api.post_json("/public/v1/posts", &long).await.expect(400).json()), ["posts[0].value"]);
        let mut pictures = body("draft", &date, id, &["x"]);
        pictures["posts"][0]["value"][0]["image"] = json!(vec![json!({"id": "1"}); 51]);
        assert_eq!(fields(&owner.api.post_json("/public/v1/posts", &pictures).await.expect(400).json()), ["posts[0].value[0].image"]);
        let most = body("draft", &date, id, &["x"; 50]);
        owner.api.post_json("/public/v1/posts", &most).await.expect(201);
    }

    /// What is no JSON object, in every way.
    async fn rubbish_is_refused_as_rubbish(app) {
        let owner = app.owner().await;
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_settings = format!(r#"{{"type":"draft","posts":[{{"settings":{}{{}}{}}}]}}"#, r#"{"a":"#.repeat(200), "}".repeat(200));
        for path in ["/public/v1/posts", "/public/v1/upload-from-url"] {
            for bytes in [
                b"".to_vec(), b"null".to_vec(), b"[]".to_vec(), b"5".to_vec(), b"{".to_vec(), b"{\"type\":".to_vec(),
                b"\0\0\0".to_vec(), b"{\"type\":\"\xff\xfe\"}".to_vec(), b"\xef\xbb\xbf{}".to_vec(), b"type=draft".to_vec(),
                br#"{"type":"\ud800"}"#.to_vec(), br#"{"inter":1e999}"#.to_vec(), deep.clone().into_bytes(),
                deep_settings.clone().into_bytes(),
            ] {
                let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
                let answer = raw(&owner.api, path, bytes).await.expect(400).json();
                assert_eq!(fields(&answer), ["body"], "{shown}");
            }
            let answer = raw(&owner.api, path, vec![b' '; 2 * 1024 * 1024 + 1]).await.expect(413).json();
            assert_eq!(answer["statusCode"], 413);
        }
        assert!(all(&app, &owner).await.is_empty());
    }

    /// The sender goes away in the middle: nothing is saved, and the instance goes on.
    async fn a_body_cut_in_half_saves_nothing(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let whole = body("schedule", &in_hours(&app, 2), id, &["Hello"]).to_string();
        let (address, key) = (app.address, owner.api_key.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = format!("POST /public/v1/posts HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", whole.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&whole.as_bytes()[..whole.len() / 2]).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            answer
        }).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(all(&app, &owner).await.is_empty());
        owner.api.get("/public/v1/is-connected").await.expect(200);
    }

    /// A body without a content type, or with another one, is still JSON.
    async fn the_content_type_does_not_matter(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        for kind in ["text/plain", "application/vnd.api+json", "nonsense"] {
            let text = body("draft", &in_hours(&app, 2), id, &["Hello"]).to_string();
            let request = owner.api.request(Method::POST, "/public/v1/posts").header("content-type", kind).body(text);
            owner.api.send(request).await.expect(201);
        }
    }
}
