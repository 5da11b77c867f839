//! Comments on a post: said, mentioned, dealt with.

use rostrum::db::q;

use super::*;
use crate::{both_databases, orgs::member};

both_databases! {
    /// Whoever is named is told, once, and nobody else; what is said is shown as it was written.
    async fn whoever_is_named_is_told(app) {
        let ann = app.owner().await;
        let channel = channel(&app, ann.org, "Press").await;
        let post = saved(&app, &ann, When::Draft(None), vec![entry(channel, &["Hello"])]).await.post;
        let (bob, browser) = member(&app, &ann, "member").await;
        let (_, other) = member(&app, &ann, "member").await;
        crate::identity::change(&app, "UPDATE users SET name = 'Bob Smith' WHERE id = $1", vec![bob.into()]).await;
        let path = format!("/posts/{post}/comments");
        ann.browser.submit(&path, &[("body", "  ")]).await.expect(422);
        ann.browser.submit(&path, &[("body", "@bob, is <this> right?")]).await.expect(303);
        let page = browser.get(&format!("/posts/{post}")).await.expect(200).page();
        assert!(page.contains("@bob, is &lt;this&gt; right?"), "{page}");
        app.run_jobs().await;
        app.run_jobs().await;
        assert!(browser.get("/notices").await.expect(200).page().contains("commented on a post and means you"));
        assert!(!other.get("/notices").await.expect(200).page().contains("means you"));
        let (told,): (i64,) = q("SELECT count(*) FROM notices").one(&app.app.db).await.unwrap();
        assert_eq!(told, 1);
    }

    /// Whoever wrote a post or has commented on it is told of further comments, those meant as such, and nobody of their own.
    async fn whom_a_post_concerns_is_told(app) {
        let ann = app.owner().await;
        let channel = channel(&app, ann.org, "Press").await;
        let post = saved(&app, &ann, When::Draft(None), vec![entry(channel, &["Hello"])]).await.post;
        let (bob, bobs) = member(&app, &ann, "member").await;
        let (_, cleos) = member(&app, &ann, "member").await;
        crate::identity::change(&app, "UPDATE users SET name = 'Bob Smith' WHERE id = $1", vec![bob.into()]).await;
        crate::identity::change(&app, "UPDATE post_versions SET author_id = $1 WHERE post_id = $2", vec![ann.user.into(), post.into()]).await;
        let path = format!("/posts/{post}/comments");
        bobs.submit(&path, &[("body", "A longer title?")]).await.expect(303);
        cleos.submit(&path, &[("body", "@bob yes, and a picture")]).await.expect(303);
        app.run_jobs().await;
        app.run_jobs().await;
        let told: Vec<(rostrum::kit::UserId, String, i64)> =
            q("SELECT user_id, kind, count FROM notices ORDER BY kind, user_id").all(&app.app.db).await.unwrap();
        assert_eq!(told, [(ann.user, "comment.added".to_owned(), 2), (bob, "comment.mention".to_owned(), 1)]);
        let page = ann.browser.get("/notices?only=comments").await.expect(200).page();
        assert!(page.contains("2 comments on posts") && page.contains(&format!("/posts/{post}#talk")), "{page}");
    }

    /// A comment is dealt with and opened again; those of another post or organisation are not there.
    async fn a_comment_is_dealt_with(app) {
        let (ann, stranger) = (app.owner().await, app.owner().await);
        let channel = channel(&app, ann.org, "Press").await;
        let post = saved(&app, &ann, When::Draft(None), vec![entry(channel, &["Hello"])]).await.post;
        let second = saved(&app, &ann, When::Draft(None), vec![entry(channel, &["Other"])]).await.post;
        ann.browser.submit(&format!("/posts/{post}/comments"), &[("body", "Check the link")]).await.expect(303);
        let (id,): (uuid::Uuid,) = q("SELECT id FROM comments").one(&app.app.db).await.unwrap();
        let one = format!("/posts/{post}/comments/{id}");
        stranger.browser.submit(&format!("{one}/resolution"), &[]).await.expect(404);
        ann.browser.submit(&format!("/posts/{second}/comments/{id}/resolution"), &[]).await.expect(404);
        ann.browser.submit(&format!("{one}/resolution"), &[]).await.expect(303);
        assert!(ann.browser.get(&format!("/posts/{post}")).await.expect(200).page().contains("Dealt with by Ann"));
        ann.browser.submit(&format!("{one}/reopening"), &[]).await.expect(303);
        assert!(!ann.browser.get(&format!("/posts/{post}")).await.expect(200).page().contains("Dealt with by Ann"));
    }
}
