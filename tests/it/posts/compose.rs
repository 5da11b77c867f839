//! The composer without any script: what each button does, what is kept when something is wrong.

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta, Utc, Weekday};
use rostrum::delivery::TargetState;

use super::*;
use crate::both_databases;

/// The last Sunday of March of next year: clocks in Europe go forward at 02:00.
fn spring() -> NaiveDate {
    let end = NaiveDate::from_ymd_opt(Utc::now().year() + 1, 3, 31).unwrap();
    end.iter_days().rev().find(|d| d.weekday() == Weekday::Sun).unwrap()
}

both_databases! {
    /// Strangers are sent to the login and can save nothing.
    async fn strangers_are_sent_to_the_login(app) {
        let visitor = app.visitor();
        for path in ["/posts", "/posts/new", "/posts/0190", "/posts/0190/edit"] {
            assert!(visitor.get(path).await.expect(303).header("location").starts_with("/login"), "{path}");
        }
        assert_eq!(visitor.submit_multipart("/posts", |f| f.text("action", "save")).await.status, 401);
        assert_eq!(visitor.submit("/posts/0190/targets/0190/cancellation", &[]).await.status, 401);
    }

    /// A form without the session's token is refused before anything of it is read.
    async fn the_form_carries_the_token_of_the_session(app) {
        let owner = app.owner().await;
        let origin = format!("http://{}", app.address);
        let form = reqwest::multipart::Form::new().text("csrf", "wrong").text("when", "draft");
        let request = owner.browser.request(reqwest::Method::POST, "/posts").header("origin", origin).multipart(form);
        assert_eq!(owner.browser.send(request).await.status, 403);
    }

    /// The empty form offers every channel and chooses the only one.
    async fn the_empty_form_chooses_the_only_channel(app) {
        let owner = app.owner().await;
        assert!(owner.browser.get("/posts/new").await.expect(200).page().contains("You need a channel"));
        let one = channel(&app, owner.org, "Ann").await;
        let checked = |id| format!("value=\"{id}\" checked");
        assert!(owner.browser.get("/posts/new").await.expect(200).page().contains(&checked(one)));
        let two = channel(&app, owner.org, "Ben").await;
        let page = owner.browser.get("/posts/new").await.page();
        assert!(!page.contains(&checked(one)) && !page.contains(&checked(two)));
        let page = owner.browser.get(&format!("/posts/new?channel={two}")).await.page();
        assert!(page.contains(&checked(two)) && !page.contains(&checked(one)));
        let foreign = channel(&app, app.owner().await.org, "Eve").await;
        assert!(!owner.browser.get(&format!("/posts/new?channel={foreign}")).await.page().contains(&foreign.to_string()));
    }

    /// Every button but save gives the form back with what was typed.
    async fn buttons_keep_what_was_typed(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let base = [("channels", ann.as_str()), ("when", "at"), ("date", "2031-01-02"), ("time", "03:04"), ("zone", "Asia/Tokyo"),
            ("parts[0][text]", "first <b>"), ("parts[1][text]", "second"), ("parts[1][delay_minutes]", "7")];
        let press = |action: &'static str| {
            let fields: Vec<_> = base.iter().copied().chain([("action", action)]).collect();
            let owner = &owner;
            async move { submit(owner, "/posts", &fields).await.expect(200).page() }
        };
        let added = press("add_part").await;
        for kept in ["first &lt;b&gt;", "second", "value=\"7\"", "2031-01-02", "03:04", "value=\"Asia/Tokyo\" selected", "checked", "parts[2][text]"] {
            assert!(added.contains(kept), "{kept}");
        }
        let moved = press("move_up:1").await;
        assert!(moved.find("second").unwrap() < moved.find("first &lt;b&gt;").unwrap());
        let removed = press("remove_part:0").await;
        assert!(!removed.contains("first &lt;b&gt;") && removed.contains("second") && !removed.contains("parts[1][text]"));
        assert!(owner.browser.get("/posts").await.page().contains("Write your first post"), "nothing was saved");
    }

    /// A file goes into the library and stays in its part; one that is no picture is said to be none.
    async fn files_go_into_their_part(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let with = |action: &'static str, bytes: Vec<u8>| {
            let ann = ann.clone();
            move |form: Form| {
                let form = form.text("channels", ann).text("when", "draft").text("zone", "UTC").text("parts[0][text]", "words");
                file(file(form, "parts[0][files]", "loom.png", bytes), "parts[0][files]", "", vec![]).text("action", action)
            }
        };
        let page = owner.browser.submit_multipart("/posts", with("upload", png())).await.expect(200).page();
        let id = page.split("data-media=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(page.contains("words") && page.contains("/media/file/"));
        let alt = format!("parts[0][alt][{id}]");
        let fields = [("channels", ann.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][media]", id.as_str()), (alt.as_str(), "A loom")];
        let removed: Vec<_> = fields.iter().copied().chain([("action", "remove_media:0:x")]).collect();
        assert!(submit(&owner, "/posts", &removed).await.page().contains(&format!("data-media=\"{id}\"")), "no such picture");
        let action = format!("remove_media:0:{id}");
        let removed: Vec<_> = fields.iter().copied().chain([("action", action.as_str())]).collect();
        assert!(!submit(&owner, "/posts", &removed).await.expect(200).page().contains(&format!("data-media=\"{id}\"")));
        let post = led_to(&submit(&owner, "/posts", &fields).await);
        let media = &listed(&app, &owner, post).await[0].parts[0].media.0;
        assert_eq!((media[0].id.to_string(), media[0].alt.as_str()), (id, "A loom"));
        let wrong = owner.browser.submit_multipart("/posts", with("save", b"<html>no picture</html>".to_vec())).await.expect(422).page();
        assert!(wrong.contains("words") && wrong.contains("id=\"e-parts[0][files]\""), "{wrong}");
        let both = owner.browser.submit_multipart("/posts", with("save", png())).await;
        assert_eq!(listed(&app, &owner, led_to(&both)).await[0].parts[0].media.0.len(), 1, "saving takes files as well");
    }

    /// What is wrong stands at its field, what was typed stays, nothing is saved.
    async fn what_is_wrong_is_named_and_nothing_lost(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let long = "word ".repeat(120);
        let fields = [("channels", ann.as_str()), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", long.as_str())];
        let page = submit(&owner, "/posts", &fields).await.expect(422).page();
        assert!(page.contains("This part is 99 characters too long for Ann"), "{page}");
        assert!(page.contains(long.trim()) && page.contains("id=\"e-parts[0][text]\""));
        let past = [("channels", ann.as_str()), ("when", "at"), ("date", "2020-02-30"), ("time", "x"), ("zone", "Mars/Base"), ("parts[0][text]", "hi")];
        let page = submit(&owner, "/posts", &past).await.expect(422).page();
        for field in ["e-date", "e-time", "e-zone"] {
            assert!(page.contains(&format!("id=\"{field}\"")), "{field}");
        }
        let past = [("channels", ann.as_str()), ("when", "at"), ("date", "2020-02-03"), ("time", "10:00"), ("zone", "UTC"), ("parts[0][text]", "hi")];
        assert!(submit(&owner, "/posts", &past).await.expect(422).page().contains("This time has passed."));
        let nowhere = [("when", "now"), ("zone", "UTC"), ("parts[0][text]", "hi")];
        assert!(submit(&owner, "/posts", &nowhere).await.expect(422).page().contains("Choose at least one channel"));
        let setting = format!("settings[{ann}][visibility]");
        let odd = [("channels", ann.as_str()), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", "hi"), (setting.as_str(), "martians")];
        assert!(submit(&owner, "/posts", &odd).await.expect(422).page().contains(&format!("id=\"e-{setting}\"")));
        let wait = [("channels", ann.as_str()), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", "a"), ("parts[1][text]", "b"), ("parts[1][delay_minutes]", "soon")];
        assert!(submit(&owner, "/posts", &wait).await.expect(422).page().contains("The wait is a number of minutes"));
        assert!(owner.browser.get("/posts").await.page().contains("Write your first post"));
    }

    /// Neither channels nor pictures of others can be used.
    async fn what_belongs_to_others_is_unknown(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let foreign = channel(&app, other.org, "Eve").await.to_string();
        let theirs = picture(&app, &other).await.to_string();
        let post = |channel: String, media: String| {
            let owner = &owner;
            async move {
                submit(owner, "/posts", &[("channels", &channel), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "kept words"), ("parts[0][media]", &media)]).await
            }
        };
        let page = post(foreign, String::new()).await.expect(422).page();
        assert!(page.contains("There is no such channel.") && page.contains("kept words"));
        let page = post(ann, theirs).await.expect(422).page();
        assert!(page.contains("This picture or film is not in your library.") && page.contains("kept words"));
    }

    /// The wall clock of the chosen zone decides: a skipped hour means the end of the gap.
    async fn f9_times_are_of_the_chosen_zone(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let day = spring();
        for (date, time, zone, expected) in [
            (day, "02:30", "Europe/Berlin", format!("{day}T01:00:00Z")),
            (day, "03:30", "Europe/Berlin", format!("{day}T01:30:00Z")),
            (day - Days::new(1), "02:30", "Europe/Berlin", format!("{}T01:30:00Z", day - Days::new(1))),
            (day, "02:30", "Asia/Kolkata", format!("{}T21:00:00Z", day - Days::new(1))),
        ] {
            let date = date.to_string();
            let fields = [("channels", ann.as_str()), ("when", "at"), ("date", &date), ("time", time), ("zone", zone), ("parts[0][text]", "hi")];
            let post = led_to(&submit(&owner, "/posts", &fields).await);
            let target = &listed(&app, &owner, post).await[0].target;
            assert_eq!((target.due_at, target.zone.as_str()), (Some(instant(&expected)), zone), "{date} {time}");
            assert_eq!(target.state, TargetState::Scheduled);
        }
    }

    /// Now, and a time that has just passed, are due at once; a thread keeps its waits; settings are typed.
    async fn a_thread_is_saved_as_it_was_written(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await.to_string(), channel(&app, owner.org, "Ben").await.to_string());
        let setting = format!("settings[{ann}][visibility]");
        let before = app.app.clock.now();
        let fields = [("channels", ann.as_str()), ("channels", ben.as_str()), ("when", "now"), ("zone", "UTC"), (setting.as_str(), "followers"),
            ("parts[0][text]", "one\r\n\r\n<script>"), ("parts[1][text]", "two"), ("parts[1][delay_minutes]", "5"), ("action", "save")];
        let answer = submit(&owner, "/posts", &fields).await;
        let targets = listed(&app, &owner, led_to(&answer)).await;
        assert_eq!(targets.len(), 2);
        let first = &targets[0];
        assert_eq!(first.content(), "<p>one</p><p></p><p>&lt;script&gt;</p>");
        assert_eq!((first.parts[1].delay_seconds, first.target.settings["visibility"].as_str()), (300, Some("followers")));
        assert_eq!(targets[1].target.settings["visibility"], "public");
        assert!(first.target.due_at.unwrap() >= before && first.target.due_at.unwrap() <= app.app.clock.now());
        let due: (i64,) = q("SELECT count(*) FROM lanes WHERE next_due IS NOT NULL").one(&app.app.db).await.unwrap();
        assert_eq!(due.0, 2, "the engine hears of both");
        let just = app.app.clock.now() - TimeDelta::minutes(9);
        let saved = saved(&app, &owner, When::At(just), vec![entry(ann.parse().unwrap(), &["hi"])]).await;
        assert!(listed(&app, &owner, saved.post).await[0].target.due_at.unwrap() > just);
        let page = owner.browser.get(answer.header("location")).await.expect(200).page();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>\n") && page.contains("It goes out now."));
        assert!(page.contains("5 minutes after part 1"));
    }

    /// A draft needs no channel; it is found in the list, edited, placed and deleted.
    async fn a_draft_needs_no_channel(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let fields = [("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "An idea about logarithms")];
        let post = led_to(&submit(&owner, "/posts", &fields).await);
        assert!(owner.browser.get("/posts?state=draft").await.page().contains("An idea about logarithms"));
        let page = owner.browser.get(&format!("/posts/{post}")).await.expect(200).page();
        assert!(page.contains("An idea about logarithms") && page.contains("a draft without a channel"));
        let edit = format!("/posts/{post}");
        assert!(owner.browser.get(&format!("{edit}/edit")).await.expect(200).page().contains("An idea about logarithms"));
        let placed = [("version", "1"), ("channels", ann.as_str()), ("when", "slot"), ("zone", "UTC"), ("parts[0][text]", "The idea")];
        assert_eq!(led_to(&submit(&owner, &edit, &placed).await), post);
        assert_eq!(listed(&app, &owner, post).await[0].target.state, TargetState::Scheduled);
        assert!(!owner.browser.get("/posts?state=draft").await.page().contains("The idea"));
        let empty = submit(&owner, "/posts", &[("when", "draft"), ("zone", "UTC"), ("parts[0][text]", " ")]).await;
        assert!(empty.expect(422).page().contains("Write something"));
    }
}
