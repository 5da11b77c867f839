//! Serving files: to whoever knows the address, whole and in part, and never as something else than they are.

use reqwest::Method;
use rostrum::kit::crypto::sha256;

use super::{samples, stored};
use crate::{both_databases, support::Answer, support::Client};

async fn with(client: &Client, method: Method, path: &str, name: &'static str, value: &str) -> Answer {
    client.send(client.request(method, path).header(name, value)).await
}

both_databases! {
    /// The whole file with its real type, kept for ever; HEAD says the same without the bytes.
    async fn a_file_is_served_as_what_it_is(app) {
        let owner = app.owner().await;
        let bytes = samples::png(64, 64);
        let media = stored(&app, &owner, "sun \"set\".html", &bytes).await;
        let answer = app.visitor().get(&media.path()).await.expect(200);
        assert_eq!(answer.body, bytes);
        assert_eq!(answer.header("content-type"), "image/png");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("etag"), format!("\"{}\"", hex::encode(sha256(&bytes))));
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert!(answer.header("content-disposition").starts_with("inline; filename=\"sun__set_.html\";"), "{:?}", answer.headers);
        let head = app.visitor().send(app.visitor().request(Method::HEAD, &media.path())).await.expect(200);
        assert_eq!((head.header("content-length"), head.body.len()), (&*bytes.len().to_string(), 0));
        assert_eq!(media.url(&app.app), format!("http://{}{}", app.address, media.path()));
        for path in ["/media/file/2026/01/no.png", "/media/file/", "/media/file/../../rostrum.db", "/media/file/..%2fkey", "/media/file/%00.png"] {
            assert_eq!(app.visitor().get(path).await.status, 404, "{path}");
        }
    }

    /// What the browser has is not sent again.
    async fn a_known_tag_is_answered_without_the_file(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "a.png", &samples::png(64, 64)).await;
        let tag = app.visitor().get(&media.path()).await.header("etag").to_owned();
        for known in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}")] {
            let answer = with(&app.visitor(), Method::GET, &media.path(), "if-none-match", &known).await.expect(304);
            assert_eq!((answer.body.len(), answer.header("etag")), (0, &*tag));
        }
        with(&app.visitor(), Method::GET, &media.path(), "if-none-match", "\"x\"").await.expect(200);
    }

    /// One range is served; several or unreadable ones give the whole; one behind the end is refused.
    async fn ranges_are_served(app) {
        let owner = app.owner().await;
        let bytes = samples::mp4(64, 64, 3, false);
        let media = stored(&app, &owner, "a.mp4", &bytes).await;
        let n = bytes.len();
        for (range, part) in [("bytes=0-9", 0..10), ("bytes=100-", 100..n), ("bytes=-7", n - 7..n), ("bytes=5-99999999", 5..n)] {
            let answer = with(&app.visitor(), Method::GET, &media.path(), "range", range).await.expect(206);
            assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{n}", part.start, part.end - 1));
            assert_eq!(answer.body, bytes[part], "{range}");
        }
        for range in ["bytes=0-1,5-6", "pages=1-2", "bytes=9-1"] {
            assert_eq!(with(&app.visitor(), Method::GET, &media.path(), "range", range).await.expect(200).body.len(), n);
        }
        let beyond = with(&app.visitor(), Method::GET, &media.path(), "range", &format!("bytes={n}-")).await.expect(416);
        assert_eq!(beyond.header("content-range"), format!("bytes */{n}"));
        let browser = app.visitor();
        let stale = browser.request(Method::GET, &media.path()).header("range", "bytes=0-9").header("if-range", "\"other\"");
        assert_eq!(browser.send(stale).await.expect(200).body.len(), n);
        let packed = with(&app.visitor(), Method::GET, &media.path(), "accept-encoding", "gzip, br").await.expect(200);
        assert_eq!((packed.header("content-encoding"), &packed.body), ("", &bytes));
    }

    /// A row whose file is gone is not found, not an error of ours.
    async fn a_file_that_is_gone_is_not_found(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "a.png", &samples::png(8, 8)).await;
        app.app.store.delete(&media.file).await.unwrap();
        app.visitor().get(&media.path()).await.expect(404);
    }
}
