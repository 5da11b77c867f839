//! What reaches Dribbble, and what its answers come to.

use serde_json::{Value as Json, json};

use super::{ABOUT, Dribbble, shot};
use crate::providers::{
    Draft, DraftPart, FailureKind, Found, Outcome, Provider as _, Remote, StepKey,
    testing::{Answer, Fake, Part, Seen, Stage, one},
};

fn user(may: bool) -> Json {
    json!({"id": 1, "name": "Ann", "login": "ann", "avatar_url": "http://x/a.png", "html_url": "https://dribbble.com/ann", "can_upload_shot": may, "teams": [{"id": 39, "name": "Team", "login": "team"}]})
}

/// Dribbble as it answers when all is well.
fn dribbble(seen: &Seen) -> Answer {
    if seen.path == "/oauth/token" {
        return Answer::json(
            json!({"access_token": "secret-access", "token_type": "bearer", "scope": "public upload", "created_at": 1}),
        );
    }
    assert_eq!(seen.bearer(), "secret-access");
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v2/user") => Answer::json(user(true)),
        ("POST", "/v2/shots") => Answer::bytes("text/plain", "")
            .with_status(202)
            .header("location", "https://api.dribbble.com/v2/shots/471756-a-title"),
        ("GET", "/v2/user/shots") => Answer::json(json!([
            {"id": 5, "title": "T", "published_at": "2026-11-23T08:00:02Z"}, {"id": 4, "title": "T", "published_at": "2026-11-20T08:00:00Z"},
        ])),
        ("GET", "/v2/shots/471756") => Answer::json(json!({"id": 471_756, "title": "T", "published_at": "2026-11-23T08:00:02Z"})),
        ("GET", _) => Answer::status(404, json!({"message": "Not found."})),
        ("PUT", "/v2/shots/471756") => Answer::json(json!({"id": 471_756})),
        ("DELETE", "/v2/shots/471756") => Answer::bytes("text/plain", "").with_status(204),
        other => panic!("unexpected {other:?}"),
    }
}

fn stage(fake: &Fake) -> Stage {
    let stage = Stage::new("1", json!({"access": "secret-access"})).at(&ABOUT, &fake.url);
    stage.app(&[("client_id", "cid"), ("client_secret", "hush-hush")]).settings(json!({"title": "T"}))
}

