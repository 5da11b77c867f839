//! Versions of a post: who saved what, what differs, and going back.

use super::*;
use crate::both_databases;

both_databases! {
    /// Two versions are compared word by word, and an earlier one is restored by saving it again.
    async fn versions_are_compared_and_restored(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["the old loom"]), entry(ben, &["for Ben"])]).await.post;
        let (a, path) = (ann.to_string(), format!("/posts/{post}"));
        let fields = [("version", "1"), ("channels", a.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][text]", "the new loom")];
        led_to(&submit(&owner, &path, &fields).await);
        let page = owner.browser.get(&format!("{path}/history")).await.expect(200).page();
        assert!(page.contains("Version 1") && page.contains("Version 2") && page.contains("<del>old ") && page.contains("<ins>new "), "{page}");
        let back = owner.browser.get(&format!("{path}/history?from=v2&to=v1")).await.expect(200).page();
        assert!(back.contains("<del>new ") && back.contains("<ins>old "));
        let page = owner.browser.get(&format!("{path}/edit?version=1")).await.expect(200).page();
        let own = format!("own[{ben}]");
        assert!(page.contains("the old loom</textarea>") && page.contains(&format!("name=\"{own}\" value=\"on\"")) && page.contains("for Ben</textarea>"));
        assert!(page.contains("name=\"version\" value=\"2\""), "it is saved over the newest one");
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>the new loom</p>", "nothing has changed yet");
        for wrong in ["history?from=v9", "history?to=nothing", "edit?version=9", "edit?version=x", "edit?state=0190"] {
            owner.browser.get(&format!("{path}/{wrong}")).await.expect(404);
        }
        let stranger = app.owner().await;
        for theirs in ["history", "edit?version=1"] {
            stranger.browser.get(&format!("{path}/{theirs}")).await.expect(404);
        }
    }
}
