//! The list, what is read, and whose it is.

use serde_json::json;

use crate::{both_databases, notify, tells};

tells! {
    /// The bell counts, the list tells and links, reading takes the count away.
    async fn notices_are_counted_and_read(desk) {
        let browser = &desk.owner.browser;
        assert!(browser.get("/notices").await.expect(200).page().contains("Nothing to tell"));
        let (post, _) = desk.fail().await;
        desk.break_channel().await;
        desk.app.run_jobs().await;
        let page = browser.get("/notices").await.expect(200).page();
        assert!(page.contains("Notices, 2 unread") && page.contains(&format!("/posts/{post}")), "{page}");
        assert!(page.contains(&format!("/channels/{}", desk.channel)) && page.contains("token revoked"));
        assert!(page.contains("Text &lt;too&gt; long"));
        let id = page.split("/notices/").find_map(|rest| rest.split_once("/reading").map(|(id, _)| id).filter(|id| id.len() == 36)).unwrap();
        browser.submit(&format!("/notices/{id}/reading"), &[]).await.expect(303);
        assert!(browser.get("/posts").await.expect(200).page().contains("Notices, 1 unread"));
        browser.submit("/notices/reading", &[]).await.expect(303);
        let page = browser.get("/notices").await.expect(200).page();
        assert!(!page.contains(" unread\""), "{page}");
        browser.submit("/notices/none/reading", &[]).await.expect(404);
        // What is read and grows is unread again.
        desk.clock.advance(chrono::TimeDelta::seconds(1));
        desk.fail().await;
        desk.app.run_jobs().await;
        let page = browser.get("/notices").await.expect(200).page();
        assert!(page.contains("Notices, 1 unread") && page.contains("2 posts failed on"), "{page}");
    }

    /// A channel that works again, a post that is no longer so: told as over, and no longer counted.
    async fn what_is_over_is_said_to_be(desk) {
        desk.break_channel().await;
        let held = desk.post_in("held", "target.held", json!({"reason": "late"})).await;
        desk.post_in("held", "target.held", json!({"reason": "reconnect"})).await;
        let (first, second) = (desk.fail().await, desk.fail().await);
        desk.app.run_jobs().await;
        let kinds: Vec<String> = desk.notices().await.into_iter().map(|n| n.0).collect();
        assert_eq!(kinds, ["channel.reconnect", "post.held", "post.failed"], "the channel's notice says that its posts wait");
        notify::channel_of(&desk.app, &desk.owner).await;
        desk.bring(held, "scheduled", "target.sent_now", json!({})).await;
        desk.bring(first, "scheduled", "target.retried", json!({})).await;
        desk.app.run_jobs().await;
        let over: Vec<bool> = desk.notices().await.into_iter().map(|n| n.2).collect();
        assert_eq!(over, [true, true, false], "one of the two still has failed");
        desk.bring(second, "cancelled", "target.deleted", json!({})).await;
        desk.app.run_jobs().await;
        assert!(desk.notices().await.iter().all(|n| n.2));
        let page = desk.owner.browser.get("/notices").await.expect(200).page();
        assert!(page.contains("Over") && !page.contains(" unread"), "{page}");
    }

    /// By the time it is told it may no longer be so: then it is not told.
    async fn what_was_over_before_it_was_told_is_not_told(desk) {
        let target = desk.fail().await;
        desk.bring(target, "scheduled", "target.retried", json!({})).await;
        desk.break_channel().await;
        notify::channel_of(&desk.app, &desk.owner).await;
        desk.app.run_jobs().await;
        assert!(desk.notices().await.is_empty());
    }

    /// What only administrators can mend is told to them only.
    async fn members_see_what_is_theirs_to_mend(desk) {
        let (_, member) = desk.member("member").await;
        let (_, admin) = desk.member("admin").await;
        desk.break_channel().await;
        desk.fail().await;
        desk.app.run_jobs().await;
        assert!(!member.get("/notices").await.expect(200).page().contains("reconnected"));
        assert!(member.get("/notices").await.expect(200).page().contains("Notices, 1 unread"));
        assert!(admin.get("/notices").await.expect(200).page().contains("Notices, 2 unread"));
        // One reads, the other has not.
        member.submit("/notices/reading", &[]).await.expect(303);
        assert!(admin.get("/notices").await.expect(200).page().contains("Notices, 2 unread"));
    }

    /// What was read is marked as unread again, alone, also below the mark up to which everything was read.
    async fn what_was_read_is_unread_again(desk) {
        let browser = &desk.owner.browser;
        desk.fail().await;
        desk.break_channel().await;
        desk.app.run_jobs().await;
        browser.submit("/notices/reading", &[]).await.expect(303);
        let (id,): (uuid::Uuid,) = rostrum::db::q("SELECT id FROM notices WHERE kind = 'post.failed'").one(&desk.app.app.db).await.unwrap();
        let path = format!("/notices/{id}/reading");
        browser.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        let page = browser.get("/notices?only=unread").await.expect(200).page();
        assert!(page.contains("Notices, 1 unread") && page.contains("A post failed") && !page.contains("reconnected"), "{page}");
        browser.submit(&path, &[]).await.expect(303);
        assert!(!browser.get("/notices").await.expect(200).page().contains(" unread\""));
        browser.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        browser.submit("/notices/reading", &[]).await.expect(303);
        let page = browser.get("/notices?only=unread").await.expect(200).page();
        assert!(page.contains("Everything is read"), "{page}");
        // Somebody else's readings are theirs.
        let (_, member) = desk.member("member").await;
        member.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        assert!(!browser.get("/notices").await.expect(200).page().contains("Notices, 1 unread"));
    }

    /// The list is filtered by what notices are about; a word that is no group filters nothing; marking leads back to the filter.
    async fn the_list_is_filtered(desk) {
        let browser = &desk.owner.browser;
        desk.fail().await;
        desk.break_channel().await;
        desk.app.run_jobs().await;
        let shown = async |only: &str| browser.get(&format!("/notices?only={only}")).await.expect(200).page();
        assert!(shown("posts").await.contains("A post failed") && !shown("posts").await.contains("has to be reconnected"));
        assert!(!shown("channels").await.contains("A post failed") && shown("channels").await.contains("has to be reconnected"));
        assert!(shown("reviews").await.contains("No notices of this kind"));
        assert_eq!(shown("x'--").await.matches("notice-row").count(), 2);
        let (id,): (uuid::Uuid,) = rostrum::db::q("SELECT id FROM notices WHERE kind = 'post.failed'").one(&desk.app.app.db).await.unwrap();
        let back = browser.submit(&format!("/notices/{id}/reading?only=posts"), &[]).await.expect(303);
        assert_eq!(back.header("location"), "/notices?only=posts");
    }

    /// What was told last stands first, also when it began long ago; a page of a filter leads on within it.
    async fn what_was_told_last_stands_first(desk) {
        desk.fail().await;
        desk.app.run_jobs().await;
        desk.clock.advance(chrono::TimeDelta::seconds(5));
        desk.break_channel().await;
        desk.app.run_jobs().await;
        desk.clock.advance(chrono::TimeDelta::seconds(5));
        desk.fail().await;
        desk.app.run_jobs().await;
        let page = desk.owner.browser.get("/notices").await.expect(200).page();
        assert!(page.find("2 posts failed").unwrap() < page.find("has to be reconnected").unwrap(), "{page}");
    }

    /// The menu under the bell: the newest ten, for scripts alone; marking answers with it.
    async fn the_menu_has_the_newest_ten(desk) {
        for _ in 0..12 {
            desk.fail().await;
            desk.app.run_jobs().await;
            desk.clock.advance(chrono::TimeDelta::minutes(31));
            desk.app.run_jobs().await;
        }
        let browser = &desk.owner.browser;
        let answer = browser.get("/notices/menu").await.expect(200);
        let menu = answer.text();
        assert_eq!((answer.header("cache-control"), menu.matches("bell-item").count()), ("no-store", 10));
        assert!(menu.contains("data-spoken=\"Notices, 12 unread\"") && !menu.contains("<html"), "{menu}");
        let id = menu.split("data-notice=\"").nth(1).unwrap().split('"').next().unwrap();
        let csrf = browser.csrf();
        let request = browser.request(reqwest::Method::POST, &format!("/notices/{id}/reading")).header("hx-request", "true");
        let menu = browser.send(request.header("origin", format!("http://{}", desk.app.address)).form(&[("csrf", csrf.as_str())])).await.expect(200).text();
        assert!(menu.contains("Notices, 11 unread"), "{menu}");
        assert!(desk.app.visitor().get("/notices/menu").await.expect(303).header("location").starts_with("/login"));
    }

    /// Another organisation sees and marks nothing.
    async fn notices_of_others_do_not_exist(desk) {
        desk.fail().await;
        desk.app.run_jobs().await;
        let stranger = desk.app.owner().await;
        let (id,): (uuid::Uuid,) = rostrum::db::q("SELECT id FROM notices").one(&desk.app.app.db).await.unwrap();
        let page = stranger.browser.get(&format!("/notices?after={id}")).await.expect(200).page();
        assert!(page.contains("Nothing to tell") && !page.contains(" unread"), "{page}");
        stranger.browser.submit(&format!("/notices/{id}/reading"), &[]).await.expect(404);
        stranger.browser.submit(&format!("/notices/{id}/reading"), &[("_method", "DELETE")]).await.expect(404);
        assert!(desk.owner.browser.get("/notices").await.expect(200).page().contains("Notices, 1 unread"));
    }

    /// The list goes on, a page at a time.
    async fn the_list_has_pages(desk) {
        for _ in 0..35 {
            desk.fail().await;
            desk.app.run_jobs().await;
            desk.clock.advance(chrono::TimeDelta::minutes(31));
            desk.app.run_jobs().await;
        }
        let first = desk.owner.browser.get("/notices").await.expect(200).page();
        assert_eq!(first.matches("notice-row").count(), 30);
        let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let second = desk.owner.browser.get(next).await.expect(200).page();
        assert_eq!(second.matches("notice-row").count(), 5);
    }
}

