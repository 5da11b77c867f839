//! `listReviews`, `getReview`, `approveReview`, `requestChanges`, `withdrawReview`; `listComments`, `addComment`,
//! `resolveComment`, `reopenComment`.

use rostrum::{
    kit::UserId,
    orgs::{ReviewPolicy, model_review},
    tokens::Scope,
};
use serde_json::{Value as Json, json};

use super::{body, call, code, made, named, robot, token};
use crate::{
    both_databases,
    orgs::member,
    public_api::channel,
    support::{Client, Owner, TestApp},
};

async fn require(app: &TestApp, owner: &Owner, policy: ReviewPolicy) {
    let mut tx = app.app.db.begin().await.unwrap();
    model_review::set_policy(&mut tx, owner.org, policy).await.unwrap();
    tx.commit().await.unwrap();
}

/// A script that acts for another member.
async fn robot_of(app: &TestApp, owner: &Owner, user: UserId) -> Client {
    let (_, secret) = token(&app.app, owner.org, Some(user), &Scope::ALL).await;
    Client::script(app.address, &format!("Bearer {secret}"))
}

/// A post that waits, with the id of its review.
async fn waiting(app: &TestApp, owner: &Owner, robot: &Client, text: &str) -> (Json, String) {
    let to = channel(app, owner.org, text).await;
    let post = made(robot, &body(app, 5, to, &[text])).await;
    assert_eq!((&post["targets"][0]["state"], &post["targets"][0]["reason"]), (&json!("draft"), &json!("in_review")));
    let listed = robot.get(&format!("/api/v1/reviews?post={}", post["id"].as_str().unwrap())).await.expect(200).json();
    let id = listed["data"][0]["id"].as_str().unwrap().to_owned();
    (post, id)
}

async fn standing(robot: &Client, post: &Json) -> (String, Option<String>) {
    let read = robot.get(&format!("/api/v1/posts/{}", post["id"].as_str().unwrap())).await.expect(200).json();
    let target = &read["targets"][0];
    (target["state"].as_str().unwrap().to_owned(), target["reason"].as_str().map(str::to_owned))
}

