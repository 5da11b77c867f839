//! A text of its own for one channel, without any script: given, changed, taken back, kept over an edit.

use chrono::TimeDelta;

use super::*;
use crate::both_databases;

both_databases! {
    /// Two channels, two texts; each target gets its own, and the common one reaches the other.
    async fn a_channel_gets_its_own_text(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let (a, b) = (ann.to_string(), ben.to_string());
        let give = format!("override:{b}");
        let base = [("channels", a.as_str()), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", "for all")];
        let page = submit(&owner, "/posts", &[base.to_vec(), vec![("action", give.as_str())]].concat()).await.expect(200).page();
        let own = format!("own[{b}]");
        assert!(page.contains(&format!("name=\"{own}\" value=\"on\"")) && page.contains(&format!("value=\"{b}\" checked")), "{page}");
        assert_eq!(page.matches("for all</textarea>").count(), 2, "it begins with the common text");
        let text = format!("{own}[0][text]");
        let fields = [base.to_vec(), vec![("channels", &b), (&own, "on"), (&text, "for Ben")]].concat();
        let post = led_to(&submit(&owner, "/posts", &fields).await);
        let texts: Vec<String> = listed(&app, &owner, post).await.iter().map(|l| l.content().to_owned()).collect();
        assert_eq!(texts, ["<p>for all</p>", "<p>for Ben</p>"]);
    }

    /// Back to the common text, and that taken back: what was written for one channel is not lost on the way.
    async fn the_common_text_comes_back_and_can_be_undone(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await.to_string(), channel(&app, owner.org, "Ben").await.to_string());
        let (own, text) = (format!("own[{ben}]"), format!("own[{ben}][0][text]"));
        let form = |state: &'static str, action: String| {
            let (owner, ann, ben, own, text) = (&owner, ann.clone(), ben.clone(), own.clone(), text.clone());
            async move {
                let fields = [("channels", ann.as_str()), ("channels", &ben), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "for all"),
                    (&own, state), (&text, "for Ben"), ("action", &action)];
                submit(owner, "/posts", &fields).await
            }
        };
        let page = form("on", format!("common:{ben}")).await.expect(200).page();
        assert!(page.contains(&format!("name=\"{own}\" value=\"off\"")) && page.contains("for Ben"));
        assert!(page.contains("Use the own text of Ben again"));
        let saved = led_to(&form("off", "save".into()).await);
        assert_eq!(listed(&app, &owner, saved).await[1].content(), "<p>for all</p>");
        let page = form("off", format!("override:{ben}")).await.expect(200).page();
        assert!(page.contains(&format!("name=\"{own}\" value=\"on\"")) && page.contains("for Ben"));
    }

    /// A post whose texts differ opens with them apart: saving it unchanged changes nothing.
    async fn differing_texts_are_never_made_one(app) {
        let owner = app.owner().await;
        let (ann, ben, cat) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await, channel(&app, owner.org, "Cat").await);
        let soon = app.app.clock.now() + TimeDelta::hours(5);
        let entries = vec![entry(ann, &["<p>to <strong>all</strong></p>"]), entry(ben, &["to Ben", "and more"]), entry(cat, &["<p>to <strong>all</strong></p>"])];
        let post = saved(&app, &owner, When::At(soon), entries).await.post;
        let before = listed(&app, &owner, post).await;
        let page = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        let own = format!("own[{ben}]");
        assert!(page.contains(&format!("name=\"{own}\" value=\"on\"")) && page.contains("and more") && !page.contains(&format!("name=\"own[{cat}]\"")));
        let id = |target: usize, part: usize| before[target].parts[part].id.to_string();
        let (a, b, c) = (ann.to_string(), ben.to_string(), cat.to_string());
        let names = ["id", "text"].map(|field| [0, 1].map(|n| format!("{own}[{n}][{field}]")));
        let ids = [id(0, 0), id(1, 0), id(1, 1)];
        let fields = [("version", "1"), ("channels", a.as_str()), ("channels", &b), ("channels", &c), ("when", "now"), ("zone", "UTC"),
            ("parts[0][id]", &ids[0]), ("parts[0][text]", "to all"), (&own, "on"), (&names[0][0], &ids[1]), (&names[1][0], "to Ben"),
            (&names[0][1], &ids[2]), (&names[1][1], "and more")];
        led_to(&submit(&owner, &format!("/posts/{post}"), &fields).await);
        let after = listed(&app, &owner, post).await;
        for (was, is) in before.iter().zip(&after) {
            let told = |l: &Listed| l.parts.iter().map(|p| (p.id, p.content.clone())).collect::<Vec<_>>();
            assert_eq!((is.target.id, told(is)), (was.target.id, told(was)));
        }
    }

    /// What is wrong with an own text stands at its own field; files go into it.
    async fn errors_and_files_stand_in_the_own_text(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await.to_string(), channel(&app, owner.org, "Ben").await.to_string());
        let (own, text, files) = (format!("own[{ben}]"), format!("own[{ben}][0][text]"), format!("own[{ben}][0][files]"));
        let long = "word ".repeat(120);
        let fields = [("channels", ann.as_str()), ("channels", &ben), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", "short"), (&own, "on"), (&text, &long)];
        let page = submit(&owner, "/posts", &fields).await.expect(422).page();
        assert!(page.contains(&format!("id=\"e-{text}\"")) && !page.contains("id=\"e-parts[0][text]\""));
        let page = owner.browser.submit_multipart("/posts", |form| {
            let form = form.text("channels", ben.clone()).text("when", "draft").text("zone", "UTC").text("parts[0][text]", "all").text(own.clone(), "on");
            file(form.text(text.clone(), "mine"), &files, "loom.png", png()).text("action", "upload")
        }).await.expect(200).page();
        assert!(page.contains(&format!("name=\"{own}[0][media]\"")), "{page}");
    }
}
