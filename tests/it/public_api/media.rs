//! `uploadFile`, `uploadFromUrl`, and pictures in posts.

use reqwest::{Method, multipart::Part};
use serde_json::json;

use super::{all, body, channel, in_hours, posted};
use crate::{
    both_databases,
    media::samples::png,
    support::{Answer, Client},
};

async fn upload(client: &Client, name: &str, bytes: Vec<u8>) -> Answer {
    client.submit_multipart("/public/v1/upload", |form| form.part("file", Part::bytes(bytes).file_name(name.to_owned()))).await
}

both_databases! {
    /// 201 with the fields of both versions; `id` and `path` then work in a post, verbatim.
    async fn an_upload_is_used_in_a_post(app) {
        let owner = app.owner().await;
        let media = upload(&owner.api, "red.png", png(8, 8)).await.expect(201).json();
        let mut names: Vec<&str> = media.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alt", "createdAt", "deletedAt", "id", "name", "organizationId", "originalName", "path", "thumbnail", "updatedAt"]);
        assert_eq!((&media["name"], &media["organizationId"]), (&json!("red.png"), &json!(owner.org.to_string())));
        let path = media["path"].as_str().unwrap();
        assert!(path.starts_with(&*app.app.url) && path.ends_with(".png"), "{path}");
        app.visitor().get(path.strip_prefix(&*app.app.url).unwrap()).await.expect(200);
        let id = channel(&app, owner.org, "Ann").await;
        let images = [json!({"id": media["id"], "path": path}), json!({"id": "k3j5x", "path": path, "alt": "Red", "thumbnail": null}),
                      json!({"id": media["id"]}), json!({"path": path.strip_prefix(&*app.app.url).unwrap()})];
        for image in images {
            let mut request = body("schedule", &in_hours(&app, 2), id, &[""]);
            request["posts"][0]["value"][0]["image"] = json!([image]);
            posted(&owner.api, &request).await;
        }
        let kept: Vec<(rostrum::db::Json<serde_json::Value>,)> =
            rostrum::db::q("SELECT media FROM parts WHERE org_id = $1 ORDER BY id").bind(owner.org).all(&app.app.db).await.unwrap();
        assert_eq!(kept.len(), 4);
        assert!(kept.iter().all(|(m,)| m[0]["id"] == media["id"]));
        assert_eq!(kept[1].0[0]["alt"], "Red");
    }

    /// The SDK names a file by its extension alone.
    async fn a_file_named_by_its_extension_is_taken(app) {
        let owner = app.owner().await;
        let media = upload(&owner.api, "png", png(8, 8)).await.expect(201).json();
        assert!(media["path"].as_str().unwrap().ends_with(".png"));
    }

    /// No file, in every way; a file that is none.
    async fn an_upload_without_a_good_file_is_refused(app) {
        let owner = app.owner().await;
        let no_file = |answer: Answer| assert_eq!(answer.expect(400).text(), r#"{"msg":"No file provided"}"#);
        owner.api.submit_multipart("/public/v1/upload", |form| form).await.expect(400);
        no_file(owner.api.submit_multipart("/public/v1/upload", |form| form.text("file", "text")).await);
        no_file(owner.api.submit_multipart("/public/v1/upload", |f| f.part("other", Part::bytes(png(8, 8)).file_name("a.png"))).await);
        no_file(owner.api.send(owner.api.request(Method::POST, "/public/v1/upload")).await);
        no_file(owner.api.post_json("/public/v1/upload", &json!({"file": "x"})).await);
        let nameless = owner.api.request(Method::POST, "/public/v1/upload").header("content-type", "multipart/form-data").body("x");
        no_file(owner.api.send(nameless).await);
        let broken = owner.api.request(Method::POST, "/public/v1/upload").header("content-type", "multipart/form-data; boundary=b");
        let broken = owner.api.send(broken.body("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nhalf")).await;
        assert!(broken.expect(400).text().contains("file: "));
        let page = upload(&owner.api, "page.png", b"<html><script>alert(1)</script></html>".to_vec()).await.expect(400).json();
        assert!(page["message"][0].as_str().unwrap().starts_with("file: "), "{page}");
        upload(&owner.api, "empty.png", vec![]).await.expect(400);
    }

    /// Pictures of others and addresses that lead nowhere are named by their place.
    async fn a_picture_that_is_not_there_is_named(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let anns = upload(&ann.api, "red.png", png(8, 8)).await.expect(201).json();
        let id = channel(&app, bob.org, "Bob").await;
        for image in [json!({"id": anns["id"], "path": anns["path"]}), json!({"id": anns["id"]}), json!({"path": "relative.png"}),
                      json!({"path": "http://127.0.0.1:1/a.png"}), json!({"path": "https://[bad"}), json!({"id": "x", "path": "ftp://x/a.png"})] {
            let mut request = body("now", "", id, &["Hello", "again"]);
            request["posts"][0]["value"][1]["image"] = json!([image]);
            let answer = bob.api.post_json("/public/v1/posts", &request).await.expect(400).json();
            assert!(answer["message"][0].as_str().unwrap().starts_with("posts[0].value[1].image[0].path: "), "{answer}");
        }
        assert!(all(&app, &bob).await.is_empty());
    }

    /// From an address: what is there is sniffed like any upload; what is not is said.
    async fn a_file_is_added_from_an_address(app) {
        let owner = app.owner().await;
        let ours = upload(&owner.api, "red.png", png(8, 8)).await.expect(201).json();
        let copy = owner.api.post_json("/public/v1/upload-from-url", &json!({"url": ours["path"]})).await.expect(201).json();
        assert_ne!(copy["id"], ours["id"]);
        assert!(copy["path"].as_str().unwrap().ends_with(".png"));
        for url in [json!(""), json!(5), json!(null), json!("no address"), json!("http://127.0.0.1:1/a.png"), json!(app.app.link("/livez"))] {
            let answer = owner.api.post_json("/public/v1/upload-from-url", &json!({"url": url})).await.expect(400).json();
            assert!(answer["message"][0].as_str().unwrap().starts_with("url: "), "{answer}");
        }
    }
}
