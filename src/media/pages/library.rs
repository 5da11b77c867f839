//! The library's page, and the same files to be chosen from in the composer.

use poem::{Request, Response, handler, http::HeaderValue, web::Query};
use serde::{Deserialize, Serialize};

use super::card::Card;
use crate::{
    app::App,
    error::{Message, Result},
    kit::OrgId,
    media::{Filter, Kind, Media, Only, Shape},
    orgs::Caller,
    render::{FieldText, View, text},
    tokens::Cursor,
    web::{self, Frame, problem::size},
};

/// Files on a page.
const PAGE: usize = 60;
/// Where it is.
const HERE: &str = "/media";
/// Where files are chosen from.
const PICKER: &str = "/media/picker";

/// `templates/media/index.html`.
#[derive(Debug, Serialize)]
pub struct Library {
    items: Vec<Card>,
    next: Option<String>,
    filter: Asked,
    /// Something is asked for: nothing found is not an empty library.
    filtered: bool,
    kinds: Vec<Choice>,
    lacks: Vec<Choice>,
    tags: Vec<TagChoice>,
    /// This page, to come back to.
    back: String,
    storage: Storage,
    /// What was wrong with an upload.
    pub errors: Vec<FieldText>,
    limits_text: String,
}

/// The next files alone: `templates/media/_items.html`.
#[derive(Debug, Serialize)]
struct More {
    items: Vec<Card>,
    next: Option<String>,
}

/// Files to choose from: `templates/media/_picker.html`.
#[derive(Debug, Serialize)]
struct Picker {
    items: Vec<Card>,
    next: Option<String>,
    filtered: bool,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: &'static str,
    label: String,
}

#[derive(Debug, Serialize)]
struct TagChoice {
    key: String,
    name: String,
    count: i64,
}

#[derive(Debug, Serialize)]
struct Storage {
    total_text: String,
    kinds: Vec<String>,
}

impl View for Library {
    const TEMPLATE: &'static str = "media/index.html";

    fn title(&self) -> Message {
        "media.title".into()
    }
}

impl View for More {
    const TEMPLATE: &'static str = "media/_items.html";

    fn title(&self) -> Message {
        "media.title".into()
    }
}

impl View for Picker {
    const TEMPLATE: &'static str = "media/_picker.html";

    fn title(&self) -> Message {
        "media.title".into()
    }
}

/// What an address asks for.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    only: String,
    /// Where the page before ended; what cannot be read is the beginning.
    #[serde(default)]
    after: String,
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter::read(&self.q, &self.kind, &self.tag, &self.only)
    }

    fn after(&self) -> Option<Cursor> {
        Cursor::read(Some(&self.after)).ok().flatten()
    }
}

/// A page of files, and where the next one begins.
async fn page(
    app: &App,
    org: OrgId,
    (filter, after): (&Filter, Option<Cursor>),
    here: &str,
) -> Result<(Vec<Card>, Option<String>)> {
    let mut media = Media::list(&app.db, org, filter, after, PAGE as i64 + 1).await?;
    let more = media.len() > PAGE;
    media.truncate(PAGE);
    let next = media.last().filter(|_| more).map(|last| Cursor::new(last.created_at, last.id).encode());
    let next = next.map(|cursor| filter.url(here, &[("after", cursor.as_str())]));
    Ok((Card::list(app, org, &media).await?, next))
}

impl Library {
    /// What is to be seen of the library.
    pub async fn read(app: &App, org: OrgId, (filter, after): (Filter, Option<Cursor>)) -> Result<Self> {
        let (items, next) = page(app, org, (&filter, after), HERE).await?;
        let tags = Media::all_tags(&app.db, org).await?;
        let limits = Message::new("media.limits").with("image", size(Kind::IMAGE_LIMIT)).with("video", size(Kind::VIDEO_LIMIT));
        Ok(Self {
            items,
            next,
            filtered: !filter.is_empty(),
            kinds: Shape::ALL.map(|shape| Choice { value: shape.name(), label: text(&shape_label(shape)) }).into(),
            lacks: Only::ALL.map(|only| Choice { value: only.name(), label: text(&only_label(only)) }).into(),
            tags: tags.into_iter().map(|(key, name, count)| TagChoice { key, name, count }).collect(),
            back: filter.url(HERE, &[]),
            storage: Storage::read(app, org).await?,
            errors: vec![],
            limits_text: text(&limits),
            filter: Asked {
                kind: filter.kind.map(Shape::name).unwrap_or_default().to_owned(),
                tag: filter.tag.unwrap_or_default(),
                only: filter.only.map(Only::name).unwrap_or_default().to_owned(),
                q: filter.q,
                after: String::new(),
            },
        })
    }
}

fn shape_label(shape: Shape) -> Message {
    Message::new(match shape {
        Shape::Picture => "library.pictures",
        Shape::Gif => "library.gifs",
        Shape::Film => "library.films",
    })
}

fn only_label(only: Only) -> Message {
    Message::new(match only {
        Only::Unused => "library.unused",
        Only::Undescribed => "library.undescribed",
    })
}

impl Storage {
    async fn read(app: &App, org: OrgId) -> Result<Self> {
        let totals = Media::totals(&app.db, org).await?;
        let told =
            |key, count: i64, bytes: i64| text(&Message::new(key).with("count", count).with("size", size(bytes.unsigned_abs())));
        let of = |shape: Shape| {
            let total = totals.iter().find(|t| t.kind == shape.name())?;
            let key = match shape {
                Shape::Picture => "library.held_pictures",
                Shape::Gif => "library.held_gifs",
                Shape::Film => "library.held_films",
            };
            Some(told(key, total.count, total.bytes))
        };
        let (count, bytes) = totals.iter().fold((0, 0), |(count, bytes), t| (count + t.count, bytes + t.bytes));
        let kinds: Vec<String> = Shape::ALL.into_iter().filter_map(of).collect();
        // Of one kind alone the sum says all.
        Ok(Self { total_text: told("media.total", count, bytes), kinds: if kinds.len() > 1 { kinds } else { vec![] } })
    }
}

/// The library, newest first; a script gets the next files alone.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(asked): Query<Asked>, req: &Request) -> web::Result {
    let (filter, after) = (asked.filter(), asked.after());
    if req.header("hx-request").is_some() {
        let (items, next) = page(&app, caller.org, (&filter, after), HERE).await?;
        return Ok(varied(frame.page(&More { items, next })?));
    }
    Ok(varied(frame.page(&Library::read(&app, caller.org, (filter, after)).await?)?))
}

/// Files to choose from, for the composer's script.
#[handler]
pub async fn picker(app: App, caller: Caller, frame: Frame, Query(asked): Query<Asked>) -> web::Result {
    let filter = asked.filter();
    let (items, next) = page(&app, caller.org, (&filter, asked.after()), PICKER).await?;
    Ok(frame.page(&Picker { items, next, filtered: !filter.is_empty() })?)
}

/// One address has two answers.
fn varied(mut response: Response) -> Response {
    response.headers_mut().insert("vary", HeaderValue::from_static("hx-request"));
    response
}
