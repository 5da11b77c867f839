//! What people send to break out of a query, a header or a number: refused or kept as text, never a fault of ours.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{body, call, made, operations, robot};
use crate::{both_databases, public_api::channel};

both_databases! {
    /// Every operation with every odd body and id: an answer of the 200s or 400s, in JSON.
    async fn odd_requests_are_no_fault_of_ours(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let id = channel(&app, owner.org, "A").await.to_string();
        let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
        let bodies = [
            Json::Null,
            json!(null),
            json!("\0"),
            json!([1e308, -1e308, i64::MAX, u64::MAX]),
            json!({"when": "\0", "due_at": "-262143-01-01T00:00:00Z", "zone": "\0", "entries": [null, 1, {"channel": id, "settings": {"\0": "\0"}}]}),
            json!({"when": "draft", "entries": [{"channel": id, "parts": [{"content": "a\0b", "delay_seconds": 1e300}]}]}),
            json!({"when": "draft", "entries": vec![json!({"channel": id}); 101]}),
            json!({"name": "\0", "zone": 7, "time": "\0", "weekdays": [1e99, "x"], "alt": "\0", "url": "\0", "answer": {}}),
            deep,
        ];
        for (method, path, name) in operations() {
            for odd in ["%00", "..%2F..", "'%20OR%201=1--", "%F0%9F%98%80", "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90"] {
                let path: Vec<&str> = path.split('/').map(|p| if p.starts_with('{') { odd } else { p }).collect();
                for body in &bodies {
                    let answer = call(&robot, &method, &path.join("/"), &[("if-match", "*"), ("idempotency-key", "k")], body.clone()).await;
                    assert!(answer.status < 500, "{name} {odd} {body}: {}", answer.text());
                    assert!(answer.header("content-type").contains("json"), "{name}");
                }
            }
        }
    }

    /// Too much is refused before it is read, and odd headers are no fault of ours.
    async fn too_much_is_refused(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let large = json!({"when": "draft", "parts": [{"content": "x".repeat(3 * 1024 * 1024)}]});
        for headers in [&[][..], &[("idempotency-key", "k")][..]] {
            let answer = call(&robot, "post", "/posts", headers, large.clone()).await.expect(413);
            assert_eq!(crate::api_v1::code(&answer), "too_large");
        }
        for (name, value) in [("if-match", "\u{e9}"), ("if-match", ",,,\"\",*x"), ("if-none-match", "\"'--"), ("authorization", "Bearer \u{e9}")] {
            let request = robot.request(Method::GET, "/api/v1/posts").header(name, value);
            assert!(robot.send(request).await.status < 500, "{name}");
        }
        let words = "\"'><script>alert(1)</script>{{7*7}}";
        let post = made(&robot, &body(&app, 2, channel(&app, owner.org, words).await, &[words])).await;
        assert_eq!(post["targets"][0]["channel"]["name"], words);
        let content = post["targets"][0]["parts"][0]["content"].as_str().unwrap();
        assert!(content.contains("&lt;script&gt;") && content.contains("{{7*7}}"), "{content}");
    }
}
