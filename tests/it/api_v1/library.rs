//! `listChannels`, `getChannel`, `updateChannel`, `deleteChannel`, `pauseChannel`, `resumeChannel`, `addSlot`, `removeSlot`,
//! `getChannelSettings`, `getLookup`,
//! `listMedia`, `getMedia`, `uploadMedia`, `importMedia`, `updateMedia`, `deleteMedia`, `getMe`, `listTokens`, `revokeToken`.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{body, call, code, made, named, robot};
use crate::{both_databases, media::samples, public_api::channel, support::Client};

async fn uploaded(client: &Client, bytes: Vec<u8>) -> crate::support::Answer {
    let part = reqwest::multipart::Part::bytes(bytes).file_name("engine.png");
    let form = reqwest::multipart::Form::new().part("file", part);
    client.send(client.request(Method::POST, "/api/v1/media").multipart(form)).await
}

both_databases! {
    /// Listed, renamed, paused, resumed, with posting times, removed.
    async fn channels_are_managed(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let (a, b) = (channel(&app, owner.org, "A").await, channel(&app, owner.org, "B").await);
        let page = robot.get("/api/v1/channels?limit=1").await.expect(200).json();
        assert_eq!((&page["data"][0]["id"], page["data"].as_array().unwrap().len()), (&json!(a.to_string()), 1));
        let next = page["next_cursor"].as_str().unwrap();
        let page = robot.get(&format!("/api/v1/channels?limit=1&cursor={next}")).await.expect(200).json();
        assert_eq!((&page["data"][0]["id"], &page["next_cursor"]), (&json!(b.to_string()), &json!(null)));
        let path = format!("/channels/{a}");
        let changed = call(&robot, "patch", &path, &[], json!({"name": " New ", "zone": "Asia/Tokyo"})).await.expect(200).json();
        assert_eq!((&changed["name"], &changed["zone"]), (&json!("New"), &json!("Asia/Tokyo")));
        let wrong = call(&robot, "patch", &path, &[], json!({"name": "", "zone": "Mars"})).await.expect(422);
        assert_eq!(named(&wrong), ["name", "zone"]);
        assert_eq!(call(&robot, "post", &format!("{path}/pause"), &[], Json::Null).await.expect(200).json()["state"], "paused");
        assert_eq!(call(&robot, "delete", &format!("{path}/pause"), &[], Json::Null).await.expect(200).json()["state"], "active");
        let with = call(&robot, "post", &format!("{path}/slots"), &[], json!({"time": "09:20", "weekdays": [1, 7]})).await.expect(201).json();
        assert_eq!((&with["slots"][0]["time"], &with["slots"][0]["weekdays"]), (&json!("09:20"), &json!([1, 7])));
        for (slot, field) in [
            (json!({"time": "09:20"}), "time"),
            (json!({"time": "25:00"}), "time"),
            (json!({}), "time"),
            (json!({"time": "10:00", "weekdays": [8]}), "weekdays"),
            (json!({"time": "10:00", "weekdays": []}), "weekdays"),
        ] {
            assert_eq!(named(&call(&robot, "post", &format!("{path}/slots"), &[], slot).await.expect(422)), [field]);
        }
        let slot = with["slots"][0]["id"].as_str().unwrap();
        let without = call(&robot, "delete", &format!("{path}/slots/{slot}"), &[], Json::Null).await.expect(200).json();
        assert_eq!((&without["slots"], without["id"].as_str()), (&json!([]), Some(a.to_string().as_str())));
        call(&robot, "delete", &format!("{path}/slots/{slot}"), &[], Json::Null).await.expect(404);
        call(&robot, "delete", &path, &[], Json::Null).await.expect(200);
        robot.get(&format!("/api/v1{path}")).await.expect(404);
    }

    /// What a channel takes, and that what it cannot list is not found.
    async fn a_channel_says_what_it_takes(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let path = format!("/api/v1/channels/{}", channel(&app, owner.org, "A").await);
        let settings = robot.get(&format!("{path}/settings")).await.expect(200).json();
        assert_eq!((&settings["provider"], &settings["lookups"]), (&json!("sandbox"), &json!([])));
        assert_eq!(settings["settings"]["properties"]["visibility"]["enum"], json!(["public", "followers"]));
        assert_eq!((&settings["limits"]["images"], &settings["can"]["thread"]), (&json!(4), &json!(true)));
        assert_eq!(code(&robot.get(&format!("{path}/lookups/boards?query=x")).await.expect(404)), "not_found");
        let wrong = robot.get(&format!("{path}/lookups/boards?with=%5B%5D")).await.expect(422);
        assert_eq!(named(&wrong), ["with"]);
        robot.get("/api/v1/channels/019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a90/settings").await.expect(404);
    }

    /// Uploaded, described, used in a post, deleted; what is no picture is refused by its field.
    async fn files_are_managed(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let file = uploaded(&robot, samples::png(4, 4)).await.expect(201).json();
        assert_eq!((&file["mime"], &file["width"], &file["name"]), (&json!("image/png"), &json!(4), &json!("engine.png")));
        assert!(file["url"].as_str().unwrap().starts_with(&*app.app.url));
        let path = format!("/media/{}", file["id"].as_str().unwrap());
        let described = call(&robot, "patch", &path, &[], json!({"alt": "The plan"})).await.expect(200).json();
        assert_eq!(described["alt"], "The plan");
        assert_eq!(robot.get(&format!("/api/v1{path}")).await.expect(200).json(), described);
        for (body, field) in [(json!({}), "alt"), (json!({"alt": 1}), "alt"), (json!({"alt": "x".repeat(2_001)}), "alt")] {
            assert_eq!(named(&call(&robot, "patch", &path, &[], body).await.expect(422)), [field]);
        }
        let mut with = body(&app, 2, channel(&app, owner.org, "A").await, &["Look"]);
        with["parts"][0]["media"] = json!([{"id": file["id"], "alt": "Here"}]);
        assert_eq!(made(&robot, &with).await["targets"][0]["parts"][0]["media"], json!([{"id": file["id"], "alt": "Here"}]));
        assert_eq!(named(&uploaded(&robot, b"no picture".to_vec()).await.expect(422)), ["file"]);
        assert_eq!(named(&robot.post_json("/api/v1/media", &json!({})).await.expect(422)), ["file"]);
        for url in [json!({}), json!({"url": "x"}), json!({"url": "http://169.254.1.1/x.png"})] {
            assert_eq!(named(&call(&robot, "post", "/media/imports", &[], url).await.expect(422)), ["url"]);
        }
        let import = json!({"url": file["url"]});
        let imported = call(&robot, "post", "/media/imports", &[], import).await;
        if imported.status == 201 {
            assert_eq!(imported.json()["sha256"], file["sha256"]);
        } else {
            assert_eq!(named(&imported), ["url"]);
        }
        let free = format!("/media/{}", uploaded(&robot, samples::png(5, 5)).await.expect(201).json()["id"].as_str().unwrap());
        call(&robot, "delete", &free, &[], Json::Null).await.expect(200);
        robot.get(&format!("/api/v1{free}")).await.expect(404);
        call(&robot, "delete", &path, &[], Json::Null).await.expect(409);
    }

    /// Found by words, kind, tag and what is missing; tags, focal point and cover are in every answer.
    async fn files_are_found_and_told_apart(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let picture = uploaded(&robot, samples::png(4, 4)).await.expect(201).json();
        assert_eq!((&picture["tags"], &picture["focus"], &picture["cover"]), (&json!([]), &json!(null), &json!(null)));
        let film = uploaded(&robot, samples::mp4(64, 32, 75, false)).await.expect(201).json();
        let path = |file: &Json| format!("/media/{}", file["id"].as_str().unwrap());
        let change = json!({"alt": "Oak", "name": "loom", "tags": ["Launch", "launch", "two"], "focus": {"x": 0.25, "y": 1}});
        let changed = call(&robot, "patch", &path(&picture), &[], change).await.expect(200).json();
        assert_eq!((&changed["tags"], &changed["focus"]), (&json!(["Launch", "two"]), &json!({"x": 0.25, "y": 1.0})));
        assert_eq!((&changed["name"], &changed["alt"]), (&json!("loom.png"), &json!("Oak")));
        let covered = call(&robot, "patch", &path(&film), &[], json!({"cover": picture["id"]})).await.expect(200).json();
        assert_eq!(covered["cover"], picture["id"]);
        for (query, found) in [
            ("q=loo", vec![&picture]),
            ("kind=film", vec![&film]),
            ("tag=LAUNCH", vec![&picture]),
            ("only=no_alt", vec![&film]),
            ("only=unused", vec![&film]),
            ("q=engine&kind=picture", vec![]),
        ] {
            let listed = robot.get(&format!("/api/v1/media?{query}")).await.expect(200).json();
            let ids: Vec<&Json> = listed["data"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
            assert_eq!(ids, found.iter().map(|f| &f["id"]).collect::<Vec<_>>(), "{query}");
        }
        let bare = call(&robot, "patch", &path(&picture), &[], json!({"focus": null, "tags": []})).await.expect(200).json();
        assert_eq!((&bare["tags"], &bare["focus"], &bare["alt"]), (&json!([]), &json!(null), &json!("Oak")));
        assert_eq!(call(&robot, "patch", &path(&film), &[], json!({"cover": null})).await.expect(200).json()["cover"], json!(null));
        for (body, field) in [
            (json!({"focus": {"x": 2, "y": 0}}), "focus"),
            (json!({"cover": film["id"]}), "cover"),
            (json!({"tags": ["x".repeat(41)]}), "tags"),
            (json!({"name": " "}), "name"),
        ] {
            let of = if field == "cover" { &film } else { &picture };
            assert_eq!(named(&call(&robot, "patch", &path(of), &[], body).await.expect(422)), [field]);
        }
        for (query, field) in [("kind=song", "kind"), ("only=all", "only")] {
            assert_eq!(named(&robot.get(&format!("/api/v1/media?{query}")).await.expect(422)), [field]);
        }
        let mut with = body(&app, 2, channel(&app, owner.org, "A").await, &["Look"]);
        with["parts"][0]["media"] = json!([{"id": picture["id"]}]);
        made(&robot, &with).await;
        assert_eq!(code(&call(&robot, "delete", &path(&picture), &[], Json::Null).await.expect(409)), "conflict");
    }

    /// Who am I, and the tokens without their secrets.
    async fn a_token_knows_itself(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let me = robot.get("/api/v1/me").await.expect(200).json();
        assert_eq!((&me["organisation"]["id"], &me["role"]), (&json!(owner.org.to_string()), &json!("owner")));
        assert_eq!(me["user"], owner.user.to_string());
        let listed = robot.get("/api/v1/tokens").await.expect(200).json();
        assert_eq!((&listed["data"][0]["id"], listed["data"].as_array().unwrap().len()), (&me["token"]["id"], 1));
        let id = me["token"]["id"].as_str().unwrap();
        assert!(call(&robot, "delete", &format!("/tokens/{id}"), &[], Json::Null).await.expect(200).json()["revoked_at"].is_string());
        assert_eq!(code(&robot.get("/api/v1/me").await.expect(401)), "unauthorized");
    }
}
