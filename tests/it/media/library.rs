//! The library's page: list, alternative text, deleting and taking that back.

use rostrum::{
    db::q,
    kit::{ChannelId, MediaId, OrgId, PartId, PostId, TargetId, VersionId},
    media::Media,
};
use serde_json::json;

use super::{html, samples, stored};
use crate::{both_databases, support::TestApp};

both_databases! {
    /// Newest first, sixty a page, with what each file is.
    async fn the_library_lists_files_newest_first(app) {
        let owner = app.owner().await;
        assert!(html(owner.browser.get("/media").await.expect(200)).contains("Nothing here yet"));
        for n in 0..62 {
            stored(&app, &owner, &format!("<{n:02}>.png"), &samples::png(8, 8)).await;
        }
        stored(&app, &owner, "film.mp4", &samples::mp4(64, 32, 75, false)).await;
        let page = html(owner.browser.get("/media").await.expect(200));
        assert!(page.contains("63 files") && page.contains("1:15") && page.contains("64 × 32") && page.contains("&lt;61&gt;.png"));
        assert!(page.find("film.mp4").unwrap() < page.find("&lt;61&gt;").unwrap());
        assert!(!page.contains("&lt;02&gt;"));
        let next = page.split("href=\"/media?after=").nth(1).unwrap().split('"').next().unwrap();
        let second = html(owner.browser.get(&format!("/media?after={next}")).await.expect(200));
        assert!(second.contains("&lt;02&gt;") && second.contains("&lt;00&gt;") && !second.contains("&lt;03&gt;"));
        assert!(!second.contains("?after="));
    }

    /// Strangers see the login; other organisations neither see nor change a file.
    async fn a_library_is_closed_to_others(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let media = stored(&app, &owner, "mine.png", &samples::png(8, 8)).await;
        assert_eq!(app.visitor().get("/media").await.expect(303).header("location"), "/login?next=%2Fmedia");
        assert!(!html(other.browser.get("/media").await.expect(200)).contains("mine.png"));
        let path = format!("/media/{}", media.id);
        other.browser.submit(&path, &[("_method", "PUT"), ("alt", "x")]).await.expect(404);
        other.browser.submit(&path, &[("_method", "DELETE")]).await.expect(404);
        other.browser.submit(&format!("{path}/restoration"), &[]).await.expect(404);
        owner.browser.submit("/media/not-an-id", &[("_method", "DELETE")]).await.expect(404);
        let same = Media::find(&app.app.db, owner.org, media.id).await.unwrap();
        assert_eq!((same.alt, same.deleted_at), (String::new(), None));
        assert!(Media::find_many(&app.app.db, other.org, &[media.id]).await.unwrap().is_empty());
    }

    /// The alternative text is kept; one that is too long is shown again with what is wrong.
    async fn alternative_text_is_kept(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "a.png", &samples::png(8, 8)).await;
        let path = format!("/media/{}", media.id);
        owner.browser.submit(&path, &[("_method", "PUT"), ("alt", " A <loom>\r\nof oak\0 ")]).await.expect(303);
        assert_eq!(Media::find(&app.app.db, owner.org, media.id).await.unwrap().alt, "A <loom>\nof oak");
        assert!(html(owner.browser.get(&path).await.expect(200)).contains("A &lt;loom&gt;"));
        let page = html(owner.browser.submit(&path, &[("_method", "PUT"), ("alt", &"é".repeat(2_001))]).await.expect(422));
        assert!(page.contains("2001 characters") && page.contains(&"é".repeat(2_001)));
        assert!(page.contains("id=\"e-alt\""));
        owner.browser.submit(&path, &[("_method", "PUT"), ("alt", &"é".repeat(2_000))]).await.expect(303);
    }

    /// A deleted file is neither listed nor served, until it is put back.
    async fn deleting_can_be_taken_back(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "gone.png", &samples::png(8, 8)).await;
        let path = format!("/media/{}", media.id);
        owner.browser.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        let page = html(owner.browser.get("/media").await.expect(200));
        assert!(page.contains(&format!("action=\"{path}/restoration\"")) && page.contains("Nothing here yet"), "{page}");
        owner.browser.submit(&path, &[("_method", "DELETE")]).await.expect(404);
        app.visitor().get(&media.path()).await.expect(404);
        owner.browser.submit(&format!("{path}/restoration"), &[]).await.expect(303);
        app.visitor().get(&media.path()).await.expect(200);
        assert!(html(owner.browser.get("/media").await.expect(200)).contains("gone.png"));
    }

    /// The library says in how many posts a file is. One that a post waits for is not deleted, by nobody; one of posts that
    /// are out can be, and is still served.
    async fn a_file_in_a_post_stays_served(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "used.png", &samples::png(8, 8)).await;
        let unused = stored(&app, &owner, "unused.png", &samples::png(8, 8)).await;
        post_with(&app, owner.org, &[media.id, media.id]).await;
        post_with(&app, owner.org, &[media.id]).await;
        let uses = Media::uses(&app.app.db, owner.org, &[media.id, unused.id]).await.unwrap();
        assert_eq!(uses.iter().map(|u| (u.id, u.posts)).collect::<Vec<_>>(), [(media.id, 2)]);
        let page = html(owner.browser.get("/media").await.expect(200));
        assert!(page.contains("In 2 posts") && page.contains("Not used yet"));
        let path = format!("/media/{}", media.id);
        owner.browser.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        let page = html(owner.browser.get(&path).await.expect(200));
        assert!(page.contains("A post that has not gone out shows this file") && page.matches("href=\"/posts/").count() >= 2, "{page}");
        let (id, other) = (media.id.to_string(), unused.id.to_string());
        let bulk = [("action", "delete"), ("id", &*id), ("id", &*other)];
        owner.browser.submit("/media/bulk", &bulk).await.expect(303);
        let page = html(owner.browser.get("/media").await.expect(200));
        assert!(page.contains("1 file is no longer in the library. 1 file was kept"), "{page}");
        assert!(page.contains("used.png") && !page.contains("unused.png"));
        let mut tx = app.app.db.begin().await.unwrap();
        q("UPDATE parts SET state = 'published'").exec(&mut tx).await.unwrap();
        q("UPDATE targets SET state = 'published', due_at = created_at").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        owner.browser.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        owner.browser.get(&path).await.expect(404);
        app.visitor().get(&media.path()).await.expect(200);
    }
}

