//! Posting times from the page.

use rostrum::channels::Slot;

use super::unknown_channel;
use crate::both_databases;

both_databases! {
    /// Added, shown, removed; removing again finds nothing.
    async fn posting_times_come_and_go(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let (here, path) = (format!("/channels/{id}"), format!("/channels/{id}/slots"));
        let fields = [("time", "18:05"), ("weekday", "6"), ("weekday", "7")];
        assert_eq!(owner.browser.submit(&path, &fields).await.expect(303).header("location"), here);
        owner.browser.submit(&path, &[("time", "09:20"), ("weekday", "2")]).await.expect(303);
        let page = owner.browser.get(&here).await.expect(200).text();
        assert!(page.contains("18:05") && page.contains("Weekends") && page.contains("Tuesday"), "{page}");
        let slots = Slot::list(&app.app.db, owner.org, id).await.unwrap();
        assert_eq!(slots.iter().map(|s| (s.minute, s.weekdays)).collect::<Vec<_>>(), [(560, 0b10), (1085, 0b110_0000)]);
        let slot = format!("{path}/{}", slots[0].id);
        owner.browser.submit(&slot, &[("_method", "DELETE")]).await.expect(303);
        owner.browser.submit(&slot, &[("_method", "DELETE")]).await.expect(404);
        owner.browser.submit(&format!("{path}/x"), &[("_method", "DELETE")]).await.expect(404);
        assert_eq!(Slot::list(&app.app.db, owner.org, id).await.unwrap().len(), 1);
    }

    /// Days are switched one by one; without any left the time is gone, and can be had again with what it had.
    async fn days_are_switched_and_what_is_removed_comes_back(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let path = format!("/channels/{id}/slots");
        owner.browser.submit(&path, &[("time", "10:00"), ("weekday", "1"), ("weekday", "3")]).await.expect(303);
        let all = async || Slot::list(&app.app.db, owner.org, id).await.unwrap().iter().map(|s| (s.minute, s.weekdays)).collect::<Vec<_>>();
        let slot = format!("{path}/{}", Slot::list(&app.app.db, owner.org, id).await.unwrap()[0].id);
        let switch = async |field, day| owner.browser.submit(&slot, &[("_method", "PUT"), (field, day)]).await;
        switch("on", "7").await.expect(303);
        switch("on", "7").await.expect(303);
        assert_eq!(all().await, [(600, 0b100_0101)]);
        switch("off", "1").await.expect(303);
        switch("off", "2").await.expect(303);
        assert_eq!(all().await, [(600, 0b100_0100)]);
        for (field, day) in [("on", "8"), ("off", "0"), ("on", ""), ("other", "1")] {
            switch(field, day).await.expect(400);
        }
        switch("off", "3").await.expect(303);
        switch("off", "7").await.expect(303);
        assert_eq!(all().await, []);
        switch("on", "1").await.expect(404);
        owner.browser.submit(&path, &[("time", "09:20"), ("weekday", "2")]).await.expect(303);
        for back in ["time=10:00&days=1,3", "time=09:20&days=5"] {
            owner.browser.submit(&format!("{path}/restoration?{back}"), &[]).await.expect(303);
        }
        assert_eq!(all().await, [(560, 0b1_0010), (600, 0b101)]);
        for wrong in ["time=10:00&days=", "time=&days=1", "time=10:00&days=9"] {
            owner.browser.submit(&format!("{path}/restoration?{wrong}"), &[]).await.expect(400);
        }
    }

    /// The undo of a removal brings the same days back.
    async fn a_removal_is_taken_back(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let (here, path) = (format!("/channels/{id}"), format!("/channels/{id}/slots"));
        owner.browser.submit(&path, &[("time", "18:05"), ("weekday", "6"), ("weekday", "7")]).await.expect(303);
        let slot = Slot::list(&app.app.db, owner.org, id).await.unwrap()[0].id;
        owner.browser.submit(&format!("{path}/{slot}"), &[("_method", "DELETE")]).await.expect(303);
        let page = owner.browser.get(&here).await.expect(200).page();
        let undo = format!("{path}/restoration?time=18:05&amp;days=6,7");
        assert!(page.contains(&undo), "{page}");
        owner.browser.submit(&undo.replace("&amp;", "&"), &[]).await.expect(303);
        let slots = Slot::list(&app.app.db, owner.org, id).await.unwrap();
        assert_eq!(slots.iter().map(|s| (s.minute, s.weekdays)).collect::<Vec<_>>(), [(1085, 0b110_0000)]);
    }

    /// What is missing, wrong or there already is named, and what was chosen is still chosen.
    async fn wrong_posting_times_are_named(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let path = format!("/channels/{id}/slots");
        let page = owner.browser.submit(&path, &[("time", "25:00")]).await.expect(422).text();
        assert!(page.contains("id=\"e-time\"") && page.contains("id=\"e-weekday\"") && page.contains("value=\"25:00\""), "{page}");
        let page = owner.browser.submit(&path, &[("time", "10:00"), ("weekday", "8")]).await.expect(422).text();
        assert!(!page.contains("id=\"e-time\"") && page.contains("id=\"e-weekday\""));
        owner.browser.submit(&path, &[("time", "10:00"), ("weekday", "1")]).await.expect(303);
        let page = owner.browser.submit(&path, &[("time", "10:00"), ("weekday", "3")]).await.expect(422).text();
        assert!(page.contains("a posting time at 10:00 already"), "{page}");
        assert!(page.contains("value=\"3\" checked") && !page.contains("value=\"1\" checked"));
        assert_eq!(Slot::list(&app.app.db, owner.org, id).await.unwrap().len(), 1);
    }

    /// A posting time cannot be removed through another channel.
    async fn a_posting_time_belongs_to_its_channel(app) {
        let owner = app.owner().await;
        let (one, two) = (unknown_channel(&app, owner.org).await, unknown_channel(&app, owner.org).await);
        owner.browser.submit(&format!("/channels/{one}/slots"), &[("time", "10:00"), ("weekday", "1")]).await.expect(303);
        let slot = Slot::list(&app.app.db, owner.org, one).await.unwrap()[0].id;
        owner.browser.submit(&format!("/channels/{two}/slots/{slot}"), &[("_method", "DELETE")]).await.expect(404);
        owner.browser.submit(&format!("/channels/{two}/slots/{slot}"), &[("_method", "PUT"), ("on", "2")]).await.expect(404);
        assert_eq!(Slot::list(&app.app.db, owner.org, one).await.unwrap()[0].weekdays, 1);
    }
}
