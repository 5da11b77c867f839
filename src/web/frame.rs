//! The page around a view: who is signed in, where we are, what to say first.

use poem::{FromRequest, Request, RequestBody, Response, http::StatusCode};
use serde::Serialize;

use super::{
    Flash, Peer,
    places::{Group, SETTINGS},
};
use crate::{
    error::Result,
    render::{Pages, View, announced, text},
};

/// Where this program's source can be had, which the AGPL grants to everybody who uses it over a network: the package's
/// `repository`; empty when it names none.
pub const SOURCE: &str = env!("CARGO_PKG_REPOSITORY");

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every template sees as `frame`.
#[derive(Debug, Clone, Serialize)]
pub struct Frame {
    /// Somebody is signed in.
    pub signed_in: bool,
    /// Who.
    pub user: Option<FrameUser>,
    /// For whom.
    pub organisation: Option<FrameOrganisation>,
    /// Where they may go over to: every organisation of theirs, on pages that were asked for.
    pub organisations: Vec<FrameMembership>,
    /// `owner`, `admin` or `member`; empty for a visitor.
    pub role: &'static str,
    /// The token that this session's forms must carry.
    pub csrf: String,
    /// The path of this page.
    pub path: String,
    /// `system`, `light` or `dark`.
    pub theme: &'static str,
    /// Messages of the last action.
    pub flash: Vec<Flash>,
    /// What waits for a person: posts and channels; at most a thousand are counted.
    pub needs_you: i64,
    /// A time in which nothing could be sent and that nobody of the organisation has looked at yet.
    pub outage: Option<FrameOutage>,
    /// Nothing is sent before the operator says so.
    pub paused: bool,
    /// Whoever is signed in runs this instance.
    pub operator: bool,
    /// Notices not read yet, counted to a hundred.
    pub unread: i64,
    /// Posts that wait for the approval of whoever is signed in, counted to a hundred.
    pub reviews: i64,
    /// How far the first steps are, while there are some to do.
    pub first_steps: Option<FrameSteps>,
    /// The pages of the settings, on those.
    pub settings: &'static [Group],
    /// The page's title.
    pub title: String,
    /// The program's version.
    pub version: &'static str,
    /// [`SOURCE`].
    pub source: &'static str,
    /// A development build.
    pub dev: bool,
    #[serde(skip)]
    pages: Option<Pages>,
    #[serde(skip)]
    peer: Option<Peer>,
}

/// Who is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct FrameUser {
    /// Shown name.
    pub name: String,
    /// Login.
    pub email: String,
    /// The code of the language they chose.
    pub language: Option<&'static str>,
}

/// The first steps of whoever has just set an organisation up.
#[derive(Debug, Clone, Serialize)]
pub struct FrameSteps {
    /// How many are done.
    pub done: usize,
    /// All.
    pub all: usize,
    /// The name of the next one.
    pub next: String,
    /// Pages need not speak of it any more.
    pub settled: bool,
}

/// An outage to be looked at.
#[derive(Debug, Clone, Serialize)]
pub struct FrameOutage {
    /// Its page.
    pub url: String,
    /// How many posts were due meanwhile.
    pub due: i64,
}

/// An organisation somebody belongs to.
#[derive(Debug, Clone, Serialize)]
pub struct FrameMembership {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// It is the one being worked for.
    pub current: bool,
}

/// The organisation being worked for.
#[derive(Debug, Clone, Serialize)]
pub struct FrameOrganisation {
    /// Its name.
    pub name: String,
}

impl Frame {
    /// For somebody who is not signed in.
    pub fn visitor(req: &Request, pages: &Pages, peer: &Peer) -> Self {
        Self {
            signed_in: false,
            user: None,
            organisation: None,
            organisations: Vec::new(),
            role: "",
            csrf: String::new(),
            path: req.uri().path().to_owned(),
            theme: "system",
            flash: Flash::of(req).into_iter().collect(),
            needs_you: 0,
            outage: None,
            paused: false,
            operator: false,
            unread: 0,
            reviews: 0,
            first_steps: None,
            settings: if req.uri().path().starts_with("/settings") { SETTINGS } else { &[] },
            title: String::new(),
            version: VERSION,
            source: SOURCE,
            dev: cfg!(debug_assertions),
            pages: Some(pages.clone()),
            peer: Some(peer.clone()),
        }
    }

    /// A frame for template tests, outside any request.
    pub fn sample() -> Self {
        Self {
            signed_in: true,
            user: Some(FrameUser { name: "Ann".into(), email: "ann@example.org".into(), language: None }),
            organisation: Some(FrameOrganisation { name: "Ann & Co".into() }),
            organisations: vec![
                FrameMembership { id: "1".into(), name: "Ann & Co".into(), current: true },
                FrameMembership { id: "2".into(), name: "Byron Brothers".into(), current: false },
            ],
            role: "owner",
            csrf: "0123".into(),
            path: "/posts".into(),
            theme: "system",
            flash: vec![],
            needs_you: 1,
            outage: Some(FrameOutage { url: "/inbox/downtime/1".into(), due: 3 }),
            paused: true,
            operator: true,
            unread: 3,
            reviews: 2,
            first_steps: Some(FrameSteps { done: 2, all: 6, next: "See it published".into(), settled: false }),
            settings: SETTINGS,
            title: "Posts".into(),
            version: "0.0.0",
            source: "https://example.org/rostrum",
            dev: true,
            pages: None,
            peer: None,
        }
    }

    /// The page: 200.
    pub fn page<V: View>(self, view: &V) -> Result<Response> {
        self.page_with(StatusCode::OK, view)
    }

    /// The page again with what was wrong: 422.
    pub fn invalid<V: View>(self, view: &V) -> Result<Response> {
        self.page_with(StatusCode::UNPROCESSABLE_ENTITY, view)
    }

    /// The page with another status.
    pub fn page_with<V: View>(mut self, status: StatusCode, view: &V) -> Result<Response> {
        self.title = text(&view.title());
        let pages = self.pages.clone().expect("frames of requests carry the templates");
        let html = announced(pages.render(view, &self)?);
        let mut response = Response::builder().status(status).content_type("text/html; charset=utf-8").body(html);
        if let (false, Some(peer)) = (self.flash.is_empty(), &self.peer) {
            Flash::clear(&mut response, peer);
        }
        Ok(response)
    }
}

/// The frame that L5 put into the request.
impl<'a> FromRequest<'a> for Frame {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Frame>().cloned().expect("every page stands behind the layer that makes frames"))
    }
}
