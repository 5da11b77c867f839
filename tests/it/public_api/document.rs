//! The OpenAPI document and the page made from it.

use crate::both_databases;

/// The sources of these tests, in which every operation must be named.
const TESTS: [&str; 4] = [
    include_str!("read.rs"),
    include_str!("create.rs"),
    include_str!("edit.rs"),
    concat!(include_str!("list.rs"), include_str!("media.rs")),
];

both_databases! {
    /// For anybody, and every operation id is named by a test.
    async fn every_operation_is_documented_and_tested(app) {
        let document = app.visitor().get("/openapi.json").await.expect(200);
        assert!(document.header("content-type").starts_with("application/json"));
        let document = document.json();
        assert_eq!(document["servers"][0]["url"], format!("{}/public/v1", app.app.url));
        let mut ids = 0;
        for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values()) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(TESTS.iter().any(|test| test.contains(&format!("`{id}`"))), "no test names {id}");
            ids += 1;
        }
        assert_eq!(ids, 15);
        assert_eq!(rostrum::public_api::document(&app.app.url), app.visitor().get("/openapi.json").await.text());
    }

    /// The page lists every operation, for strangers and for people signed in.
    async fn the_reference_page_shows_every_operation(app) {
        let owner = app.owner().await;
        for client in [&app.visitor(), &owner.browser] {
            let page = client.get("/docs").await.expect(200).page();
            for shown in ["createPosts", "deletePost", "uploadFile", "posts[].value[].content", "/public/v1", "Bearer"] {
                assert!(page.contains(shown), "{shown}");
            }
        }
    }
}
