//! The pages of channels: the list, the gallery, connecting, developer apps, customers, one channel with its posting times.
//! Seeing is for every member, changing for administrators.

mod app;
mod apps;
mod connect;
mod connection;
mod customers;
mod gallery;
mod index;
pub mod late;
mod lookups;
mod picture;
mod returned;
mod show;
mod slots;

use poem::{FromRequest, Request, RequestBody, Route, get, post, put};

use super::model::Channel;
use crate::{
    app::App,
    error::{Error, Result},
    kit::OrgId,
    web::{Form, Frame, Peer},
};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route
        .at("/channels", get(index::index))
        .at("/channels/connect", get(gallery::index))
        .at("/channels/connect/:provider", get(connect::new).post(connect::create))
        .at("/integrations/social/:provider", get(returned::land))
        .at("/channels/connections/:id", get(connection::show).post(connection::choose).delete(connection::cancel))
        .at("/channels/connections/:id/check", post(connection::check))
        .at("/channels/connections/:id/restart", post(connection::restart))
        .at("/channels/connections/:id/pictures/:n", get(connection::picture))
        .at("/channels/pictures/:file", get(picture::serve))
        .at("/channels/customers", get(customers::index).post(customers::create))
        .at("/channels/customers/:customer", put(customers::update).delete(customers::remove))
        .at("/settings/apps", get(apps::organisation))
        .at("/settings/apps/:provider", get(app::show).put(app::update).delete(app::remove))
        .at("/settings/apps/:provider/trial", post(app::attempt))
        .at("/admin/apps", get(apps::instance))
        .at("/admin/apps/:provider", get(app::show).put(app::update).delete(app::remove))
        .at("/admin/apps/:provider/trial", post(app::attempt))
        .at("/channels/:id", get(show::show).put(show::update).delete(show::remove))
        .at("/channels/:id/app", get(app::show).put(app::update).delete(app::remove))
        .at("/channels/:id/app/trial", post(app::attempt))
        .at("/channels/:id/customer", put(customers::assign))
        .at("/channels/:id/customer/reversal", post(customers::put_back))
        .at("/channels/:id/late", put(late::update))
        .at("/channels/:id/lookups/:name", get(lookups::list))
        .at("/channels/:id/mentions", get(lookups::mentions))
        .at("/channels/:id/pause", post(show::pause).delete(show::resume))
        .at("/channels/:id/test", post(show::test))
        .at("/channels/:id/slots", post(slots::create))
        .at("/channels/:id/slots/restoration", post(slots::restore))
        .at("/channels/:id/slots/:slot", put(slots::update).delete(slots::remove))
}

/// The channel a path names; what is no id at all is no channel either.
async fn find(app: &App, org: OrgId, id: &str) -> Result<Channel> {
    let id = id.parse().map_err(|_| Error::NotFound("channel"))?;
    Channel::find(&app.db, org, id).await
}

/// Where an answer goes: into which page's frame, to whom, and whether a script reads it.
struct Way {
    frame: Frame,
    peer: Peer,
    script: bool,
}

impl<'a> FromRequest<'a> for Way {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let script = req.header("hx-request").is_some();
        Ok(Self { frame: Frame::from_request(req, body).await?, peer: Peer::from_request(req, body).await?, script })
    }
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
