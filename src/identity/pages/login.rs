//! `/login` and `/logout`.

use std::time::Duration;

use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode},
    web::Query,
};
use serde::{Deserialize, Serialize};

use super::signed_in;
use crate::{
    app::App,
    error::{Error, FieldError, Message},
    identity::{self, Device, SESSION_COOKIE, session},
    kit::Secret,
    orgs::Caller,
    render::{FieldText, View, text},
    web::{self, Flash, Form, Frame, Peer, cookies},
};

/// Longest way back that is kept: words shared from another program travel in it.
const MOST_NEXT: usize = 64_000;
/// Where somebody goes who came from nowhere.
const HOME: &str = "/calendar";

/// The page.
#[derive(Debug, Serialize)]
struct Login {
    email: String,
    next: String,
    errors: Vec<FieldText>,
    locked_for: Option<String>,
}

impl View for Login {
    const TEMPLATE: &'static str = "identity/login.html";

    fn title(&self) -> Message {
        "login.title".into()
    }
}

impl Login {
    fn again(form: &Form, errors: &[FieldError], locked: Option<Duration>) -> Self {
        Self {
            email: form.get("email").to_owned(),
            next: next(form.get("next")).to_owned(),
            errors: FieldText::list(errors),
            locked_for: locked.map(minutes),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    next: String,
}

#[handler]
pub async fn show(caller: Option<Caller>, Query(link): Query<Link>, frame: Frame) -> web::Result {
    let next = next(&link.next);
    if caller.is_some() {
        return Ok(web::redirect(next));
    }
    Ok(frame.page(&Login { email: String::new(), next: next.to_owned(), errors: Vec::new(), locked_for: None })?)
}

#[handler]
pub async fn sign_in(app: App, knock: Knock, form: Form, frame: Frame) -> web::Result {
    let password = Secret::new(form.get("password"));
    match identity::login(&app, form.get("email"), password, &knock.device, knock.caller.as_ref()).await {
        Ok(cookie) => Ok(signed_in(web::redirect(next(form.get("next"))), &knock.peer, &cookie)),
        Err(Error::Invalid(errors)) => Ok(frame.invalid(&Login::again(&form, &errors, None))?),
        Err(Error::RateLimited(wait)) => {
            let view = Login::again(&form, &[], Some(wait));
            let mut response = frame.page_with(StatusCode::TOO_MANY_REQUESTS, &view)?;
            response.headers_mut().insert("retry-after", HeaderValue::from(wait.as_secs().max(1)));
            Ok(response)
        }
        Err(e) => Err(e.into()),
    }
}

/// Also right for somebody whose session is over: they wanted to be out.
#[handler]
pub async fn sign_out(app: App, knock: Knock) -> web::Result {
    if let Some(Caller { user: Some(user), session: Some(id), .. }) = knock.caller {
        match session::end(&app, user, id).await {
            Ok(()) | Err(Error::NotFound(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    let mut response: Response = web::redirect("/login");
    cookies::clear(&mut response, &knock.peer, SESSION_COOKIE);
    Ok(Flash::ok("login.signed_out").into_response(response, &knock.peer))
}

/// Who stands at the door, and as whom they are inside already.
pub struct Knock {
    device: Device,
    peer: Peer,
    caller: Option<Caller>,
}

impl<'a> poem::FromRequest<'a> for Knock {
    async fn from_request(req: &'a poem::Request, body: &mut poem::RequestBody) -> poem::Result<Self> {
        let device = Device::from_request(req, body).await?;
        Ok(Self { device, peer: Peer::from_request(req, body).await?, caller: req.data::<Caller>().cloned() })
    }
}

/// Only a path of ours: what browsers read as another site's address is replaced by [`HOME`]. They drop tabs and line
/// ends before they read, and take `\` for `/`.
fn next(given: &str) -> &str {
    let ours = given.starts_with('/') && !given.starts_with("//") && !given.contains('\\');
    if ours && given.len() <= MOST_NEXT && given.chars().all(|c| c.is_ascii_graphic()) { given } else { HOME }
}

/// A wait in whole minutes, rounded up.
fn minutes(wait: Duration) -> String {
    text(&Message::new("login.minutes").with("count", wait.as_secs().div_ceil(60).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        for ours in ["/", "/posts", "/posts?state=draft&month=2026-11", "/a//b"] {
            assert_eq!(next(ours), ours);
        }
        for foreign in [
            "",
            "posts",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "/é",
        ] {
            assert_eq!(next(foreign), HOME, "{foreign:?}");
        }
    }

    #[test]
    fn a_wait_is_rounded_up_to_minutes() {
        assert_eq!(minutes(Duration::from_secs(1)), "1 minute");
        assert_eq!(minutes(Duration::from_secs(60)), "1 minute");
        assert_eq!(minutes(Duration::from_secs(61)), "2 minutes");
    }
}
