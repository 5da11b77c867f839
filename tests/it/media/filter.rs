//! The library's filters, its tags, what is done with several files at once, and the files that the composer offers.

use reqwest::Method;
use rostrum::media::Media;

use super::{html, samples, stored};
use crate::{
    both_databases,
    support::{Client, Owner, TestApp},
};

/// The names that a page lists, in order.
async fn names(browser: &Client, path: &str) -> Vec<String> {
    let page = html(browser.get(path).await.expect(200));
    page.split("class=\"media-name\"")
        .skip(1)
        .map(|rest| rest.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned())
        .collect()
}

async fn save(owner: &Owner, media: &Media, fields: &[(&str, &str)]) {
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("_method", "PUT")]).collect();
    owner.browser.submit(&format!("/media/{}", media.id), &fields).await.expect(303);
}

async fn shelf(app: &TestApp, owner: &Owner) -> [Media; 3] {
    let cafe = stored(app, owner, "Café Zürich.png", &samples::png(8, 8)).await;
    let wheel = stored(app, owner, "wheel.gif", &samples::animated_gif(8, 8)).await;
    let film = stored(app, owner, "press.mp4", &samples::mp4(64, 32, 75, false)).await;
    save(owner, &wheel, &[("alt", "A wheel that turns"), ("tags", "Launch, summer")]).await;
    save(owner, &cafe, &[("tags", "launch")]).await;
    [cafe, wheel, film]
}

