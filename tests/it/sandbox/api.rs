//! The platform's API alone: its limits, its errors, what it counts.

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::json;

use super::Platform;

#[tokio::test]
async fn the_same_client_ref_again_is_another_post_and_is_counted() {
    let platform = Platform::start().await;
    let (ann, ben) = (platform.token("ann").await, platform.token("ben").await);
    for (token, client_ref) in [(&ann, "one"), (&ann, "one"), (&ann, "one"), (&ann, "two"), (&ben, "one")] {
        platform.post(token, &json!({"text": "Hello", "client_ref": client_ref})).await.expect(201);
    }
    platform.post(&ann, &json!({"text": "Nameless"})).await.expect(201);
    let stats = platform.stats().await;
    assert_eq!((&stats["posts"], &stats["duplicates"]), (&json!(6), &json!(2)));
    assert!(stats["first_arrived_at"].as_i64() <= stats["last_arrived_at"].as_i64());
    let of_ben = platform.client.get("/api/stats?account=ben").await.expect(200).json();
    assert_eq!((&of_ben["posts"], &of_ben["duplicates"]), (&json!(1), &json!(0)));
    let found = platform.client.get("/api/posts?account=ann&client_ref=one").await.expect(200).json();
    assert_eq!((found["posts"].as_array().unwrap().len(), &found["complete"]), (3, &json!(true)));
    assert_eq!(found["posts"][0]["client_ref"], "one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_posts_at_once_are_all_there_and_each_once() {
    let platform = Platform::start().await;
    let token = platform.token("me").await;
    let before = chrono::Utc::now().timestamp_micros();
    let statuses: Vec<u16> = stream::iter(0..1_000)
        .map(async |n| platform.post(&token, &json!({"text": format!("Post {n}"), "client_ref": n.to_string()})).await.status)
        .buffer_unordered(100)
        .collect()
        .await;
    assert!(statuses.iter().all(|s| *s == 201));
    let stats = platform.stats().await;
    assert_eq!((&stats["posts"], &stats["duplicates"]), (&json!(1_000), &json!(0)));
    let listed = platform.client.get("/api/posts?limit=10000").await.expect(200).json();
    let arrived: Vec<i64> = listed["posts"].as_array().unwrap().iter().map(|p| p["arrived_at"].as_i64().unwrap()).collect();
    assert_eq!(arrived.len(), 1_000);
    assert!(arrived.is_sorted_by(|a, b| a >= b), "newest first");
    assert!(arrived.iter().all(|t| *t >= before && *t <= chrono::Utc::now().timestamp_micros()));
}

#[tokio::test]
async fn a_list_can_be_narrowed() {
    let platform = Platform::start().await;
    let token = platform.token("me").await;
    for n in 0..3 {
        platform.post(&token, &json!({"text": n.to_string()})).await.expect(201);
    }
    let all = platform.client.get("/api/posts").await.expect(200).json();
    let newest = all["posts"][0]["created_at"].as_str().unwrap();
    let count = async |query: String| {
        platform.client.get(&format!("/api/posts?{query}")).await.expect(200).json()["posts"].as_array().unwrap().len()
    };
    assert_eq!(count(format!("since={newest}")).await, 1);
    assert_eq!(count("limit=2".into()).await, 2);
    assert_eq!(count("account=nobody".into()).await, 0);
    assert_eq!(platform.client.get("/api/posts?since=yesterday").await.expect(400).json()["error"], "request");
}

#[tokio::test]
async fn what_is_wrong_with_a_post_is_said() {
    let platform = Platform::start().await;
    let (ann, ben) = (platform.token("ann").await, platform.token("ben").await);
    let upload = platform.client.request(Method::POST, "/api/uploads").bearer_auth(&ben).header("content-type", "image/png");
    let upload = platform.client.send(upload.body("x")).await.expect(201).json()["id"].clone();
    let five = vec![json!({"upload": "x"}); 5];
    for (body, error) in [
        (json!({}), "empty"),
        (json!({"text": " \n"}), "empty"),
        (json!({"text": "a".repeat(501)}), "too_long"),
        (json!({"text": "Hello", "reply_to": "nothing"}), "unknown_parent"),
        (json!({"text": "Hello", "media": [{"upload": "nothing"}]}), "unknown_upload"),
        (json!({"text": "Hello", "media": [{"upload": upload}]}), "unknown_upload"),
        (json!({"text": "Hello", "media": five}), "unknown_upload"),
    ] {
        assert_eq!(platform.post(&ann, &body).await.expect(422).json()["error"], error, "{body}");
    }
    let two = json!({"text": "Hello", "media": vec![json!({"upload": upload}); 5]});
    assert_eq!(platform.post(&ben, &two).await.expect(422).json()["error"], "too_many_media");
    assert_eq!(platform.post(&ann, &json!({"text": 1})).await.expect(400).json()["error"], "malformed");
    assert_eq!(platform.post(&ann, &json!({"txt": "typo"})).await.expect(400).json()["error"], "malformed");
    assert_eq!(platform.post("wrong", &json!({"text": "Hello"})).await.expect(401).json()["error"], "unauthorized");
    assert_eq!(platform.client.post_json("/api/posts", &json!({"text": "Hello"})).await.status, 401);
    assert_eq!(platform.count().await, 0);
}

#[tokio::test]
async fn uploads_are_limited_in_size_and_kind() {
    let platform = Platform::start().await;
    let token = platform.token("me").await;
    let send = async |mime: &str, bytes: Vec<u8>| {
        let request = platform.client.request(Method::POST, "/api/uploads").bearer_auth(&token).header("content-type", mime);
        platform.client.send(request.body(bytes)).await
    };
    let stored = send("image/png", b"abc".to_vec()).await.expect(201).json();
    assert_eq!(stored["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(send("image/png", vec![0; 20 * 1024 * 1024]).await.status, 201);
    assert_eq!(send("text/html", b"<script>".to_vec()).await.expect(422).json()["error"], "unsupported_media");
    assert_eq!(send("image/svg+xml", b"<svg/>".to_vec()).await.status, 422);
    assert_eq!(send("image/png", Vec::new()).await.expect(422).json()["error"], "empty_media");
}

#[tokio::test]
async fn only_the_owner_takes_a_post_down() {
    let platform = Platform::start().await;
    let (ann, ben) = (platform.token("ann").await, platform.token("ben").await);
    let id = platform.post(&ann, &json!({"text": "Hello"})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/posts/{id}");
    let delete =
        async |token: &str| platform.client.send(platform.client.request(Method::DELETE, &path).bearer_auth(token)).await.status;
    assert_eq!(delete(&ben).await, 404);
    assert_eq!(platform.client.get(&path).await.expect(200).json()["text"], "Hello");
    assert_eq!((delete(&ann).await, delete(&ann).await), (204, 404));
}

#[tokio::test]
async fn switches_are_shown_as_set_and_a_slip_is_refused() {
    let platform = Platform::start().await;
    platform.behave(json!({"mode": "rate_limit", "times": 2})).await;
    platform.behave(json!({"account": "ann", "mode": "ok", "delay_ms": 5})).await;
    let all = platform.client.get("/api/behaviour").await.expect(200).json();
    assert_eq!((&all["global"]["mode"], &all["global"]["times"]), (&json!("rate_limit"), &json!(2)));
    assert_eq!(all["accounts"]["ann"]["delay_ms"], 5);
    for slip in [json!({"mode": "explode"}), json!({"dely_ms": 5}), json!({"times": -1})] {
        platform.client.put_json("/api/behaviour", &slip).await.expect(400);
    }
}

#[tokio::test]
async fn undeclared_methods_and_paths_are_said_to_be_so() {
    let platform = Platform::start().await;
    assert_eq!(platform.client.delete("/api/stats").await.expect(405).json()["error"], "request");
    assert_eq!(platform.client.get("/api/nothing").await.expect(404).json()["error"], "request");
    assert_eq!(platform.client.post_json("/", &json!({})).await.status, 403);
}

#[tokio::test]
async fn the_wall_stands_alone_too() {
    let platform = Platform::start().await;
    let token = platform.token("ann").await;
    platform.post(&token, &json!({"text": "Hello, wall"})).await.expect(201);
    for path in ["/", "/@ann"] {
        assert!(platform.client.get(path).await.expect(200).text().contains("Hello, wall"), "{path}");
    }
    assert!(!platform.client.get("/@ben").await.expect(200).text().contains("Hello, wall"));
    platform.client.get("/ann").await.expect(404);
    platform.client.get("/media/nothing").await.expect(404);
    let fields = [("_method", "PUT"), ("answer", "reject"), ("times", ""), ("delay", "0"), ("read_delay", "0")];
    assert_eq!(platform.client.submit("/behaviour", &fields).await.expect(303).header("location"), "/");
    assert_eq!(platform.post(&token, &json!({"text": "Hello"})).await.status, 422);
    let foreign = platform.client.request(Method::POST, "/behaviour").header("origin", "https://evil.example").form(&fields);
    assert_eq!(platform.client.send(foreign).await.status, 403);
}

#[tokio::test]
async fn posts_survive_a_restart_and_misbehaviour_does_not() {
    let data = tempfile::tempdir().unwrap();
    for round in 1..=2 {
        let alone = rostrum::sandbox::bind("127.0.0.1:0".parse().unwrap(), data.path()).await.unwrap();
        let client = crate::support::Client::browser(alone.address, None);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(alone.serve(async move { drop(stopped.await) }));
        let token = client.post_json("/api/accounts", &json!({"handle": "me"})).await.json()["token"].clone();
        let post = client.request(Method::POST, "/api/posts").bearer_auth(token.as_str().unwrap());
        client.send(post.json(&json!({"text": "Hello"}))).await.expect(201);
        client.put_json("/api/behaviour", &json!({"mode": "reject"})).await.expect(200);
        assert_eq!(client.get("/api/stats").await.json()["posts"], round);
        drop(client);
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
    }
}
