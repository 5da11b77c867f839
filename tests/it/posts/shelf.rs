//! Tags, signatures, hashtags and sets: made in the settings, used in the composer.

use super::*;
use crate::both_databases;

async fn ids(app: &TestApp, owner: &Owner, sql: &'static str) -> Vec<String> {
    let found: Vec<(uuid::Uuid,)> = q(sql).bind(owner.org).all(&app.app.db).await.unwrap();
    found.into_iter().map(|(id,)| id.to_string()).collect()
}

both_databases! {
    /// A tag is made, renamed, coloured, worn by posts and taken off again.
    async fn tags_sort_posts(app) {
        let owner = app.owner().await;
        let add = |name: &'static str, colour: &'static str| { let owner = &owner; async move { owner.browser.submit("/settings/tags", &[("name", name), ("colour", colour)]).await } };
        assert_eq!(add("Launch", "blue").await.status, 303);
        assert_eq!(add("Evergreen", "#00aa44").await.status, 303);
        assert!(add("Launch", "red").await.expect(422).page().contains("There is a tag of this name already."));
        for (name, colour) in [(" ", "red"), ("x", "mauve"), ("x", "red;}")] {
            assert_eq!(add(name, colour).await.status, 422, "{name} {colour}");
        }
        let tags = ids(&app, &owner, "SELECT id FROM tags WHERE org_id = $1 ORDER BY name").await;
        let stranger = app.owner().await;
        stranger.browser.submit("/settings/tags", &[("name", "Theirs"), ("colour", "red")]).await.expect(303);
        let theirs = ids(&app, &stranger, "SELECT id FROM tags WHERE org_id = $1").await.remove(0);
        let page = owner.browser.get("/posts/new").await.expect(200).page();
        assert!(page.contains("Launch") && page.contains("tag-green") && !page.contains("Theirs"));
        let base = [("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "words"), ("tags_shown", "1")];
        let post = led_to(&submit(&owner, "/posts", &[base.to_vec(), vec![("tags", &tags[0]), ("tags", &tags[1]), ("tags", &theirs), ("tags", "0190")]].concat()).await);
        let worn = || async { rostrum::posts::Tag::of_post(&app.app.db, owner.org, post).await.unwrap().into_iter().map(|t| t.name).collect::<Vec<_>>() };
        assert_eq!(worn().await, ["Evergreen", "Launch"]);
        let edit = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        assert!(edit.contains(&format!("value=\"{}\" checked", tags[0])));
        let again = [("version", "1"), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "words")];
        led_to(&submit(&owner, &format!("/posts/{post}"), &again).await);
        assert_eq!(worn().await.len(), 2, "a form that shows no tags takes none away");
        let again = [[("version", "2")].to_vec(), base.to_vec(), vec![("tags", tags[0].as_str())]].concat();
        led_to(&submit(&owner, &format!("/posts/{post}"), &again).await);
        assert_eq!(worn().await, ["Evergreen"]);
        let url = format!("/settings/tags/{}", tags[0]);
        owner.browser.submit(&url, &[("_method", "PUT"), ("name", "Always"), ("colour", "pink")]).await.expect(303);
        let page = owner.browser.get("/settings/tags").await.expect(200).page();
        assert!(page.contains("value=\"Always\"") && page.contains("1 post") && page.contains("0 posts"));
        assert_eq!(owner.browser.submit(&url, &[("_method", "PUT"), ("name", "Launch"), ("colour", "pink")]).await.status, 422);
        owner.browser.submit(&url, &[("_method", "DELETE")]).await.expect(303);
        assert!(worn().await.is_empty());
        let back = format!("{url}/restoration");
        assert!(owner.browser.get("/settings/tags").await.page().contains(&back), "it can be taken back");
        stranger.browser.submit(&back, &[]).await.expect(404);
        owner.browser.submit(&back, &[]).await.expect(303);
        assert_eq!(worn().await, ["Always"], "on the posts that carried it");
        owner.browser.submit(&back, &[]).await.expect(404);
        // Its name may be another one's by then.
        owner.browser.submit(&url, &[("_method", "DELETE")]).await.expect(303);
        add("Always", "red").await.expect(303);
        owner.browser.submit(&back, &[]).await.expect(303);
        assert!(owner.browser.get("/settings/tags").await.page().contains("There is a tag of this name already."));
        assert!(worn().await.is_empty());
        assert_eq!(app.visitor().get("/settings/tags").await.status, 303);
    }

    /// One signature at most begins every new post; what is deleted comes back.
    async fn signatures_begin_posts_and_hashtags_go_in(app) {
        let owner = app.owner().await;
        let add = |kind: &'static str, name: &'static str, content: &'static str, auto: &'static str| {
            let owner = &owner;
            async move { owner.browser.submit("/settings/signatures", &[("kind", kind), ("name", name), ("content", content), ("auto", auto)]).await }
        };
        add("signature", "First", "First of all", "true").await.expect(303);
        add("signature", "Second", "Second\nto none", "true").await.expect(303);
        add("hashtags", "Looms", "looms #jacquard", "true").await.expect(303);
        assert_eq!(add("poem", "x", "x", "").await.status, 422);
        let first = ids(&app, &owner, "SELECT id FROM snippets WHERE org_id = $1 ORDER BY created_at, name").await.remove(0);
        let wrong = [("_method", "PUT"), ("name", " "), ("content", "Words that took long to find")];
        let page = owner.browser.submit(&format!("/settings/signatures/{first}"), &wrong).await.expect(422).page();
        assert!(page.contains("Words that took long to find"), "what was typed stays: {page}");
        assert_eq!(add("signature", "", "", "").await.status, 422);
        let page = owner.browser.get("/posts/new").await.expect(200).page();
        assert!(page.contains("\n\nSecond\nto none</textarea>") && !page.contains("First of all</textarea>"));
        let hashtags = ids(&app, &owner, "SELECT id FROM snippets WHERE org_id = $1 AND kind = 'hashtags'").await.remove(0);
        let insert = format!("insert:{hashtags}");
        let page = submit(&owner, "/posts", &[("parts[0][text]", "Weaving"), ("action", &insert)]).await.expect(200).page();
        assert!(page.contains("Weaving\n\n#looms #jacquard</textarea>"));
        let stranger = app.owner().await;
        assert_eq!(submit(&stranger, "/posts", &[("parts[0][text]", "x"), ("action", &insert)]).await.status, 404);
        let url = format!("/settings/signatures/{hashtags}");
        owner.browser.submit(&url, &[("_method", "PUT"), ("name", "Weaving"), ("content", "weaving")]).await.expect(303);
        assert!(owner.browser.get("/settings/signatures").await.page().contains("#weaving</textarea>"));
        let gone = owner.browser.submit(&url, &[("_method", "DELETE")]).await.expect(303);
        assert!(owner.browser.get(gone.header("location")).await.page().contains(&format!("{url}/restoration")));
        assert!(!owner.browser.get("/posts/new").await.page().contains("#weaving"));
        owner.browser.submit(&format!("{url}/restoration"), &[]).await.expect(303);
        assert!(owner.browser.get("/posts/new").await.page().contains("#weaving"));
    }

    /// A whole composer is kept and begun from; it carries no part, version or day of the post it was made of.
    async fn sets_begin_posts(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await.to_string(), channel(&app, owner.org, "Ben").await.to_string());
        let (own, text) = (format!("own[{ben}]"), format!("own[{ben}][0][text]"));
        let id = rostrum::kit::PartId::new().to_string();
        let fields = [("channels", ann.as_str()), ("channels", &ben), ("when", "slot"), ("date", "2031-01-02"), ("zone", "UTC"), ("parts[0][id]", &id),
            ("parts[0][text]", "A new version is out"), (&own, "on"), (&text, "Out now"), ("set_name", "Release"), ("action", "save_set")];
        let answer = submit(&owner, "/posts", &fields).await.expect(303);
        let page = owner.browser.get(answer.header("location")).await.expect(200).page();
        assert!(page.contains("The set Release is saved.") && page.contains("A new version is out"));
        let set = ids(&app, &owner, "SELECT id FROM sets WHERE org_id = $1").await.remove(0);
        let page = owner.browser.get(&format!("/posts/new?set={set}")).await.expect(200).page();
        assert!(page.contains("A new version is out</textarea>") && page.contains("Out now</textarea>") && page.contains(&format!("value=\"{ben}\" checked")));
        assert!(!page.contains(&id) && !page.contains("2031-01-02") && !page.contains("name=\"set\""));
        let page = owner.browser.get(&format!("/posts/new?set={set}&change=1")).await.expect(200).page();
        assert!(page.contains(&format!("name=\"set\" value=\"{set}\"")) && page.contains("Edit the set Release"));
        let change = [("set", set.as_str()), ("set_name", "Release"), ("channels", &ann), ("parts[0][text]", "Changed"), ("action", "save_set")];
        submit(&owner, "/posts", &change).await.expect(303);
        assert!(owner.browser.get("/settings/sets").await.page().contains("Changed"));
        assert!(submit(&owner, "/posts", &[("parts[0][text]", "x"), ("set_name", " "), ("action", "save_set")]).await.expect(422).page().contains("e-set_name"));
        assert_eq!(submit(&owner, "/posts", &[("parts[0][text]", ""), ("set_name", "x"), ("action", "save_set")]).await.status, 422);
        let url = format!("/settings/sets/{set}");
        owner.browser.submit(&url, &[("_method", "PUT"), ("name", "Ship it")]).await.expect(303);
        assert_eq!(owner.browser.submit(&url, &[("_method", "PUT"), ("name", "")]).await.status, 422);
        let stranger = app.owner().await;
        stranger.browser.get(&format!("/posts/new?set={set}")).await.expect(404);
        assert_eq!(submit(&stranger, "/posts", &change).await.status, 404);
        let gone = owner.browser.submit(&url, &[("_method", "DELETE")]).await.expect(303);
        assert!(owner.browser.get(gone.header("location")).await.page().contains(&format!("{url}/restoration")));
        owner.browser.get(&format!("/posts/new?set={set}")).await.expect(404);
        owner.browser.submit(&format!("{url}/restoration"), &[]).await.expect(303);
        assert!(owner.browser.get("/settings/sets").await.page().contains("Ship it"));
        assert!(owner.browser.get("/posts").await.page().contains("Write your first post"), "a set is no post");
    }
}