both_databases! {
    /// Without a mail server the settings say so; a choice that is none is named.
    async fn the_settings_say_when_mail_is_off(app) {
        let owner = app.owner().await;
        let page = owner.browser.get("/settings/notices").await.expect(200).page();
        assert!(page.contains("This instance sends no mails"), "{page}");
        let wrong = [("_method", "PUT"), ("post.failed", "weekly"), ("post.needs_you", "daily"), ("post.held", "daily"), ("channel.reconnect", "daily")];
        let page = owner.browser.submit("/settings/notices", &wrong).await.expect(422).page();
        assert!(page.contains("#f-post.failed") && page.contains("Choose one of the list"), "{page}");
        let (rows,): (i64,) = rostrum::db::q("SELECT count(*) FROM notice_choices").one(&app.app.db).await.unwrap();
        assert_eq!(rows, 0);
        let chosen = rostrum::notify::Kind::ALL.map(|kind| (kind.as_str(), if kind.as_str() == "post.failed" { "never" } else { "daily" }));
        let right: Vec<(&str, &str)> = [("_method", "PUT")].into_iter().chain(chosen).collect();
        owner.browser.submit("/settings/notices", &right).await.expect(303);
        let page = owner.browser.get("/settings/notices").await.expect(200).page();
        assert_eq!(page.matches("selected").count(), rostrum::notify::Kind::ALL.len());
        assert!(page.contains("<option value=\"never\" selected>"));
    }
}
