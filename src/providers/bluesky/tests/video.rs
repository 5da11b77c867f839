//! Films: the pass, the host, the waiting, the blob.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::{
    super::Bluesky,
    server::{DID, Server, fails, live, refusal},
};
use crate::providers::{
    FailureKind, Outcome, Provider as _,
    testing::{Answer, Fake, Stage},
};

const PASS: &str = "eyJhbGciOiJFUzI1NksifQ.eyJhdWQiOiJ4In0.pass";

/// The network's video host: each question is answered by the next of these.
async fn host(answers: Vec<Answer>) -> Fake {
    let answers = Mutex::new(answers.into_iter());
    Fake::start(move |_| answers.lock().unwrap().next().unwrap_or_else(|| refusal(500, "Silent", "nothing more"))).await
}

async fn stage(server: &Server, host: &Fake) -> Stage {
    server.misfortune(|method, _| (method == "getServiceAuth").then(|| Answer::json(json!({"token": PASS}))));
    let mut stage = server.stage().text("Film").film(640, 480, " A film ");
    stage.hosts.insert("video".into(), host.url.clone());
    stage
}

fn blob() -> Json {
    json!({"$type": "blob", "ref": {"$link": "bafkvideo"}, "mimeType": "video/mp4", "size": 5})
}

fn job(state: &str) -> Json {
    json!({"jobId": "j1", "did": DID, "state": state, "progress": 10})
}

fn done() -> Answer {
    let mut job = job("JOB_STATE_COMPLETED");
    job["blob"] = blob();
    Answer::json(json!({"jobStatus": job}))
}

#[tokio::test]
async fn a_film_is_handed_over_waited_for_and_shown() {
    let server = Server::start().await;
    let host = host(vec![
        Answer::json(job("JOB_STATE_CREATED")),
        Answer::json(json!({"jobStatus": job("JOB_STATE_ENCODING")})),
        Answer::json(json!({"jobStatus": job("JOB_STATE_SCANNING")})),
        done(),
    ])
    .await;
    let stage = stage(&server, &host).await;
    for _ in 0..2 {
        assert_eq!(Bluesky.publish(&stage.call()).await.unwrap(), Outcome::Wait { after: Duration::from_secs(20) });
    }
    live(&stage).await;
    let seen = server.fake.seen();
    assert_eq!(seen[0].path, "/xrpc/com.atproto.server.getServiceAuth");
    let home = server.fake.url.trim_start_matches("http://").replace(':', "%3A");
    let asked = ["aud", "lxm", "exp"].map(|name| seen[0].query[name].as_str());
    assert_eq!(asked, [&format!("did:web:{home}"), "com.atproto.repo.uploadBlob", "1795422600"]);
    let told = host.seen();
    let paths: Vec<&str> = told.iter().map(|s| s.path.trim_start_matches("/xrpc/app.bsky.video.")).collect();
    assert_eq!(paths, ["uploadVideo", "getJobStatus", "getJobStatus", "getJobStatus"]);
    assert_eq!((told[0].method.as_str(), told[0].bearer(), told[0].header("content-type")), ("POST", PASS, "video/mp4"));
    assert_eq!(
        (told[0].query["did"].as_str(), told[0].query["name"].as_str()),
        (DID, format!("{}.mp4", stage.media[0].id).as_str())
    );
    assert_eq!((told[0].body.as_slice(), told[0].header("content-length")), (&b"mp4 0"[..], "5"));
    assert_eq!((told[1].query["jobId"].as_str(), told[1].header("authorization")), ("j1", ""));
    let record = server.state().records.values().next().unwrap().clone();
    let ratio = json!({"width": 640, "height": 480});
    assert_eq!(record["embed"], json!({"$type": "app.bsky.embed.video", "video": blob(), "alt": "A film", "aspectRatio": ratio}));
}

#[tokio::test]
async fn a_film_that_the_host_knows_is_not_worked_on_again() {
    let known = |wrapped: bool| {
        let mut job = json!({"jobId": "j1", "state": "JOB_STATE_COMPLETED", "error": "already_exists", "message": "Video already processed"});
        if wrapped {
            job = json!({"jobStatus": job});
        }
        Answer::status(409, job)
    };
    for wrapped in [true, false] {
        let server = Server::start().await;
        let host = host(vec![known(wrapped), done()]).await;
        live(&stage(&server, &host).await).await;
        assert_eq!(host.seen().len(), 2);
    }
}

#[tokio::test]
async fn what_the_host_refuses_is_said_in_its_words() {
    use FailureKind::{Rejected, Unavailable};
    let mut failed = job("JOB_STATE_FAILED");
    failed
        .as_object_mut()
        .unwrap()
        .extend([("failureCode".to_owned(), json!("validation_failure")), ("message".to_owned(), json!("Video is too long"))]);
    for (answers, kind, words) in [
        (vec![refusal(400, "unconfirmed_email", "Please confirm your email")], Rejected, "confirm your email"),
        (vec![refusal(413, "VideoTooLarge", "Too large")], Rejected, "Too large"),
        (vec![refusal(401, "AuthMissing", "No pass")], Unavailable, "No pass"),
        (vec![refusal(503, "ServiceOverloaded", "Busy")], Unavailable, "Busy"),
        (vec![Answer::Drop], Unavailable, "connection"),
        (vec![Answer::json(json!({"jobStatus": failed}))], Unavailable, "nothing more"),
        (vec![Answer::json(job("JOB_STATE_CREATED")), Answer::json(json!({"jobStatus": failed}))], Rejected, "too long"),
        (vec![Answer::json(json!({"ok": true}))], FailureKind::Unexpected, "without a job"),
    ] {
        let server = Server::start().await;
        let host = host(answers).await;
        let stage = stage(&server, &host).await;
        let failure = fails(&stage).await;
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(words), "{words}: {failure:?}");
        stage.assert_hides(&[PASS], Some(&failure));
        assert!(server.state().records.is_empty());
    }
}

#[tokio::test]
async fn killed_after_the_upload_it_is_not_uploaded_again() {
    let server = Server::start().await;
    let host = Arc::new(host(vec![Answer::json(job("JOB_STATE_CREATED")), done()]).await);
    let stage = stage(&server, &host).await;
    stage.ledger.crash_at("create");
    fails(&stage).await;
    live(&stage).await;
    assert_eq!((host.seen().len(), server.state().records.len()), (2, 1));
}
