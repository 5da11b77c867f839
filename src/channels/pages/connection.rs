//! `/channels/connections/{id}`: an account that is being connected: pages to choose from, or something to do at the platform.

use bytes::Bytes;
use poem::{
    Response, handler,
    http::{StatusCode, header},
    web::{Path, Query},
};
use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};

use super::{Sent, Way, connect::go_on, returned::Stopped};
use crate::{
    app::App,
    channels::{
        connect::{self, offered},
        model::{Channel, Connection, Invited, Kept, Stage},
    },
    error::{Error, Message, Result},
    kit::ConnectionId,
    media,
    orgs::{Caller, Role},
    providers::{Descriptor, Page, Picture},
    render::{FieldText, Moment, View, text},
    web::{self, Flash, Frame, Peer, problem},
};

/// Most bytes of a page's picture that are fetched.
const FETCHED: usize = 5 * 1024 * 1024;
/// As it is shown.
const SHOWN: Picture = Picture { max_bytes: 128 * 1024, max_side: 96, formats: &["image/jpeg", "image/png"] };

/// The page.
#[derive(Debug, Clone, Serialize)]
struct Waiting {
    id: ConnectionId,
    provider: &'static str,
    provider_id: &'static str,
    reconnect: Option<String>,
    pages: Vec<PageView>,
    invitation: Option<InvitationView>,
    until: Moment,
    errors: Vec<FieldText>,
}

impl View for Waiting {
    const TEMPLATE: &'static str = "channels/connection.html";

    fn title(&self) -> Message {
        Message::new("connect.title").with("provider", self.provider)
    }
}

#[derive(Debug, Clone, Serialize)]
struct PageView {
    id: String,
    name: String,
    note: String,
    picture: Option<String>,
    chosen: bool,
    /// There is a channel of it already.
    known: bool,
}

#[derive(Debug, Clone, Serialize)]
struct InvitationView {
    text: String,
    word: Option<String>,
    link: Option<String>,
    qr: Option<Qr>,
}

/// A picture to be scanned: its side in modules, quiet zone included, and the dark ones as an SVG path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Qr {
    side: usize,
    path: String,
}

impl Qr {
    /// `None` when the address is too long for one.
    fn new(link: &str) -> Option<Self> {
        const QUIET: usize = 4;
        let code = QrCode::with_error_correction_level(link, EcLevel::M).ok()?;
        let width = code.width();
        let dark = code.into_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
        let path = dark.map(|(n, _)| format!("M{} {}h1v1h-1z", n % width + QUIET, n / width + QUIET)).collect();
        Some(Self { side: width + 2 * QUIET, path })
    }
}

