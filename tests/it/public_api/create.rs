//! `createPosts`: the bodies of every client and version, and the traps between them.

use chrono::TimeDelta;
use serde_json::json;

use super::{all, body, channel, channel_of, in_hours, one, posted};
use crate::both_databases;

both_databases! {
    /// The command-line client's body: 201 with an id, which the list then shows with every field of both versions.
    async fn a_post_is_scheduled_and_listed(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let date = in_hours(&app, 5);
        let answer = owner.api.post_json("/public/v1/posts", &body("schedule", &date, id, &["Hello <world>", "and more"])).await;
        let created = answer.expect(201).json();
        let post = created[0]["postId"].as_str().unwrap().to_owned();
        assert_eq!(created, json!([{"postId": post, "integration": id.to_string()}]));
        let expected = json!({
            "id": post, "content": "<p>Hello &lt;world&gt;</p>", "publishDate": date, "releaseURL": null, "releaseId": null,
            "state": "QUEUE", "intervalInDays": null, "group": post, "creationMethod": "API",
            "settings": r#"{"__type":"sandbox","visibility":"public"}"#, "tags": [],
            "integration": {"id": id.to_string(), "providerIdentifier": "sandbox", "name": "Ann", "picture": "https://cdn.example/ann.png"},
            "submittedForOrganizationId": null, "submittedForOrderId": null, "error": null,
        });
        assert_eq!(all(&app, &owner).await, [expected]);
    }

    /// The shape of the older version: no images, no delays, settings with `__type`, tags, order and repetition.
    async fn the_body_of_the_older_version_is_taken(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let body = json!({
            "type": "schedule", "order": "", "shortLink": false, "inter": 7, "date": "2031-02-01T10:00:00",
            "tags": [{"value": "news", "label": "News"}],
            "posts": [{"integration": {"id": id.to_string()}, "group": "old", "settings": {"__type": "sandbox", "visibility": "followers"},
                       "value": [{"content": "Six characters", "id": "cl9ebqhxk00003b600tymydho"}]}],
        });
        let far = owner.api.post_json("/public/v1/posts", &body).await;
        let post = match far.status {
            201 => far.json()[0]["postId"].as_str().unwrap().to_owned(),
            _ => panic!("{}", far.text()),
        };
        let list = owner.api.get("/public/v1/posts?display=month&day=0&week=5&month=2&year=2031").await.expect(200).json();
        assert_eq!(list["posts"][0]["id"], post.as_str());
        assert_eq!(list["posts"][0]["publishDate"], "2031-02-01T10:00:00.000Z");
        assert_eq!(list["posts"][0]["settings"], r#"{"__type":"sandbox","visibility":"followers"}"#);
    }

    /// The newer version's, as n8n sends it: empty ids and groups, `null`s, unknown properties, HTML.
    async fn the_body_of_the_newer_version_is_taken(app) {
        let owner = app.owner().await;
        let (first, second) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Bob").await);
        let body = json!({
            "type": "draft", "shortLink": false, "date": in_hours(&app, 3), "tags": [], "creationMethod": "CLI", "republish": null,
            "inter": null, "order": null, "unknown": {"a": [1]},
            "posts": [
                {"integration": {"id": first.to_string(), "name": "x"}, "group": "", "settings": {"who": "all"}, "extra": 1,
                 "value": [{"content": "<p>One <strong>two</strong></p><script>x</script>", "id": "", "image": [], "delay": null},
                           {"content": "three", "id": null, "image": null, "delay": 1.5}]},
                {"integration": {"id": second.to_string()}, "group": null, "settings": null, "value": [{"content": "for Bob", "image": []}]},
            ],
        });
        let created = owner.api.post_json("/api/public/v1/posts", &body).await.expect(201).json();
        assert_eq!(created.as_array().unwrap().len(), 2);
        assert_eq!(created[1]["integration"], second.to_string());
        let listed = one(&app, &owner, created[0]["postId"].as_str().unwrap()).await.unwrap();
        assert_eq!((&listed["state"], &listed["content"]), (&json!("DRAFT"), &json!("<p>One <strong>two</strong></p>")));
        let delays: Vec<(i64,)> = rostrum::db::q("SELECT delay_seconds FROM parts WHERE org_id = $1 AND position = 1")
            .bind(owner.org)
            .all(&app.app.db)
            .await
            .unwrap();
        assert_eq!(delays, [(90,)]);
    }

    /// A date in the last ten minutes means now, an older one is refused by name; `now` does not look at its date.
    async fn a_date_in_the_past_is_now_or_refused(app) {
        let owner = app.owner().await;
        let id = channel(&app, owner.org, "Ann").await;
        let ago = |minutes| (app.app.clock.now() - TimeDelta::minutes(minutes)).to_rfc3339();
        posted(&owner.api, &body("schedule", &ago(9), id, &["A little late"])).await;
        posted(&owner.api, &body("now", "nonsense", id, &["At once"])).await;
        posted(&owner.api, &body("draft", &ago(90), id, &["Just a draft"])).await;
        let answer = owner.api.post_json("/public/v1/posts", &body("schedule", &ago(11), id, &["Too late"])).await.expect(400).json();
        assert!(answer["message"][0].as_str().unwrap().starts_with("date: "), "{answer}");
        assert_eq!((&answer["error"], &answer["statusCode"]), (&json!("Bad Request"), &json!(400)));
        assert_eq!(all(&app, &owner).await.len(), 3);
    }

    /// What a channel would not take is told with the provider and channel, and where in the request it stands.
    async fn limits_of_a_channel_are_named(app) {
        let owner = app.owner().await;
        let (first, second) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Bob").await);
        let mut request = body("schedule", &in_hours(&app, 2), first, &["fine"]);
        let long = "x".repeat(501);
        request["posts"].as_array_mut().unwrap().push(json!({"integration": {"id": second.to_string()},
            "value": [{"content": "fine"}, {"content": long}]}));
        let answer = owner.api.post_json("/public/v1/posts", &request).await.expect(400).json();
        assert_eq!((&answer["provider"], &answer["name"], &answer["statusCode"]), (&json!("sandbox"), &json!("Bob"), &json!(400)));
        assert!(answer["message"].as_str().unwrap().starts_with("posts[1].value[1].content: "), "{answer}");
        request["posts"][1] = json!({"integration": {"id": second.to_string()}, "settings": {"visibility": "nobody"}, "value": [{"content": "a"}]});
        let answer = owner.api.post_json("/public/v1/posts", &request).await.expect(400).json();
        assert!(answer["message"].as_str().unwrap().starts_with("posts[1].settings.visibility: "), "{answer}");
        let foreign = channel_of(&app, owner.org, "telegraph", "T").await;
        let answer = owner.api.post_json("/public/v1/posts", &body("now", "", foreign, &["Hello"])).await.expect(400).json();
        assert!(answer["message"].as_str().unwrap().starts_with("posts[0].integration.id: "), "{answer}");
        assert!(all(&app, &owner).await.is_empty());
    }
}