/// A post on a channel of its own, each part with one of these files.
async fn post_with(app: &TestApp, org: OrgId, media: &[MediaId]) {
    let (channel, post, version, target) = (ChannelId::new(), PostId::new(), VersionId::new(), TargetId::new());
    let now = app.app.clock.now();
    let mut tx = app.app.db.begin().await.unwrap();
    for insert in [
        q("INSERT INTO channels (id, org_id, provider, remote_id, name, handle, credentials, state, zone, created_at)
           VALUES ($1, $2, 'sandbox', $3, 'c', 'c', $4, 'active', 'UTC', $5)")
            .bind(channel).bind(org).bind(channel.to_string()).bind(vec![0u8]).bind(now),
        q("INSERT INTO posts (id, org_id, source, created_at) VALUES ($1, $2, 'web', $3)").bind(post).bind(org).bind(now),
        q("INSERT INTO post_versions (id, org_id, post_id, number, content, created_at) VALUES ($1, $2, $3, 1, $4, $5)")
            .bind(version).bind(org).bind(post).bind(json!({})).bind(now),
        q("INSERT INTO targets (id, org_id, post_id, version_id, channel_id, entry, occurrence_key, zone, state, settings, created_at)
           VALUES ($1, $2, $3, $4, $5, 0, 'once', 'UTC', 'draft', $6, $7)")
            .bind(target).bind(org).bind(post).bind(version).bind(channel).bind(json!({})).bind(now),
    ] {
        insert.exec(&mut tx).await.unwrap();
    }
    for (position, id) in media.iter().enumerate() {
        q("INSERT INTO parts (id, org_id, target_id, channel_id, position, delay_seconds, content, media, state, tries, looks)
           VALUES ($1, $2, $3, $4, $5, 0, '', $6, 'waiting', 0, 0)")
        .bind(PartId::new())
        .bind(org)
        .bind(target)
        .bind(channel)
        .bind(position as i64)
        .bind(json!([{"id": id, "alt": "x"}]))
        .exec(&mut tx)
        .await
        .unwrap();
    }
    q("UPDATE instance SET part_media_filled = FALSE").exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    // Past the code that writes posts: entered as at the start.
    rostrum::delivery::fill_part_media(&app.app.db).await.unwrap();
}
