//! The designer: a picture is drawn on, written on and cut in the browser, from a file of the library or from nothing. The
//! editor is another's (`assets/vendor/filerobot`); what comes out is a new file of the library.

use poem::{Response, handler, web::Query};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    app::App,
    error::{Error, Message, Result},
    kit::crypto::random,
    media::{Kind, Media},
    orgs::Caller,
    render::{View, lookup, text},
    web::{self, Frame, headers, problem::size},
};

/// Blank pictures, as platforms show them: width, height, and what for.
const SIZES: [(u32, u32, &str); 6] = [
    (1080, 1080, "designer.square"),
    (1080, 1350, "designer.portrait"),
    (1080, 1920, "designer.story"),
    (1600, 900, "designer.wide"),
    (1200, 628, "designer.link"),
    (1000, 1500, "designer.pin"),
];

/// What the editor calls its texts; ours are below `designer.words`.
const WORDS: [&str; 67] = [
    "save",
    "back",
    "loading",
    "resetOperations",
    "changesLoseWarningHint",
    "discardChangesWarningHint",
    "cancel",
    "apply",
    "warning",
    "confirm",
    "discardChanges",
    "undoTitle",
    "redoTitle",
    "showImageTitle",
    "zoomInTitle",
    "zoomOutTitle",
    "toggleZoomMenuTitle",
    "adjustTab",
    "finetuneTab",
    "filtersTab",
    "annotateTabLabel",
    "resize",
    "resizeTab",
    "cropTool",
    "original",
    "custom",
    "square",
    "landscape",
    "portrait",
    "ellipse",
    "classicTv",
    "cinemascope",
    "arrowTool",
    "blurTool",
    "brightnessTool",
    "contrastTool",
    "ellipseTool",
    "flipX",
    "flipY",
    "unFlipX",
    "unFlipY",
    "hsvTool",
    "hue",
    "saturation",
    "value",
    "imageTool",
    "uploadImage",
    "addImage",
    "lineTool",
    "penTool",
    "polygonTool",
    "rectangleTool",
    "resizeWidthTitle",
    "resizeHeightTitle",
    "toggleRatioLockTitle",
    "resetSize",
    "rotateTool",
    "textTool",
    "fontFamily",
    "size",
    "warmthTool",
    "shadow",
    "opacity",
    "position",
    "stroke",
    "actualSize",
    "fitSize",
];

/// `templates/media/design.html`.
#[derive(Debug, Serialize)]
struct Design {
    sizes: Vec<Size>,
    canvas: Option<Canvas>,
    to: &'static str,
    limit_text: String,
}

#[derive(Debug, Serialize)]
struct Size {
    value: String,
    width: u32,
    height: u32,
    label: String,
}

/// What is worked on.
#[derive(Debug, Default, Serialize)]
struct Canvas {
    /// A picture's address; empty: a blank one.
    source: String,
    name: String,
    mime: String,
    width: u32,
    height: u32,
    nonce: String,
    /// The editor's texts, as JSON.
    words: String,
    back: String,
}

impl View for Design {
    const TEMPLATE: &'static str = "media/design.html";

    fn title(&self) -> Message {
        "designer.title".into()
    }
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    /// A picture of the library.
    #[serde(default)]
    from: String,
    /// Or one of the sizes.
    #[serde(default)]
    size: String,
    /// `composer`: what comes out goes into the post that waits for it in another window.
    #[serde(default)]
    to: String,
}

/// `GET /media/design`.
#[handler]
pub async fn show(app: App, caller: Caller, frame: Frame, Query(asked): Query<Asked>) -> web::Result {
    let canvas = canvas(&app, &caller, &asked).await?;
    let size_of = |(width, height, label): (u32, u32, &'static str)| Size {
        value: format!("{width}x{height}"),
        label: text(&Message::new(label)),
        width,
        height,
    };
    let nonce = canvas.as_ref().map(|canvas| canvas.nonce.clone());
    let mut response: Response = frame.page(&Design {
        sizes: SIZES.map(size_of).into(),
        canvas,
        to: if asked.to == "composer" { "composer" } else { "" },
        limit_text: size(Kind::IMAGE_LIMIT),
    })?;
    if let Some(nonce) = nonce {
        headers::allow_styles(&mut response, &nonce);
    }
    Ok(response)
}

async fn canvas(app: &App, caller: &Caller, asked: &Asked) -> Result<Option<Canvas>> {
    let base = || Canvas { nonce: hex::encode(random::<16>()), words: words().to_string(), ..Canvas::default() };
    if !asked.from.is_empty() {
        let id = asked.from.parse().map_err(|_| Error::NotFound("media"))?;
        let media = Media::find(&app.db, caller.org, id).await?;
        if media.is_video() || media.mime == "image/gif" {
            return Err(Error::NotFound("media"));
        }
        let (source, back) = (media.path(), format!("/media/{id}"));
        return Ok(Some(Canvas { source, back, name: media.name, mime: media.mime, ..base() }));
    }
    let blank = SIZES.into_iter().find(|(width, height, _)| asked.size == format!("{width}x{height}"));
    Ok(blank.map(|(width, height, label)| Canvas {
        name: format!("{}.png", text(&Message::new(label))),
        mime: "image/png".into(),
        width,
        height,
        back: "/media/design".into(),
        ..base()
    }))
}

/// In the reader's language; what has no text of ours keeps the editor's.
fn words() -> Json {
    let own = WORDS.iter().filter_map(|name| Some(((*name).to_owned(), lookup(&format!("designer.words.{name}"))?.into())));
    Json::Object(own.collect::<Map<_, _>>())
}
