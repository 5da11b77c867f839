//! Saving by the function that the API and the command line use: free posting times, ids, versions.

use std::collections::HashSet;

use chrono::TimeDelta;
use rostrum::{Error, delivery::TargetState};

use super::*;
use crate::both_databases;

both_databases! {
    /// Two in a row get two times; a withdrawn one gives its time back.
    async fn each_gets_a_posting_time_of_its_own(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        slot(&app, owner.org, ann, 9 * 60).await;
        let mut dues = Vec::new();
        let mut first = None;
        for _ in 0..2 {
            let saved = saved(&app, &owner, When::NextSlot, vec![entry(ann, &["hi"])]).await;
            first.get_or_insert(saved.targets[0].0);
            dues.push(listed(&app, &owner, saved.post).await[0].target.due_at.unwrap());
        }
        let zone = chrono_tz::Tz::Europe__Berlin;
        let walls: Vec<_> = dues.iter().map(|d| rostrum::kit::zone::wall(zone, *d)).collect();
        assert!(walls.iter().all(|w| w.format("%H:%M").to_string() == "09:00"));
        assert_eq!((walls[1].date() - walls[0].date()).num_days(), 1);
        let now = app.app.clock.now();
        let free = || posts::slots::next_free(&app.app, owner.org, ann, now);
        assert!(free().await.unwrap().unwrap() > dues[1]);
        let mut tx = app.app.db.begin().await.unwrap();
        rostrum::delivery::cancel(&mut tx, owner.org, first.unwrap(), None, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(free().await.unwrap(), Some(dues[0]));
        assert!(matches!(posts::slots::next_free(&app.app, app.owner().await.org, ann, now).await, Err(Error::NotFound("channel"))));
    }

    /// Eight at the same moment get eight times, also when each names the channel twice.
    async fn eight_at_once_get_eight_times(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        slot(&app, owner.org, ann, 9 * 60).await;
        slot(&app, owner.org, ann, 15 * 60).await;
        let (caller, handle) = (caller(&owner), app.app.clone());
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let (app, caller) = (handle.clone(), caller.clone());
                let mut entries = vec![entry(ann, &["a"]), entry(ben, &["b"]), entry(ann, &["c"])];
                entries.rotate_left(n % 3);
                tokio::spawn(async move { posts::create(&app, &caller, &draft(When::NextSlot, entries)).await.unwrap().unwrap() })
            })
            .collect();
        let (mut on_ann, mut on_ben) = (HashSet::new(), HashSet::new());
        for task in tasks {
            for l in listed(&app, &owner, task.await.unwrap().post).await {
                let times = if l.target.channel_id == ann { &mut on_ann } else { &mut on_ben };
                assert!(times.insert(l.target.due_at.unwrap()), "given twice");
            }
        }
        assert_eq!((on_ann.len(), on_ben.len()), (16, 8));
    }

    /// Twelve at the same moment for two channels at once, some together and some each alone: no minute of a channel is given
    /// twice, and what is together is at one time.
    async fn a_common_time_is_reserved_for_all_channels(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        slot(&app, owner.org, ann, 9 * 60).await;
        slot(&app, owner.org, ann, 12 * 60).await;
        slot(&app, owner.org, ben, 12 * 60).await;
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let (app, caller) = (app.app.clone(), caller(&owner));
                let when = if n % 3 == 0 { When::NextSlot } else { When::CommonSlot };
                let mut entries = vec![entry(ann, &["a"]), entry(ben, &["b"])];
                entries.rotate_left(n % 2);
                tokio::spawn(async move { (when, posts::create(&app, &caller, &draft(when, entries)).await.unwrap().unwrap()) })
            })
            .collect();
        let (mut on_ann, mut on_ben) = (HashSet::new(), HashSet::new());
        for task in tasks {
            let (when, saved) = task.await.unwrap();
            let both = listed(&app, &owner, saved.post).await;
            assert!(when == When::NextSlot || both[0].target.due_at == both[1].target.due_at);
            for l in both {
                let times = if l.target.channel_id == ann { &mut on_ann } else { &mut on_ben };
                assert!(times.insert(l.target.due_at.unwrap()), "given twice");
            }
        }
        assert_eq!((on_ann.len(), on_ben.len()), (12, 12));
        let noon = posts::next_common(&app.app, owner.org, &[ann, ben], app.app.clock.now()).await.unwrap().unwrap();
        assert_eq!(rostrum::kit::zone::wall(chrono_tz::Tz::Europe__Berlin, noon).format("%H:%M").to_string(), "12:00");
        let found = owner.api.get(&format!("/public/v1/find-slot/{ann},{ben}")).await.expect(200).json();
        assert_eq!(found["date"], noon.format("%Y-%m-%dT%H:%M:00").to_string());
        let other = app.owner().await;
        other.api.get(&format!("/public/v1/find-slot/{ann},{ben}")).await.expect(404);
    }

    /// A target keeps its id over an edit; parts keep theirs; what is no longer named is withdrawn.
    async fn an_edit_keeps_what_it_names(app) {
        let owner = app.owner().await;
        let (ann, ben, eve) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await, channel(&app, owner.org, "Eve").await);
        let soon = When::At(app.app.clock.now() + TimeDelta::hours(1));
        let post = saved(&app, &owner, soon, vec![entry(ann, &["one", "two"]), entry(ben, &["one"])]).await;
        let before = listed(&app, &owner, post.post).await;
        let mut kept = entry(ann, &["two, first", "new"]);
        kept.target = Some(post.targets[0].0);
        kept.parts[0].id = Some(before[0].parts[1].id);
        // Neither a repeated id nor that of another target's part can take a part's place.
        kept.parts[1].id = Some(before[1].parts[0].id);
        let saved = posts::update(&app.app, &caller(&owner), post.post, &draft(soon, vec![kept, entry(eve, &["e"])])).await.unwrap().unwrap();
        let after = listed(&app, &owner, post.post).await;
        assert_eq!(saved.targets[0].0, post.targets[0].0);
        assert_eq!(after[0].parts[0].id, before[0].parts[1].id);
        assert_ne!(after[0].parts[1].id, before[1].parts[0].id);
        let states: Vec<_> = after.iter().map(|l| (l.target.channel_id, l.target.state)).collect();
        assert_eq!(states, [(ann, TargetState::Scheduled), (ben, TargetState::Cancelled), (eve, TargetState::Scheduled)]);
        assert_eq!(after[2].target.entry, 2, "an entry's number is never used twice");
    }

    /// What has begun to go out is not edited, and an edit beside it leaves it alone.
    async fn what_goes_out_is_left_alone(app) {
        let owner = app.owner().await;
        let (ann, ben) = (channel(&app, owner.org, "Ann").await, channel(&app, owner.org, "Ben").await);
        let post = saved(&app, &owner, When::Now, vec![entry(ann, &["one"]), entry(ben, &["one"])]).await;
        let (sending, waiting) = (post.targets[0].0, post.targets[1].0);
        play(&app, "UPDATE parts SET state = 'sending' WHERE target_id = $1", sending).await;
        play(&app, "UPDATE targets SET state = 'sending' WHERE id = $1", sending).await;
        let named = |target, channel| Entry { target: Some(target), ..entry(channel, &["changed"]) };
        let update = |entries| {
            let (app, caller) = (app.app.clone(), caller(&owner));
            async move { posts::update(&app, &caller, post.post, &draft(When::Now, entries)).await }
        };
        assert!(matches!(update(vec![named(sending, ann), named(waiting, ben)]).await, Err(Error::Conflict(_))));
        assert_eq!(listed(&app, &owner, post.post).await[1].content(), "<p>one</p>", "nothing is half-saved");
        update(vec![named(waiting, ben)]).await.unwrap().unwrap();
        let after = listed(&app, &owner, post.post).await;
        assert_eq!((after[0].target.state, after[1].content()), (TargetState::Sending, "<p>changed</p>"));
        let other = update(vec![named(waiting, ann)]).await.unwrap().unwrap_err();
        assert_eq!((other[0].field.as_str(), other[0].entry), ("channel", Some(0)));
    }

    /// Nobody reaches what belongs to another organisation.
    async fn others_are_unknown(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let (ann, eve) = (channel(&app, owner.org, "Ann").await, channel(&app, other.org, "Eve").await);
        let theirs = saved(&app, &other, When::Draft(None), vec![entry(eve, &["x"])]).await;
        let foreign = posts::create(&app.app, &caller(&owner), &draft(When::Now, vec![entry(eve, &["x"])])).await;
        assert!(matches!(foreign, Err(Error::NotFound("channel"))));
        let foreign = posts::update(&app.app, &caller(&owner), theirs.post, &draft(When::Now, vec![entry(ann, &["x"])])).await;
        assert!(matches!(foreign, Err(Error::NotFound("post"))));
        let own = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["x"])]).await;
        let named = Entry { target: Some(theirs.targets[0].0), ..entry(ann, &["x"]) };
        let foreign = posts::update(&app.app, &caller(&owner), own.post, &draft(When::Now, vec![named])).await;
        assert!(matches!(foreign, Err(Error::NotFound("post"))));
        assert!(matches!(posts::find(&app.app.db, owner.org, theirs.targets[0].0).await, Err(Error::NotFound("post"))));
        let media = picture(&app, &other).await;
        let problems = posts::create(&app.app, &caller(&owner), &draft(When::Now, vec![with_media(entry(ann, &["x"]), media, "")])).await;
        assert_eq!(problems.unwrap().unwrap_err()[0].field, "image");
    }

    /// A list is of a window of time and of one organisation, with all that is to be said.
    async fn a_list_tells_all_of_each(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let ann = channel(&app, owner.org, "Ann").await;
        let eve = channel(&app, other.org, "Eve").await;
        let now = app.app.clock.now();
        let at = |hours| When::At(now + TimeDelta::hours(hours));
        let media = picture(&app, &owner).await;
        saved(&app, &owner, at(3), vec![entry(ann, &["later"])]).await;
        let first = saved(&app, &owner, at(1), vec![with_media(entry(ann, &["one", "two"]), media, "A loom")]).await;
        saved(&app, &owner, at(9), vec![entry(ann, &["outside"])]).await;
        saved(&app, &owner, When::Draft(None), vec![entry(ann, &["undated"])]).await;
        saved(&app, &other, at(1), vec![entry(eve, &["theirs"])]).await;
        let list = posts::list(&app.app.db, owner.org, now, now + TimeDelta::hours(9)).await.unwrap();
        let texts: Vec<&str> = list.iter().map(|l| l.content()).collect();
        assert_eq!(texts, ["<p>one</p>", "<p>later</p>"]);
        assert_eq!((list[0].channel.name.as_str(), list[0].parts.len(), list[0].parts[0].media.0[0].id), ("Ann", 2, media));
        let target = first.targets[0].0;
        play(&app, "INSERT INTO remotes (part_id, n, org_id, remote_id, url, extra, created_at)
            SELECT id, 0, org_id, 'r1', 'https://x.example/1', '{}', (SELECT created_at FROM targets WHERE id = $1) FROM parts WHERE target_id = $1 AND position = 0", target).await;
        let found = posts::find(&app.app.db, owner.org, target).await.unwrap();
        assert_eq!(found.remote.unwrap().id, "r1");
    }
}
