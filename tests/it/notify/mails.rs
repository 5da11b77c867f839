//! Mails: one for many, at once, each morning or never, and what the mail server makes of them.

use chrono::TimeDelta;
use rostrum::{db::q, queue};
use serde_json::json;

use crate::{notify, support::MailAnswer, tells};

tells! {
    /// One mail after the time of gathering: what happened, whether it may be live, the platform's words, a link.
    async fn a_failed_post_is_told_by_one_mail(desk) {
        let (post, _) = desk.fail().await;
        desk.app.run_jobs().await;
        assert_eq!(desk.notices().await, [("post.failed".into(), 1, false)], "in the pages at once");
        assert!(desk.mails().is_empty(), "others may follow");
        desk.gathered().await;
        let mails = desk.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, format!("{}@example.org", desk.owner.user));
        assert!(mails[0].header("subject").contains("A post failed on "), "{}", mails[0].raw);
        assert!(mails[0].header("from").contains("rostrum@example.org"));
        assert!(mails[0].header("list-unsubscribe").contains("/unsubscribe/"), "{}", mails[0].raw);
        assert_eq!(mails[0].header("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
        assert!(mails[0].header("message-id").starts_with("<notice."), "{}", mails[0].raw);
        let text = mails[0].text();
        for words in ["It is not live.", "Text <too> long", "Text &lt;too&gt; long", "Good morning & hello", &format!("/posts/{post}")] {
            assert!(text.contains(words), "{words}: {text}");
        }
        desk.gathered().await;
        assert_eq!(desk.mails().len(), 1);
    }

    /// Five hundred failures at once are one notice and one mail; later ones of the hour are gathered longer.
    async fn a_burst_is_one_mail(desk) {
        for _ in 0..500 {
            desk.fail().await;
        }
        desk.gathered().await;
        assert_eq!(desk.notices().await, [("post.failed".into(), 500, false)]);
        assert_eq!(desk.mails().len(), 1);
        assert!(desk.mails()[0].header("subject").contains("500 posts failed on "));
        desk.fail().await;
        desk.gathered().await;
        desk.fail().await;
        desk.gathered().await;
        assert_eq!(desk.mails().len(), 1, "half an hour is gathered now");
        desk.clock.advance(TimeDelta::minutes(30));
        desk.app.run_jobs().await;
        assert_eq!(desk.mails().len(), 2);
        assert_eq!(desk.notices().await[1], ("post.failed".into(), 2, false));
    }

    /// Each kind in its own words, to those whose move it is.
    async fn every_kind_says_first_whether_it_may_be_live(desk) {
        let (_, member) = desk.member("member").await;
        desk.choose(&member, "at_once").await;
        desk.post_in("needs_you", "part.needs_you", json!({})).await;
        desk.post_in("held", "target.held", json!({"reason": "late"})).await;
        desk.post_in("published_incomplete", "part.failed", json!({"message": "no"})).await;
        desk.break_channel().await;
        desk.gathered().await;
        let mut told: Vec<(String, bool)> =
            desk.mails().iter().map(|m| (m.header("subject"), m.to.starts_with(&desk.owner.user.to_string()))).collect();
        told.sort();
        assert_eq!(told.iter().filter(|(_, owner)| *owner).count(), 4, "{told:?}");
        assert_eq!(told.len(), 7, "the channel is told to those who can reconnect it: {told:?}");
        let all: String = desk.mails().iter().map(|m| m.text()).collect();
        for words in ["It may be live", "It is not live: its time passed", "Its beginning is live, the rest is not", "What is live stays live", "token revoked"] {
            assert!(all.contains(words), "{words}");
        }
    }

    /// The job runs again after its end was lost: the second letter has the first one's Message-ID, and nothing counts twice.
    async fn what_is_sent_twice_is_known_by_its_message_id(desk) {
        desk.fail().await;
        desk.app.mail().answers(MailAnswer::TakeAndHangUp);
        desk.gathered().await;
        desk.app.mail().answers(MailAnswer::Take);
        desk.clock.advance(TimeDelta::minutes(2));
        desk.app.run_jobs().await;
        let ids: Vec<String> = desk.mails().iter().map(|m| m.header("message-id")).collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(ids[0], ids[1]);
        // The same for the notice: its events are counted once.
        let mut tx = desk.app.app.db.begin().await.unwrap();
        q("UPDATE jobs SET state = 'queued', finished_at = NULL WHERE kind IN ('notify.raise', 'notify.close')").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        desk.gathered().await;
        assert_eq!(desk.notices().await, [("post.failed".into(), 1, false)]);
        assert_eq!(desk.mails().len(), 2);
    }

    /// 4xx is tried again, 5xx is given up with the server's words.
    async fn the_mail_servers_no_is_final_and_its_not_now_is_not(desk) {
        desk.app.mail().answers(MailAnswer::Say("450 greylisted"));
        desk.fail().await;
        desk.gathered().await;
        assert!(desk.mails().is_empty());
        desk.app.mail().answers(MailAnswer::Take);
        desk.clock.advance(TimeDelta::minutes(1));
        desk.app.run_jobs().await;
        assert_eq!(desk.mails().len(), 1);
        desk.app.mail().answers(MailAnswer::Say("550 no such person"));
        desk.break_channel().await;
        desk.gathered().await;
        let dead = queue::dead(&desk.app.app.db, None, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert!(dead[0].error.as_ref().unwrap().contains("no such person"), "{dead:?}");
        let tried = desk.app.mail().tried();
        desk.clock.advance(TimeDelta::days(2));
        desk.app.run_jobs().await;
        assert_eq!(desk.app.mail().tried(), tried);
    }

    /// What is over before the mail leaves is not told by one.
    async fn what_is_over_is_not_mailed(desk) {
        desk.break_channel().await;
        desk.app.run_jobs().await;
        notify::channel_of(&desk.app, &desk.owner).await;
        let target = desk.fail().await;
        desk.app.run_jobs().await;
        desk.bring(target, "scheduled", "target.retried", json!({})).await;
        desk.gathered().await;
        assert_eq!(desk.notices().await, [("channel.reconnect".into(), 1, true), ("post.failed".into(), 1, true)]);
        assert!(desk.mails().is_empty());
    }

    /// Never means never; each morning means one mail with all of the day, on the organisation's clock.
    async fn mails_come_as_chosen(desk) {
        desk.choose(&desk.owner.browser, "never").await;
        desk.fail().await;
        desk.gathered().await;
        assert!(desk.mails().is_empty());
        assert_eq!(desk.notices().await.len(), 1, "the pages tell it all the same");
        desk.choose(&desk.owner.browser, "daily").await;
        // The day before counts, so the next morning is awaited.
        desk.clock.advance(TimeDelta::hours(1));
        desk.app.run_jobs().await;
        let so_far = desk.mails().len();
        desk.fail().await;
        desk.post_in("needs_you", "part.needs_you", json!({})).await;
        desk.gathered().await;
        assert_eq!(desk.mails().len(), so_far);
        desk.clock.advance(TimeDelta::hours(24));
        desk.app.run_jobs().await;
        let mails = desk.mails();
        assert_eq!(mails.len(), so_far + 1);
        let last = mails.last().unwrap();
        assert!(last.header("message-id").starts_with("<digest."), "{}", last.raw);
        assert!(last.text().contains("failed on") && last.text().contains("needs you"), "{}", last.text());
        desk.clock.advance(TimeDelta::hours(3));
        desk.app.run_jobs().await;
        assert_eq!(desk.mails().len(), so_far + 1, "one a day");
        desk.clock.advance(TimeDelta::hours(24));
        desk.app.run_jobs().await;
        assert_eq!(desk.mails().len(), so_far + 1, "nothing happened, nothing is sent");
    }

    /// The link of a mail ends its kind, by one POST of a mail program or by a button, and nothing else.
    async fn the_link_of_a_mail_ends_its_kind(desk) {
        desk.fail().await;
        desk.gathered().await;
        let header = desk.mails()[0].header("list-unsubscribe");
        let path = header.trim_matches(['<', '>']).strip_prefix(&*desk.app.app.url).unwrap().to_owned();
        let stranger = desk.app.visitor();
        let page = stranger.get(stranger.get(&path).await.expect(303).header("location")).await.expect(200).page();
        assert!(page.contains("A post failed") && page.contains(&path), "{page}");
        let post = |path: &str, body: &'static str| {
            let request = stranger.request(reqwest::Method::POST, path);
            request.header("content-type", "application/x-www-form-urlencoded").body(body)
        };
        stranger.send(post("/unsubscribe/AAAA", "List-Unsubscribe=One-Click")).await.expect(404);
        stranger.get("/mail/leave/AAAA").await.expect(404);
        let one_click = stranger.send(post(&path, "List-Unsubscribe=One-Click")).await.expect(200);
        assert!(one_click.text().contains("No more mails"), "{}", one_click.text());
        let button = stranger.send(post(&path, "")).await.expect(303);
        assert!(stranger.get(button.header("location")).await.expect(200).page().contains("No more mails of this kind are sent"));
        desk.clock.advance(TimeDelta::hours(2));
        desk.fail().await;
        desk.break_channel().await;
        desk.gathered().await;
        let subjects: Vec<String> = desk.mails().iter().map(|m| m.header("subject")).collect();
        assert_eq!(subjects.len(), 2, "{subjects:?}");
        assert!(subjects[1].contains("has to be reconnected"), "{subjects:?}");
    }
}
