//! Threads in the composer: split to fit, merged; previews and the checklist beside them.

use super::*;
use crate::both_databases;

fn form<'a>(channel: &'a str, text: &'a str, action: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("channels", channel), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", text), ("action", action)]
}

both_databases! {
    /// The button makes parts that fit, the script gets the same pieces, and nothing is lost.
    async fn a_long_text_becomes_a_thread(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let long = format!("{}\n\n{}", "First words. ".repeat(30).trim(), "Second words. ".repeat(30).trim());
        let page = submit(&owner, "/posts", &form(&ann, &long, "split:0")).await.expect(200).page();
        assert!(page.contains("parts[1][text]") && !page.contains("parts[3][text]"), "{page}");
        let pieces = owner.browser.submit("/posts/new/pieces", &form(&ann, &long, "split:0")).await.expect(200).json();
        let pieces: Vec<&str> = pieces["parts"].as_array().unwrap().iter().map(|p| p["text"].as_str().unwrap()).collect();
        assert!(pieces.len() >= 2 && pieces.iter().all(|p| p.chars().count() <= 500), "{pieces:?}");
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&pieces.concat()), bare(&long));
        let short = owner.browser.submit("/posts/new/pieces", &form(&ann, "short", "split:0")).await.expect(200).json();
        assert_eq!(short["parts"], json!([]));
        for action in ["split:7", "save", "split:x"] {
            assert_eq!(owner.browser.submit("/posts/new/pieces", &form(&ann, &long, action)).await.expect(200).json()["parts"], json!([]), "{action}");
        }
        let two = [("parts[0][text]", "one"), ("parts[1][text]", "two"), ("when", "draft"), ("zone", "UTC"), ("action", "merge:1")];
        let page = submit(&owner, "/posts", &two).await.expect(200).page();
        assert!(page.contains("one\n\ntwo</textarea>") && !page.contains("parts[1][text]"));
    }

    /// Previews for each channel, and a checklist that names channel, field and what mends it.
    async fn previews_and_checklist_follow_the_form(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await.to_string(), channel(&app, owner.org, "Ben").await.to_string());
        let long = "word ".repeat(120);
        let both = [form(&ann, long.trim(), ""), vec![("channels", ben.as_str())]].concat();
        let page = owner.browser.submit("/posts/new/looks", &both).await.expect(200).page();
        assert!(page.contains("look-over") && page.contains("599 / 500") && page.contains("value=\"split:0\"") && page.contains("#f-parts[0][text]"), "{page}");
        assert!(page.contains("Ann") && page.contains("Ben") && !page.contains("<html"));
        let own = [form(&ann, "see https://example.org/x @ann #rust <b>", ""), vec![("channels", ben.as_str())]].concat();
        let (marker, text) = (format!("own[{ben}]"), format!("own[{ben}][0][text]"));
        let own = [own, vec![(marker.as_str(), "on"), (text.as_str(), "for Ben")]].concat();
        let page = owner.browser.submit("/posts/new/looks", &own).await.expect(200).page();
        assert!(page.contains("Ready to go out") && page.contains("for Ben") && page.contains("own text"), "{page}");
        assert!(page.contains("<span class=\"look-link\">https://example.org/x</span>") && page.contains("&lt;b&gt;"));
        let media = picture(&app, &owner).await.to_string();
        let many: Vec<String> = { let mut all = vec![media]; for _ in 0..5 { all.push(other_picture(&app, &owner, all.len()).await) } all };
        let mut fields = form(&ann, "pictures", "");
        fields.extend(many.iter().map(|id| ("parts[0][media]", id.as_str())));
        let page = owner.browser.submit("/posts/new/looks", &fields).await.expect(200).page();
        assert!(page.contains("value=\"keep_media:0:4\"") && page.contains("no description") && page.contains("+2"), "{page}");
        let foreign = channel(&app, app.owner().await.org, "Eve").await.to_string();
        let page = owner.browser.submit("/posts/new/looks", &form(&foreign, "hello", "")).await.expect(200).page();
        assert!(!page.contains("Eve"));
        assert_eq!(app.visitor().submit("/posts/new/looks", &form(&ann, "x", "")).await.status, 401);
        assert!(owner.browser.get("/posts").await.page().contains("Write your first post"), "nothing was saved");
    }
}

async fn other_picture(app: &TestApp, owner: &Owner, side: usize) -> String {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let side = u32::try_from(side).unwrap() + 5;
    image::RgbImage::new(side, side).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    rostrum::media::upload(&app.app, &caller(owner), "x.png", bytes.into_inner().as_slice()).await.unwrap().id.to_string()
}
