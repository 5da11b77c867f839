//! What is drawn: days, hours, folds, filters, clocks, free posting times and what series will add.

use chrono::{Days, TimeDelta};
use rostrum::{
    db::q,
    kit::{
        CustomerId,
        recur::{End, Every, Rule},
    },
    posts::{self, Draft, When},
};
use uuid::Uuid;

use super::*;
use crate::{
    both_databases,
    posts::{channel, entry, saved, slot},
};

both_databases! {
    /// Each post stands in the cell of its day and hour on the clock that is shown, and nothing of others is drawn.
    async fn posts_stand_in_their_day_and_hour(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let (ann, eve) = (channel(&app, owner.org, "Ann").await, channel(&app, other.org, "Eve").await);
        let day = monday(&app);
        saved(&app, &owner, When::At(at(day, "23:30")), vec![entry(ann, &["late on Monday"])]).await;
        saved(&app, &other, When::At(at(day, "23:30")), vec![entry(eve, &["not mine"])]).await;
        let next = day + Days::new(1);
        let month = owner.browser.get(&format!("/calendar?date={day}")).await.expect(200).page();
        assert!(cell(&month, &day.to_string()).contains("late on Monday") && cell(&month, &day.to_string()).contains("23:30"));
        assert!(!cell(&month, &next.to_string()).contains("late on Monday") && !month.contains("not mine"));
        let week = owner.browser.get(&format!("/calendar?view=week&date={day}")).await.expect(200).page();
        assert!(cell(&week, &format!("{day}T23:00")).contains("late on Monday"));
        // In Tokyo it is Tuesday morning.
        let tokyo = owner.browser.get(&format!("/calendar?view=week&date={day}&zone=Asia/Tokyo")).await.page();
        let hour = at(day, "23:30").with_timezone(&Tz::Asia__Tokyo).format("%H:00").to_string();
        assert!(cell(&tokyo, &format!("{next}T{hour}")).contains("late on Monday") && tokyo.contains("data-zone=\"Asia/Tokyo\""));
        for look in ["day", "list"] {
            let page = owner.browser.get(&format!("/calendar?view={look}&date={day}")).await.expect(200).page();
            assert!(page.contains("late on Monday") && !page.contains("not mine"), "{look}");
        }
        for odd in ["view=year&date=2026-13-01", "zone=Mars&channel=x&tag=%00&page=-1", "date=1969-01-01", "view=list&page=99", "date=2200-12-31"] {
            owner.browser.get(&format!("/calendar?{odd}")).await.expect(200);
        }
    }

    /// Targets of a post at one time are one card; at another time they are another one.
    async fn what_stands_together_is_one_card(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let day = monday(&app);
        let post = saved(&app, &owner, When::At(at(day, "09:00")), vec![entry(ann, &["two of us"]), entry(ben, &["two of us"])]).await;
        let page = owner.browser.get(&format!("/calendar?date={day}")).await.page();
        let drawn = cell(&page, &day.to_string());
        assert_eq!(drawn.matches(&format!("data-card=\"{}\"", post.post)).count(), 1);
        assert!(drawn.contains("+1<") && drawn.contains("Ann, Ben"));
        let only = post.targets[1].0.to_string();
        dragged(&owner, post.post, at(day, "09:00"), &[("date", &day.to_string()), ("time", "15:00"), ("target", &only)], None).await.expect(200);
        let page = owner.browser.get(&format!("/calendar?date={day}")).await.page();
        assert_eq!(cell(&page, &day.to_string()).matches("data-card=").count(), 2);
    }

    /// Many posts of a day are folded and counted; the day itself and the list show them all.
    async fn many_posts_are_folded(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let day = monday(&app);
        for n in 0..15 {
            saved(&app, &owner, When::At(at(day, "09:00") + TimeDelta::minutes(n)), vec![entry(ann, &[&format!("number {n}.")])]).await;
        }
        let month = owner.browser.get(&format!("/calendar?date={day}")).await.page();
        let drawn = cell(&month, &day.to_string());
        assert_eq!(drawn.matches("data-card=").count(), 3);
        assert!(drawn.contains("+12 more") && drawn.contains(&format!("/calendar?view=day&amp;date={day}")));
        let whole = owner.browser.get(&format!("/calendar?view=day&date={day}")).await.page();
        assert_eq!(cell(&whole, &format!("{day}T09:00")).matches("data-card=").count(), 15);
        let list = owner.browser.get(&format!("/calendar?view=list&date={day}")).await.page();
        assert_eq!(list.matches("data-card=").count(), 15);
    }

    /// Channel, customer, tag, author and state each narrow the view, and the address keeps them.
    async fn filters_narrow_the_view(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let day = monday(&app);
        let (first, second) = (at(day, "09:00"), at(day, "10:00"));
        let one = saved(&app, &owner, When::At(first), vec![entry(ann, &["for Ann"])]).await;
        saved(&app, &owner, When::Draft(Some(second)), vec![entry(ben, &["for Ben"])]).await;
        let (customer, tag) = (CustomerId::new(), Uuid::now_v7());
        let mut tx = app.app.db.begin().await.unwrap();
        q("INSERT INTO customers (id, org_id, name, created_at) VALUES ($1, $2, 'Acme', $3)").bind(customer).bind(owner.org).bind(first).exec(&mut tx).await.unwrap();
        q("UPDATE channels SET customer_id = $1 WHERE id = $2").bind(customer).bind(ben).exec(&mut tx).await.unwrap();
        q("INSERT INTO tags (id, org_id, name, colour, created_at) VALUES ($1, $2, 'Launch', '#ff8800', $3)").bind(tag).bind(owner.org).bind(first).exec(&mut tx).await.unwrap();
        q("INSERT INTO post_tags (post_id, tag_id, org_id) VALUES ($1, $2, $3)").bind(one.post).bind(tag).bind(owner.org).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let user = owner.user;
        for (filter, shows) in [
            (format!("channel={ann}"), (true, false)), (format!("channel={ann}&channel={ben}"), (true, true)), (format!("customer={customer}"), (false, true)),
            (format!("tag={tag}"), (true, false)), ("state=draft".into(), (false, true)), ("state=scheduled".into(), (true, false)),
            ("state=failed".into(), (false, false)), (format!("author={user}"), (true, true)), (format!("author={}", Uuid::now_v7()), (false, false)),
            (format!("customer={customer}&channel={ann}"), (false, false)),
        ] {
            for look in ["month", "week", "list"] {
                let page = owner.browser.get(&format!("/calendar?view={look}&date={day}&{filter}")).await.expect(200).page();
                assert_eq!((page.contains(">for Ann<"), page.contains(">for Ben<")), shows, "{look} {filter}");
                let next = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
                assert!(filter.split('&').all(|pair| next.contains(pair)), "{next} lost {filter}");
            }
        }
        let page = owner.browser.get(&format!("/calendar?date={day}")).await.page();
        assert!(page.contains("cal-tag tag-orange\"") && page.contains("title=\"Launch\""));
    }

    /// Free posting times are places to fill, with their channels; those that are taken or over are not, and past days are closed.
    async fn free_posting_times_are_drawn(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        slot(&app, owner.org, ann, 9 * 60 + 20).await;
        let day = monday(&app);
        let next = day + Days::new(1);
        saved(&app, &owner, When::At(at(day, "09:20")), vec![entry(ann, &["taken"])]).await;
        let page = owner.browser.get(&format!("/calendar?view=week&date={day}")).await.page();
        assert!(!cell(&page, &format!("{day}T09:00")).contains("cal-opening"));
        let free = cell(&page, &format!("{next}T09:00"));
        assert!(free.contains("cal-opening") && free.contains("free on Ann"));
        let link = free.split("cal-opening\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let form = owner.browser.get(&link).await.expect(200).page();
        assert!(form.contains(&format!("value=\"{next}\"")) && form.contains("value=\"09:20\"") && form.contains("name=\"when\" value=\"at\" checked"));
        let past = owner.browser.get("/calendar?date=2024-05-15").await.page();
        let closed = cell(&past, "2024-05-15");
        assert!(closed.contains("data-closed") && !closed.contains("/posts/new") && !closed.contains("cal-opening"));
    }

    /// What a series will add beyond its planned targets is drawn, and cannot be moved.
    async fn what_series_will_add_is_drawn(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let day = monday(&app);
        let start = day.and_hms_opt(9, 0, 0).unwrap();
        let rule = Rule { start, zone: BERLIN, every: Every::Weeks { n: 1, weekdays: 1 }, end: End::Never };
        let caller = rostrum::orgs::Caller { user: Some(owner.user), ..owner.caller() };
        let draft = Draft { when: When::At(at(day, "09:00")), zone: BERLIN, entries: vec![entry(ann, &["every Monday"])], allow_duplicate: false };
        posts::recurrence::create(&app.app, &caller, &draft, &rule).await.unwrap().unwrap();
        let planned = owner.browser.get(&format!("/calendar?date={day}")).await.page();
        assert!(cell(&planned, &day.to_string()).contains("data-series") && planned.contains("data-movable"));
        let far = day + Days::new(140);
        let page = owner.browser.get(&format!("/calendar?date={far}")).await.page();
        let drawn = cell(&page, &far.to_string());
        assert!(drawn.contains("every Monday") && drawn.contains("is-drawn") && !drawn.contains("data-card="));
        for (filter, there) in [(format!("channel={ann}"), true), ("state=draft".into(), false), (format!("tag={}", Uuid::now_v7()), false), (format!("author={}", owner.user), true)] {
            let page = owner.browser.get(&format!("/calendar?date={far}&{filter}")).await.page();
            assert_eq!(cell(&page, &far.to_string()).contains("every Monday"), there, "{filter}");
        }
    }

    /// A new post begins with what another one says.
    async fn a_post_is_duplicated(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let day = monday(&app);
        let post = saved(&app, &owner, When::At(at(day, "09:00")), vec![entry(ben, &["once more", "and again"])]).await;
        let form = owner.browser.get(&format!("/posts/new?from={}", post.post)).await.expect(200).page();
        assert!(form.contains("once more") && form.contains("and again"));
        assert!(form.contains(&format!("value=\"{ben}\" checked")) && !form.contains(&format!("value=\"{ann}\" checked")));
        assert!(!form.contains(&post.targets[0].0.to_string()), "it is another post");
        other.browser.get(&format!("/posts/new?from={}", post.post)).await.expect(404);
        owner.browser.get("/posts/new?from=x&at=y&channels=z,,&zone=Mars").await.expect(200);
    }

    /// Without channels and without posts the calendar says what to do.
    async fn an_empty_calendar_teaches(app) {
        let owner = app.owner().await;
        assert!(owner.browser.get("/calendar").await.page().contains("A calendar needs a channel"));
        let ann = channel(&app, owner.org, "Ann").await;
        assert!(owner.browser.get("/calendar").await.page().contains("Nothing is planned yet"));
        saved(&app, &owner, When::Draft(None), vec![entry(ann, &["some day"])]).await;
        let page = owner.browser.get("/calendar").await.page();
        assert!(!page.contains("Nothing is planned yet") && page.contains("1 draft without a date"));
    }
}
