//! Recurrence in the composer and on the page of a post, without any script.

use rostrum::{delivery::TargetState, posts::recurrence};

use super::*;
use crate::both_databases;

const DAY: &str = "2031-03-03";

fn form<'a>(channel: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("channels", channel),
        ("when", "at"),
        ("date", DAY),
        ("time", "09:00"),
        ("zone", "Europe/Berlin"),
        ("parts[0][text]", "weekly"),
    ];
    fields.extend_from_slice(more);
    fields
}

both_databases! {
    /// The next dates before saving, the targets after it; another form of it for all, and none for one.
    async fn a_post_is_made_to_repeat(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        let weekly = form(&ann, &[("repeat", "weeks"), ("repeat_n", "2"), ("repeat_weekday", "2"), ("repeat_weekday", "4"), ("repeat_end", "count"), ("repeat_count", "6")]);
        let preview = submit(&owner, "/posts", &[weekly.clone(), vec![("action", "preview")]].concat()).await.expect(200).page();
        for day in ["Tue 4 Mar 2031, 09:00", "Thu 6 Mar 2031, 09:00", "Tue 18 Mar 2031, 09:00"] {
            assert!(preview.contains(day), "{day}");
        }
        let post = led_to(&submit(&owner, "/posts", &weekly).await);
        let page = owner.browser.get(&format!("/posts/{post}")).await.expect(200).page();
        assert!(page.contains("Every 2 weeks on Tuesday, Thursday at 09:00, 6 times"));
        let series = recurrence::of_post(&app.app.db, owner.org, post).await.unwrap().unwrap();
        assert_eq!((listed(&app, &owner, post).await.len(), series.rule.end), (1, rostrum::kit::recur::End::Count(6)));
        let edit = owner.browser.get(&format!("/posts/{post}/edit")).await.expect(200).page();
        assert!(edit.contains(r#"value="weeks" selected"#) && edit.contains(r#"name="repeat_weekday" value="4" checked"#));
        let again = [("_method", "PUT"), ("version", "1")];
        let daily = form(&ann, &[("repeat", "days"), ("repeat_n", "3")]);
        led_to(&submit(&owner, &format!("/posts/{post}"), &[daily, again.to_vec()].concat()).await);
        let page = owner.browser.get(&format!("/posts/{post}")).await.expect(200).page();
        assert!(page.contains("Every 3 days at 09:00"));
        let once = form(&ann, &[("repeat", "")]);
        led_to(&submit(&owner, &format!("/posts/{post}"), &[once, vec![("_method", "PUT"), ("version", "2")]].concat()).await);
        assert!(recurrence::of_post(&app.app.db, owner.org, post).await.unwrap().is_none());
        assert_eq!(listed(&app, &owner, post).await.len(), 1);
    }

    /// What is wrong is said at its field, and nothing is saved.
    async fn a_wrong_rule_names_its_field(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await.to_string();
        for (field, more) in [
            ("repeat", vec![("repeat", "sometimes")]),
            ("repeat_n", vec![("repeat", "days"), ("repeat_n", "0")]),
            ("repeat_n", vec![("repeat", "minutes"), ("repeat_n", "1")]),
            ("repeat_n", vec![("repeat", "days"), ("repeat_n", "many")]),
            ("repeat_day", vec![("repeat", "months"), ("repeat_day", "32")]),
            ("repeat_cron", vec![("repeat", "cron"), ("repeat_cron", "* * * * *")]),
            ("repeat_until", vec![("repeat", "days"), ("repeat_end", "until"), ("repeat_until", "2031-03-02")]),
            ("repeat_count", vec![("repeat", "days"), ("repeat_end", "count"), ("repeat_count", "1001")]),
        ] {
            let page = submit(&owner, "/posts", &form(&ann, &more)).await.expect(422).page();
            assert!(page.contains(&format!("href=\"#f-{field}\"")) && page.contains(&format!("id=\"e-{field}\"")), "{field}: {page}");
        }
        let posts: Vec<(PostId,)> = q("SELECT id FROM posts").all(&app.app.db).await.unwrap();
        assert!(posts.is_empty());
        let fragment = owner.browser.get("/posts/recurrence?date=2031-03-03&time=09:00&zone=UTC&repeat=cron&repeat_cron=x").await.expect(200);
        assert!(fragment.text().contains("five fields"), "{}", fragment.text());
        assert_eq!(app.visitor().get("/posts/recurrence").await.status, 303);
    }

    /// Buttons of the series: pause, resume, one, this and what follows; nobody else's.
    async fn a_series_is_paused_resumed_and_ended(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let soon = app.app.clock.now() + chrono::TimeDelta::hours(5);
        let wall = rostrum::kit::zone::wall(chrono_tz::Tz::UTC, soon);
        let (id, date, time) = (ann.to_string(), wall.format("%Y-%m-%d").to_string(), wall.format("%H:%M").to_string());
        let fields = [("channels", id.as_str()), ("when", "at"), ("date", &date), ("time", &time), ("zone", "UTC"), ("parts[0][text]", "x"), ("repeat", "days")];
        let post = led_to(&submit(&owner, "/posts", &fields).await);
        let before = listed(&app, &owner, post).await;
        assert_eq!(before.len(), 60);
        for path in ["recurrence/pause", "recurrence/resumption", &format!("targets/{}/removal", before[3].target.id)] {
            other.browser.submit(&format!("/posts/{post}/{path}"), &[]).await.expect(404);
        }
        owner.browser.submit(&format!("/posts/{post}/recurrence/pause"), &[]).await.expect(303);
        let paused = listed(&app, &owner, post).await;
        assert_eq!((paused.len(), paused[0].target.state), (1, TargetState::Held));
        assert!(owner.browser.get(&format!("/posts/{post}")).await.expect(200).page().contains("Paused: nothing goes out"));
        owner.browser.submit(&format!("/posts/{post}/recurrence/resumption"), &[]).await.expect(303);
        let mut resumed = listed(&app, &owner, post).await;
        resumed.sort_by_key(|l| l.target.due_at);
        assert_eq!(resumed.len(), 60);
        let removal = |n: usize| format!("/posts/{post}/targets/{}/removal", resumed[n].target.id);
        owner.browser.submit(&removal(1), &[]).await.expect(303);
        owner.browser.submit(&removal(3), &[("following", "1")]).await.expect(303);
        let left: Vec<_> = listed(&app, &owner, post).await.iter().map(|l| l.target.id).collect();
        assert_eq!(left, [resumed[0].target.id, resumed[2].target.id]);
        let answer = owner.browser.submit(&removal(0), &[("following", "1")]).await.expect(303);
        assert_eq!(answer.header("location"), "/posts");
        owner.browser.get(&format!("/posts/{post}")).await.expect(404);
    }
}