both_databases! {
    /// Scripts of Postiz name tags by their labels, and read them back.
    async fn tags_over_the_public_api(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        for (name, colour) in [("News", "blue"), ("Old", "#123456")] {
            owner.browser.submit("/settings/tags", &[("name", name), ("colour", colour)]).await.expect(303);
        }
        let date = (app.app.clock.now() + chrono::TimeDelta::hours(3)).to_rfc3339();
        let body = |id: &str, tags: serde_json::Value| json!({"type": "schedule", "date": date, "shortLink": false, "tags": tags,
            "posts": [{"integration": {"id": ann}, "value": [{"content": "words", "id": id}], "settings": {}}]});
        let made = owner.api.post_json("/public/v1/posts", &body("", json!([{"value": "News", "label": "News"}, {"value": "x", "label": "Unknown"}, 5]))).await.expect(201).json();
        let list = "/public/v1/posts?startDate=2020-01-01T00:00:00Z&endDate=2090-01-01T00:00:00Z";
        let read = || async { owner.api.get(list).await.expect(200).json()["posts"][0]["tags"].clone() };
        let tags = read().await;
        assert_eq!((tags.as_array().unwrap().len(), &tags[0]["tag"]["name"], &tags[0]["tag"]["color"]), (1, &json!("News"), &json!("#3c64dc")));
        let id = made[0]["postId"].as_str().unwrap();
        owner.api.post_json("/public/v1/posts", &body(id, json!([{"value": "Old", "label": "Old"}]))).await.expect(201);
        let tags = read().await;
        assert_eq!((tags.as_array().unwrap().len(), &tags[0]["tag"]["name"], &tags[0]["tag"]["color"]), (1, &json!("Old"), &json!("#123456")));
        owner.api.post_json("/public/v1/posts", &body(id, json!([]))).await.expect(201);
        assert_eq!(read().await, json!([]));
    }
}
