//! `/admin`.

use rostrum::{db::q, delivery::TargetState, posts::When};
use serde_json::json;

use crate::{
    both_databases, delivers,
    support::{Owner, TestApp},
};

async fn promote(app: &TestApp, owner: &Owner) {
    let mut tx = app.app.db.begin().await.unwrap();
    q("UPDATE users SET operator = TRUE WHERE id = $1").bind(owner.user).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! {
    /// Owners of organisations are no operators; visitors are asked to sign in as everywhere.
    async fn only_operators_know_the_page(app) {
        let (owner, operator) = (app.owner().await, app.owner().await);
        promote(&app, &operator).await;
        let refused = owner.browser.get("/admin").await.expect(404).page();
        let missing = owner.browser.get("/nowhere").await.expect(404).page();
        assert!(refused.contains("Not found") && missing.contains("Not found"));
        assert!(!owner.browser.get("/posts").await.page().contains("href=\"/admin\""));
        assert!(operator.browser.get("/posts").await.page().contains("href=\"/admin\""));
        assert!(app.visitor().get("/admin").await.expect(303).header("location").starts_with("/login"));
        assert_eq!(owner.api.get("/admin").await.status, 303);
        let page = operator.browser.get("/admin").await.expect(200).page();
        let database = if app.app.db.is_postgres() { "PostgreSQL" } else { "SQLite" };
        assert!(page.contains(env!("CARGO_PKG_VERSION")) && page.contains(database) && page.contains("metrics.token"));
        assert!(page.contains("no sign of life"), "no engine runs here");
    }
}

delivers! {
    /// Counts, percentiles, the late channel and the platform's words.
    async fn the_page_tells_how_it_goes(rig) {
        promote(&rig.app, &rig.owner).await;
        rig.platform.behave(json!({"mode": "reject", "times": 1})).await;
        let failed = rig.post(When::Now, &["refused"]).await;
        rig.reaches(failed, TargetState::Failed).await;
        let late = crate::delivery::overdue(&rig, chrono::TimeDelta::minutes(2)).await;
        rig.reaches(late, TargetState::Published).await;
        rig.app.until("the engine lives", async || {
            let page = rig.owner.browser.get("/admin").await.expect(200).page();
            (!page.contains("no sign of life")).then_some(())
        }).await;
        let page = rig.owner.browser.get("/admin").await.expect(200).page();
        assert!(page.contains("the platform does not like this"), "{page}");
        assert!(page.contains("50 %"), "one of two within a minute");
        assert!(page.contains("Late in the last 24 hours") && page.contains("2.0 min"), "{page}");
    }
}
