//! The platform on its own: its API below `/api`, its wall at `/`, for whoever can reach it. Meant for tests, rehearsals and
//! measurements on one machine.

use std::{future::Future, net::SocketAddr, path::Path as FsPath, sync::Arc, time::Duration};

use chrono_tz::Tz;
use poem::{
    Endpoint, EndpointExt as _, Request, Response, Route, Server, get, handler,
    listener::{Acceptor as _, Listener as _, TcpAcceptor, TcpListener},
    put,
    web::Path,
};

use super::{file, handle, switched, wall};
use crate::{
    config,
    error::{Error, Result},
    render::Pages,
    sandbox::{Site, api},
    web::{self, Form, Frame, Peer, RequestId, assets, csrf, form, guard, problem},
};

/// How long requests in flight may take after the stop; hanging ones are hung up.
const DRAIN: Duration = Duration::from_secs(1);

/// A platform that has an address and is not served yet.
pub struct Alone {
    acceptor: TcpAcceptor,
    site: Site,
    /// Where it listens; the port is the real one even when 0 was asked for.
    pub address: SocketAddr,
}

/// Binds the address and opens the platform in `data`, which is made when it is missing.
pub async fn bind(address: SocketAddr, data: &FsPath) -> Result<Alone> {
    let cannot = |e| Error::Unavailable(format!("cannot listen on {address}: {e}"));
    let acceptor = TcpListener::bind(address).into_acceptor().await.map_err(cannot)?;
    let real = acceptor.local_addr().iter().find_map(|a| a.as_socket_addr().copied()).unwrap_or(address);
    let site = Site::alone(data.to_owned(), Pages::new()?);
    site.platform().await?;
    Ok(Alone { acceptor, site, address: real })
}

impl Alone {
    /// Serves until `stop` is ready.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<()> {
        let server = Server::new_with_acceptor(self.acceptor);
        server.run_with_graceful_shutdown(endpoint(&self.site), stop, Some(DRAIN)).await?;
        self.site.close().await;
        Ok(())
    }
}

/// [`bind`] and [`Alone::serve`] for callers that know their port.
pub async fn serve(address: SocketAddr, data: &FsPath, stop: impl Future<Output = ()>) -> Result<()> {
    bind(address, data).await?.serve(stop).await
}

fn endpoint(site: &Site) -> impl Endpoint<Output = Response> + 'static {
    let pages = Route::new()
        .at("/", get(everybody))
        .at("/behaviour", put(behave))
        .at("/media/:id", get(attachment))
        .at("/:account", get(one))
        .around(around_pages);
    let routes = Route::new()
        .nest("/api", api::endpoint(site))
        .at("/assets/:hash/*path", get(assets::serve))
        .nest_no_strip("/", pages)
        .data(site.clone());
    let server = config::Server::default();
    routes.around(move |inner, req| {
        let peer = Peer::of(&req, &server);
        async move { Ok(guard::surround(&inner, req, peer).await) }
    })
}

#[handler]
async fn everybody(site: Site, frame: Frame) -> web::Result {
    Ok(frame.page(&wall(&site, None, Tz::UTC).await?)?)
}

#[handler]
async fn one(site: Site, frame: Frame, Path(account): Path<String>) -> web::Result {
    Ok(frame.page(&wall(&site, Some(handle(&account)?), Tz::UTC).await?)?)
}

#[handler]
async fn behave(site: Site, form: Form, peer: Peer) -> web::Result {
    switched(&site, &form, &peer).await
}

#[handler]
async fn attachment(site: Site, Path(id): Path<String>) -> web::Result {
    file(&site, &id).await
}

/// A frame without anybody, `_method`, no forms of other sites, errors as pages.
async fn around_pages<E>(inner: Arc<E>, mut req: Request) -> poem::Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let site = req.data::<Site>().cloned().expect("the site is put into every request");
    let peer = req.data::<Peer>().cloned().expect("the peer is put into every request");
    let (frame, id) = (Frame::visitor(&req, site.pages(), &peer), RequestId::of(&req));
    let (method, path) = (req.method().clone(), req.uri().path().to_owned());
    let admitted = form::read_ahead(&mut req).await.and_then(|()| {
        let safe = !csrf::is_unsafe(req.method());
        if safe { Ok(()) } else { csrf::check_origin(&req, &[]) }
    });
    req.set_data(frame.clone());
    let result = match admitted {
        Ok(()) => guard::catching(&*inner, req).await,
        Err(e) => Err(e.into()),
    };
    Ok(result.unwrap_or_else(|e| {
        let (code, error) = problem::understand(e);
        problem::log(&error, method.as_str(), &path, &id);
        problem::page(code, &error, frame, &id)
    }))
}