both_databases! {
    /// By pieces of words whatever their case and accents, kind, tag, and what is missing; the address holds it.
    async fn a_library_is_filtered(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        shelf(&app, &owner).await;
        for (query, expected) in [
            ("", vec!["press.mp4", "wheel.gif", "Café Zürich.png"]),
            ("?q=cafe", vec!["Café Zürich.png"]),
            ("?q=ZUR+caf", vec!["Café Zürich.png"]),
            ("?q=turns", vec!["wheel.gif"]),
            ("?q=%25", vec!["press.mp4", "wheel.gif", "Café Zürich.png"]),
            ("?q=cafe+turns", vec![]),
            ("?kind=film", vec!["press.mp4"]),
            ("?kind=gif", vec!["wheel.gif"]),
            ("?kind=picture", vec!["Café Zürich.png"]),
            ("?tag=LAUNCH", vec!["wheel.gif", "Café Zürich.png"]),
            ("?tag=summer&q=caf", vec![]),
            ("?only=no_alt", vec!["press.mp4", "Café Zürich.png"]),
            ("?only=unused&kind=gif", vec!["wheel.gif"]),
        ] {
            assert_eq!(names(&owner.browser, &format!("/media{query}")).await, expected, "{query}");
            assert_eq!(names(&other.browser, &format!("/media{query}")).await, Vec::<String>::new(), "{query}");
        }
        let page = html(owner.browser.get("/media?tag=launch&q=nothing").await.expect(200));
        assert!(page.contains("No file fits") && page.contains("value=\"launch\" selected"), "{page}");
        assert!(page.contains("3 files") && page.contains("1 GIF") && page.contains("1 film"), "{page}");
        assert!(!html(other.browser.get("/media").await.expect(200)).contains("aunch"));
    }

    /// What a draft without a channel shows is used, too, and stays.
    async fn drafts_without_a_channel_use_files(app) {
        let owner = app.owner().await;
        let [cafe, ..] = shelf(&app, &owner).await;
        let id = cafe.id.to_string();
        let (media, text) = (id.clone(), "loose");
        let draft = |form: reqwest::multipart::Form| {
            form.text("parts[0][text]", text).text("parts[0][media]", media).text("when", "draft").text("action", "save")
        };
        owner.browser.submit_multipart("/posts", draft).await.expect(303);
        assert_eq!(names(&owner.browser, "/media?only=unused").await, ["press.mp4", "wheel.gif"]);
        owner.browser.submit("/media/bulk", &[("action", "delete"), ("id", &id)]).await.expect(303);
        assert!(names(&owner.browser, "/media").await.contains(&"Café Zürich.png".to_owned()));
    }

    /// A script gets the next files alone; the composer's dialog its own list.
    async fn the_next_files_come_alone(app) {
        let owner = app.owner().await;
        for n in 0..61 {
            stored(&app, &owner, &format!("{n:02}.png"), &samples::png(8, 8)).await;
        }
        let page = html(owner.browser.get("/media?q=png").await.expect(200));
        let next = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let request = owner.browser.request(Method::GET, &next).header("hx-request", "true");
        let answer = owner.browser.send(request).await.expect(200);
        assert!(answer.header("vary").to_lowercase().contains("hx-request"));
        let rest = html(answer);
        assert!(!rest.contains("<html") && rest.contains("00.png") && !rest.contains("01.png") && !rest.contains("rel=\"next\""), "{rest}");
        let picker = html(owner.browser.get("/media/picker?q=60").await.expect(200));
        assert!(!picker.contains("<html") && picker.contains("data-name=\"60.png\"") && !picker.contains("59.png"), "{picker}");
        assert_eq!(app.visitor().get("/media/picker").await.status, 303);
    }

    /// Tags are given to and taken from several at once, deleted ones come back together; files of others stay as they are.
    async fn several_files_are_changed_at_once(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let [cafe, wheel, film] = shelf(&app, &owner).await;
        let theirs = stored(&app, &other, "theirs.png", &samples::png(8, 8)).await;
        let (a, b, c) = (film.id.to_string(), wheel.id.to_string(), theirs.id.to_string());
        let all = |action: &'static str, tag: &'static str| {
            vec![("action", action), ("tag", tag), ("id", &*a), ("id", &*b), ("id", &*c), ("id", "x"), ("back", "/media?kind=film")]
        };
        let answer = owner.browser.submit("/media/bulk", &all("tag", " LAUNCH ")).await.expect(303);
        assert_eq!(answer.header("location"), "/media?kind=film");
        let tags = Media::tags(&app.app.db, owner.org, &[cafe.id, wheel.id, film.id]).await.unwrap();
        assert_eq!((&tags[&film.id], &tags[&wheel.id]), (&vec!["Launch".to_owned()], &vec!["Launch".to_owned(), "summer".to_owned()]));
        assert!(Media::tags(&app.app.db, other.org, &[theirs.id]).await.unwrap().is_empty());
        owner.browser.submit("/media/bulk", &all("untag", "launch")).await.expect(303);
        assert_eq!(names(&owner.browser, "/media?tag=launch").await, ["Café Zürich.png"]);
        owner.browser.submit("/media/bulk", &all("delete", "")).await.expect(303);
        let page = html(owner.browser.get("/media").await.expect(200));
        assert!(page.contains("2 files are no longer in the library."), "{page}");
        assert_eq!(names(&other.browser, "/media").await, ["theirs.png"]);
        let undo = page.split("action=\"/media/restorations/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let undo = format!("/media/restorations/{undo}");
        other.browser.submit(&undo, &[]).await.expect(404);
        owner.browser.submit(&undo, &[]).await.expect(303);
        assert_eq!(names(&owner.browser, "/media").await.len(), 3);
        owner.browser.submit(&undo, &[]).await.expect(404);
        for moment in ["x", "9223372036854775807", "-1"] {
            owner.browser.submit(&format!("/media/restorations/{moment}"), &[]).await.expect(404);
        }
    }

    /// What cannot be done is said, and nothing is done.
    async fn what_cannot_be_done_at_once_is_said(app) {
        let owner = app.owner().await;
        let [cafe, ..] = shelf(&app, &owner).await;
        let id = cafe.id.to_string();
        let long = "x".repeat(41);
        for (fields, words) in [
            (vec![("action", "delete")], "Choose a file first."),
            (vec![("action", "tag"), ("id", &*id)], "Write a tag first."),
            (vec![("action", "tag"), ("id", &*id), ("tag", &*long)], "A tag can have 40 characters."),
        ] {
            let answer = owner.browser.submit("/media/bulk", &[&fields[..], &[("back", "//evil.example")][..]].concat()).await.expect(303);
            assert_eq!(answer.header("location"), "/media");
            assert!(html(owner.browser.get("/media").await.expect(200)).contains(words), "{words}");
        }
        owner.browser.submit("/media/bulk", &[("action", "burn"), ("id", &id)]).await.expect(400);
        assert_eq!(names(&owner.browser, "/media").await.len(), 3);
    }
}
