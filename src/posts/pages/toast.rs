//! The answer to a small change: for a script the message alone, for everybody else the way back with the message there.

use poem::{FromRequest, Request, RequestBody, Response, http::StatusCode};
use serde::Serialize;

use crate::{
    error::{Error, Message, Result},
    kit::PostId,
    render::View,
    web::{self, Flash, Form, Frame, Peer},
};

/// The message alone: `frame.flash`.
#[derive(Debug, Serialize)]
struct Toast {}

impl View for Toast {
    const TEMPLATE: &'static str = "posts/_toast.html";

    fn title(&self) -> Message {
        "posts.title".into()
    }
}

/// Who asked for the change, and where they want to be afterwards.
pub struct Asker {
    frame: Frame,
    peer: Peer,
    script: bool,
    back: String,
    /// What they sent.
    pub form: Form,
    /// What they had seen of the thing: the header `If-Match`.
    pub seen: Option<String>,
}

impl<'a> FromRequest<'a> for Asker {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let form = Form::from_request(req, body).await?;
        let query = req.uri().query().unwrap_or_default();
        let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "back").map(|(_, to)| to.into_owned());
        Ok(Self {
            frame: Frame::from_request(req, body).await?,
            peer: Peer::from_request(req, body).await?,
            script: req.header("hx-request").is_some(),
            back: if form.get("back").is_empty() { asked.unwrap_or_default() } else { form.get("back").to_owned() },
            seen: req.header("if-match").map(|tag| tag.trim_matches('"').to_owned()),
            form,
        })
    }
}

impl Asker {
    /// Where they want to be: a calendar or a post, else `otherwise`.
    pub fn back(&self, otherwise: &str) -> String {
        let to = self.back.as_str();
        let known = to == "/calendar" || to.starts_with("/calendar?") || to.starts_with("/posts/");
        let plain = to.chars().all(|c| c.is_ascii_graphic() && c != '\\');
        if known && plain && to.len() <= 2_000 { to.to_owned() } else { otherwise.to_owned() }
    }

    /// It worked.
    pub fn done(self, flash: Flash, otherwise: &str) -> web::Result {
        self.answer(StatusCode::OK, flash, otherwise)
    }

    /// It did not: refusals become a message, anything else stays an error.
    pub fn refused(self, error: Error, otherwise: &str) -> web::Result {
        let (code, message) = match error {
            Error::Conflict(message) => (StatusCode::CONFLICT, message),
            Error::Invalid(mut errors) if !errors.is_empty() => (StatusCode::UNPROCESSABLE_ENTITY, errors.remove(0).message),
            e => return Err(e.into()),
        };
        self.answer(code, Flash::error(message), otherwise)
    }

    fn answer(self, code: StatusCode, flash: Flash, otherwise: &str) -> web::Result {
        if !self.script {
            return Ok(flash.into_response(web::redirect(&self.back(otherwise)), &self.peer));
        }
        Ok(self.toast(code, flash)?)
    }

    fn toast(mut self, code: StatusCode, flash: Flash) -> Result<Response> {
        self.frame.flash = vec![flash];
        self.frame.page_with(code, &Toast {})
    }
}

/// The address at which a change of a post is taken back, and from which one comes back to where one was.
pub fn undo(path: &str, query: &[(&str, String)], back: &str) -> String {
    let mut all = url::form_urlencoded::Serializer::new(String::new());
    all.extend_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
    if !back.is_empty() {
        all.append_pair("back", back);
    }
    format!("{path}?{}", all.finish())
}

/// The page of a post.
pub fn page_of(post: PostId) -> String {
    format!("/posts/{post}")
}
