//! Lists asked for at a platform on loopback: how often it is asked, what it is asked, and what its trouble means.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::{
    channels::{fake::reaching, fields, offer},
    providers::testing::{Answer as Said, Fake},
};

fn with(pairs: &[(&str, &str)]) -> Map<String, Json> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

async fn names(app: &App, channel: &Channel, name: &str, given: &[(&str, &str)], again: bool) -> Vec<String> {
    let with = with(given);
    let items = ask(app, &Question { channel, name, with: &with, again }).await.unwrap();
    items.iter().map(|item| item.name.clone()).collect()
}

#[tokio::test]
async fn an_answer_is_used_again_while_it_is_fresh_and_per_question() {
    let fake = Fake::start(|seen| Said::json(json!([{"id": "1", "name": format!("{} {:?}", seen.path, seen.query)}]))).await;
    let (app, channel, _dir) = reaching(&fake.url).await;
    let first = names(&app, &channel, "subs", &[("word", "ru"), ("junk", "x")], false).await;
    assert_eq!(first, [r#"/lists/subs {"query": "ru"}"#], "what is typed is the query, and nothing else goes along");
    assert_eq!(names(&app, &channel, "subs", &[("query", "ru")], false).await, first);
    assert_eq!(fake.seen().len(), 1);
    names(&app, &channel, "subs", &[("query", "go")], false).await;
    names(&app, &channel, "flairs", &[("sub", "/r/x")], false).await;
    names(&app, &channel, "subs", &[("query", "ru")], true).await;
    assert_eq!(fake.seen().len(), 3, "another question, another list, and asking anew");
    names(&app, &channel, "places", &[], false).await;
    names(&app, &channel, "places", &[], false).await;
    assert_eq!(fake.seen().len(), 2, "what is never fresh is asked for each time");
}

#[tokio::test]
async fn many_who_want_to_know_ask_once() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let fake = Fake::start(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let n = ASKED.fetch_add(1, Ordering::SeqCst);
        Said::json(json!([{"id": n.to_string(), "name": "A"}]))
    })
    .await;
    let (app, channel, _dir) = reaching(&fake.url).await;
    for again in [false, true] {
        let all = futures_util::future::join_all((0..8).map(|_| names(&app, &channel, "tags", &[], again))).await;
        assert!(all.iter().all(|list| list == &["A"]));
        assert_eq!(ASKED.swap(0, Ordering::SeqCst), 1, "again: {again}");
    }
}

#[tokio::test]
async fn a_wrong_question_never_leaves() {
    let fake = Fake::start(|_| Said::json(json!([]))).await;
    let (app, channel, _dir) = reaching(&fake.url).await;
    let failed = async |name: &str, given: &[(&str, &str)]| {
        let with = with(given);
        match ask(&app, &Question { channel: &channel, name, with: &with, again: false }).await {
            Err(Error::Invalid(errors)) => format!("{} {}", errors[0].field, errors[0].message.key),
            Err(e) => e.to_string(),
            Ok(items) => format!("{items:?}"),
        }
    };
    assert_eq!(failed("nothing", &[]).await, "lookup not found");
    assert_eq!(failed("flairs", &[]).await, "sub field.required");
    assert_eq!(failed("subs", &[("query", &"x".repeat(501))]).await, "query field.too_long");
    assert_eq!(failed("flairs", &[("sub", "a\nb")]).await, "sub field.one_line");
    assert_eq!(fake.seen().len(), 0);
}

/// The platform's words reach the form, the value stays, and the next look asks at once when it is asked to.
#[tokio::test]
async fn trouble_is_said_in_words_and_the_form_stays_usable() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/lists/tags" => Said::status(503, json!({"message": "The forum is being cleaned"})),
        "/lists/places" => Said::status(401, json!({"message": "token revoked"})),
        "/lists/flairs" => Said::status(429, json!({})),
        _ => Said::json(json!([{"id": "/r/x", "name": "X"}])),
    })
    .await;
    let (app, channel, _dir) = reaching(&fake.url).await;
    let about = channel.provider().unwrap().about();
    let values = json!({"sub": [{"value": {"sub": "/r/x", "flair": "f1"}}], "tags": ["a"], "place": "p1"});
    let mut form = fields::show(about.settings, &values, "s");
    let pairs = [("s[sub][0][sub][query]".to_owned(), "x".to_owned())];
    let typed = offer::Typed { pairs: &pairs, again: None, ask: true };
    offer::offer(&app, &channel, &mut form, typed).await.unwrap();
    let entry = &form[0].entries[0].fields;
    assert_eq!((entry[0].value.as_str(), entry[0].choices.len()), ("/r/x\tX", 1));
    assert_eq!(
        (entry[4].value.as_str(), entry[4].trouble.as_str()),
        ("f1", "Forum asks to slow down. Reload the list in a while.")
    );
    assert_eq!(form[1].trouble, "Forum could not be asked: The forum is being cleaned");
    assert_eq!(form[1].chosen[0].label, "a");
    assert!(form[3].trouble.contains("Connect it again"), "{}", form[3].trouble);
    fake.seen();
    let mut again = fields::show(about.settings, &values, "s");
    offer::offer(&app, &channel, &mut again, offer::Typed { again: Some("s[tags]"), ..typed }).await.unwrap();
    let asked: Vec<String> = fake.seen().into_iter().map(|seen| seen.path).collect();
    assert!(asked.contains(&"/lists/tags".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn people_are_found_where_the_platform_knows_them() {
    let fake = Fake::start(|seen| Said::json(json!([{"id": "ann", "name": "Ann", "picture": seen.query["query"]}]))).await;
    let (app, channel, _dir) = reaching(&fake.url).await;
    let found = people(&app, &channel, " @an").await.unwrap();
    assert_eq!((found[0].id.as_str(), found[0].picture.as_deref()), ("ann", Some("an")));
    people(&app, &channel, "an").await.unwrap();
    assert_eq!(fake.seen().len(), 1);
    assert!(people(&app, &channel, "  ").await.unwrap().is_empty());
    let other = Channel { provider: "sandbox".into(), ..channel };
    assert!(matches!(people(&app, &other, "an").await, Err(Error::NotFound("lookup"))));
}
