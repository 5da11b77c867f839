//! Invitations: one person, once, for a week; as a stranger, with an account, signed in.

use chrono::TimeDelta;
use rostrum::{db::q, kit::Clock};

use super::{member, trail};
use crate::{
    both_databases,
    identity::{self, PASSWORD},
    support::{Engine, Owner, TestApp},
};

/// The path of a new invitation's link.
async fn invited(owner: &Owner, role: &str) -> String {
    let page = owner.browser.submit("/settings/invites", &[("role", role), ("email", "")]).await.expect(200).page();
    let at = page.find("/join/").unwrap_or_else(|| panic!("no link: {page}"));
    page[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect()
}

const BEN: [(&str, &str); 3] = [("name", "Ben"), ("email", "Ben@example.org"), ("password", PASSWORD)];

both_databases! {
    /// A stranger makes an account with the link, once, and is signed in; the token itself is nowhere in the tables.
    async fn a_stranger_joins_with_a_new_account(app) {
        let ann = app.owner().await;
        let path = invited(&ann, "member").await;
        let ben = app.visitor();
        let page = ben.get(&path).await.expect(200).page();
        assert!(page.contains("Ann &amp; Co") && page.contains("Ann invites you"), "{page}");
        ben.submit(&path, &[("name", ""), ("email", "x"), ("password", "short")]).await.expect(422);
        assert_eq!(ben.submit(&path, &BEN).await.expect(303).header("location"), "/posts");
        let members = ben.get("/settings/members").await.expect(200).page();
        assert!(members.contains("ben@example.org") && members.contains(&format!("{}@example.org", ann.user)), "{members}");
        ben.get("/settings/organisation").await.expect(403);
        assert_eq!(app.visitor().get(&path).await.expect(404).header("content-type"), "text/html; charset=utf-8");
        app.visitor().submit(&path, &[("name", "Eve"), ("email", "eve@example.org"), ("password", PASSWORD)]).await.expect(404);
        let (eves,): (i64,) = q("SELECT count(*) FROM users WHERE email = 'eve@example.org'").one(&app.app.db).await.unwrap();
        assert_eq!(eves, 0);
        assert_eq!(trail(&app, ann.org).await, ["member.invited", "member.joined"]);
    }

    /// Two who open the same link at the same time: one joins.
    async fn a_link_counts_once_even_in_a_race(app) {
        let ann = app.owner().await;
        let path = invited(&ann, "member").await;
        let (a, b) = (app.visitor(), app.visitor());
        let eve = [("name", "Eve"), ("email", "eve@example.org"), ("password", PASSWORD)];
        let (one, two) = tokio::join!(a.submit(&path, &BEN), b.submit(&path, &eve));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404]);
        let (members,): (i64,) = q("SELECT count(*) FROM memberships WHERE org_id = $1").bind(ann.org).one(&app.app.db).await.unwrap();
        assert_eq!(members, 2);
    }

    /// Somebody who has an account joins by its password on the same page; a wrong one says so and is counted.
    async fn an_account_that_exists_joins_by_its_password(app) {
        let ann = app.owner().await;
        identity::create(&app, "cleo@example.org").await;
        let path = invited(&ann, "admin").await;
        let cleo = app.visitor();
        let login = |password: &'static str| [("account", "known"), ("login_email", "cleo@example.org"), ("login_password", password)];
        let wrong = cleo.submit(&path, &login("not the password")).await.expect(422).page();
        assert!(wrong.contains("do not belong together"), "{wrong}");
        // A new account with that address is not made, and it is said why.
        let taken = [("name", "Cleo"), ("email", "cleo@example.org"), ("password", PASSWORD)];
        assert!(cleo.submit(&path, &taken).await.expect(422).page().contains("account with this address"));
        cleo.submit(&path, &login(PASSWORD)).await.expect(303);
        cleo.get("/settings/organisation").await.expect(200);
        assert!(cleo.get("/organisations").await.expect(200).page().matches("Go there").count() == 1);
    }

    /// Somebody signed in joins with one button, and works there at once; who is a member already uses nothing up.
    async fn somebody_signed_in_joins_with_one_button(app) {
        let (ann, dan) = (app.owner().await, app.owner().await);
        let path = invited(&ann, "member").await;
        let page = dan.browser.get(&path).await.expect(200).page();
        assert!(page.contains("You are signed in as") && !page.contains("login_password"), "{page}");
        assert!(ann.browser.get(&path).await.expect(200).page().contains("You belong to it already"));
        ann.browser.submit(&path, &[]).await.expect(303);
        dan.browser.submit(&path, &[]).await.expect(303);
        let members = dan.browser.get("/settings/members").await.expect(200).page();
        assert!(members.contains(&format!("{}@example.org", ann.user)), "{members}");
        dan.browser.get(&path).await.expect(404);
    }

    /// A revoked link is over, works again when that is taken back, and is replaced by a new one; a week is the end.
    async fn a_link_is_revoked_restored_renewed_and_ends(app) {
        let ann = app.owner().await;
        let path = invited(&ann, "member").await;
        let (id,): (uuid::Uuid,) = q("SELECT id FROM invites").one(&app.app.db).await.unwrap();
        let one = format!("/settings/invites/{id}");
        ann.browser.submit(&one, &[("_method", "DELETE")]).await.expect(303);
        app.visitor().get(&path).await.expect(404);
        ann.browser.submit(&format!("{one}/restoration"), &[]).await.expect(303);
        app.visitor().get(&path).await.expect(200);
        let page = ann.browser.submit(&format!("{one}/renewal"), &[]).await.expect(200).page();
        assert!(page.contains("/join/") && !page.contains(&path), "{page}");
        app.visitor().get(&path).await.expect(404);
        let path = invited(&ann, "member").await;
        identity::change(&app, "UPDATE invites SET expires_at = $1", vec![app.app.clock.now().into()]).await;
        app.visitor().get(&path).await.expect(404);
        app.visitor().submit(&path, &BEN).await.expect(404);
        ann.browser.submit(&format!("{one}/renewal"), &[]).await.expect(404);
    }

    /// Members invite nobody; what is wrong is said at its field.
    async fn only_owners_and_administrators_invite(app) {
        let ann = app.owner().await;
        let (_, browser) = member(&app, &ann, "member").await;
        browser.submit("/settings/invites", &[("role", "member"), ("email", "")]).await.expect(403);
        ann.browser.submit("/settings/invites", &[("role", "emperor"), ("email", "")]).await.expect(422);
        ann.browser.submit("/settings/invites", &[("role", "member"), ("email", "not an address")]).await.expect(422);
        let (invites,): (i64,) = q("SELECT count(*) FROM invites").one(&app.app.db).await.unwrap();
        assert_eq!(invites, 0);
    }
}

