//! The same against a real Ghost that is set up and has an Admin API key:
//! `GHOST=http://127.0.0.1:2368 GHOST_KEY=id:secret cargo test --lib -- --ignored real_ghost`

use chrono::{SubsecRound as _, Utc};
use serde_json::json;

use super::{super::Ghost, live};
use crate::{
    http::Method,
    providers::{
        Answers, FailureKind, Found, Provider as _,
        testing::{Ledger, Purse, Stage, one, patient_client, png},
    },
};

#[tokio::test]
#[ignore = "needs GHOST and GHOST_KEY, a real site and its Admin API key"]
async fn real_ghost() {
    let (site, secret) = (std::env::var("GHOST").unwrap(), std::env::var("GHOST_KEY").unwrap());
    let mut stage = Stage::new("", json!({}));
    stage.http = patient_client();
    stage.now = Utc::now().trunc_subsecs(3);
    stage.ledger = Ledger::new(stage.now);
    let answers =
        |key: &str| -> Answers { [("url", site.as_str()), ("apiKey", key)].map(|(n, v)| (n.to_owned(), v.to_owned())).into() };
    let (id, _) = secret.split_once(':').unwrap();
    let wrong = Ghost.connect(&stage.access().link(), &answers(&format!("{id}:{}", "0".repeat(64)))).await.unwrap_err();
    assert_eq!(wrong.kind, FailureKind::Reconnect, "{wrong:?}");
    let account = one(Ghost.connect(&stage.access().link(), &answers(&secret)).await.unwrap());
    stage.purse = Purse::new(account.credentials);
    assert_eq!(Ghost.whoami(&stage.access()).await.unwrap().id, account.id);
    for name in ["tags", "newsletters", "users", "tiers"] {
        let items = Ghost.lookup(&stage.access(), name, &json!({})).await.unwrap();
        assert!(name == "tags" || !items.is_empty(), "{name}");
    }

    let title = format!("Bread & butter {}", stage.now.timestamp_millis());
    let mut stage = stage.text("First line & more\nSecond <line>").picture(400, 300, "A red \"square\"");
    let (file, cover) = (stage.media[0].clone(), stage.files.add(400, 300, ""));
    stage.files.fill(&file, png(), "image/png");
    stage.files.fill(&cover, png(), "image/png");
    stage.settings = json!({
        "title": title, "main_image": {"id": cover.id}, "feature_image_alt": "Cover", "excerpt": "Short words",
        "tags": [{"value": "x", "label": "Fresh"}], "featured": true, "meta_title": "For machines",
    });
    // The process dies after the publication; what is done again changes nothing.
    stage.ledger.crash_at("publish");
    Ghost.publish(&stage.call()).await.unwrap_err();
    let remote = live(&stage).await;
    let url = remote.url.clone().unwrap();
    let page = stage.http.request(Method::GET, &url).send().await.unwrap();
    let html = page.text();
    assert!(page.is_success(), "{url}: {}", page.status);
    assert!(html.contains("Second &lt;line&gt;") && html.contains("A red &quot;square&quot;"), "{html}");
    assert!(html.contains("For machines") && html.contains("Fresh"), "{html}");

    let key = stage.ledger.key("publish");
    assert_eq!(Ghost.find(&stage.call(), &key).await.unwrap(), Found::Yes(vec![remote.clone()]));
    let seen = Ghost.candidates(&stage.call(), &key).await.unwrap();
    assert!(seen.iter().any(|c| c.remote == remote && c.text.contains("First line & more")), "{seen:?}");
    for words in [url.as_str(), remote.id.as_str()] {
        let known = Ghost.recognise(&stage.call(), words).await.unwrap().map(|c| c.remote);
        assert_eq!(known.as_ref(), Some(&remote), "{words}");
    }
    let nobody = "0".repeat(24);
    assert_eq!(Ghost.recognise(&stage.call(), &nobody).await.unwrap(), None);
    Ghost.metrics(&stage.access(), &remote).await.unwrap();

    // A change of a post as it was before somebody else's change is refused, and the post is looked at again.
    let stale = super::super::Post {
        updated_at: Some("2026-01-01T00:00:00.000Z".into()),
        status: Some("draft".into()),
        ..super::read::one(&stage.access(), &remote.id).await.unwrap()
    };
    assert!(super::release(&stage.call(), stale, crate::providers::StepKey { earlier: 0, ..key }).await.unwrap().is_live());

    stage.media.clear();
    let stage = stage.text("Changed words");
    assert_eq!(Ghost.edit(&stage.call(), &remote).await.unwrap().url, remote.url, "it stays where it is");
    assert!(stage.http.request(Method::GET, &url).send().await.unwrap().text().contains("Changed words"));

    let mut draft = Stage { settings: json!({"title": format!("{title} draft"), "status": "draft"}), ..stage };
    draft.ledger = Ledger::new(draft.now);
    let kept = live(&draft).await;
    assert_eq!(Ghost.find(&draft.call(), &draft.ledger.key("draft")).await.unwrap(), Found::Yes(vec![kept.clone()]));
    for gone in [&kept, &remote, &remote] {
        Ghost.delete(&draft.call(), gone).await.unwrap();
    }
    let mut long = Stage { settings: json!({"title": "x".repeat(300)}), ..draft };
    long.ledger = Ledger::new(long.now);
    let refused = Ghost.publish(&long.call()).await.unwrap_err();
    assert_eq!((refused.kind, refused.code.as_deref()), (FailureKind::Rejected, Some("ValidationError")), "{refused:?}");
}
