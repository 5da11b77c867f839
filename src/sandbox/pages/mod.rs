//! The wall: what was published, as people would see it on a platform, and the switches of its behaviour.

pub mod alone;
mod form;

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;
use poem::{FromRequest, Request, RequestBody, Response, Route, get, handler, put, web::Path};
use serde::Serialize;

use self::form::Select;
use super::{
    Site,
    model::{Filter, Post},
    platform::Refusal,
};
use crate::{
    error::{Error, Message, Result},
    orgs::Caller,
    render::{View, date},
    web::{self, Flash, Form, Frame, Peer},
};

/// Threads on one wall.
const THREADS: i64 = 100;

/// Adds the wall inside an instance, for whoever is signed in; the request must carry the [`Site`].
pub fn mount(route: Route) -> Route {
    route
        .at("/sandbox", get(everybody))
        .at("/sandbox/behaviour", put(behave))
        .at("/sandbox/media/:id", get(attachment))
        .at("/sandbox/:account", get(one))
}

#[handler]
async fn everybody(site: Site, caller: Caller, frame: Frame) -> web::Result {
    Ok(frame.page(&wall(&site, None, caller.zone).await?)?)
}

#[handler]
async fn one(site: Site, caller: Caller, frame: Frame, Path(account): Path<String>) -> web::Result {
    Ok(frame.page(&wall(&site, Some(handle(&account)?), caller.zone).await?)?)
}

#[handler]
async fn behave(site: Site, _: Caller, form: Form, peer: Peer) -> web::Result {
    switched(&site, &form, &peer).await
}

#[handler]
async fn attachment(site: Site, _: Caller, Path(id): Path<String>) -> web::Result {
    file(&site, &id).await
}

/// The platform that is served here.
impl<'a> FromRequest<'a> for Site {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Site>().cloned().expect("the wall stands behind the layer that knows its site"))
    }
}

/// The wall as its template sees it.
#[derive(Debug, Serialize)]
pub struct Wall {
    home: &'static str,
    account: String,
    posts: Vec<Entry>,
    behaviour: Vec<Select>,
    total: i64,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    author: String,
    text: String,
    followers_only: bool,
    media: Vec<Medium>,
    at: Moment,
    replies: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Medium {
    url: String,
    alt: String,
    video: bool,
}

#[derive(Debug, Serialize)]
struct Moment {
    iso: String,
    text: String,
    relative: String,
}

impl View for Wall {
    const TEMPLATE: &'static str = "sandbox/wall.html";

    fn title(&self) -> Message {
        Message::new("wall.title")
    }
}

/// `@name` as the account's name; anything else is no wall.
fn handle(path: &str) -> Result<&str> {
    path.strip_prefix('@').filter(|h| !h.is_empty()).ok_or(Error::NotFound("page"))
}

/// The newest threads of one account or of all, with times in `zone`.
async fn wall(site: &Site, account: Option<&str>, zone: Tz) -> Result<Wall> {
    let platform = site.platform().await?;
    let filter = Filter { handle: account.map(str::to_owned), roots: true, limit: THREADS, ..Filter::default() };
    let roots = platform.list(&filter).await.map_err(failed)?.posts;
    let ids: Vec<String> = roots.iter().map(|p| p.id.clone()).collect();
    let mut replies: HashMap<String, Vec<Entry>> = HashMap::new();
    for reply in platform.replies(&ids).await.map_err(failed)? {
        let root = reply.root_id.clone().unwrap_or_default();
        replies.entry(root).or_default().push(entry(site, reply, zone, Vec::new()));
    }
    let stats = platform.stats(account).await.map_err(failed)?;
    Ok(Wall {
        home: site.path(),
        account: account.unwrap_or_default().to_owned(),
        posts: roots
            .into_iter()
            .map(|root| {
                let answers = replies.remove(&root.id).unwrap_or_default();
                entry(site, root, zone, answers)
            })
            .collect(),
        behaviour: if account.is_none() { form::fields(&platform.switches.of(None)) } else { Vec::new() },
        total: stats.posts - stats.deleted,
    })
}

fn entry(site: &Site, post: Post, zone: Tz, replies: Vec<Entry>) -> Entry {
    let at = DateTime::from_timestamp_micros(post.arrived_at).unwrap_or_default();
    let clock = at.with_timezone(&zone).naive_local();
    let shown = date::at_second(&date::day_of_year(clock.date()), clock);
    let media = post.media.0.into_iter().map(|a| Medium {
        url: format!("{}/media/{}", site.path(), a.upload),
        video: a.mime.starts_with("video/"),
        alt: a.alt,
    });
    Entry {
        id: post.id,
        author: post.handle,
        text: post.text,
        followers_only: post.visibility == "followers",
        media: media.collect(),
        at: Moment { iso: at.to_rfc3339_opts(SecondsFormat::Secs, true), relative: shown.clone(), text: shown },
        replies,
    }
}

/// Sets the switches that apply to everybody.
async fn switched(site: &Site, form: &Form, peer: &Peer) -> web::Result {
    let behaviour = form::read(form)?;
    site.platform().await?.switches.set(None, behaviour);
    let home = if site.is_inside() { site.path() } else { "/" };
    Ok(Flash::ok("wall.applied").into_response(web::redirect(home), peer))
}

async fn file(site: &Site, id: &str) -> web::Result {
    let (upload, bytes) = site.platform().await?.file(id).await.map_err(failed)?;
    // Only types that no browser runs are ever stored.
    let response = Response::builder().content_type(&upload.mime).header("cache-control", "private, max-age=31536000, immutable");
    Ok(response.body(bytes))
}

fn failed(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Failed(e) => e,
        _ => Error::NotFound("page"),
    }
}
