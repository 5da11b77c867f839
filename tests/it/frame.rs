//! The frame around every page: redirects of strangers, errors as pages, headers, embedded files, the guard of forms.

use crate::both_databases;

both_databases! {
    /// `/` leads to the calendar; what is not there is said to be missing.
    async fn the_root_leads_to_the_calendar_and_unknown_paths_are_404(app) {
        let visitor = app.visitor();
        assert_eq!(visitor.get("/").await.expect(303).header("location"), "/calendar");
        assert!(visitor.get("/no/such/page").await.expect(404).header("content-type").starts_with("text/html"));
    }

    /// Every answer carries the security headers.
    async fn answers_carry_the_security_headers(app) {
        let answer = app.visitor().get("/no/such/page").await;
        assert!(answer.header("content-security-policy").contains("script-src 'self'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(!answer.header("x-request-id").is_empty());
    }

    /// Embedded files are immutable under their hash, answer 304 to a known tag, and HEAD.
    async fn embedded_files_are_cached_by_their_hash(app) {
        let visitor = app.visitor();
        let url = rostrum::render::asset_url("css/tokens.css");
        let first = visitor.get(&url).await.expect(200);
        assert!(first.header("cache-control").contains("immutable"));
        assert!(first.header("content-type").starts_with("text/css"));
        let tag = first.header("etag").to_owned();
        let again = visitor.send(visitor.request(reqwest::Method::GET, &url).header("if-none-match", &tag)).await;
        assert_eq!(again.expect(304).body.len(), 0);
        assert_eq!(visitor.send(visitor.request(reqwest::Method::HEAD, &url)).await.expect(200).body.len(), 0);
        assert!(!visitor.get("/assets/0/css/tokens.css").await.expect(200).header("cache-control").contains("immutable"));
        visitor.get("/assets/0/../../Cargo.toml").await.expect(404);
    }

    /// A page asks for one sheet, and names in its head the modules that it will want, down to those that they import.
    async fn a_page_announces_what_it_wants(app) {
        let owner = app.owner().await;
        let composer = owner.browser.get("/posts/new").await.expect(200).page();
        let head = composer.split("</head>").next().unwrap();
        assert_eq!(head.matches("rel=\"stylesheet\"").count(), 1);
        assert!(head.contains("/css/rostrum.css\""), "{head}");
        let announced: Vec<&str> = head.split("rel=\"modulepreload\" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        for name in ["js/composer.js", "js/rich.js", "js/palette.js", "vendor/prosemirror/prosemirror.js"] {
            assert!(announced.iter().any(|at| at.ends_with(name)), "{name} is not in {announced:?}");
        }
        for at in &announced {
            owner.browser.get(at).await.expect(200);
        }
        let login = app.visitor().get("/login").await.expect(200).page();
        assert!(!login.contains("composer.js"));
    }

    /// Embedded texts come packed to who takes them so, each packing under a tag of its own; pictures come as they are.
    async fn embedded_texts_are_packed(app) {
        let visitor = app.visitor();
        let url = rostrum::render::asset_url("css/rostrum.css");
        let ask = |url: &str, how: &'static str| visitor.request(reqwest::Method::GET, url).header("accept-encoding", how);
        let plain = visitor.send(ask(&url, "identity")).await.expect(200);
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
        for _ in 0..2 {
            let packed = visitor.send(ask(&url, "gzip, deflate, br")).await.expect(200);
            assert_eq!(packed.header("content-encoding"), "br");
            assert!(packed.body.len() * 3 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
            assert!(packed.header("etag").ends_with("-br\""), "{}", packed.header("etag"));
        }
        // This client unpacks gzip by itself, and takes the header away.
        let packed = visitor.send(ask(&url, "gzip, br;q=0")).await.expect(200);
        assert!(packed.header("etag").ends_with("-gzip\""), "{}", packed.header("etag"));
        assert_eq!(packed.text(), plain.text());
        let font = rostrum::render::asset_url("vendor/inter/inter-latin-wght-normal.woff2");
        assert_eq!(visitor.send(ask(&font, "gzip, br")).await.expect(200).header("content-encoding"), "");
    }

    /// A form that another site submits is refused, with or without a session; so is one without the session's token.
    async fn forms_of_other_sites_are_refused(app) {
        let owner = app.owner().await;
        let post = |browser: &crate::support::Client, origin: &str, token: &str| {
            let form = [("csrf", token.to_owned())];
            browser.request(reqwest::Method::POST, "/logout").header("origin", origin.to_owned()).form(&form)
        };
        let token = owner.browser.csrf();
        let ours = format!("http://{}", app.address);
        assert_eq!(owner.browser.send(post(&owner.browser, "https://evil.example", &token)).await.status, 403);
        assert_eq!(owner.browser.send(post(&owner.browser, &ours, "wrong")).await.status, 403);
        let cross = post(&owner.browser, &ours, &token).header("sec-fetch-site", "cross-site");
        assert_eq!(owner.browser.send(cross).await.status, 403);
        let neither = owner.browser.request(reqwest::Method::POST, "/logout").form(&[("csrf", &token)]);
        assert_eq!(owner.browser.send(neither).await.status, 403);
        assert_eq!(app.visitor().send(post(&app.visitor(), "https://evil.example", "")).await.status, 403);
    }

    /// The web app can be installed: its manifest is in the language of who asks, and every picture it names is there.
    async fn the_manifest_names_what_is_there(app) {
        let visitor = app.visitor();
        let answer = visitor.get("/manifest.webmanifest").await.expect(200);
        assert_eq!(answer.header("content-type"), "application/manifest+json");
        let manifest = answer.json();
        assert_eq!((&manifest["lang"], &manifest["dir"]), (&"en".into(), &"ltr".into()));
        let icons = manifest["icons"].as_array().unwrap();
        assert!(icons.iter().any(|icon| icon["purpose"] == "maskable"));
        for icon in icons {
            let picture = visitor.get(icon["src"].as_str().unwrap()).await.expect(200);
            assert_eq!(picture.header("content-type"), icon["type"].as_str().unwrap());
        }
        let asked = visitor.request(reqwest::Method::GET, "/manifest.webmanifest").header("accept-language", "ar");
        assert_eq!(visitor.send(asked).await.expect(200).json()["dir"], "rtl");
        for shortcut in manifest["shortcuts"].as_array().unwrap() {
            app.owner().await.browser.get(shortcut["url"].as_str().unwrap()).await.expect(200);
        }
    }

    /// What another app shares is what a new post begins with; whoever is not signed in loses nothing by it.
    async fn what_is_shared_begins_a_post(app) {
        let shared = "/posts/new?title=Looms&text=A%20history%20%26%20more&url=https%3A%2F%2Fexample.org%2F1";
        let page = app.owner().await.browser.get(shared).await.expect(200).page();
        assert!(page.contains("Looms\nA history &amp; more\nhttps://example.org/1"), "{page}");
        let to_login = app.visitor().get(shared).await.expect(303);
        let next: String = url::form_urlencoded::byte_serialize(shared.as_bytes()).collect();
        assert_eq!(to_login.header("location"), format!("/login?next={next}"));
    }
}
