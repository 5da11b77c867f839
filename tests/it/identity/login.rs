//! Signing in: one wording for every failure, limits, bcrypt, where it leads, the cookie.

use rostrum::{
    db::q,
    identity,
    kit::{Clock, Secret},
};

use super::{PASSWORD, change, count, create, login, signed_in};
use crate::{
    both_databases,
    support::{Answer, Client, Engine, TestApp},
};

/// The words of the first error of a form.
fn alert(answer: &Answer) -> String {
    let page = answer.page();
    let start = page.find("role=\"alert\"").expect("the page shows an error");
    page[start..start + page[start..].find("</ul>").unwrap()].to_owned()
}

fn post(browser: &Client, email: &str, password: &str) -> reqwest::RequestBuilder {
    browser.request(reqwest::Method::POST, "/login").form(&[("email", email), ("password", password)])
}

both_databases! {
    /// The right password signs in whatever the case of the address; a wrong one and an unknown address look the same.
    async fn right_wrong_and_unknown(app) {
        create(&app, "ann@example.org").await;
        let browser = app.visitor();
        let wrong = login(&browser, "ann@example.org", "not the password").await.expect(422);
        let unknown = login(&browser, "nobody@example.org", PASSWORD).await.expect(422);
        assert_eq!(alert(&wrong), alert(&unknown));
        assert!(wrong.page().contains("value=\"ann@example.org\""), "what was typed stays");
        for (answer, typed) in [(&wrong, "not the password"), (&unknown, PASSWORD)] {
            assert!(!answer.page().contains(typed));
        }
        login(&browser, "", "").await.expect(422);
        login(&browser, &"x".repeat(10_000), &"x".repeat(10_000)).await.expect(422);
        assert!(browser.cookie("session").is_none());
        assert_eq!(login(&browser, " ANN@example.org", PASSWORD).await.expect(303).header("location"), "/calendar");
        browser.get("/settings/account").await.expect(200);
    }

    /// Somebody who was sent to the login comes back to where they were going, and only within this site.
    async fn the_way_back_never_leaves_this_site(app) {
        create(&app, "ann@example.org").await;
        let stranger = app.visitor();
        let away = stranger.get("/settings/organisation").await.expect(303);
        assert_eq!(away.header("location"), "/login?next=%2Fsettings%2Forganisation");
        assert!(stranger.get(away.header("location")).await.expect(200).page().contains("value=\"/settings/organisation\""));
        for (next, leads) in [
            ("/channels?x=1", "/channels?x=1"), ("//evil.example", "/calendar"), ("/\\evil.example", "/calendar"),
            ("https://evil.example/", "/calendar"), ("/\t/evil.example", "/calendar"), ("", "/calendar"),
        ] {
            let browser = app.visitor();
            let fields = [("email", "ann@example.org"), ("password", PASSWORD), ("next", next)];
            assert_eq!(browser.submit("/login", &fields).await.expect(303).header("location"), leads);
            let encoded: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            assert_eq!(browser.get(&format!("/login?next={encoded}")).await.expect(303).header("location"), leads);
            assert!(!app.visitor().get(&format!("/login?next={encoded}")).await.expect(200).page().contains("evil"));
        }
    }

    /// After ten failures the account waits, the right password included; its owner's new password opens it again.
    async fn an_account_is_locked_after_ten_failures(app) {
        create(&app, "ann@example.org").await;
        let browser = app.visitor();
        for _ in 0..10 {
            login(&browser, "Ann@example.org", "not the password").await.expect(422);
        }
        let locked = login(&browser, "ann@example.org", PASSWORD).await.expect(429);
        let wait: u64 = locked.header("retry-after").parse().unwrap();
        assert!((850..=900).contains(&wait), "{wait}");
        assert!(locked.page().contains("15 minutes"), "{}", locked.page());
        create(&app, "bob@example.org").await;
        login(&browser, "bob@example.org", PASSWORD).await.expect(303);

        change(&app, "UPDATE throttles SET resets_at = $1", vec![app.app.clock.now().into()]).await;
        login(&browser, "ann@example.org", "not the password").await.expect(422);
        login(&browser, "ann@example.org", PASSWORD).await.expect(303);
    }

    /// A success forgives the account's failures.
    async fn a_success_starts_the_count_anew(app) {
        create(&app, "ann@example.org").await;
        for _ in 0..2 {
            for _ in 0..9 {
                login(&app.visitor(), "ann@example.org", "not the password").await.expect(422);
            }
            login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(303);
        }
    }

    /// Tries at the same time are counted before any password is looked at.
    async fn parallel_tries_cannot_slip_through(app) {
        create(&app, "ann@example.org").await;
        let tries = (0..15).map(|_| {
            let browser = app.visitor();
            async move { login(&browser, "ann@example.org", "not the password").await.status }
        });
        let answers = futures_util::future::join_all(tries).await;
        assert_eq!(answers.iter().filter(|s| **s == 422).count(), 10, "{answers:?}");
        assert_eq!(answers.iter().filter(|s| **s == 429).count(), 5, "{answers:?}");
    }

    /// An address that tried twenty accounts in vain waits, also for the right password; successes do not count.
    async fn an_address_is_locked_after_twenty_failures(app) {
        create(&app, "ann@example.org").await;
        for n in 0..20 {
            login(&app.visitor(), &format!("guess-{n}@example.org"), "not the password").await.expect(422);
            if n < 3 {
                login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(303);
            }
        }
        login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(429);
    }

    /// A hash of an import is accepted and becomes argon2id, for good and for the whole password.
    async fn bcrypt_is_accepted_once_and_upgraded(app) {
        let user = create(&app, "ann@example.org").await.user;
        let bcrypt = bcrypt::hash("imported", 4).unwrap();
        change(&app, "UPDATE users SET password_hash = $1", vec![bcrypt.as_str().into()]).await;
        let stored = async || {
            let (hash,): (String,) = q("SELECT password_hash FROM users WHERE id = $1").bind(user).one(&app.app.db).await.unwrap();
            hash
        };
        login(&app.visitor(), "ann@example.org", "inported").await.expect(422);
        assert_eq!(stored().await, bcrypt);
        login(&app.visitor(), "ann@example.org", "imported").await.expect(303);
        let upgraded = stored().await;
        assert!(upgraded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{upgraded}");
        login(&app.visitor(), "ann@example.org", "imported").await.expect(303);
        assert_eq!(stored().await, upgraded);
    }

    /// A login never continues a session that was there before: a cookie planted by somebody else stays worthless.
    async fn every_login_is_a_fresh_session(app) {
        create(&app, "ann@example.org").await;
        let planted = Client::browser(app.address, Some("planted-by-somebody-else".into()));
        login(&planted, "ann@example.org", PASSWORD).await.expect(303);
        let first = planted.cookie("session").unwrap();
        assert_ne!(first, "planted-by-somebody-else");
        login(&planted, "ann@example.org", PASSWORD).await.expect(303);
        assert_ne!(planted.cookie("session").unwrap(), first);
        Client::browser(app.address, Some(first)).get("/settings/account").await.expect(303);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM sessions").await, 1);
    }

    /// The cookie is for this server alone and no script's business; only its hash is stored.
    async fn the_cookie_is_guarded_and_stored_as_a_hash(app) {
        create(&app, "ann@example.org").await;
        let browser = app.visitor();
        let answer = login(&browser, "ann@example.org", PASSWORD).await.expect(303);
        let set = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).find(|c| c.starts_with("session="));
        let set = set.unwrap();
        assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Lax") && set.contains("; Path=/"), "{set}");
        assert!(!set.contains("Secure") && !set.contains("Domain"), "{set}");
        let cookie = browser.cookie("session").unwrap();
        assert_eq!(cookie.len(), 43);
        let (hash,): (Vec<u8>,) = q("SELECT token_hash FROM sessions").one(&app.app.db).await.unwrap();
        assert_eq!(hash, rostrum::kit::crypto::sha256(cookie.as_bytes()));
    }

    /// Whoever runs the server can set a password: sessions end, locks open, the old password is dead.
    async fn a_reset_ends_sessions_and_opens_the_lock(app) {
        create(&app, "ann@example.org").await;
        let browser = signed_in(&app, "ann@example.org").await;
        for _ in 0..11 {
            login(&app.visitor(), "ann@example.org", "not the password").await;
        }
        identity::reset_password(&app.app, "Ann@Example.org", Secret::new("another long one")).await.unwrap();
        browser.get("/settings/account").await.expect(303);
        login(&app.visitor(), "ann@example.org", PASSWORD).await.expect(422);
        login(&app.visitor(), "ann@example.org", "another long one").await.expect(303);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM events WHERE kind = 'password.changed'").await, 1);

        let short = identity::reset_password(&app.app, "ann@example.org", Secret::new("short")).await;
        assert!(matches!(short, Err(rostrum::Error::Invalid(e)) if e[0].field == "password"));
        let unknown = identity::reset_password(&app.app, "bob@example.org", Secret::new("another long one")).await;
        assert!(matches!(unknown, Err(rostrum::Error::NotFound("user"))));
    }

    /// Another site cannot sign a visitor in.
    async fn a_login_from_another_site_is_refused(app) {
        create(&app, "ann@example.org").await;
        let browser = app.visitor();
        let foreign = post(&browser, "ann@example.org", PASSWORD).header("origin", "https://evil.example");
        browser.send(foreign).await.expect(403);
        browser.send(post(&browser, "ann@example.org", PASSWORD)).await.expect(403);
        assert!(browser.cookie("session").is_none());
    }
}

/// Behind a trusted proxy: the cookie is Secure on https, limits and lists use the client's address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_proxy_the_clients_address_counts() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::with(engine, Clock::system(), |config| {
            config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
            config.accounts.failures_per_address = 2;
        })
        .await;
        create(&app, "ann@example.org").await;
        let from = |browser: &Client, address: &str, password: &str| {
            let request = post(browser, "ann@example.org", password);
            let request = request.header("origin", format!("https://{}", app.address)).header("x-forwarded-proto", "https");
            request.header("x-forwarded-for", address.to_owned()).header("user-agent", "curl/8.5.0 <b>")
        };
        let browser = app.visitor();
        for (address, password, status) in [
            ("2001:db8::1", "wrong", 422),
            ("2001:db8::2", "wrong", 422),
            ("2001:db8::3", PASSWORD, 429),
            ("2001:db8:1::1", PASSWORD, 303),
        ] {
            let answer = browser.send(from(&browser, address, password)).await.expect(status);
            assert_eq!(answer.header("set-cookie").contains("; Secure"), status == 303, "{address}");
        }
        let page = browser.get("/settings/account").await.expect(200).page();
        assert!(page.contains("2001:db8:1::1") && page.contains("curl/8.5.0"), "{page}");
    }
}
