//! The provider on a platform that behaves: connecting, threads, media, settings, deleting, the platform's words.

use std::collections::BTreeMap;

use rostrum::{
    error::FailureKind,
    providers::{self, Found},
};
use serde_json::json;

use super::{
    Platform,
    doubles::{BYTES, Part, connect, http},
};

#[tokio::test]
async fn connecting_the_same_handle_again_is_the_same_account() {
    let platform = Platform::start().await;
    let (http, none) = (http(), BTreeMap::new());
    let server = format!("{}/", platform.url);
    let first = connect(&http, &none, &[("server", &server), ("handle", "@ann")]).await.unwrap();
    let again = connect(&http, &none, &[("server", &server), ("handle", "ann")]).await.unwrap();
    assert_eq!((&first.id, &first.credentials), (&again.id, &again.credentials));
    assert_eq!((first.handle.as_str(), first.url.unwrap()), ("ann", format!("{}/@ann", platform.url)));
    assert_eq!(first.credentials["server"], platform.url);
    let unnamed = connect(&http, &none, &[("server", &server)]).await.unwrap();
    assert_eq!(unnamed.handle, "me");
}

#[tokio::test]
async fn connecting_needs_a_server_and_a_handle_that_fits() {
    let platform = Platform::start().await;
    let (http, none) = (http(), BTreeMap::new());
    assert_eq!(connect(&http, &none, &[]).await.unwrap_err().kind, FailureKind::Rejected);
    let failure = connect(&http, &none, &[("server", &platform.url), ("handle", "Ann Bee")]).await.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (FailureKind::Rejected, Some("invalid_handle")));
    assert!(failure.message.contains("1 to 40"), "{}", failure.message);
}

#[tokio::test]
async fn a_thread_with_pictures_and_a_video_arrives_as_it_was_written() {
    let platform = Platform::start().await;
    let root = Part::of(&platform.url, "One\nline").await.with("image/png").with("image/jpeg");
    let first = root.live().await;
    let mut reply = Part::of(&platform.url, "Two").await.with("video/mp4");
    reply.thread = vec![first.clone()];
    reply.settings = json!({"visibility": "followers"});
    let second = reply.live().await;
    let mut last = Part::of(&platform.url, "Three").await;
    last.thread = vec![first.clone(), second.clone()];
    last.live().await;

    let listed = platform.client.get("/api/posts?account=me").await.expect(200).json();
    let posts = listed["posts"].as_array().unwrap();
    assert_eq!(posts.iter().map(|p| p["text"].as_str().unwrap()).collect::<Vec<_>>(), ["Three", "Two", "One\nline"]);
    assert_eq!((&posts[0]["reply_to"], &posts[1]["reply_to"]), (&json!(second.id), &json!(first.id)));
    assert_eq!((&posts[1]["visibility"], &posts[2]["visibility"]), (&json!("followers"), &json!("public")));
    assert_eq!(posts[2]["media"].as_array().unwrap().len(), 2);
    let video = &posts[1]["media"][0];
    assert_eq!((&video["mime"], &video["alt"]), (&json!("video/mp4"), &json!("four pixels")));
    let stored = platform.client.get(&format!("/media/{}", video["upload"].as_str().unwrap())).await.expect(200);
    assert_eq!((stored.body.as_slice(), stored.header("content-type")), (BYTES, "video/mp4"));
    assert_eq!(posts[2]["url"], first.url.unwrap());
}

#[tokio::test]
async fn finished_steps_are_not_repeated() {
    let platform = Platform::start().await;
    let part = Part::of(&platform.url, "Hello").await.with("image/png");
    assert_eq!(part.live().await, part.live().await);
    assert_eq!(platform.count().await, 1);
    assert!(matches!(part.find().await.unwrap(), Found::Yes(remotes) if remotes == [part.live().await]));
}

#[tokio::test]
async fn the_platforms_words_reach_the_failure() {
    let platform = Platform::start().await;
    platform.behave(json!({"mode": "reject", "times": 1})).await;
    let failure = Part::of(&platform.url, "refused").await.publish().await.unwrap_err();
    assert_eq!((failure.kind, failure.code.as_deref()), (FailureKind::Rejected, Some("rejected")));
    assert_eq!(failure.message, "the platform does not like this");
    Part::of(&platform.url, &"é".repeat(500)).await.live().await;
}

#[tokio::test]
async fn a_post_can_be_taken_down_and_taking_it_down_again_is_no_error() {
    let platform = Platform::start().await;
    let part = Part::of(&platform.url, "Hello").await;
    let remote = part.live().await;
    part.delete(&remote).await.unwrap();
    part.delete(&remote).await.unwrap();
    assert_eq!(part.find().await.unwrap(), Found::No);
    platform.client.get(&format!("/api/posts/{}", remote.id)).await.expect(404);
    assert_eq!((platform.count().await, &platform.stats().await["deleted"]), (1, &json!(1)));
}

#[test]
fn the_registry_knows_it() {
    let about = providers::find("sandbox").unwrap().about();
    assert!(about.can.publish && about.can.thread && about.can.find && about.can.delete);
    assert_eq!((about.limits.text.max, about.limits.images, about.limits.videos, about.limits.mixed), (500, 4, 1, false));
}
