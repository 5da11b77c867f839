//! The same against a real WordPress, which `tests/peers/wordpress.sh` starts:
//! `eval $(RUN_DIR=/folder tests/peers/wordpress.sh start) cargo test --lib -- --ignored real_wordpress`

use chrono::{SubsecRound as _, Utc};
use serde_json::{Value as Json, json};

use super::{
    super::{Item, WordPress},
    live,
};
use crate::{
    http::Method,
    providers::{
        Answers, FailureKind, Found, Metric, Provider as _,
        testing::{Ledger, Purse, Stage, one, patient_client, png},
    },
};

#[tokio::test]
#[ignore = "needs WORDPRESS and WORDPRESS_PASSWORD, a real site and its application password"]
async fn real_wordpress() {
    let (site, password) = (std::env::var("WORDPRESS").unwrap(), std::env::var("WORDPRESS_PASSWORD").unwrap());
    let mut stage = Stage::new("", json!({}));
    stage.http = patient_client();
    stage.now = Utc::now().trunc_subsecs(3);
    stage.ledger = Ledger::new(stage.now);
    let answers = |password: &str| -> Answers {
        [("domain", site.as_str()), ("username", "admin"), ("password", password)]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into()
    };
    let wrong = WordPress.connect(&stage.access().link(), &answers("wrong")).await.unwrap_err();
    assert_eq!(wrong.kind, FailureKind::Reconnect, "{wrong:?}");
    let account = one(WordPress.connect(&stage.access().link(), &answers(&password)).await.unwrap());
    assert_eq!(account.name, "admin");
    stage.purse = Purse::new(account.credentials);

    let types = WordPress.lookup(&stage.access(), "postTypes", &json!({})).await.unwrap();
    assert!(types.contains(&Item::new("posts", "Posts")) && types.contains(&Item::new("pages", "Pages")), "{types:?}");
    assert!(!types.iter().any(|t| t.id == "media"), "{types:?}");
    let categories = WordPress.lookup(&stage.access(), "categories", &json!({})).await.unwrap();

    let title = format!("Bread & “butter” {}", stage.now.timestamp_millis());
    let mut stage = stage.text("First *line* & more\nSecond <line>").picture(400, 300, "A red \"square\"");
    let (file, cover) = (stage.media[0].clone(), stage.files.add(400, 300, ""));
    stage.files.fill(&file, png(), "image/png");
    stage.files.fill(&cover, png(), "image/png");
    stage.settings = json!({"title": title, "type": "posts", "main_image": {"id": cover.id}, "categories": [categories[0].id]});
    // The process dies after the publication; what is done again changes nothing.
    stage.ledger.crash_at("publish");
    WordPress.publish(&stage.call()).await.unwrap_err();
    let remote = live(&stage).await;
    let url = remote.url.clone().unwrap();
    // Debian's package brings no theme, so what readers get is asked of the API, without a password.
    let public = format!("{site}/wp-json/wp/v2/posts/{}", remote.id);
    let page = stage.http.request(Method::GET, &url).send().await.unwrap();
    let shown: Json = stage.http.request(Method::GET, &public).send().await.unwrap().json().unwrap();
    let html = shown["content"]["rendered"].as_str().unwrap();
    assert!(page.is_success() && html.contains("Second &lt;line&gt;"), "{shown}");
    assert!(html.contains("alt=\"A red &quot;square&quot;\""), "{html}");
    assert!(shown["featured_media"].as_i64().unwrap() > 0, "the cover is shown");

    let key = stage.ledger.key("publish");
    assert_eq!(WordPress.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote.clone()]));
    let seen = WordPress.candidates(&stage.call(), &key).await.unwrap();
    assert!(seen.iter().any(|c| c.remote == remote && c.text.contains("First *line* & more")), "{seen:?}");
    for words in [url.as_str(), remote.id.as_str(), &format!("{site}/?p={}", remote.id)] {
        let known = WordPress.recognise(&stage.call(), words).await.unwrap().map(|c| c.remote);
        assert_eq!(known.as_ref(), Some(&remote), "{words}");
    }
    assert_eq!(WordPress.recognise(&stage.call(), "999999").await.unwrap(), None);
    assert_eq!(WordPress.metrics(&stage.access(), &remote).await.unwrap(), [Metric::new("comments", 0)]);

    stage.media.clear();
    let stage = stage.text("Changed words");
    assert_eq!(WordPress.edit(&stage.call(), &remote).await.unwrap().url, remote.url, "it stays where it is");
    let again = stage.http.request(Method::GET, &public).send().await.unwrap();
    assert!(again.text().contains("Changed words"), "{}", again.text());

    let mut stray = Stage { settings: json!({"title": "x y", "type": "nothing"}), ..stage };
    stray.ledger = Ledger::new(stray.now);
    let refused = WordPress.publish(&stray.call()).await.unwrap_err();
    assert_eq!((refused.kind, refused.code.as_deref()), (FailureKind::Rejected, Some("rest_no_route")), "{refused:?}");
    WordPress.delete(&stray.call(), &remote).await.unwrap();
    WordPress.delete(&stray.call(), &remote).await.unwrap();
    assert!(!stray.http.request(Method::GET, &public).send().await.unwrap().is_success(), "it is in the trash");
}