/// With mail the link goes to the address, and the one in the mail is the one on the page.
async fn mailed(engine: Engine) {
    let clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
    let app = TestApp::with_mail(engine, clock.clone()).await;
    let ann = app.owner().await;
    let made =
        ann.browser.submit("/settings/invites", &[("role", "member"), ("email", "Ben@example.org")]).await.expect(200).page();
    app.run_jobs().await;
    let mails = app.mail().received();
    assert_eq!(mails.len(), 1);
    let raw = mails[0].text();
    assert!(mails[0].to.contains("ben@example.org") && raw.contains("/join/"), "{raw}");
    let at = made.find("/join/").unwrap();
    assert!(raw.contains(&made[at..at + 20]), "{raw}");
    // Revoked in the meantime: nothing is sent.
    ann.browser.submit("/settings/invites", &[("role", "member"), ("email", "cleo@example.org")]).await.expect(200);
    let ids: Vec<(uuid::Uuid,)> = q("SELECT id FROM invites ORDER BY id DESC LIMIT 1").all(&app.app.db).await.unwrap();
    ann.browser.submit(&format!("/settings/invites/{}", ids[0].0), &[("_method", "DELETE")]).await.expect(303);
    clock.advance(TimeDelta::minutes(1));
    app.run_jobs().await;
    assert_eq!(app.mail().received().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_mailed_sqlite() {
    mailed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_mailed_postgres() {
    mailed(Engine::Postgres).await;
}