async fn live(stage: &Stage) -> Remote {
    match Dribbble.publish(&stage.call()).await.unwrap() {
        Outcome::Live { mut remotes, .. } => remotes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_that_may_upload_is_connected() {
    let fake = Fake::start(dribbble).await;
    let stage = stage(&fake);
    let link = stage.access().link();
    let consent = Dribbble.consent(&link, &Default::default(), "STATE").await.unwrap();
    assert!(consent.url.contains("scope=public+upload"));
    let account = one(Dribbble.grant(&link, &Default::default(), consent.kept, "CODE").await.unwrap());
    assert_eq!(
        (account.id.as_str(), account.handle.as_str(), account.url.as_deref()),
        ("1", "ann", Some("https://dribbble.com/ann"))
    );
    let token = &fake.seen()[0];
    assert!(
        token.query.is_empty() && token.form().contains(&("client_secret".into(), "hush-hush".into())),
        "no secret in the address"
    );
    assert_eq!(Dribbble.whoami(&stage.access()).await.unwrap().name, "Ann");
    let teams = Dribbble.lookup(&stage.access(), "teams", &json!({})).await.unwrap();
    assert_eq!((teams[0].id.as_str(), teams[0].name.as_str()), ("39", "Team"));
    let waiting = Fake::start(|seen| if seen.path == "/v2/user" { Answer::json(user(false)) } else { dribbble(seen) }).await;
    let failure = Dribbble.grant(&self::stage(&waiting).access().link(), &Default::default(), json!({}), "C").await.unwrap_err();
    assert!(failure.message.contains("may not upload"), "{failure}");
}

#[tokio::test]
async fn a_shot_for_a_team() {
    for team in [json!("39"), json!(39)] {
        let fake = Fake::start(dribbble).await;
        let stage = stage(&fake).text("About it").picture(800, 600, "").settings(json!({"title": "T", "team": team}));
        let remote = live(&stage).await;
        let expected = [
            Part::field("title", "T"),
            Part::field("description", "About it"),
            Part::field("team_id", "39"),
            Part::file("image", ("shot.jpeg", "image/jpeg"), "jpeg 0"),
        ];
        assert_eq!(fake.seen()[0].parts(), expected);
        assert_eq!((remote.id.as_str(), remote.url), ("471756", Some(format!("{}/shots/471756", fake.url))));
        assert_eq!(stage.files.asked()[0].max_side, 800);
    }
}

#[tokio::test]
async fn what_is_no_shot_is_refused_before_anything_is_sent() {
    let fake = Fake::start(dribbble).await;
    for (stage, words) in [
        (stage(&fake).text("x"), "exactly one picture"),
        (stage(&fake).picture(800, 500, ""), "400x300 or 800x600"),
        (stage(&fake).picture(800, 600, "").settings(json!({})), "settings.title"),
        (
            stage(&fake).picture(800, 600, "").settings(json!({"title": "T", "team": "https://dribbble.com/team"})),
            "settings.team",
        ),
    ] {
        let failure = Dribbble.publish(&stage.call()).await.unwrap_err();
        assert!(failure.kind == FailureKind::Rejected && failure.message.contains(words), "{failure}");
    }
    assert!(fake.seen().is_empty());
    let review = |width, height| {
        let stage = stage(&fake).picture(width, height, "");
        let parts = [DraftPart { text: stage.text.clone(), media: stage.media.clone() }];
        Dribbble.review(&Draft { parts: &parts, settings: &json!({}), limits: &ABOUT.limits }).len()
    };
    assert_eq!([review(800, 600), review(1_600, 1_200), review(500, 375), review(399, 300), review(800, 601)], [0, 0, 0, 1, 1]);
    assert_eq!([shot::side((4_000, 3_000)), shot::side((799, 600)), shot::side((400, 300))], [Some(800), None, Some(400)]);
}

#[tokio::test]
async fn refusals_are_said_in_dribbbles_words() {
    let validation = json!({"message": "Validation failed.", "errors": [{"attribute": "image", "message": "is too big"}]});
    for (status, body, kind, words) in [
        (422, validation, FailureKind::Rejected, "image: is too big"),
        (400, json!({"message": "Problem parsing JSON."}), FailureKind::Rejected, "Problem parsing JSON."),
        (401, json!({"message": "Bad credentials."}), FailureKind::Reconnect, "Bad credentials."),
        (403, json!({"message": "You may not upload."}), FailureKind::Rejected, "You may not upload."),
        (
            429,
            json!({"message": "API rate limit exceeded."}),
            FailureKind::RateLimited { until: None },
            "API rate limit exceeded.",
        ),
        (500, json!({"message": "Oh"}), FailureKind::Uncertain, "Oh"),
    ] {
        let fake = Fake::start(move |_| Answer::status(status, body.clone())).await;
        let failure = Dribbble.publish(&stage(&fake).picture(800, 600, "").call()).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, words));
    }
    let silent = Fake::start(|_| Answer::bytes("text/plain", "").with_status(202)).await;
    assert_eq!(Dribbble.publish(&stage(&silent).picture(800, 600, "").call()).await.unwrap_err().kind, FailureKind::Uncertain);
}

#[tokio::test]
async fn a_lost_answer_is_never_sent_again_and_found_by_its_title() {
    let fake = Fake::start(|seen| if seen.method == "POST" { Answer::Drop } else { dribbble(seen) }).await;
    let stage = stage(&fake).picture(800, 600, "");
    for _ in 0..2 {
        assert_eq!(Dribbble.publish(&stage.call()).await.unwrap_err().kind, FailureKind::Uncertain);
    }
    assert_eq!(fake.seen().len(), 1);
    let key = StepKey { key: uuid::Uuid::nil(), begun_at: stage.now, earlier: 1 };
    let Found::Yes(found) = Dribbble.find(&stage.call(), &key).await.unwrap() else { panic!("not found") };
    assert_eq!((found.len(), found[0].id.as_str()), (1, "5"));
    let other = self::stage(&fake).settings(json!({"title": "Other"}));
    assert_eq!(Dribbble.find(&other.call(), &key).await.unwrap(), Found::NotSeen);
    assert_eq!(Dribbble.candidates(&stage.call(), &key).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_uploaded_can_be_changed_deleted_and_named() {
    let fake = Fake::start(dribbble).await;
    let stage = stage(&fake).text("new");
    let remote = Remote { id: "471756".into(), url: None, extra: json!({}) };
    Dribbble.edit(&stage.call(), &remote).await.unwrap();
    assert_eq!(fake.seen()[0].json(), json!({"title": "T", "description": "new"}));
    Dribbble.delete(&stage.call(), &remote).await.unwrap();
    let gone = Remote { id: "9".into(), ..remote };
    let absent = Fake::start(|_| Answer::status(404, json!({"message": "Not found."}))).await;
    Dribbble.delete(&self::stage(&absent).call(), &gone).await.unwrap();
    for (words, there) in [
        ("https://dribbble.com/shots/471756-a-title", true),
        ("471756", true),
        ("https://dribbble.com/shots/9", false),
        ("https://dribbble.com/ann", false),
    ] {
        assert_eq!(Dribbble.recognise(&stage.call(), words).await.unwrap().is_some(), there, "{words}");
    }
}
