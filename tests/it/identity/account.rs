//! One's own account: name and password.

use super::{PASSWORD, count, create, login, signed_in};
use crate::{both_databases, channels::demote};

const NEW: &str = "a quite different one";

both_databases! {
    /// The pages are for who is signed in.
    async fn strangers_are_sent_to_the_login(app) {
        for path in ["/settings", "/settings/account", "/settings/organisation"] {
            assert!(app.visitor().get(path).await.expect(303).header("location").starts_with("/login?next="), "{path}");
        }
        for path in ["/settings/account", "/settings/password"] {
            app.visitor().submit(path, &[("_method", "PUT"), ("name", "Eve")]).await.expect(401);
        }
    }

    /// The index names every page that one may open, and each of them opens.
    async fn settings_are_one_place(app) {
        let owner = app.owner().await;
        let links = |page: &str| -> Vec<String> {
            let list = page.split("settings-list").skip(1).collect::<String>();
            list.split("href=\"/settings/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let all = links(&owner.browser.get("/settings").await.expect(200).page());
        assert_eq!(all.len(), 11, "{all:?}");
        for name in all {
            let page = owner.browser.get(&format!("/settings/{name}")).await.expect(200).page();
            assert!(page.contains(&format!("href=\"/settings/{name}\" aria-current=\"page\"")), "{name}");
        }
        demote(&app, owner.org).await;
        let fewer = links(&owner.browser.get("/settings").await.expect(200).page());
        assert_eq!(fewer, ["account", "notices", "tags", "signatures", "sets", "members"]);
    }

    /// The shown name changes everywhere, with a message; an empty one is refused and kept in the form.
    async fn the_name_can_be_changed(app) {
        let owner = app.owner().await;
        let put = |name| [("_method", "PUT"), ("name", name)];
        let done = owner.browser.submit("/settings/account", &put("Ann <Zöe>")).await.expect(303);
        assert_eq!(done.header("location"), "/settings/account");
        let page = owner.browser.get("/settings/account").await.expect(200).page();
        assert!(page.contains("Ann &lt;Zöe&gt;") && page.contains("profile is saved"), "{page}");
        let long = "x".repeat(101);
        for wrong in ["", "  ", &long] {
            let page = owner.browser.submit("/settings/account", &put(wrong)).await.expect(422).page();
            assert!(page.contains("id=\"e-name\""), "{page}");
        }
        assert!(owner.browser.get("/settings/account").await.page().contains("Zöe"));
        owner.browser.submit("/settings/account", &put("Ann <Zöe>")).await.expect(303);
        let trail = crate::orgs::trail(&app, owner.org).await;
        assert_eq!(trail.iter().filter(|kind| *kind == "account.renamed").count(), 1, "{trail:?}");
    }

    /// A new password needs the present one, ends every other session and is what counts from then on.
    async fn a_new_password_ends_the_other_sessions(app) {
        create(&app, "ann@example.org").await;
        create(&app, "bob@example.org").await;
        let (here, there) = (signed_in(&app, "ann@example.org").await, signed_in(&app, "ann@example.org").await);
        let bob = signed_in(&app, "bob@example.org").await;
        let change = |current, new| [("_method", "PUT"), ("current", current), ("password", new)];

        let page = here.submit("/settings/password", &change("not the password", NEW)).await.expect(422).page();
        assert!(page.contains("id=\"e-current\"") && !page.contains(NEW), "{page}");
        assert!(page.contains("href=\"/settings/account\" aria-current=\"page\""), "{page}");
        let page = here.submit("/settings/password", &change(PASSWORD, "short")).await.expect(422).page();
        assert!(page.contains("id=\"e-password\"") && page.contains("at least 10"), "{page}");
        there.get("/settings/account").await.expect(200);

        here.submit("/settings/password", &change(PASSWORD, NEW)).await.expect(303);
        here.get("/settings/account").await.expect(200);
        there.get("/settings/account").await.expect(303);
        bob.get("/settings/account").await.expect(200);
        login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(422);
        login(&app.visitor(), "ann@example.org", NEW).await.expect(303);
        login(&app.visitor(), "bob@example.org", PASSWORD).await.expect(303);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM events WHERE kind = 'password.changed' AND user_id IS NOT NULL").await, 1);
    }

    /// A borrowed browser cannot try out the present password for long.
    async fn the_present_password_cannot_be_tried_out(app) {
        create(&app, "ann@example.org").await;
        let browser = signed_in(&app, "ann@example.org").await;
        let change = |current| [("_method", "PUT"), ("current", current), ("password", NEW)];
        for _ in 0..10 {
            browser.submit("/settings/password", &change("not the password")).await.expect(422);
        }
        let locked = browser.submit("/settings/password", &change(PASSWORD)).await.expect(429);
        assert!(!locked.header("retry-after").is_empty());
        login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(303);
    }
}
