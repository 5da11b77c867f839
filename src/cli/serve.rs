//! `rostrum serve` and `rostrum sandbox serve`.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};

use super::socket;
use crate::{
    boot::{self, Lock},
    config::Config,
    delivery,
    error::{Error, Result},
    identity,
    kit::Clock,
    sandbox, server,
};

/// Runs the instance until SIGTERM or SIGINT.
pub async fn serve(mut config: Config) -> Result<()> {
    open_many_files();
    let Some(_lock) = Lock::take(&config.server.data)? else {
        return Err(Error::Unavailable(format!("another Rostrum is running on {}", config.server.data.display())));
    };
    let bound = server::bind(config.server.listen).await?;
    config.server.listen = bound.address;
    let app = boot::open(config, Clock::system()).await?;
    let engine = delivery::Engine::start(&app);
    if let Some(listener) = socket::listen(&app) {
        tokio::spawn(socket::serve(app.clone(), listener));
    }
    announce(&format!("Rostrum is ready: {}/", app.url));
    if let Some(token) = identity::setup_token(&app).await? {
        announce(&format!("Create the owner here: {}", app.link(&format!("/setup?token={token}"))));
    }
    bound.serve(&app, stopped()).await?;
    tracing::info!("stopping: what is in flight may finish");
    engine.stop().await;
    app.db.close().await;
    Ok(())
}

/// Runs the practice platform until SIGTERM or SIGINT.
pub async fn sandbox(config: &Config) -> Result<()> {
    open_many_files();
    let platform = sandbox::bind(config.server.listen, &config.server.data).await?;
    announce(&format!("The sandbox is ready: http://{}/", platform.address));
    platform.serve(stopped()).await
}

/// Each channel that is sent to has a connection: the customary limit of 1,024 open files is raised as far as it may be.
fn open_many_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(e) = raised {
        tracing::warn!(error = %e, "the limit of open files could not be raised");
    }
}

/// One line for the person or script that started us.
fn announce(line: &str) {
    // A closed standard output is no reason not to serve.
    let _ = writeln!(std::io::stdout(), "{line}").and_then(|()| std::io::stdout().flush());
}

async fn stopped() {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened to");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
