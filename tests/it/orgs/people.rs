//! Members: their roles, their removal, the last owner, several organisations of one person.

use rostrum::db::q;

use super::{member, role, trail};
use crate::both_databases;

both_databases! {
    /// The list shows everybody with their role; members only look.
    async fn everybody_sees_the_members_and_only_some_change_them(app) {
        let ann = app.owner().await;
        let (bob, browser) = member(&app, &ann, "member").await;
        let page = ann.browser.get("/settings/members").await.expect(200).page();
        assert!(page.contains(&format!("{bob}@example.org")) && page.contains("Invite somebody"), "{page}");
        let theirs = browser.get("/settings/members").await.expect(200).page();
        assert!(theirs.contains(&format!("{}@example.org", ann.user)) && !theirs.contains("Invite somebody"), "{theirs}");
        browser.submit(&format!("/settings/members/{}", ann.user), &[("_method", "DELETE")]).await.expect(403);
        browser.submit(&format!("/settings/members/{bob}"), &[("_method", "PUT"), ("role", "owner")]).await.expect(403);
        assert_eq!(role(&app, ann.org, bob).await.as_deref(), Some("member"));
    }

    /// A role counts from the next request on.
    async fn a_role_is_changed_and_counts_at_once(app) {
        let ann = app.owner().await;
        let (bob, browser) = member(&app, &ann, "member").await;
        browser.get("/settings/organisation").await.expect(403);
        let path = format!("/settings/members/{bob}");
        ann.browser.submit(&path, &[("_method", "PUT"), ("role", "admin")]).await.expect(303);
        browser.get("/settings/organisation").await.expect(200);
        ann.browser.submit(&path, &[("_method", "PUT"), ("role", "emperor")]).await.expect(400);
        assert_eq!(role(&app, ann.org, bob).await.as_deref(), Some("admin"));
        assert_eq!(trail(&app, ann.org).await, ["member.role_changed"]);
    }

    /// An administrator reaches no owner, neither to remove nor to become one.
    async fn an_administrator_reaches_no_owner(app) {
        let ann = app.owner().await;
        let (bob, browser) = member(&app, &ann, "admin").await;
        browser.submit(&format!("/settings/members/{}", ann.user), &[("_method", "DELETE")]).await.expect(403);
        browser.submit(&format!("/settings/members/{}", ann.user), &[("_method", "PUT"), ("role", "member")]).await.expect(403);
        browser.submit(&format!("/settings/members/{bob}"), &[("_method", "PUT"), ("role", "owner")]).await.expect(403);
        browser.submit("/settings/invites", &[("role", "owner"), ("email", "")]).await.expect(403);
        assert_eq!(role(&app, ann.org, ann.user).await.as_deref(), Some("owner"));
        assert_eq!(role(&app, ann.org, bob).await.as_deref(), Some("admin"));
        assert!(trail(&app, ann.org).await.is_empty());
    }

    /// A removed member works for their other organisation from then on; the removal can be taken back for a while.
    async fn a_member_is_removed_and_brought_back(app) {
        let ann = app.owner().await;
        let (bob, browser) = member(&app, &ann, "admin").await;
        let done = ann.browser.submit(&format!("/settings/members/{bob}"), &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(done.header("location"), "/settings/members");
        let page = ann.browser.get("/settings/members").await.expect(200).page();
        assert!(page.contains(&format!("/settings/members/{bob}/restoration")) && !page.contains(&format!("{bob}@")), "{page}");
        assert_eq!(role(&app, ann.org, bob).await, None);
        // Signed in as before, but for their own organisation.
        let theirs = browser.get("/settings/members").await.expect(200).page();
        assert!(!theirs.contains(&format!("{}@example.org", ann.user)), "{theirs}");
        ann.browser.submit(&format!("/settings/members/{bob}/restoration"), &[]).await.expect(303);
        assert_eq!(role(&app, ann.org, bob).await.as_deref(), Some("admin"));
        assert_eq!(trail(&app, ann.org).await, ["member.removed", "member.brought_back"]);
        ann.browser.submit(&format!("/settings/members/{bob}"), &[("_method", "DELETE")]).await.expect(303);
        let long_ago = app.app.clock.now() - chrono::TimeDelta::minutes(16);
        crate::identity::change(&app, "UPDATE former_members SET removed_at = $1", vec![long_ago.into()]).await;
        ann.browser.submit(&format!("/settings/members/{bob}/restoration"), &[]).await.expect(404);
    }

    /// The last owner can neither go nor step down; with another one they can.
    async fn the_last_owner_cannot_go(app) {
        let ann = app.owner().await;
        let (bob, _) = member(&app, &ann, "member").await;
        let own = format!("/settings/members/{}", ann.user);
        ann.browser.submit(&own, &[("_method", "PUT"), ("role", "member")]).await.expect(303);
        let page = ann.browser.get("/settings/members").await.expect(200).page();
        assert!(page.contains("needs an owner"), "{page}");
        ann.browser.submit(&format!("/organisations/{}/membership", ann.org), &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(role(&app, ann.org, ann.user).await.as_deref(), Some("owner"));
        ann.browser.submit(&format!("/settings/members/{bob}"), &[("_method", "PUT"), ("role", "owner")]).await.expect(303);
        ann.browser.submit(&format!("/organisations/{}/membership", ann.org), &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(role(&app, ann.org, ann.user).await, None);
        // Nobody has invited them anywhere else: they are out, and are told so when they sign in.
        assert!(ann.browser.get("/posts").await.expect(303).header("location").starts_with("/login"));
    }

    /// Of two owners who step down at the same time one stays.
    async fn two_owners_cannot_both_leave(app) {
        let ann = app.owner().await;
        let (bob, browser) = member(&app, &ann, "owner").await;
        let path = format!("/organisations/{}/membership", ann.org);
        let fields = [("_method", "DELETE")];
        let (one, two) = tokio::join!(ann.browser.submit(&path, &fields), browser.submit(&path, &fields));
        assert_eq!((one.status, two.status), (303, 303));
        let left = [role(&app, ann.org, ann.user).await, role(&app, ann.org, bob).await];
        assert_eq!(left.iter().flatten().count(), 1, "{left:?}");
    }

    /// One goes over to another organisation and sees only its things; to a foreign one nobody goes.
    async fn a_session_goes_over_to_another_organisation(app) {
        let (ann, stranger) = (app.owner().await, app.owner().await);
        ann.browser.submit("/organisations", &[("name", "Second"), ("timezone", "UTC")]).await.expect(303);
        let page = ann.browser.get("/organisations").await.expect(200).page();
        assert!(page.contains("Second") && page.contains("Ann &amp; Co"), "{page}");
        let settings = ann.browser.get("/settings/organisation").await.expect(200).page();
        assert!(settings.contains(r#"value="Second""#), "{settings}");
        let back = ann.org.to_string();
        ann.browser.submit("/organisations/entry", &[("organisation", &back)]).await.expect(303);
        assert!(ann.browser.get("/settings/organisation").await.expect(200).page().contains(r#"value="Ann &amp; Co""#));
        let foreign = stranger.org.to_string();
        ann.browser.submit("/organisations/entry", &[("organisation", &foreign)]).await.expect(404);
        ann.browser.submit("/organisations/entry", &[("organisation", "nonsense")]).await.expect(404);
        ann.browser.submit("/organisations", &[("name", " "), ("timezone", "Nowhere")]).await.expect(422);
        // The other sessions of the person stay where they were.
        let (sessions,): (i64,) = q("SELECT count(*) FROM sessions WHERE org_id = $1").bind(ann.org).one(&app.app.db).await.unwrap();
        assert_eq!(sessions, 1);
    }
}
