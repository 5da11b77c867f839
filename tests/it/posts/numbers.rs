//! What a platform counts at a published post, read from its page.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::TimeDelta;
use rostrum::{kit::Clock, providers};

use super::*;
use crate::{
    smoke::fake::{Answer as Reply, Fake},
    support::Engine as Database,
};

/// A post that is live on a Mastodon server, which counts so many likes.
async fn counted(database: Database) -> (TestApp, Owner, Saved, Arc<AtomicI64>, Fake) {
    let likes = Arc::new(AtomicI64::new(3));
    let counted = likes.clone();
    let fake = Fake::start(move |seen| match (seen.path.as_str(), counted.load(Ordering::SeqCst)) {
        ("/api/v1/statuses/7", likes) if likes >= 0 => Reply::json(json!({
            "id": "7", "url": "https://m.example/7", "created_at": "2026-11-23T08:00:00Z", "content": "",
            "favourites_count": likes, "reblogs_count": 1, "replies_count": 0,
        })),
        _ => Reply::status(404, json!({"error": "Record not found"})),
    })
    .await;
    let app = TestApp::with(database, Clock::manual(Utc::now()), |_| {}).await;
    let owner = app.owner().await;
    let ann = channel(&app, owner.org, "Ann").await;
    let post = saved(&app, &owner, When::Now, vec![entry(ann, &["x"])]).await;
    let target = post.targets[0].0;
    play(&app, "UPDATE parts SET state = 'published', next_at = NULL WHERE target_id = $1", target).await;
    play(&app, "UPDATE targets SET state = 'published' WHERE id = $1", target).await;
    let credentials = json!({"server": fake.url, "access": "opens-the-account"}).to_string();
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE channels SET provider = 'mastodon', credentials = $2 WHERE id = $1")
        .bind(ann)
        .bind(app.app.key.seal(&format!("channels/{ann}"), credentials.as_bytes()))
        .exec(&mut tx)
        .await
        .unwrap();
    q("INSERT INTO remotes (part_id, n, org_id, remote_id, extra, created_at)
       SELECT id, 0, org_id, '7', $2, $3 FROM parts WHERE target_id = $1")
    .bind(target)
    .bind(json!({}))
    .bind(app.app.clock.now())
    .exec(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    (app, owner, post, likes, fake)
}

async fn page(owner: &Owner, post: &Saved) -> String {
    owner.browser.get(&format!("/posts/{}", post.post)).await.expect(200).page()
}

async fn read_from_the_page(database: Database) {
    let (app, owner, post, likes, _fake) = counted(database).await;
    let here = format!("/posts/{}/targets/{}/numbers", post.post, post.targets[0].0);
    let before = page(&owner, &post).await;
    assert!(before.contains("Read the numbers") && !before.contains("<dt>Likes</dt>"));
    owner.browser.submit(&here, &[]).await.expect(303);
    let read = page(&owner, &post).await;
    assert!(read.contains("<dt>Likes</dt><dd>3</dd>") && read.contains("<dt>Shares</dt><dd>1</dd>"), "{read}");
    assert!(!read.contains("Read them again"), "they are of just now");
    likes.store(5, Ordering::SeqCst);
    owner.browser.submit(&here, &[]).await.expect(303);
    assert!(page(&owner, &post).await.contains("<dd>3</dd>"), "nobody was asked again");
    app.app.clock.advance(TimeDelta::minutes(15));
    assert!(page(&owner, &post).await.contains("Read them again"));
    owner.browser.submit(&here, &[]).await.expect(303);
    assert!(page(&owner, &post).await.contains("<dt>Likes</dt><dd>5</dd>"));
    // What the platform does not tell is said in its words; what was known stays.
    app.app.clock.advance(TimeDelta::minutes(15));
    likes.store(-1, Ordering::SeqCst);
    owner.browser.submit(&here, &[]).await.expect(303);
    let failed = page(&owner, &post).await;
    assert!(failed.contains("Record not found") && failed.contains("<dd>5</dd>"), "{failed}");
    let other = app.owner().await;
    assert_eq!(other.browser.submit(&here, &[]).await.status, 404);
}

/// The sandbox counts nothing, and of what is not live nothing is counted.
async fn only_where_something_is_counted(database: Database) {
    let app = TestApp::new(database).await;
    let owner = app.owner().await;
    let ann = channel(&app, owner.org, "Ann").await;
    let post = saved(&app, &owner, When::Draft(None), vec![entry(ann, &["x"])]).await;
    assert!(!providers::find("sandbox").unwrap().about().can.metrics);
    let here = format!("/posts/{}/targets/{}/numbers", post.post, post.targets[0].0);
    owner.browser.submit(&here, &[]).await.expect(303);
    let page = page(&owner, &post).await;
    assert!(page.contains("Nothing is counted there") && !page.contains("Read the numbers"));
}

mod the_numbers_of_a_post_are_read_and_kept_for_a_while {
    use super::*;
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        read_from_the_page(Database::Sqlite).await;
    }
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        read_from_the_page(Database::Postgres).await;
    }
}

mod numbers_are_offered_only_where_something_is_counted {
    use super::*;
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        only_where_something_is_counted(Database::Sqlite).await;
    }
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        only_where_something_is_counted(Database::Postgres).await;
    }
}