both_databases! {
    /// Listed, read, approved by the two it takes, and scheduled then; the same request twice is one approval.
    async fn a_post_is_approved_by_two(app) {
        let owner = app.owner().await;
        require(&app, &owner, ReviewPolicy::Two).await;
        let (bob, _) = member(&app, &owner, "admin").await;
        let (cleo, _) = member(&app, &owner, "admin").await;
        let (ann, bob_, cleo_) = (robot(&app, &owner).await, robot_of(&app, &owner, bob).await, robot_of(&app, &owner, cleo).await);
        let (post, id) = waiting(&app, &owner, &ann, "Launch").await;
        let read = ann.get(&format!("/api/v1/reviews/{id}")).await.expect(200);
        let review = read.json();
        assert_eq!((&review["state"], &review["policy"], &review["approvals_needed"], &review["answers"]), (&json!("open"), &json!("two"), &json!(2), &json!([])));
        assert_eq!((&review["post"], &review["writer"]), (&post["id"], &json!(owner.user.to_string())));
        let path = format!("/reviews/{id}/approval");
        assert_eq!(code(&call(&ann, "post", &path, &[], Json::Null).await.expect(403)), "forbidden", "who wrote it does not count");
        let key = [("idempotency-key", "one")];
        let first = call(&bob_, "post", &path, &key, Json::Null).await.expect(200).json();
        assert_eq!((&first["state"], first["answers"].as_array().unwrap().len()), (&json!("open"), 1));
        let again = call(&bob_, "post", &path, &key, Json::Null).await.expect(200);
        assert_eq!((again.json(), again.header("idempotent-replayed")), (first, "true"));
        assert_eq!(standing(&ann, &post).await.0, "draft");
        let done = call(&cleo_, "post", &path, &[], Json::Null).await.expect(200).json();
        assert_eq!((&done["state"], &done["answers"][1]["user"]), (&json!("approved"), &json!(cleo.to_string())));
        assert_eq!(standing(&ann, &post).await, ("scheduled".to_owned(), None));
        let over = call(&cleo_, "post", &path, &[], Json::Null).await.expect(409);
        assert_eq!(code(&over), "conflict");
        assert_ne!(ann.get(&format!("/api/v1/reviews/{id}")).await.expect(200).header("etag"), read.header("etag"));
    }

    /// Changes need a reason, which becomes a comment; the post is a draft again.
    async fn changes_are_asked_for(app) {
        let owner = app.owner().await;
        require(&app, &owner, ReviewPolicy::One).await;
        let ann = robot(&app, &owner).await;
        let (post, id) = waiting(&app, &owner, &ann, "Launch").await;
        let path = format!("/reviews/{id}/changes");
        for wrong in [json!({}), json!({"note": " "}), json!({"note": 7})] {
            let refused = call(&ann, "post", &path, &[], wrong.clone()).await.expect(422);
            assert_eq!((code(&refused).as_str(), named(&refused)), ("invalid", vec!["note".to_owned()]), "{wrong}");
        }
        let sent = call(&ann, "post", &path, &[], json!({"note": "The old link"})).await.expect(200).json();
        assert_eq!((&sent["state"], &sent["answers"][0]["verdict"]), (&json!("changes"), &json!("changes")));
        assert_eq!(standing(&ann, &post).await, ("draft".to_owned(), Some("changes".to_owned())));
        let comments = ann.get(&format!("/api/v1/posts/{}/comments", post["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!((&comments["data"][0]["text"], &comments["data"][0]["shared"]), (&json!("The old link"), &json!(true)));
    }

    /// Taken back once; an older question of a post is not that which is taken back.
    async fn a_post_is_taken_back(app) {
        let owner = app.owner().await;
        require(&app, &owner, ReviewPolicy::One).await;
        let ann = robot(&app, &owner).await;
        let (post, id) = waiting(&app, &owner, &ann, "Launch").await;
        let path = format!("/reviews/{id}/withdrawal");
        assert_eq!(call(&ann, "post", &path, &[], Json::Null).await.expect(200).json()["state"], "void");
        assert_eq!(standing(&ann, &post).await, ("draft".to_owned(), None));
        assert_eq!(code(&call(&ann, "post", &path, &[], Json::Null).await.expect(409)), "conflict");
        owner.browser.submit(&format!("/posts/{}/review", post["id"].as_str().unwrap()), &[]).await.expect(303);
        assert_eq!(code(&call(&ann, "post", &path, &[], Json::Null).await.expect(409)), "conflict");
        assert_eq!(standing(&ann, &post).await.1.as_deref(), Some("in_review"));
    }

    /// A token that acts for nobody approves nothing, and a member who was not chosen neither.
    async fn an_approval_is_a_persons(app) {
        let owner = app.owner().await;
        require(&app, &owner, ReviewPolicy::One).await;
        let ann = robot(&app, &owner).await;
        let (post, id) = waiting(&app, &owner, &ann, "Launch").await;
        let (_, secret) = token(&app.app, owner.org, None, &Scope::ALL).await;
        let nobody = Client::script(app.address, &format!("Bearer {secret}"));
        let (bob, _) = member(&app, &owner, "member").await;
        for client in [nobody, robot_of(&app, &owner, bob).await] {
            for (verb, sent) in [("approval", Json::Null), ("changes", json!({"note": "no"}))] {
                let refused = call(&client, "post", &format!("/reviews/{id}/{verb}"), &[], sent).await.expect(403);
                assert_eq!(code(&refused), "forbidden");
            }
        }
        assert_eq!(standing(&ann, &post).await.0, "draft");
    }

    /// By state, by post, page by page; what is no state is named.
    async fn reviews_are_listed(app) {
        let owner = app.owner().await;
        require(&app, &owner, ReviewPolicy::One).await;
        let ann = robot(&app, &owner).await;
        let mut ids = Vec::new();
        for text in ["one", "two", "three"] {
            ids.push(waiting(&app, &owner, &ann, text).await.1);
        }
        call(&ann, "post", &format!("/reviews/{}/approval", ids[0]), &[], Json::Null).await.expect(200);
        let of = |list: &Json| -> Vec<String> { list["data"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect() };
        let open = ann.get("/api/v1/reviews?state=open").await.expect(200).json();
        assert_eq!(of(&open), [ids[2].clone(), ids[1].clone()]);
        let first = ann.get("/api/v1/reviews?limit=2").await.expect(200).json();
        let next = first["next_cursor"].as_str().unwrap();
        let rest = ann.get(&format!("/api/v1/reviews?limit=2&cursor={next}")).await.expect(200).json();
        assert_eq!((of(&first), of(&rest), &rest["next_cursor"]), (vec![ids[2].clone(), ids[1].clone()], vec![ids[0].clone()], &Json::Null));
        assert_eq!(named(&ann.get("/api/v1/reviews?state=asleep").await.expect(400)), ["state"]);
        assert_eq!(named(&ann.get("/api/v1/reviews?post=x").await.expect(400)), ["post"]);
        let stranger = app.owner().await;
        let eve = robot(&app, &stranger).await;
        assert_eq!(of(&eve.get("/api/v1/reviews").await.expect(200).json()), Vec::<String>::new());
        for verb in ["approval", "withdrawal"] {
            call(&eve, "post", &format!("/reviews/{}/{verb}", ids[1]), &[], Json::Null).await.expect(404);
        }
    }

    /// Said once for a key, shown with who said it, dealt with and open again; of another post it is not there.
    async fn comments_are_said_and_dealt_with(app) {
        let owner = app.owner().await;
        let ann = robot(&app, &owner).await;
        let to = channel(&app, owner.org, "A").await;
        let (post, other) = (made(&ann, &body(&app, 2, to, &["Hello"])).await, made(&ann, &body(&app, 3, to, &["Other"])).await);
        let path = format!("/posts/{}/comments", post["id"].as_str().unwrap());
        let long = "x".repeat(5_001);
        for (wrong, field) in [(json!({}), "text"), (json!({"text": " "}), "text"), (json!({"text": long}), "text"), (json!({"text": "x", "shared": "yes"}), "shared")] {
            let refused = call(&ann, "post", &path, &[], wrong.clone()).await.expect(422);
            assert_eq!((code(&refused).as_str(), named(&refused)), ("invalid", vec![field.to_owned()]), "{wrong}");
        }
        let key = [("idempotency-key", "c1")];
        let said = call(&ann, "post", &path, &key, json!({"text": "Is <this> right?", "shared": true})).await.expect(201).json();
        call(&ann, "post", &path, &key, json!({"text": "Is <this> right?", "shared": true})).await.expect(201);
        assert_eq!((&said["text"], &said["user"], &said["guest"]), (&json!("Is <this> right?"), &json!(owner.user.to_string()), &json!(false)));
        let listed = ann.get(&format!("/api/v1{path}")).await.expect(200).json();
        assert_eq!(listed["data"], json!([said]));
        let one = format!("{path}/{}/resolution", said["id"].as_str().unwrap());
        assert!(call(&ann, "post", &one, &[], Json::Null).await.expect(200).json()["resolved_at"].is_string());
        assert!(call(&ann, "delete", &one, &[], Json::Null).await.expect(200).json()["resolved_at"].is_null());
        let foreign = format!("/posts/{}/comments/{}/resolution", other["id"].as_str().unwrap(), said["id"].as_str().unwrap());
        call(&ann, "post", &foreign, &[], Json::Null).await.expect(404);
    }
}
