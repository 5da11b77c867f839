//! Taking files in: what they really are, how large they are, and that nothing half-done stays.

use image::ImageFormat::{Gif, WebP};
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use rostrum::{
    kit::{MediaId, crypto::sha256},
    media::{Filter, Media},
};
use tokio::io::AsyncWriteExt as _;

use super::{files, html, part, samples, send};
use crate::{both_databases, support::TestApp};

both_databases! {
    /// Each type is told by its content and stored whole, with its size and duration.
    async fn every_type_is_taken_as_what_it_is(app) {
        let owner = app.owner().await;
        let film = samples::mp4(1920, 1080, 42, true);
        for (name, bytes, mime, width, height, ms) in [
            ("a.png", samples::jpeg(40, 30), "image/jpeg", 40, 30, None),
            ("b", samples::png(40, 30), "image/png", 40, 30, None),
            ("c.gif", samples::encode(&samples::gradient(40, 30), Gif), "image/gif", 40, 30, None),
            ("d.webp", samples::encode(&samples::gradient(40, 30), WebP), "image/webp", 40, 30, None),
            ("e.mp4", film, "video/mp4", 1080, 1920, Some(42_000)),
            ("f.jpg", samples::jpeg_of_a_phone(40, 30, 6), "image/jpeg", 30, 40, None),
        ] {
            let answer = send(&owner.browser, name, bytes.clone()).await.expect(201).json();
            assert_eq!((&answer["name"], &answer["mime"]), (&name.into(), &mime.into()), "{answer}");
            assert_eq!((&answer["width"], &answer["height"], &answer["alt"]), (&width.into(), &height.into(), &"".into()), "{name}");
            let id: MediaId = answer["id"].as_str().unwrap().parse().unwrap();
            let media = Media::find(&app.app.db, owner.org, id).await.unwrap();
            assert_eq!(media.duration_ms, ms);
            assert_eq!(media.sha256, sha256(&bytes));
            assert_eq!(app.app.store.read_all(&media.file, u64::MAX).await.unwrap(), bytes);
            let extension = mime.split('/').nth(1).unwrap().replace("jpeg", "jpg");
            assert!(media.file.ends_with(&format!(".{extension}")), "{}", media.file);
            assert_eq!(media.file.split('/').nth(2).unwrap().find('.'), Some(32), "{}", media.file);
        }
        assert_eq!(files(&app).len(), 6);
    }

    /// A PNG that is HTML, and other lies, are refused naming the field and what the file really is.
    async fn lies_about_the_type_are_refused(app) {
        let owner = app.owner().await;
        let png = samples::png(64, 64);
        let whole = samples::mp4(64, 64, 1, false);
        let no_picture = [samples::mp4_box(b"ftyp", b"isom\0\0\x02\0"), samples::mp4_box(b"moov", b"")].concat();
        for (bytes, words) in [
            (b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "text/html"),
            (b"%PDF-1.7 ".to_vec(), "application/pdf"),
            (b"just words".to_vec(), "not a picture"),
            (vec![], "empty"),
            (png[..20].to_vec(), "damaged"),
            (whole[..whole.len() / 2].to_vec(), "end is missing"),
            (no_picture, "no picture"),
            ([samples::mp4_box(b"ftyp", b"isom\0\0\x02\0"), samples::mp4_box(b"moov", &[0xff; 100])].concat(), "damaged"),
        ] {
            let answer = send(&owner.browser, "a.png", bytes).await.expect(400);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let error = &answer.json()["errors"][0];
            assert_eq!(error["field"], "file");
            assert!(error["detail"].as_str().unwrap().contains(words), "{error}");
        }
        assert_eq!(files(&app), Vec::<String>::new());
    }

    /// A file that claims more pixels than are taken is refused by its header alone.
    async fn a_picture_that_would_fill_the_memory_is_refused(app) {
        let owner = app.owner().await;
        for (width, height) in [(30_000, 30_000), (8_000, 5_001)] {
            let answer = send(&owner.browser, "a.png", samples::bomb(width, height)).await.expect(400).json();
            assert!(answer["detail"].as_str().unwrap().contains("40 million"), "{answer}");
        }
        send(&owner.browser, "a.png", samples::bomb(8_000, 5_000)).await.expect(201);
        assert_eq!(files(&app).len(), 1);
    }

    /// More than ten MiB behind the head of a picture: 413, in a script and in a form, and nothing stays.
    async fn a_picture_that_is_too_large_is_refused(app) {
        let owner = app.owner().await;
        let mut large = samples::png(16, 16);
        large.resize(10 * 1024 * 1024 + 1, 7);
        let answer = send(&owner.browser, "a.png", large.clone()).await.expect(413);
        assert_eq!(answer.json()["status"], 413);
        let page = owner.browser.submit_multipart("/media", |form| form.part("file", part("a.png", large))).await.expect(413);
        assert!(page.text().contains("10 MiB"));
        assert_eq!(files(&app), Vec::<String>::new());
    }

    /// A form of several files leads back to the library; one that fails says which and why, and keeps those before it.
    async fn a_form_takes_several_files(app) {
        let owner = app.owner().await;
        let two = |form: Form| form.part("file", part("a.png", samples::png(8, 8))).part("file", part("b.png", samples::jpeg(8, 8)));
        let answer = owner.browser.submit_multipart("/media", two).await.expect(303);
        assert_eq!(answer.header("location"), "/media");
        assert!(html(owner.browser.get("/media").await.expect(200)).contains("2 files"));
        let bad = |form: Form| form.part("file", part("c.png", samples::png(8, 8))).part("file", part("notes.pdf", "%PDF-1.7"));
        let page = html(owner.browser.submit_multipart("/media", bad).await.expect(422));
        assert!(page.contains("notes.pdf") && page.contains("application/pdf") && page.contains("c.png"), "{page}");
        let none = |form: Form| form.part("file", Part::bytes(vec![]).file_name("").mime_str("application/octet-stream").unwrap());
        assert!(owner.browser.submit_multipart("/media", none).await.expect(422).text().contains("Choose a file"));
    }

    /// A body that ends before its form does, and a connection that breaks: nothing stays.
    async fn a_body_cut_in_half_leaves_nothing(app) {
        let owner = app.owner().await;
        let head = |browser: &crate::support::Client| {
            let origin = format!("http://{}", app.address);
            let request = browser.request(reqwest::Method::POST, "/media").header("origin", origin).header("x-csrf-token", browser.csrf());
            request.header("content-type", "multipart/form-data; boundary=x")
        };
        let mut body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n".to_vec();
        body.extend_from_slice(&samples::encode(&samples::noise(200, 200), image::ImageFormat::Png)[..50_000]);
        let answer = owner.browser.send(head(&owner.browser).body(Body::from(body.clone()))).await.expect(400);
        assert_eq!(answer.json()["errors"][0]["field"], "file");
        assert_eq!(files(&app), Vec::<String>::new());

        break_off(&app, head(&owner.browser).build().unwrap(), &body).await;
        app.until("the partial file goes", || async { files(&app).is_empty().then_some(()) }).await;
        assert!(Media::list(&app.app.db, owner.org, &Filter::default(), None, 10).await.unwrap().is_empty());
    }

    /// Without a session nothing is taken; nor from a form of another site or without the session's token.
    async fn strangers_upload_nothing(app) {
        assert_eq!(send(&app.visitor(), "a.png", samples::png(8, 8)).await.expect(401).json()["status"], 401);
        app.visitor().submit_multipart("/media", |form| form.part("file", part("a.png", samples::png(8, 8)))).await.expect(401);
        let owner = app.owner().await;
        let request = owner.browser.request(reqwest::Method::POST, "/media").header("origin", format!("http://{}", app.address));
        let form = Form::new().text("csrf", "wrong").part("file", part("a.png", samples::png(8, 8)));
        owner.browser.send(request.multipart(form)).await.expect(403);
        assert_eq!(files(&app), Vec::<String>::new());
    }
}

/// Sends the head and half of a request, waits until it is being stored, and hangs up.
async fn break_off(app: &TestApp, request: reqwest::Request, body: &[u8]) {
    let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    let mut head = format!("POST /media HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", app.address, body.len() * 2);
    for (name, value) in request.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    app.until("the partial file stands", || async { (!files(app).is_empty()).then_some(()) }).await;
}
