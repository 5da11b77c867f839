//! Sessions: how they end, who can end them, how long they last.

use chrono::TimeDelta;
use rostrum::db::q;

use super::{PASSWORD, change, count, create, login, signed_in};
use crate::{both_databases, support::TestApp};

async fn latest(app: &TestApp) -> String {
    let (id,): (uuid::Uuid,) = q("SELECT id FROM sessions ORDER BY id DESC LIMIT 1").one(&app.app.db).await.unwrap();
    id.to_string()
}

async fn age(app: &TestApp, column_in_the_past: &'static str, by: TimeDelta) {
    change(app, column_in_the_past, vec![(app.app.clock.now() - by).into()]).await;
}

both_databases! {
    /// Signing out ends the session at the server, not just in the browser.
    async fn signing_out_ends_the_session(app) {
        create(&app, "ann@example.org").await;
        let browser = signed_in(&app, "ann@example.org").await;
        let copy = browser.clone();
        let kept = crate::support::Client::browser(app.address, browser.cookie("session"));
        assert_eq!(browser.submit("/logout", &[]).await.expect(303).header("location"), "/login");
        assert!(copy.cookie("session").is_none());
        assert!(browser.get("/login").await.expect(200).page().contains("signed out"));
        assert_eq!(kept.get("/settings/account").await.expect(303).header("location"), "/login?next=%2Fsettings%2Faccount");
        assert_eq!(count(&app, "SELECT COUNT(*) FROM sessions").await, 0);
        app.visitor().submit("/logout", &[]).await.expect(303);
    }

    /// One's own sessions are listed with their devices and can be ended one by one.
    async fn own_sessions_are_listed_and_can_be_ended(app) {
        create(&app, "ann@example.org").await;
        let (here, there) = (signed_in(&app, "ann@example.org").await, app.visitor());
        let origin = format!("http://{}", app.address);
        let form = [("email", "ann@example.org"), ("password", PASSWORD)];
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let request = there.request(reqwest::Method::POST, "/login").header("origin", origin).header("user-agent", agent).form(&form);
        there.send(request).await.expect(303);
        let page = here.get("/settings/account").await.expect(200).page();
        assert!(page.contains("Firefox on Linux") && page.contains("127.0.0.1") && page.contains("just now"), "{page}");
        let id = latest(&app).await;
        let done = here.submit(&format!("/settings/sessions/{id}"), &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(done.header("location"), "/settings/account");
        there.get("/settings/account").await.expect(303);
        here.get("/settings/account").await.expect(200);
        here.submit(&format!("/settings/sessions/{id}"), &[("_method", "DELETE")]).await.expect(404);
        here.submit("/settings/sessions/nonsense", &[("_method", "DELETE")]).await.expect(404);
    }

    /// Another person's session is not there for others, and stays.
    async fn the_session_of_another_cannot_be_ended(app) {
        create(&app, "ann@example.org").await;
        create(&app, "bob@example.org").await;
        let (bob, ann) = (signed_in(&app, "bob@example.org").await, signed_in(&app, "ann@example.org").await);
        let of_ann = latest(&app).await;
        bob.submit(&format!("/settings/sessions/{of_ann}"), &[("_method", "DELETE")]).await.expect(404);
        assert!(!bob.get("/settings/account").await.expect(200).page().contains(&of_ann));
        ann.get("/settings/account").await.expect(200);
        app.visitor().submit(&format!("/settings/sessions/{of_ann}"), &[("_method", "DELETE")]).await.expect(401);
        ann.get("/settings/account").await.expect(200);
    }

    /// A session that is over is nobody's, and is swept away by the next login.
    async fn an_expired_session_is_nobodys(app) {
        create(&app, "ann@example.org").await;
        let browser = signed_in(&app, "ann@example.org").await;
        age(&app, "UPDATE sessions SET expires_at = $1", TimeDelta::zero()).await;
        assert!(browser.get("/settings/account").await.expect(303).header("location").starts_with("/login"));
        login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(303);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM sessions").await, 1);
    }

    /// A session in use goes on: the end moves, but reading pages does not write each time.
    async fn a_session_in_use_goes_on(app) {
        create(&app, "ann@example.org").await;
        let browser = signed_in(&app, "ann@example.org").await;
        let times = async || {
            let row: (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>) =
                q("SELECT seen_at, expires_at FROM sessions").one(&app.app.db).await.unwrap();
            row
        };
        let opened = times().await;
        assert_eq!(opened.1 - opened.0, TimeDelta::days(30));
        browser.get("/settings/account").await.expect(200);
        assert_eq!(times().await, opened);

        age(&app, "UPDATE sessions SET seen_at = $1", TimeDelta::minutes(11)).await;
        browser.get("/settings/account").await.expect(200);
        let (seen, expires) = times().await;
        assert!(seen > opened.0 && expires > opened.1);
        assert_eq!(expires - seen, TimeDelta::days(30));
    }
}
