//! `/admin/jobs`: for the operator what was given up, with another try; for all others nothing.

use rostrum::{
    db::q,
    kit::{JobId, UserId},
    queue,
};
use serde_json::json;

use crate::{both_databases, support::TestApp};

async fn make_operator(app: &TestApp, user: UserId) {
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE users SET operator = TRUE WHERE id = $1").bind(user).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn dead(app: &TestApp, error: &str) -> JobId {
    let (id, now) = (JobId::new(), app.app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO jobs (id, kind, payload, state, run_at, tries, epoch, error, created_at, finished_at)
       VALUES ($1, 'notify.close', $2, 'dead', $3, 12, 12, $4, $3, $3)")
    .bind(id)
    .bind(json!({"notice": id}))
    .bind(now)
    .bind(error)
    .exec(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

both_databases! {
    /// What was given up is shown with its words; it begins anew or is discarded, one by one and all at once.
    async fn the_operator_sees_what_was_given_up(app) {
        let owner = app.owner().await;
        make_operator(&app, owner.user).await;
        assert!(owner.browser.get("/admin/jobs").await.expect(200).page().contains("Nothing was given up"));
        let (first, second) = (dead(&app, "the <disk> was away").await, dead(&app, "x").await);
        let page = owner.browser.get("/admin/jobs").await.expect(200).page();
        assert!(page.contains("the &lt;disk&gt; was away") && page.contains("notify.close"), "{page}");
        owner.browser.submit(&format!("/admin/jobs/{first}/replay"), &[]).await.expect(303);
        owner.browser.submit(&format!("/admin/jobs/{first}/replay"), &[]).await.expect(409);
        owner.browser.submit(&format!("/admin/jobs/{second}"), &[("_method", "DELETE")]).await.expect(303);
        owner.browser.submit("/admin/jobs/none/replay", &[]).await.expect(404);
        // It runs: its notice is gone, which is an end.
        assert!(app.run_jobs().await >= 1);
        assert!(queue::dead(&app.app.db, None, 10).await.unwrap().is_empty());
        for _ in 0..3 {
            dead(&app, "y").await;
        }
        owner.browser.submit("/admin/jobs/replay", &[("kind", "notify.mail")]).await.expect(303);
        assert_eq!(queue::dead(&app.app.db, None, 10).await.unwrap().len(), 3, "another kind");
        owner.browser.submit("/admin/jobs/replay", &[("kind", "notify.close")]).await.expect(303);
        assert!(queue::dead(&app.app.db, None, 10).await.unwrap().is_empty());
        dead(&app, "z").await;
        owner.browser.submit("/admin/jobs/discard", &[("kind", "notify.close")]).await.expect(303);
        assert!(queue::dead(&app.app.db, None, 10).await.unwrap().is_empty());
    }

    /// Owners of organisations are no operators.
    async fn for_everybody_else_there_is_no_such_page(app) {
        let owner = app.owner().await;
        let id = dead(&app, "secret words").await;
        let page = owner.browser.get("/admin/jobs").await.expect(404);
        assert!(!page.text().contains("secret words"));
        owner.browser.submit(&format!("/admin/jobs/{id}/replay"), &[]).await.expect(404);
        owner.browser.submit(&format!("/admin/jobs/{id}"), &[("_method", "DELETE")]).await.expect(404);
        owner.browser.submit("/admin/jobs/replay", &[("kind", "notify.close")]).await.expect(404);
        owner.browser.submit("/admin/jobs/discard", &[("kind", "notify.close")]).await.expect(404);
        assert_eq!(queue::dead(&app.app.db, None, 10).await.unwrap().len(), 1);
    }
}
