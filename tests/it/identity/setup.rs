//! The set-up page: guarded by the token, works once.

use rostrum::{identity, kit::Secret};

use super::{PASSWORD, count, create, login};
use crate::{both_databases, support::TestApp};

const FORM: [(&str, &str); 5] = [
    ("name", "Ada Byron"),
    ("email", "Ada@Example.org"),
    ("password", PASSWORD),
    ("organisation", "Analytical Press"),
    ("timezone", "Europe/London"),
];

async fn token(app: &TestApp) -> String {
    identity::setup_token(&app.app).await.unwrap().unwrap()
}

fn form<'a>(token: &'a str, changed: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = FORM.to_vec();
    fields.retain(|(name, _)| changed.iter().all(|(other, _)| name != other));
    fields.extend_from_slice(changed);
    fields.push(("token", token));
    fields
}

both_databases! {
    /// The link opens the form; the form makes the operator, signs them in and closes set-up for good.
    async fn the_link_makes_the_owner_once(app) {
        let token = token(&app).await;
        let (visitor, link) = (app.visitor(), format!("/setup?token={token}"));
        let page = visitor.get(&link).await.expect(200).page();
        assert!(page.contains(&token) && page.contains("Europe/London"), "{page}");
        let done = visitor.submit("/setup", &form(&token, &[])).await.expect(303);
        assert_eq!(done.header("location"), "/start");
        visitor.get("/settings/account").await.expect(200);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users WHERE operator AND email = 'ada@example.org'").await, 1);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM organisations WHERE zone = 'Europe/London'").await, 1);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM instance WHERE setup_token_hash IS NOT NULL").await, 0);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM events WHERE kind = 'organisation.created' AND user_id IS NOT NULL").await, 1);

        let other = app.visitor();
        assert_eq!(other.get(&link).await.expect(303).header("location"), "/login");
        let again = other.submit("/setup", &form(&token, &[("email", "eve@example.org")])).await.expect(303);
        assert_eq!(again.header("location"), "/login");
        assert!(other.cookie("session").is_none());
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users").await, 1);
        assert!(identity::setup_token(&app.app).await.unwrap().is_none());
        login(&other, "ada@example.org", PASSWORD).await.expect(303);
    }

    /// Without the right token there is no owner, whatever the form says.
    async fn a_wrong_or_missing_token_is_refused(app) {
        token(&app).await;
        let visitor = app.visitor();
        for path in ["/setup", "/setup?token=", "/setup?token=guessed"] {
            let page = visitor.get(path).await.expect(403).page();
            assert!(page.contains("id=\"e-token\"") && page.contains("set-up code"), "{page}");
        }
        for wrong in ["", "guessed"] {
            let page = visitor.submit("/setup", &form(wrong, &[])).await.expect(403).page();
            assert!(page.contains("id=\"e-token\"") && page.contains("Ada Byron") && !page.contains(PASSWORD), "{page}");
        }
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users").await, 0);
    }

    /// No program start, no token: nobody gets in by an empty one.
    async fn without_any_token_set_up_is_shut(app) {
        app.visitor().get("/setup?token=").await.expect(403);
        app.visitor().submit("/setup", &form("", &[])).await.expect(403);
    }

    /// A new start prints a new token; the one before is worthless.
    async fn a_new_token_replaces_the_one_before(app) {
        let (first, second) = (token(&app).await, token(&app).await);
        assert!(first != second && first.len() >= 20);
        app.visitor().get(&format!("/setup?token={first}")).await.expect(403);
        app.visitor().get(&format!("/setup?token={second}")).await.expect(200);
    }

    /// Every wrong field is named, what was typed stays, and the token can be used again.
    async fn wrong_fields_are_named_and_nothing_is_made(app) {
        let token = token(&app).await;
        let visitor = app.visitor();
        for (field, wrong) in [
            ("name", " "), ("email", "ada"), ("email", "a@b@c"), ("password", "short"), ("organisation", ""), ("timezone", "Mars/Base"),
        ] {
            let page = visitor.submit("/setup", &form(&token, &[(field, wrong)])).await.expect(422).page();
            assert!(page.contains(&format!("id=\"e-{field}\"")), "{field}: {page}");
            assert!(!page.contains(PASSWORD), "{field}");
        }
        let page = visitor.submit("/setup", &form(&token, &[("email", "ada"), ("password", "short")])).await.expect(422).page();
        assert!(page.contains("e-email") && page.contains("e-password") && page.contains("Ada Byron"), "{page}");
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users").await, 0);
        visitor.submit("/setup", &form(&token, &[])).await.expect(303);
    }

    /// Of two at the same time exactly one wins.
    async fn two_at_the_same_time_make_one_owner(app) {
        let token = token(&app).await;
        let (a, b) = (app.visitor(), app.visitor());
        let (first, second) = (form(&token, &[("email", "a@example.org")]), form(&token, &[("email", "b@example.org")]));
        let (a, b) = tokio::join!(a.submit("/setup", &first), b.submit("/setup", &second));
        let mut places = [a.expect(303).header("location").to_owned(), b.expect(303).header("location").to_owned()];
        places.sort();
        assert_eq!(places, ["/login", "/start"]);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users").await, 1);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM organisations").await, 1);
    }

    /// An owner made by the command line closes the page, too.
    async fn an_owner_of_the_command_line_closes_set_up(app) {
        let token = token(&app).await;
        let created = create(&app, "ann@example.org").await;
        assert_eq!(created.api_key.expose().len(), 64);
        app.visitor().get(&format!("/setup?token={token}")).await.expect(303);
        assert_eq!(app.visitor().submit("/setup", &form(&token, &[])).await.expect(303).header("location"), "/login");
        assert_eq!(count(&app, "SELECT COUNT(*) FROM users").await, 1);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM instance WHERE setup_token_hash IS NOT NULL").await, 0);
    }

    /// The command line is told which field is wrong; an address is taken whatever its case.
    async fn a_taken_address_is_an_error_of_its_field(app) {
        create(&app, "ann@example.org").await;
        let new = identity::NewOwner {
            email: "ANN@example.org".into(),
            name: "Ann".into(),
            password: Secret::new(PASSWORD),
            organisation: "Other".into(),
            zone: "UTC".into(),
            operator: false,
        };
        let Err(rostrum::Error::Invalid(errors)) = identity::create_owner(&app.app, new).await else { panic!("it was made") };
        assert_eq!(errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["email"]);
        assert_eq!(count(&app, "SELECT COUNT(*) FROM organisations").await, 1);
    }
}
