//! Listens and serves until told to stop.

use std::{future::Future, net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use poem::{
    EndpointExt as _, Server,
    listener::{Acceptor as _, Listener as _, TcpListener},
};
use tokio::sync::watch;

use crate::{
    app::App,
    error::{Error, Result},
    routes,
    web::stream::Stopping,
};

/// How long requests in flight may take after the stop.
const DRAIN: Duration = Duration::from_secs(10);

/// A bound address, not yet serving.
pub struct Bound {
    acceptor: poem::listener::TcpAcceptor,
    /// Where it listens; the port is the real one even when 0 was asked for.
    pub address: SocketAddr,
}

/// Binds the configured address.
pub async fn bind(address: SocketAddr) -> Result<Bound> {
    let acceptor = TcpListener::bind(address)
        .into_acceptor()
        .await
        .map_err(|e| Error::Unavailable(format!("cannot listen on {address}: {e}")))?;
    let real = acceptor.local_addr().iter().find_map(|a| a.as_socket_addr().copied()).unwrap_or(address);
    Ok(Bound { acceptor, address: real })
}

impl Bound {
    /// Serves until `stop` is ready, then lets requests in flight finish.
    pub async fn serve(self, app: &App, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        tokio::spawn(sweep(app.clone()));
        let endpoint =
            if app.config.server.role.serves() { routes::endpoint(app).boxed() } else { routes::worker_endpoint(app).boxed() };
        let (tell, told) = watch::channel(false);
        let endpoint = endpoint.data(Stopping::new(told));
        // What is open for as long as somebody looks would else be waited for.
        let stop = async move {
            stop.await;
            tell.send_replace(true);
        };
        Server::new_with_acceptor(self.acceptor)
            .idle_timeout(Duration::from_secs(120))
            .run_with_graceful_shutdown(endpoint, stop, Some(DRAIN))
            .await?;
        Ok(())
    }
}

/// Removes what uploads of an earlier run left half-written; besides the requests, because a large library takes a while.
async fn sweep(app: App) {
    match app.store.sweep(app.clock.now() - TimeDelta::days(1)).await {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "removed partial files of broken uploads"),
        Err(e) => tracing::warn!(error = %e, "partial files could not be looked for"),
    }
}
