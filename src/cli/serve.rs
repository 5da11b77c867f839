//! `rostrum serve` and `rostrum sandbox serve`.

use std::{io::Write as _, time::Duration};

use tokio::signal::unix::{SignalKind, signal};

use super::{presence, socket};
use crate::{
    app::App,
    boot::{self, Lock},
    config::Config,
    delivery,
    error::{Error, Result},
    finder, identity, jobs,
    kit::Clock,
    posts, sandbox, server,
};

/// How long jobs that run may take to finish after SIGTERM; what is cut off runs again.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the instance until SIGTERM or SIGINT.
pub async fn serve(mut config: Config) -> Result<()> {
    open_many_files();
    let Some(_lock) = Lock::take(&config.server.data)? else {
        return Err(Error::Unavailable(format!("another Rostrum is running on {}", config.server.data.display())));
    };
    let bound = server::bind(config.server.listen).await?;
    let address = bound.address;
    config.server.listen = address;
    let app = boot::open(config, Clock::system()).await?;
    let role = app.config.server.role;
    let presence = Presence::start(&app);
    let queue = role.sends().then(|| jobs::start(&app));
    let finder = role.serves().then(|| finder::start(&app));
    let planner = role.sends().then(|| posts::start_planner(&app));
    if let Some(listener) = socket::listen(&app) {
        tokio::spawn(socket::serve(app.clone(), listener));
    }
    announce(&format!("Rostrum is ready: {}/", if role.serves() { app.url.to_string() } else { format!("http://{address}") }));
    if role.serves()
        && let Some(token) = identity::setup_token(&app).await?
    {
        announce(&format!("Create the owner here: {}", app.link(&format!("/setup?token={token}"))));
    }
    bound.serve(&app, stopped()).await?;
    tracing::info!("stopping: what is in flight may finish");
    for task in [planner, finder].into_iter().flatten() {
        task.abort();
    }
    presence.stop().await;
    if let Some(queue) = queue {
        queue.stop(DRAIN).await;
    }
    app.db.close().await;
    Ok(())
}

/// What shows in the database that this process lives: its engine, or without one a task that does nothing else.
enum Presence {
    Engine(delivery::Handle),
    Web(presence::Handle),
}

impl Presence {
    fn start(app: &App) -> Self {
        if app.config.server.role.sends() { Self::Engine(delivery::Engine::start(app)) } else { Self::Web(presence::start(app)) }
    }

    async fn stop(self) {
        match self {
            Self::Engine(engine) => engine.stop().await,
            Self::Web(web) => web.stop().await,
        }
    }
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
