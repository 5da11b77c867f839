//! Formatted text in the composer: what an editor sends is stored as far as the subset goes, and never lost by a form that cannot
//! show it.

use chrono::TimeDelta;

use super::*;
use crate::both_databases;

const RICH: &str = "<p>A <strong>bold</strong> word</p><ul><li>one</li><li>two</li></ul>";

both_databases! {
    /// What the editor sends goes to every channel, without what is not of the subset.
    async fn what_an_editor_sends_is_stored_sanitised(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await.to_string(), channel(&app, owner.org, "Ben").await.to_string());
        let html = "<p onclick=\"x()\">A <b>bold</b> word<script>x()</script></p><ul dir=\"auto\"><li><p>one</p></li><li><p>two</p></li></ul>";
        let own = format!("own[{ben}]");
        let own_html = format!("{own}[0][html]");
        let fields = [("channels", ann.as_str()), ("channels", &ben), ("when", "draft"), ("zone", "UTC"), ("parts[0][html]", html),
            (&own, "on"), (&own_html, "<p>see <a href=\"javascript:x()\">this</a> <a href=\"https://x.example\">that</a></p>")];
        let post = led_to(&submit(&owner, "/posts", &fields).await);
        let stored: Vec<String> = listed(&app, &owner, post).await.iter().map(|l| l.content().to_owned()).collect();
        assert_eq!(stored, [RICH, "<p>see this <a href=\"https://x.example\" rel=\"nofollow noopener\">that</a></p>"]);
        let page = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        assert!(page.contains("A bold word\n- one\n- two</textarea>") && page.contains("value=\"&lt;p&gt;A &lt;strong&gt;bold"), "{page}");
    }

    /// A form without scripts carries words and formatting: words that were changed win, others keep theirs.
    async fn words_that_were_changed_win(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &[RICH])]).await.post;
        let (a, part) = (ann.to_string(), listed(&app, &owner, post).await[0].parts[0].id.to_string());
        let save = |version: &'static str, text: &'static str| {
            let (owner, a, part, path) = (&owner, a.clone(), part.clone(), format!("/posts/{post}"));
            async move {
                let fields = [("version", version), ("channels", a.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][id]", &part),
                    ("parts[0][html]", RICH), ("parts[0][text]", text)];
                led_to(&submit(owner, &path, &fields).await)
            }
        };
        save("1", "A bold word\r\n- one\r\n- two").await;
        assert_eq!(listed(&app, &owner, post).await[0].content(), RICH);
        save("2", "A plain word").await;
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>A plain word</p>");
        save("3", "").await;
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p></p>", "old formatting does not bring words back");
    }

    /// Formatting that an editor took away is gone, although the words are those that were stored.
    async fn formatting_can_be_taken_away(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["<p>A <strong>bold</strong> word</p>"])]).await.post;
        let (a, part) = (ann.to_string(), listed(&app, &owner, post).await[0].parts[0].id.to_string());
        let fields = [("version", "1"), ("channels", a.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][id]", &part),
            ("parts[0][html]", "<p>A bold word</p>")];
        led_to(&submit(&owner, &format!("/posts/{post}"), &fields).await);
        assert_eq!(listed(&app, &owner, post).await[0].content(), "<p>A bold word</p>");
    }

    /// An account that is mentioned is words to the editor, with the account beside them; saved unchanged it is the same account.
    async fn a_mention_outlives_the_editor(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let content = "<p>By <span data-mention-id=\"7\" data-mention-label=\"bob\">@bob</span> <em>today</em></p>";
        let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &[content])]).await.post;
        let (a, part) = (ann.to_string(), listed(&app, &owner, post).await[0].parts[0].id.to_string());
        let page = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        assert!(page.contains("value=\"&lt;p&gt;By @bob &lt;em&gt;today") && page.contains("sandbox\t7\tbob"), "{page}");
        for (version, html) in [("1", "<p>By @bob <em>today</em></p>"), ("2", "<p>By @bob <em>today</em>!</p>")] {
            let fields = [("version", version), ("channels", a.as_str()), ("when", "draft"), ("zone", "UTC"), ("parts[0][id]", &part),
                ("parts[0][html]", html), ("parts[0][mention]", "sandbox\t7\tbob")];
            led_to(&submit(&owner, &format!("/posts/{post}"), &fields).await);
        }
        let stored = listed(&app, &owner, post).await;
        assert_eq!(stored[0].content(), content.replace("</em>", "</em>!"));
    }

    /// The pieces of a long text keep what of the formatting stands in them, and the checklist names what does not arrive.
    async fn pieces_and_advice_know_the_formatting(app) {
        let owner = app.owner().await;
        let a = channel(&app, owner.org, "Ann").await.to_string();
        let half = "word ".repeat(80);
        let html = format!("<p><em>{half}</em></p><p>and <u>{half}</u></p>");
        let fields = [("channels", a.as_str()), ("parts[0][html]", &html), ("action", "split:0")];
        let pieces = owner.browser.submit("/posts/new/pieces", &fields).await.expect(200).json();
        let all: Vec<&str> = pieces["parts"].as_array().unwrap().iter().map(|piece| piece["html"].as_str().unwrap()).collect();
        assert_eq!(all.len(), 2, "{pieces}");
        assert!(all[0].starts_with("<p><em>word") && all[1].starts_with("<p>and <u>word"), "{pieces}");
        let page = submit(&owner, "/posts", &[("when", "now"), ("zone", "UTC"), fields[0], fields[1], fields[2]]).await.expect(200).page();
        assert_eq!(page.matches("&lt;em&gt;word").count() + page.matches("&lt;u&gt;word").count(), 2, "without scripts as well");
        let looks = owner.browser.submit("/posts/new/looks", &fields[..2]).await.expect(200).page();
        assert!(looks.contains("italic, underlined"), "{looks}");
    }

    /// A draft that was not saved, and a copy of a post, come back formatted.
    async fn drafts_and_copies_are_formatted(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let kept = owner.browser.submit("/posts/new/autosave", &[("parts[0][html]", RICH)]).await.expect(200).json();
        let page = owner.browser.get(&format!("/posts/new?draft={}", kept["draft"].as_str().unwrap())).await.expect(200).page();
        assert!(page.contains("&lt;strong&gt;bold") && page.contains("A bold word\n- one"), "{page}");
        let later = When::At(app.app.clock.now() + TimeDelta::hours(5));
        let post = saved(&app, &owner, later, vec![entry(ann, &[RICH])]).await.post;
        let page = owner.browser.get(&format!("/posts/new?from={post}")).await.expect(200).page();
        assert!(page.contains("&lt;strong&gt;bold"), "{page}");
    }
}
