//! The command line: scripts depend on its words, its JSON and its exit codes.
//!
//! Commands that need the instance run inside the server when one is running (over its socket file), else they open the
//! data directory themselves. Exit codes: 0 done, 1 a fault of ours, 2 wrong usage, 3 wrong input, 4 not found, 5 in the
//! wrong state, 6 the platform refused, 7 something needed is away (database, disk, another process, network).

mod arguments;
mod backup;
mod channel;
mod commands;
mod mail;
mod output;
mod presence;
mod rehearsal;
mod restore;
mod selftest;
mod serve;
mod socket;
mod storage;
mod token;

use std::process::ExitCode;

use clap::Parser as _;
use serde_json::Value as Json;

use arguments::ConfigCommand;
pub use arguments::{Arguments, Command};

use crate::{
    boot::{self, Lock},
    config::{self, LogFormat},
    error::{Error, FailureKind, Result},
    kit::Clock,
};

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let loaded = match arguments.load() {
        Ok(loaded) => loaded,
        Err(e) => return output::fail_with(3, &format!("{e:#}"), arguments.json),
    };
    logs(&loaded.config.log, matches!(arguments.command, Command::Serve { .. } | Command::Sandbox { .. }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return output::fail_with(1, &e.to_string(), arguments.json),
    };
    match runtime.block_on(run(&arguments, loaded)) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(value)) => output::show(&arguments.command, &value, arguments.json),
        Err(e) => output::fail_with(code(&e), &output::words(&e), arguments.json),
    }
}

async fn run(arguments: &Arguments, loaded: config::Loaded) -> Result<Option<Json>> {
    match &arguments.command {
        Command::Serve { .. } => serve::serve(loaded.config).await.map(|()| None),
        Command::Sandbox { command: arguments::Sandbox::Serve } => serve::sandbox(&loaded.config).await.map(|()| None),
        Command::Config { command: ConfigCommand::Show } => Ok(Some(commands::config_show(&loaded))),
        Command::Config { command: ConfigCommand::Check } => Ok(Some(commands::config_check(&loaded))),
        Command::Healthcheck => commands::healthcheck(&loaded.config).await.map(Some),
        Command::Openapi { v1 } => Ok(Some(commands::openapi(&loaded.config, *v1)?)),
        Command::Bench { command } => rehearsal::measure(arguments, command).await.map(Some),
        Command::Selftest(what) => match what.torture {
            Some(length) => rehearsal::torture(arguments, length, what.seed).await.map(Some),
            None => selftest::run(&loaded.config, what).await.map(Some),
        },
        Command::Migrate => commands::migrate(loaded.config).await.map(Some),
        Command::Restore { file } => restore::restore(loaded.config, file).await.map(Some),
        Command::Storage { command: arguments::Storage::Check } => storage::check(&loaded.config).await.map(Some),
        Command::Storage { command: arguments::Storage::Adopt } => storage::adopt(loaded.config).await.map(Some),
        command if command.is_static() => Ok(Some(commands::providers())),
        command => {
            let request = command.request()?;
            match Lock::take(&loaded.config.server.data)? {
                Some(_lock) => {
                    let app = boot::open(loaded.config, Clock::system()).await?;
                    let answer = commands::execute(&app, request).await;
                    app.db.close().await;
                    answer.map(Some)
                }
                None => socket::ask(&loaded.config.server.data, &request).await.map(Some),
            }
        }
    }
}

/// The exit code of an error.
fn code(e: &Error) -> u8 {
    match e {
        Error::Internal(_) => 1,
        Error::Invalid(_) | Error::TooLarge(_) => 3,
        Error::NotFound(_) => 4,
        Error::Conflict(_) | Error::Forbidden(_) | Error::Unauthorized | Error::Limit(_) => 5,
        Error::Provider(f) if f.kind == FailureKind::Unavailable => 7,
        Error::Provider(_) => 6,
        Error::RateLimited(_) | Error::Unavailable(_) => 7,
    }
}

/// Logs go to standard error; one-shot commands only warn.
fn logs(log: &config::Log, serving: bool) {
    use tracing_subscriber::{EnvFilter, fmt};
    let level = if serving { log.level.as_str() } else { "warn" };
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let installed = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    };
    // Already installed: a test runs several commands in one process.
    drop(installed);
}
