//! The designer: a picture is put together in the browser, from a file of the library or from nothing, and comes back as a new
//! file by the way that every upload takes. This page says what it begins with; it knows nothing of drawing.

use poem::{handler, web::Query};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::{Error, Message, Result},
    media::{Kind, Media},
    orgs::Caller,
    render::{View, text},
    web::{self, Frame, problem::size},
};

/// As platforms show pictures: width, height, and what for. The first one is where a blank picture begins.
const SIZES: [(u32, u32, &str); 7] = [
    (1080, 1080, "designer.square"),
    (1080, 1350, "designer.portrait"),
    (1080, 1920, "designer.story"),
    (1600, 900, "designer.wide"),
    (1200, 628, "designer.link"),
    (1000, 1500, "designer.pin"),
    (1500, 500, "designer.header"),
];

/// Paints that are offered; any other can be mixed.
const COLOURS: [(&str, &str); 10] = [
    ("#ffffff", "designer.white"),
    ("#1c2333", "designer.ink"),
    ("#8a8f98", "designer.grey"),
    ("#d92d20", "designer.red"),
    ("#ef6820", "designer.orange"),
    ("#f5b301", "designer.yellow"),
    ("#16a34a", "designer.green"),
    ("#0e9384", "designer.teal"),
    ("#2f6fed", "designer.blue"),
    ("#9333ea", "designer.purple"),
];

/// Letters, as a style sheet names them. The first ones are ours, the others whatever a machine has of the kind.
const FONTS: [(&str, &str); 4] = [
    ("Inter Variable", "designer.font_plain"),
    ("Georgia, 'Times New Roman', serif", "designer.font_serif"),
    ("Impact, 'Arial Black', 'DejaVu Sans Condensed', sans-serif", "designer.font_heavy"),
    ("ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace", "designer.font_mono"),
];

/// `templates/media/design.html`.
#[derive(Debug, Serialize)]
struct Design {
    sizes: Vec<Size>,
    colours: Vec<Choice>,
    fonts: Vec<Choice>,
    /// The address of the picture to begin with; empty: a blank one.
    source: String,
    /// Of the new file, without its ending.
    name: String,
    /// How the new file is written unless something else is chosen.
    mime: String,
    back: String,
    to: &'static str,
    limit: u64,
    limit_text: String,
}

#[derive(Debug, Serialize)]
struct Size {
    width: u32,
    height: u32,
    label: String,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    label: String,
}

impl View for Design {
    const TEMPLATE: &'static str = "media/design.html";

    fn title(&self) -> Message {
        "designer.title".into()
    }
}

/// What an address asks for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// A picture of the library.
    #[serde(default)]
    from: String,
    /// `composer`: what is made goes into the post that waits for it in another window.
    #[serde(default)]
    to: String,
}

/// `GET /media/design`.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, Query(asked): Query<Asked>) -> web::Result {
    let media = if asked.from.is_empty() { None } else { Some(still(&app, &caller, &asked.from).await?) };
    let to = if asked.to == "composer" { "composer" } else { "" };
    let back = match &media {
        _ if to == "composer" => "/posts/new".to_owned(),
        Some(media) => format!("/media/{}", media.id),
        None => "/media".to_owned(),
    };
    Ok(frame.page(&Design {
        sizes: SIZES.map(|(width, height, label)| Size { width, height, label: words(label) }).into(),
        colours: COLOURS.map(choice).into(),
        fonts: FONTS.map(choice).into(),
        source: media.as_ref().map(Media::path).unwrap_or_default(),
        name: media.as_ref().map_or_else(|| words("designer.file"), |media| stem(&media.name).to_owned()),
        mime: media.map_or_else(|| Kind::Png.mime().to_owned(), |media| media.mime),
        back,
        to,
        limit: Kind::IMAGE_LIMIT,
        limit_text: size(Kind::IMAGE_LIMIT),
    })?)
}

/// A picture that does not move.
async fn still(app: &App, caller: &Caller, id: &str) -> Result<Media> {
    let id = id.parse().map_err(|_| Error::NotFound("media"))?;
    let media = Media::find(&app.db, caller.org, id).await?;
    if media.is_video() || media.mime == Kind::Gif.mime() { Err(Error::NotFound("media")) } else { Ok(media) }
}

/// A file's name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn choice((value, label): (&'static str, &'static str)) -> Choice {
    Choice { value, label: words(label) }
}

fn words(key: &'static str) -> String {
    text(&Message::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_last_ending_only() {
        assert_eq!(["loom.png", "a.b.jpg", "loom"].map(stem), ["loom", "a.b", "loom"]);
    }

    /// What the canvas is made of (`designer-pictures.js`) is no larger than what the library can open.
    #[test]
    fn every_size_can_be_stored() {
        for (width, height, _) in SIZES {
            assert!(width <= 4096 && height <= 4096 && u64::from(width) * u64::from(height) <= crate::media::MAX_PIXELS);
        }
    }
}
