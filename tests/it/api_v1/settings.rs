//! The page of tokens, the documentation, and that every operation is named by a test.

use rostrum::{db::q, kit::crypto::sha256};

use super::operations;
use crate::{both_databases, support::Client};

const TESTS: [&str; 6] = [
    include_str!("posts.rs"),
    include_str!("library.rs"),
    include_str!("reviews.rs"),
    include_str!("lists.rs"),
    include_str!("access.rs"),
    include_str!("../channels/customers.rs"),
];

fn shown(page: &str) -> Option<String> {
    let start = page.find("id=\"new-token\">")? + "id=\"new-token\">".len();
    Some(page[start..start + 46].to_owned())
}

#[test]
fn every_operation_is_named_by_a_test() {
    for (.., id) in operations() {
        assert!(TESTS.iter().any(|test| test.contains(&format!("`{id}`"))), "no test names {id}");
    }
}

both_databases! {
    /// Made with what was ticked, shown once, stored as a hash, revoked at once.
    async fn a_token_is_made_shown_once_and_revoked(app) {
        let owner = app.owner().await;
        assert!(owner.browser.get("/settings/tokens").await.expect(200).page().contains("There are no tokens yet"));
        let form = [("name", "Robot"), ("scopes", "posts:read"), ("scopes", "media:read"), ("days", "30")];
        let answer = owner.browser.submit("/settings/tokens", &form).await.expect(200);
        let token = shown(&answer.page()).unwrap();
        assert_eq!(answer.header("cache-control"), "no-store");
        let robot = Client::script(app.address, &format!("Bearer {token}"));
        let me = robot.get("/api/v1/me").await.expect(200).json();
        assert_eq!(me["token"]["scopes"], serde_json::json!(["posts:read", "media:read"]));
        let page = owner.browser.get("/settings/tokens").await.expect(200).page();
        assert!(!page.contains(&token) && page.contains(&format!("{}…", &token[..10])) && page.contains("Robot"));
        let (hash, events): (Vec<u8>, i64) =
            q("SELECT t.hash, (SELECT count(*) FROM events e WHERE e.kind = 'token.created') FROM api_tokens t").one(&app.app.db).await.unwrap();
        assert_eq!((hash, events), (sha256(token.as_bytes()).to_vec(), 1));
        let id = me["token"]["id"].as_str().unwrap();
        owner.browser.submit(&format!("/settings/tokens/{id}"), &[("_method", "DELETE")]).await.expect(303);
        robot.get("/api/v1/me").await.expect(401);
    }

    /// What is missing is named; nothing is made.
    async fn a_wrong_form_is_shown_again(app) {
        let owner = app.owner().await;
        for (form, error) in [
            (vec![("name", ""), ("scopes", "posts:read"), ("days", "")], "e-name"),
            (vec![("name", "Robot"), ("days", "30")], "e-scopes"),
            (vec![("name", "Robot"), ("scopes", "everything"), ("days", "30")], "e-scopes"),
            (vec![("name", "Robot"), ("scopes", "posts:read"), ("days", "-3")], "e-days"),
        ] {
            let page = owner.browser.submit("/settings/tokens", &form).await.expect(422).page();
            assert!(page.contains(error) && shown(&page).is_none(), "{form:?}");
        }
        let (tokens,): (i64,) = q("SELECT count(*) FROM api_tokens").one(&app.app.db).await.unwrap();
        assert_eq!(tokens, 0);
    }

    /// The document and both pages, for anybody.
    async fn the_api_is_documented(app) {
        let visitor = app.visitor();
        let document = visitor.get("/api/v1/openapi.json").await.expect(200).json();
        assert_eq!(document["servers"][0]["url"], format!("{}/api/v1", app.app.url));
        let page = visitor.get("/docs/v1").await.expect(200).page();
        assert!(operations().iter().all(|(.., id)| page.contains(&format!("id=\"{id}\""))));
        assert!(page.contains("rst_YOUR_TOKEN") && page.contains("entries[].parts[].content"));
        let errors = visitor.get("/docs/errors").await.expect(200).page();
        assert!(rostrum::tokens::code::ALL.iter().all(|code| errors.contains(&format!("id=\"{}\"", code.id))));
    }
}
