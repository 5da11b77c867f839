//! Reading channels, their settings and free times.

use rostrum::db::q;
use serde_json::json;

use super::{NOBODY, body, channel, channel_of, in_hours, posted};
use crate::both_databases;

both_databases! {
    /// `isConnected`, `listIntegrations`, `listGroups`.
    async fn channels_are_listed_as_integrations(app) {
        let owner = app.owner().await;
        owner.api.get("/public/v1/is-connected").await.expect(200);
        let (first, second) = (channel(&app, owner.org, "Ann <&>").await, channel(&app, owner.org, "Bob").await);
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE channels SET state = 'paused', picture = NULL WHERE id = $1").bind(second).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let expected = json!([
            {"id": first.to_string(), "name": "Ann <&>", "identifier": "sandbox", "picture": "https://cdn.example/ann.png",
             "disabled": false, "profile": "ann"},
            {"id": second.to_string(), "name": "Bob", "identifier": "sandbox", "picture": null, "disabled": true, "profile": "ann"},
        ]);
        assert_eq!(owner.api.get("/public/v1/integrations").await.expect(200).json(), expected);
        assert_eq!(owner.api.get("/api/public/v1/integrations?group=").await.expect(200).json(), expected);
        assert_eq!(owner.api.get("/public/v1/integrations?group=c1").await.expect(200).json(), json!([]));
        assert_eq!(owner.api.get("/public/v1/groups").await.expect(200).json(), json!([]));
    }

    /// `connectIntegration`: a page of ours for every provider, and the one that connects a channel again.
    async fn an_address_is_given_to_connect_at(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let id = channel(&app, owner.org, "Ann").await;
        let at = async |path: &str| owner.api.get(&format!("/public/v1/social/{path}")).await;
        for (path, page) in [
            ("bluesky".to_owned(), "/channels/connect/bluesky".to_owned()),
            ("mastodon-custom?refresh=".to_owned(), "/channels/connect/mastodon".to_owned()),
            (format!("sandbox?refresh={id}"), format!("/channels/connect/sandbox?channel={id}")),
        ] {
            assert_eq!(at(&path).await.expect(200).json(), json!({"url": app.app.link(&page)}), "{path}");
            owner.browser.get(&page).await.expect(200);
        }
        for unknown in ["telegraph", "skool", "%00", "a%2Fb"] {
            assert_eq!(at(unknown).await.expect(400).text(), r#"{"msg":"Integration not allowed"}"#, "{unknown}");
        }
        let foreign = channel(&app, other.org, "Bob").await;
        for unknown in [foreign.to_string(), "nobody".to_owned()] {
            let answer = at(&format!("sandbox?refresh={unknown}")).await.expect(404);
            assert_eq!(answer.text(), r#"{"msg":"Integration not found"}"#);
        }
    }

    /// `integrationSettings`: limits, and the schema of the settings.
    async fn a_channel_says_what_it_accepts(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let output = owner.api.get(&format!("/public/v1/integration-settings/{id}")).await.expect(200).json()["output"].clone();
        assert_eq!(output["maxLength"], 500);
        assert_eq!(output["tools"], json!([]));
        assert_eq!(output["settings"]["properties"]["visibility"]["enum"], json!(["public", "followers"]));
        assert!(output["rules"].as_str().unwrap().contains("500"), "{output}");
        let plain = channel_of(&app, owner.org, "kick", "K").await;
        let output = owner.api.get(&format!("/public/v1/integration-settings/{plain}")).await.expect(200).json();
        assert_eq!(output["output"]["settings"], "No additional settings required");
        let foreign = channel_of(&app, owner.org, "telegraph", "T").await;
        for id in [NOBODY.to_owned(), "1".to_owned(), "%00".to_owned(), "a%2Fb".to_owned(), foreign.to_string()] {
            let answer = owner.api.get(&format!("/public/v1/integration-settings/{id}")).await.expect(404);
            assert_eq!(answer.text(), r#"{"msg":"Integration not found"}"#, "{id}");
        }
        for id in ["%ff", "%C0%80"] {
            assert_eq!(owner.api.get(&format!("/public/v1/integration-settings/{id}")).await.expect(404).json()["statusCode"], 404);
        }
    }

    /// `triggerIntegration`: what has no look-ups says so, and everything wrong is named.
    async fn a_channel_is_asked_for_its_lists(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let ask = async |id: String, body: serde_json::Value| owner.api.post_json(&format!("/public/v1/integration-trigger/{id}"), &body).await;
        let answer = ask(id.to_string(), json!({"methodName": "boards", "data": {}})).await.expect(404);
        assert_eq!(answer.text(), r#"{"msg":"Tool not found"}"#);
        for id in [NOBODY, "1", "%00"] {
            let answer = ask(id.to_owned(), json!({"methodName": "boards"})).await.expect(404);
            assert_eq!(answer.text(), r#"{"msg":"Integration not found"}"#, "{id}");
        }
        for (body, field) in [(json!({}), "methodName"), (json!({"methodName": "x", "data": [1]}), "data"), (json!("x"), "body")] {
            let answer = ask(id.to_string(), body).await.expect(400).json();
            assert!(answer["message"][0].as_str().unwrap().starts_with(field), "{answer}");
        }
    }

    /// `findSlot`: the minute in UTC, and the next one when it is taken.
    async fn the_next_free_time_is_found(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let path = format!("/public/v1/find-slot/{id}");
        let first = owner.api.get(&path).await.expect(200).json()["date"].as_str().unwrap().to_owned();
        let at = chrono::NaiveDateTime::parse_from_str(&first, "%Y-%m-%dT%H:%M:00").unwrap().and_utc();
        assert!(at > app.app.clock.now());
        posted(&owner.api, &body("schedule", &first, id, &["In the slot"])).await;
        let next = owner.api.get(&path).await.expect(200).json();
        assert!(next["date"].as_str().unwrap() > first.as_str());
        owner.api.get(&format!("/public/v1/find-slot/{NOBODY}")).await.expect(404);
        owner.api.get("/public/v1/find-slot/cl9ebqhxk00003b600tymydho").await.expect(404);
    }

    /// `missingPosts`: nothing is ever missing, but the post must be there.
    async fn nothing_is_missing(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let post = posted(&owner.api, &body("schedule", &in_hours(&app, 2), id, &["Hello"])).await;
        assert_eq!(owner.api.get(&format!("/public/v1/posts/{post}/missing")).await.expect(200).json(), json!([]));
        owner.api.get(&format!("/public/v1/posts/{NOBODY}/missing")).await.expect(404);
        owner.api.get("/public/v1/posts/x/missing").await.expect(404);
    }
}
