//! Making pictures fit a platform: upright, without metadata, small enough.

use futures_util::TryStreamExt as _;
use image::{DynamicImage, ImageFormat};
use rostrum::{
    kit::MediaId,
    media::Files,
    providers::{FailureKind, Fitted, MediaSource as _, Picture},
};

use super::{samples, stored};
use crate::{
    both_databases,
    support::{Owner, TestApp},
};

const ANY: Picture =
    Picture { max_bytes: 1_000_000, max_side: 2_000, formats: &["image/jpeg", "image/png", "image/webp", "image/gif"] };

async fn fit(app: &TestApp, owner: &Owner, bytes: &[u8], wanted: Picture) -> Fitted {
    let media = stored(app, owner, "a", bytes).await;
    let files = Files::of(&app.app, owner.org, &[media.id]).await.unwrap();
    let fitted = files.fit(media.id, wanted).await.unwrap();
    assert!(fitted.bytes.len() as u64 <= wanted.max_bytes && fitted.width.max(fitted.height) <= wanted.max_side);
    assert!(wanted.formats.contains(&&*fitted.mime), "{}", fitted.mime);
    let read = read(&fitted);
    assert_eq!((fitted.width, fitted.height), (read.width(), read.height()));
    fitted
}

fn read(fitted: &Fitted) -> DynamicImage {
    image::load_from_memory_with_format(&fitted.bytes, ImageFormat::from_mime_type(&fitted.mime).unwrap()).unwrap()
}

fn contains(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|w| w == words)
}

both_databases! {
    /// A phone's photo is turned upright and loses its place; one that stands upright loses only that.
    async fn photos_are_turned_upright_and_lose_their_place(app) {
        let owner = app.owner().await;
        let lying = samples::jpeg_of_a_phone(64, 32, 6);
        assert!(contains(&lying, b"GPS"));
        let fitted = fit(&app, &owner, &lying, ANY).await;
        assert_eq!((fitted.width, fitted.height), (32, 64));
        assert!(!contains(&fitted.bytes, b"Exif") && !contains(&fitted.bytes, b"GPS"));
        // The gradient grows to the right and down: turned clockwise, its origin is at the top right.
        let turned = read(&fitted).into_rgb8();
        assert!(turned.get_pixel(31, 0).0[0] < 20 && turned.get_pixel(31, 63).0[0] > 40);
        let upright = fit(&app, &owner, &samples::jpeg_of_a_phone(64, 32, 1), ANY).await;
        assert_eq!(upright.bytes, samples::jpeg(64, 32));
    }

    /// What fits already is passed on as it is, less what it tells about its maker.
    async fn what_fits_is_not_written_anew(app) {
        let owner = app.owner().await;
        let png = samples::png(50, 50);
        assert_eq!(fit(&app, &owner, &samples::with_chunk(&png, b"tEXt", b"Author\0Ann"), ANY).await.bytes, png);
        let webp = samples::encode(&samples::gradient(50, 50), ImageFormat::WebP);
        assert_eq!(fit(&app, &owner, &webp, ANY).await.bytes, webp);
        let bare = fit(&app, &owner, &samples::webp_with_exif(50, 50), ANY).await;
        assert_eq!((bare.width, &*bare.mime, contains(&bare.bytes, b"GPS")), (50, "image/webp", false));
        let gif = samples::animated_gif(20, 20);
        assert_eq!(fit(&app, &owner, &gif, ANY).await.bytes, gif);
    }

    /// Too many pixels, too many bytes, the wrong format: changed as far as needed.
    async fn pictures_are_shrunk_and_converted(app) {
        let owner = app.owner().await;
        let wide = fit(&app, &owner, &samples::png(900, 300), Picture { max_side: 300, ..ANY }).await;
        assert_eq!((wide.width, wide.height, &*wide.mime), (300, 100, "image/png"));
        let noise = samples::encode(&samples::noise(500, 400), ImageFormat::Png);
        let small = fit(&app, &owner, &noise, Picture { max_bytes: 60_000, ..ANY }).await;
        assert_eq!(small.mime, "image/jpeg");
        assert!(small.width >= 200, "{}", small.width);
        let tiny = fit(&app, &owner, &noise, Picture { max_bytes: 4_000, formats: &["image/png"], ..ANY }).await;
        assert_eq!(tiny.mime, "image/png");
        let first_frame = fit(&app, &owner, &samples::animated_gif(20, 20), Picture { formats: &["image/jpeg"], ..ANY }).await;
        assert!(first_frame.width == 20 && read(&first_frame).into_rgb8().get_pixel(19, 0).0[0] < 60);
    }

    /// See-through stays where the platform takes it and turns white where it does not.
    async fn see_through_turns_white_only_where_it_must(app) {
        let owner = app.owner().await;
        let png = samples::encode(&samples::see_through(60, 60), ImageFormat::Png);
        let kept = fit(&app, &owner, &png, Picture { max_side: 30, ..ANY }).await;
        assert!(read(&kept).into_rgba8().get_pixel(2, 2).0[3] == 0);
        let white = read(&fit(&app, &owner, &png, Picture { formats: &["image/jpeg"], ..ANY }).await).into_rgb8();
        assert!(white.get_pixel(2, 2).0.iter().all(|c| *c > 245));
        assert!(white.get_pixel(50, 2).0[1] < 30);
    }

    /// What cannot be made to fit is said in words; it is not tried again.
    async fn what_cannot_fit_is_said(app) {
        let owner = app.owner().await;
        let film = stored(&app, &owner, "film.mp4", &samples::mp4(64, 64, 1, false)).await;
        let broken = stored(&app, &owner, "broken.png", &samples::bomb(200, 200)).await;
        let gone = stored(&app, &owner, "gone.png", &samples::png(8, 8)).await;
        app.app.store.delete(&gone.file).await.unwrap();
        let unknown = MediaId::new();
        let files = Files::of(&app.app, owner.org, &[film.id, broken.id, gone.id, unknown]).await.unwrap();
        for (id, words) in
            [(film.id, "a picture is needed"), (broken.id, "broken.png"), (gone.id, "gone.png"), (unknown, "not in the library")]
        {
            let failure = files.fit(id, Picture { max_side: 100, ..ANY }).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Rejected);
            assert!(failure.message.contains(words), "{failure}");
        }
        assert!(files.stream(gone.id).await.is_err_and(|f| f.kind == FailureKind::Rejected));
        let other = app.owner().await;
        let theirs = Files::of(&app.app, other.org, &[film.id]).await.unwrap();
        assert!(theirs.stream(film.id).await.is_err() && theirs.public_url(film.id).is_none());
    }

    /// A film is streamed as it is stored; its address is one that a platform can read.
    async fn a_film_is_streamed(app) {
        let owner = app.owner().await;
        let bytes = samples::mp4(64, 64, 1, false);
        let film = stored(&app, &owner, "film.mp4", &bytes).await;
        let files = Files::of(&app.app, owner.org, &[film.id]).await.unwrap();
        let read: Vec<bytes::Bytes> = files.stream(film.id).await.unwrap().try_collect().await.unwrap();
        assert_eq!(read.concat(), bytes);
        assert_eq!(files.public_url(film.id), Some(film.url(&app.app)));
        assert_eq!(film.as_file("words").duration, Some(std::time::Duration::from_secs(1)));
    }
}