/// Somebody's open connection.
struct Open {
    connection: Connection,
    about: &'static Descriptor,
    kept: Kept,
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<(Connection, &'static Descriptor)> {
    caller.require(Role::Admin)?;
    let id = id.parse().map_err(|_| Error::NotFound("connection"))?;
    let connection = Connection::find(&app.db, (caller.org, caller.person()?), id).await?;
    let about = offered(app, &connection.provider)?.about();
    Ok((connection, about))
}

/// The connection, or the page that says that it is over.
async fn open(app: &App, caller: &Caller, id: &str) -> Result<Result<Open, (StatusCode, Stopped)>> {
    let (connection, about) = find(app, caller, id).await?;
    if connection.is_open(app.clock.now()) && connection.stage != Stage::Consent {
        let kept = connection.open(&app.key)?;
        return Ok(Ok(Open { connection, about, kept }));
    }
    let (title, words) = match connection.used_at {
        Some(_) => ("stopped.used", "stopped.used_text"),
        None if connection.stage == Stage::Consent && connection.is_open(app.clock.now()) => {
            ("stopped.not_back", "stopped.not_back_text")
        }
        None => ("stopped.expired", "stopped.expired_text"),
    };
    Ok(Err((StatusCode::GONE, Stopped::new(about, title, &[words.into()], Some(connection.id)))))
}

impl Open {
    async fn view(&self, app: &App, caller: &Caller, chosen: &[String], errors: Vec<FieldText>) -> Result<Waiting> {
        let Self { connection, about, kept } = self;
        let channels = Channel::list(&app.db, caller.org).await?;
        let again = connection.channel_id.and_then(|id| channels.iter().find(|c| c.id == id));
        let page = |(n, page): (usize, &Page)| PageView {
            id: page.id.clone(),
            name: page.name.clone(),
            note: page.note.clone(),
            picture: page.picture.as_ref().map(|_| format!("/channels/connections/{}/pictures/{n}", connection.id)),
            chosen: chosen.contains(&page.id) || again.is_some_and(|c| c.remote_id == page.id),
            known: channels.iter().any(|c| c.provider == about.id && c.remote_id == page.id),
        };
        let invited = |invited: &Invited| InvitationView {
            text: invited.text.clone(),
            word: invited.word.clone(),
            link: invited.link.clone(),
            qr: invited.link.as_deref().and_then(Qr::new),
        };
        Ok(Waiting {
            id: connection.id,
            provider: about.name,
            provider_id: about.id,
            reconnect: again.map(|c| c.name.clone()),
            pages: kept.pages.iter().enumerate().map(page).collect(),
            invitation: kept.invitation.as_ref().filter(|_| connection.stage == Stage::Invitation).map(invited),
            until: Moment::new(connection.expires_at, app.clock.now(), caller.zone),
            errors,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Look {
    look: String,
}

/// The page; with `look`, the platform is asked first whether the person has done it.
#[handler]
pub async fn show(app: App, caller: Caller, way: Way, Path(id): Path<String>, Query(query): Query<Look>) -> web::Result {
    let Way { frame, peer, script } = way;
    if query.look.is_empty() {
        return Ok(page(&app, &caller, frame, &id).await?);
    }
    let answer = looked(&app, &caller, (frame, &peer), &id).await?;
    Ok(if script { led(answer) } else { answer })
}

/// A redirect as a script follows it: by itself, so that the next page is loaded once, with the message left for it.
fn led(mut answer: Response) -> Response {
    if let Some(to) = answer.headers_mut().remove(header::LOCATION) {
        answer.set_status(StatusCode::OK);
        answer.headers_mut().insert("hx-redirect", to);
    }
    answer
}

async fn page(app: &App, caller: &Caller, frame: Frame, id: &str) -> Result<Response> {
    match open(app, caller, id).await? {
        Ok(open) => frame.page(&open.view(app, caller, &[], Vec::new()).await?),
        Err((status, stopped)) => frame.page_with(status, &stopped),
    }
}

/// Asks the platform now.
#[handler]
pub async fn check(app: App, caller: Caller, frame: Frame, peer: Peer, Path(id): Path<String>) -> web::Result {
    Ok(looked(&app, &caller, (frame, &peer), &id).await?)
}

async fn looked(app: &App, caller: &Caller, (frame, peer): (Frame, &Peer), id: &str) -> Result<Response> {
    let open = match open(app, caller, id).await? {
        Ok(open) => open,
        Err((status, stopped)) => return frame.page_with(status, &stopped),
    };
    if open.connection.stage != Stage::Invitation {
        return page(app, caller, frame, id).await;
    }
    let about = open.about;
    match connect::look(app, &open.connection).await {
        Ok(Some(step)) => go_on(step, about, open.connection.channel_id.is_some(), (frame, peer)),
        Ok(None) => frame.page(&open.view(app, caller, &[], Vec::new()).await?),
        Err(Error::Invalid(errors)) => {
            let words: Vec<Message> = errors.into_iter().map(|e| e.message).collect();
            let stopped = Stopped::new(about, "stopped.refused", &words, Some(open.connection.id));
            frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &stopped)
        }
        // It goes on being asked: the platform may be back in a moment.
        Err(Error::Provider(failure)) => {
            let words = Message::new("connect.unreachable").with("provider", about.name).with("words", &failure.message);
            let errors = vec![FieldText { field: String::new(), text: text(&words) }];
            let view = open.view(app, caller, &[], errors).await?;
            frame.page_with(problem::status(&Error::Provider(failure)), &view)
        }
        Err(e) => Err(e),
    }
}

/// Connects the pages that were chosen.
#[handler]
pub async fn choose(app: App, caller: Caller, frame: Frame, Path(id): Path<String>, sent: Sent) -> web::Result {
    let Sent { form, peer } = sent;
    let open = match open(&app, &caller, &id).await? {
        Ok(open) if open.connection.stage == Stage::Choice => open,
        Ok(_) => return Err(Error::NotFound("connection").into()),
        Err((status, stopped)) => return Ok(frame.page_with(status, &stopped)?),
    };
    let mut ids: Vec<String> = form.all("page").map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    let (connected, errors) = match connect::choose(&app, &open.connection, &ids).await {
        Ok(chosen) if chosen.failed.is_empty() => {
            return Ok(done(&chosen.connected, open.connection.channel_id.is_some(), &peer));
        }
        Ok(chosen) => (chosen.connected, failures(&open.kept.pages, &chosen.failed)),
        Err(Error::Invalid(errors)) => (Vec::new(), FieldText::list(&errors)),
        Err(e) => return Err(e.into()),
    };
    let left: Vec<String> = ids.into_iter().filter(|id| !connected.iter().any(|c| c.remote_id == *id)).collect();
    Ok(frame.invalid(&open.view(&app, &caller, &left, errors).await?)?)
}

fn failures(pages: &[Page], failed: &[(String, Message)]) -> Vec<FieldText> {
    let name = |id: &str| pages.iter().find(|p| p.id == id).map_or(id.to_owned(), |p| p.name.clone());
    let one = |(id, why): &(String, Message)| FieldText { field: "page".into(), text: format!("{}: {}", name(id), text(why)) };
    failed.iter().map(one).collect()
}

fn done(connected: &[Channel], again: bool, peer: &Peer) -> Response {
    let said = |key| {
        let names: Vec<&str> = connected.iter().map(|c| c.name.as_str()).collect();
        Flash::ok(Message::new(key).with("name", names.join(", ")))
    };
    match connected {
        [one] => {
            let key = if again { "channels.reconnected" } else { "channels.connected" };
            said(key).into_response(web::redirect(&format!("/channels/{}", one.id)), peer)
        }
        _ => said("channels.connected_all").into_response(web::redirect("/channels"), peer),
    }
}

/// Begins anew.
#[handler]
pub async fn restart(app: App, caller: Caller, frame: Frame, peer: Peer, Path(id): Path<String>) -> web::Result {
    let (connection, about) = find(&app, &caller, &id).await?;
    match connect::restart(&app, &connection).await {
        Ok(step) => Ok(go_on(step, about, connection.channel_id.is_some(), (frame, &peer))?),
        Err(Error::Invalid(errors)) => {
            let words: Vec<Message> = errors.into_iter().map(|e| e.message).collect();
            let stopped = Stopped::new(about, "stopped.refused", &words, Some(connection.id));
            Ok(frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &stopped)?)
        }
        Err(Error::Provider(failure)) => {
            let words = Message::new("connect.unreachable").with("provider", about.name).with("words", &failure.message);
            let stopped = Stopped::new(about, "stopped.refused", &[words], Some(connection.id));
            Ok(frame.page_with(problem::status(&Error::Provider(failure)), &stopped)?)
        }
        Err(e) => Err(e.into()),
    }
}

/// Gives it up.
#[handler]
pub async fn cancel(app: App, caller: Caller, peer: Peer, Path(id): Path<String>) -> web::Result {
    let (connection, about) = find(&app, &caller, &id).await?;
    connect::cancel(&app, &connection).await?;
    let flash = Flash::ok(Message::new("connect.cancelled").with("provider", about.name));
    Ok(flash.into_response(web::redirect("/channels"), &peer))
}

/// The picture of a page that is offered: fetched and made small by us, because pages load nothing from other sites.
#[handler]
pub async fn picture(app: App, caller: Caller, Path((id, n)): Path<(String, usize)>) -> web::Result {
    let (connection, _) = find(&app, &caller, &id).await?;
    let kept = connection.open(&app.key)?;
    let missing = || Error::NotFound("picture");
    let url = kept.pages.get(n).and_then(|page| page.picture.clone()).ok_or_else(missing)?;
    let reply = app.http.fetch(&url).max_reply(FETCHED).send().await.map_err(|_| missing())?;
    let bytes: Bytes = if reply.is_success() { reply.body } else { return Err(missing().into()) };
    let fitted = media::fit(bytes, SHOWN).await.map_err(|_| missing())?;
    let response = Response::builder().content_type(&fitted.mime).header(header::CACHE_CONTROL, "private, max-age=900");
    Ok(response.header(header::X_CONTENT_TYPE_OPTIONS, "nosniff").body(fitted.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_to_be_scanned_has_its_finders_and_its_quiet_zone() {
        let qr = Qr::new("https://t.me/rostrum_bot?start=abcd").unwrap();
        // Version 3: 29 modules, and 4 on each side stay empty.
        assert_eq!(qr.side, 29 + 8);
        for corner in ["M4 4h1", "M32 4h1", "M4 32h1"] {
            assert!(qr.path.contains(corner), "{corner}");
        }
        assert!(!qr.path.contains("M3 ") && !qr.path.contains("M33 "));
        assert!(Qr::new(&"x".repeat(5_000)).is_none());
    }
}
