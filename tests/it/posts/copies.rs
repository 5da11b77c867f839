//! A post that begins as a copy of another one: texts, own texts and settings come along, ids and times do not.

use super::*;
use crate::both_databases;

both_databases! {
    /// What one channel says alone, and what is set there, is the same in the copy; saved, it is a post of its own.
    async fn own_texts_and_settings_come_along(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let mut two = entry(ben, &["to Ben", "and more"]);
        two.settings = json!({"visibility": "followers"});
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["to all"]), two]).await.post;
        let before = listed(&app, &owner, post).await;
        let page = owner.browser.get(&format!("/posts/new?from={post}")).await.expect(200).page();
        let own = format!("own[{ben}]");
        assert!(page.contains(&format!("name=\"{own}\" value=\"on\"")) && page.contains("and more</textarea>"), "{page}");
        assert!(!page.contains(&format!("name=\"own[{ann}]\"")) && page.contains("to all</textarea>"));
        assert_eq!(page.matches("value=\"followers\" selected").count(), 1, "only there it was chosen");
        for id in before.iter().flat_map(|l| l.parts.iter().map(|p| p.id.to_string()).chain([l.target.id.to_string()])) {
            assert!(!page.contains(&id), "it is another post");
        }
        let (a, b) = (ann.to_string(), ben.to_string());
        let (text, more, shown) = (format!("{own}[0][text]"), format!("{own}[1][text]"), format!("settings[{b}][visibility]"));
        let fields = [("channels", a.as_str()), ("channels", &b), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "to all"),
            (&own, "on"), (&text, "to Ben"), (&more, "and more"), (&shown, "followers")];
        let copy = led_to(&submit(&owner, "/posts", &fields).await);
        let told = |all: Vec<Listed>| all.into_iter().map(|l| (l.target.channel_id, l.content().to_owned(), l.parts.len())).collect::<Vec<_>>();
        let copied = listed(&app, &owner, copy).await;
        assert_eq!(copied[1].target.settings["visibility"], "followers");
        assert_eq!(told(copied), told(before));
        let other = app.owner().await;
        other.browser.get(&format!("/posts/new?from={post}")).await.expect(404);
    }

    /// Channels that are asked for are chosen instead of those of the post; a channel that is gone is left out.
    async fn a_copy_can_go_elsewhere(app) {
        let owner = app.owner().await;
        let (ann, ben, cat) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await, channel(&app, owner.org, "Cat").await);
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["to all"]), entry(ben, &["to Ben"])]).await.post;
        let page = owner.browser.get(&format!("/posts/new?from={post}&channels={cat}")).await.expect(200).page();
        assert!(page.contains(&format!("value=\"{cat}\" checked")) && !page.contains(&format!("value=\"{ann}\" checked")));
        assert!(page.contains("to all</textarea>"));
        play(&app, "UPDATE channels SET deleted_at = created_at WHERE id = (SELECT channel_id FROM targets WHERE id = $1)", listed(&app, &owner, post).await[0].target.id).await;
        let page = owner.browser.get(&format!("/posts/new?from={post}")).await.expect(200).page();
        assert!(page.contains("to Ben</textarea>") && !page.contains(&format!("value=\"{ann}\"")), "{page}");
    }
}
