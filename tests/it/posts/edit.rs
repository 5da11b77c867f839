//! Changing a post in the composer: nothing that the form cannot show is lost, nothing that it does not show is touched.

use chrono::TimeDelta;
use rostrum::delivery::TargetState;

use super::*;
use crate::both_databases;

both_databases! {
    /// Markup and seconds that a plain form cannot show survive an edit that does not touch them.
    async fn what_the_form_cannot_show_is_not_lost(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let mut one = entry(ann, &["<p>Some <strong>strong</strong> words</p>", "two"]);
        one.parts[1].delay_seconds = 90;
        one.settings = json!({"visibility": "followers", "kept": [1]});
        let two = Entry { channel: ben, ..one.clone() };
        let post = saved(&app, &owner, When::At(app.app.clock.now() + TimeDelta::hours(5)), vec![one, two]).await.post;
        let before = listed(&app, &owner, post).await;
        let page = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        assert!(page.contains("Some strong words") && page.contains("value=\"followers\" selected"));
        let (a, b) = (ann.to_string(), ben.to_string());
        let (first, second) = (before[0].parts[0].id.to_string(), before[0].parts[1].id.to_string());
        let fields = [("_method", "PUT"), ("version", "1"), ("channels", a.as_str()), ("channels", b.as_str()), ("when", "now"), ("zone", "UTC"),
            ("parts[0][id]", first.as_str()), ("parts[0][text]", "Some strong words"),
            ("parts[1][id]", second.as_str()), ("parts[1][text]", "two, changed"), ("parts[1][delay_minutes]", "1")];
        led_to(&submit(&owner, &format!("/posts/{post}"), &fields).await);
        let after = listed(&app, &owner, post).await;
        for (was, is) in before.iter().zip(&after) {
            assert_eq!((is.target.id, is.content()), (was.target.id, "<p>Some <strong>strong</strong> words</p>"));
            assert_eq!((is.parts[0].id, is.parts[1].id), (was.parts[0].id, was.parts[1].id));
            assert_eq!((is.parts[1].content.as_str(), is.parts[1].delay_seconds), ("<p>two, changed</p>", 90));
            assert_eq!(is.target.settings, json!({"visibility": "followers", "kept": [1]}));
        }
    }

    /// Texts of their own are edited one at a time; the others stay as they are.
    async fn texts_of_their_own_are_edited_alone(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let soon = app.app.clock.now() + TimeDelta::hours(5);
        let post = saved(&app, &owner, When::At(soon), vec![entry(ann, &["to Ann"]), entry(ben, &["to Ben"])]).await;
        let second = post.targets[1].0.to_string();
        let show = owner.browser.get(&format!("/posts/{}", post.post)).await.expect(200).page();
        assert!(show.contains(&format!("/edit?target={second}")));
        let page = owner.browser.get(&format!("/posts/{}/edit?target={second}", post.post)).await.expect(200).page();
        assert!(page.contains("to Ben") && !page.contains("to Ann"));
        let b = ben.to_string();
        let fields = [("version", "1"), ("target", second.as_str()), ("channels", b.as_str()), ("when", "now"), ("zone", "UTC"), ("parts[0][text]", "Ben again")];
        led_to(&submit(&owner, &format!("/posts/{}", post.post), &fields).await);
        let after = listed(&app, &owner, post.post).await;
        assert_eq!((after[0].content(), after[1].content()), ("<p>to Ann</p>", "<p>Ben again</p>"));
        assert_eq!(after[0].target.due_at, Some(soon));
        let foreign = app.owner().await;
        foreign.browser.get(&format!("/posts/{}/edit", post.post)).await.expect(404);
        assert_eq!(submit(&foreign, &format!("/posts/{}", post.post), &fields).await.status, 404);
    }

    /// Who edits an old version is told, keeps what was typed, and may then go over it.
    async fn a_change_meanwhile_is_told(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["first"])]).await.post;
        let a = ann.to_string();
        let save = |version: &'static str, text: &'static str| {
            let (owner, a, path) = (&owner, a.clone(), format!("/posts/{post}"));
            async move { submit(owner, &path, &[("version", version), ("channels", &a), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", text)]).await }
        };
        led_to(&save("1", "second").await);
        let page = save("1", "mine").await.expect(409).page();
        assert!(page.contains("mine") && page.contains("was changed meanwhile") && page.contains("name=\"version\" value=\"2\""));
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>second</p>");
        led_to(&save("2", "mine").await);
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>mine</p>");
    }

    /// A channel that is no longer chosen loses its post; a removed draft leaves the list; a live post cannot be edited.
    async fn channels_can_be_dropped_and_live_posts_not_edited(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let later = When::At(app.app.clock.now() + TimeDelta::hours(5));
        let post = saved(&app, &owner, later, vec![entry(ann, &["x"]), entry(ben, &["x"])]).await;
        let b = ben.to_string();
        let fields = [("version", "1"), ("channels", b.as_str()), ("when", "slot"), ("zone", "UTC"), ("parts[0][text]", "x")];
        led_to(&submit(&owner, &format!("/posts/{}", post.post), &fields).await);
        let after = listed(&app, &owner, post.post).await;
        assert_eq!((after[0].target.state, after[1].target.state), (TargetState::Cancelled, TargetState::Scheduled));
        let live = post.targets[1].0;
        play(&app, "UPDATE parts SET state = 'published', next_at = NULL WHERE target_id = $1", live).await;
        play(&app, "UPDATE targets SET state = 'published', published_at = due_at WHERE id = $1", live).await;
        play(&app, "UPDATE targets SET deleted_at = created_at WHERE id = $1", post.targets[0].0).await;
        owner.browser.get(&format!("/posts/{}/edit", post.post)).await.expect(409);
    }
}
