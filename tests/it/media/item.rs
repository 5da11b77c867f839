//! A file's page: its words, the point that stays in sight, a film's cover, and a picture that takes the place of another.

use rostrum::media::Media;

use super::{html, samples, stored};
use crate::{
    both_databases,
    support::{Owner, TestApp},
};

async fn read(app: &TestApp, owner: &Owner, media: &Media) -> Media {
    Media::find(&app.app.db, owner.org, media.id).await.unwrap()
}

both_databases! {
    /// Name, description, tags and focal point in one form; a name keeps its extension, and what is not sent stays.
    async fn a_file_is_described(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "IMG_1.png", &samples::png(8, 8)).await;
        let path = format!("/media/{}", media.id);
        let form = [("_method", "PUT"), ("name", " The loom "), ("alt", "Oak"), ("tags", "Launch, launch,  two  words"), ("focus", ""), ("focus", "on"), ("focus_x", "25"), ("focus_y", "80")];
        assert_eq!(owner.browser.submit(&path, &form).await.expect(303).header("location"), path);
        let now = read(&app, &owner, &media).await;
        assert_eq!((now.name.as_str(), now.alt.as_str(), now.focus_x, now.focus_y), ("The loom.png", "Oak", Some(0.25), Some(0.8)));
        assert!(now.shown().ends_with(".png#x25-y80"));
        let page = html(owner.browser.get(&path).await.expect(200));
        assert!(page.contains("value=\"Launch, two words\"") && page.contains("#x25-y80"), "{page}");
        assert!(html(owner.browser.get("/media").await.expect(200)).contains("#x25-y80"));
        owner.browser.submit(&path, &[("_method", "PUT"), ("alt", "Ash")]).await.expect(303);
        let now = read(&app, &owner, &media).await;
        assert_eq!((now.name.as_str(), now.alt.as_str(), now.focus_x), ("The loom.png", "Ash", Some(0.25)));
        owner.browser.submit(&path, &[("_method", "PUT"), ("focus", ""), ("focus_x", "25"), ("focus_y", "80")]).await.expect(303);
        assert_eq!(read(&app, &owner, &media).await.focus_x, None);
    }

    /// What is wrong is named beside its field, what was typed stays in the form, and nothing is saved.
    async fn what_is_wrong_is_named(app) {
        let owner = app.owner().await;
        let media = stored(&app, &owner, "a.png", &samples::png(8, 8)).await;
        let path = format!("/media/{}", media.id);
        let many = (0..21).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        for (field, value) in [("name", " . "), ("tags", &*many), ("focus_x", "101")] {
            let form = [("_method", "PUT"), ("alt", "typed <words>"), ("focus", "on"), ("focus_y", "1"), (field, value), ("focus_x", "1")];
            let page = html(owner.browser.submit(&path, &form).await.expect(422));
            let shown = field.trim_end_matches("_x");
            assert!(page.contains(&format!("id=\"e-{shown}\"")) && page.contains("typed &lt;words&gt;"), "{field}: {page}");
        }
        assert_eq!(read(&app, &owner, &media).await.alt, "");
    }

    /// A picture of the same library stands for a film; its bytes stay as long as the film does, also when it is deleted.
    async fn a_film_has_a_cover(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let film = stored(&app, &owner, "a.mp4", &samples::mp4(64, 32, 75, false)).await;
        let picture = stored(&app, &owner, "cover.png", &samples::png(8, 8)).await;
        let theirs = stored(&app, &other, "theirs.png", &samples::png(8, 8)).await;
        let path = format!("/media/{}/cover", film.id);
        for cover in [String::new(), "x".into(), theirs.id.to_string(), film.id.to_string()] {
            owner.browser.submit(&path, &[("cover", &cover)]).await.expect(303);
            assert_eq!(read(&app, &owner, &film).await.cover_id, None, "{cover}");
        }
        owner.browser.submit(&format!("/media/{}/cover", picture.id), &[("cover", &picture.id.to_string())]).await.expect(303);
        assert_eq!(read(&app, &owner, &picture).await.cover_id, None, "no film");
        owner.browser.submit(&path, &[("cover", &picture.id.to_string())]).await.expect(303);
        let now = read(&app, &owner, &film).await;
        assert_eq!(now.poster(), Some(picture.path()));
        assert!(html(owner.browser.get("/media").await.expect(200)).contains(&picture.path()));
        owner.browser.submit(&format!("/media/{}", picture.id), &[("_method", "DELETE")]).await.expect(303);
        assert!(picture.is_needed(&app.app.db).await.unwrap(), "the clean-up keeps it");
        app.visitor().get(&picture.path()).await.expect(200);
        owner.browser.submit(&path, &[("_method", "DELETE")]).await.expect(303);
        assert_eq!(read(&app, &owner, &film).await.poster(), None);
        assert!(!picture.is_needed(&app.app.db).await.unwrap());
        app.visitor().get(&picture.path()).await.expect(404);
    }

    /// A picture made of another takes over its words and its place; undone, both are there.
    async fn a_cut_picture_takes_the_place_of_the_whole(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let old = stored(&app, &owner, "loom.jpeg", &samples::jpeg(8, 8)).await;
        let new = stored(&app, &owner, "cropped.png", &samples::png(4, 4)).await;
        let theirs = stored(&app, &other, "theirs.png", &samples::png(8, 8)).await;
        owner.browser.submit(&format!("/media/{}", old.id), &[("_method", "PUT"), ("alt", "Oak"), ("tags", "Launch")]).await.expect(303);
        let path = format!("/media/{}/replacement", old.id);
        for by in ["", "x", &theirs.id.to_string(), &old.id.to_string()] {
            owner.browser.submit(&path, &[("by", by)]).await.expect(400);
        }
        let answer = owner.browser.submit(&path, &[("by", &new.id.to_string())]).await.expect(303);
        assert_eq!(answer.header("location"), format!("/media/{}", new.id));
        let page = html(owner.browser.get(answer.header("location")).await.expect(200));
        assert!(page.contains("value=\"Launch\"") && page.contains(&format!("/media/{}/restoration", old.id)), "{page}");
        let now = read(&app, &owner, &new).await;
        assert_eq!((now.name.as_str(), now.alt.as_str()), ("loom.png", "Oak"));
        owner.browser.get(&format!("/media/{}", old.id)).await.expect(404);
        owner.browser.submit(&format!("/media/{}/restoration", old.id), &[]).await.expect(303);
        assert_eq!(read(&app, &other, &theirs).await.name, "theirs.png");
    }

    /// The designer opens still pictures of one's own, or nothing; the page stays under the policy of all others.
    async fn the_designer_opens_ones_own_pictures(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let picture = stored(&app, &owner, "loom.png", &samples::png(8, 8)).await;
        let film = stored(&app, &owner, "a.mp4", &samples::mp4(64, 32, 75, false)).await;
        let blank = owner.browser.get("/media/design").await.expect(200);
        let policy = blank.header("content-security-policy").to_owned();
        assert!(policy.contains("script-src 'self';") && policy.contains("style-src 'self';"), "{policy}");
        let blank = html(blank);
        assert!(blank.contains("data-source=\"\"") && blank.contains("data-width=\"1080\"") && blank.contains("data-to=\"\""), "{blank}");
        let opened = html(owner.browser.get(&format!("/media/design?from={}&to=composer", picture.id)).await.expect(200));
        for part in [format!("data-source=\"{}\"", picture.path()), "data-name=\"loom\"".into(), "data-to=\"composer\"".into()] {
            assert!(opened.contains(&part), "{part}: {opened}");
        }
        assert!(html(owner.browser.get("/media/design?to=elsewhere").await.expect(200)).contains("data-to=\"\""));
        for from in [film.id.to_string(), "loom".into()] {
            owner.browser.get(&format!("/media/design?from={from}")).await.expect(404);
        }
        other.browser.get(&format!("/media/design?from={}", picture.id)).await.expect(404);
        assert_eq!(app.visitor().get("/media/design").await.status, 303);
    }
}
