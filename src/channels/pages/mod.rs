//! The pages of channels: the list, connecting, one channel with its posting times. Seeing is for every member, changing
//! for administrators.

mod connect;
mod index;
pub mod late;
mod lookups;
mod show;
mod slots;

use poem::{FromRequest, Request, RequestBody, Route, delete, get, post, put};

use super::model::Channel;
use crate::{
    app::App,
    error::{Error, Result},
    kit::OrgId,
    web::{Form, Peer},
};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route
        .at("/channels", get(index::index))
        .at("/channels/connect/:provider", get(connect::new).post(connect::create))
        .at("/channels/:id", get(show::show).put(show::update).delete(show::remove))
        .at("/channels/:id/late", put(late::update))
        .at("/channels/:id/lookups/:name", get(lookups::list))
        .at("/channels/:id/mentions", get(lookups::mentions))
        .at("/channels/:id/pause", post(show::pause).delete(show::resume))
        .at("/channels/:id/slots", post(slots::create))
        .at("/channels/:id/slots/:slot", delete(slots::remove))
}

/// The channel a path names; what is no id at all is no channel either.
async fn find(app: &App, org: OrgId, id: &str) -> Result<Channel> {
    let id = id.parse().map_err(|_| Error::NotFound("channel"))?;
    Channel::find(&app.db, org, id).await
}

/// A form that was sent, and by whom: what is typed goes into the page again, what is done is said on the next.
struct Sent {
    form: Form,
    peer: Peer,
}

impl<'a> FromRequest<'a> for Sent {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self { form: Form::from_request(req, body).await?, peer: Peer::from_request(req, body).await? })
    }
}
