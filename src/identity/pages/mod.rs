//! The pages of signing in, the first owner, one's own account, members and organisations.

mod account;
mod join;
mod login;
mod members;
mod organisations;
mod settings;
mod setup;

use std::time::Duration;

use poem::{FromRequest, Request, RequestBody, Response, Route, get, post, put};

use super::{Device, SESSION_COOKIE};
use crate::web::{Peer, cookies};

/// As long as browsers keep any cookie: the server decides when a session is over.
const COOKIE_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Adds the routes of this feature.
pub fn mount(route: Route) -> Route {
    route
        .at("/setup", get(setup::show).post(setup::create))
        .at("/login", get(login::show).post(login::sign_in))
        .at("/logout", post(login::sign_out))
        .at("/settings", get(settings::index))
        .at("/settings/account", get(account::show).put(account::rename))
        .at("/settings/language", put(account::choose_language).get(account::to_account))
        .at("/settings/password", put(account::change_password).get(account::to_account))
        .at("/settings/email", put(account::change_email).get(account::to_account))
        .at("/settings/sessions", poem::delete(account::end_others).get(account::to_account))
        .at("/settings/sessions/:id", poem::delete(account::end_session))
        .at("/settings/members", get(members::show))
        .at("/settings/members/:user", put(members::change_role).delete(members::remove))
        .at("/settings/members/:user/restoration", post(members::bring_back))
        .at("/settings/invites", post(members::make_invite).get(members::to_members))
        .at("/settings/invites/:invite", poem::delete(members::revoke))
        .at("/settings/invites/:invite/restoration", post(members::restore))
        .at("/settings/invites/:invite/renewal", post(members::renew))
        .at("/join/:token", get(join::show).post(join::accept))
        .at("/organisations", get(organisations::index).post(organisations::create))
        .at("/organisations/entry", post(organisations::go_over))
        .at("/organisations/:org/membership", poem::delete(organisations::leave))
}

impl<'a> FromRequest<'a> for Device {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let peer = Peer::from_request(req, body).await?;
        Ok(Device::new(req.header("user-agent").unwrap_or_default(), peer.address()))
    }
}

/// Hands the session's cookie over.
fn signed_in(mut response: Response, peer: &Peer, cookie: &str) -> Response {
    cookies::set(&mut response, peer, SESSION_COOKIE, cookie, Some(COOKIE_AGE));
    response
}
