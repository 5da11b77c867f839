//! `DATA/rostrum.sock`: how one-shot commands reach the running server. One JSON line each way.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
};

use super::commands::{self, Request};
use crate::{
    app::App,
    error::{Error, Failure, FieldError, Message, Result},
};

/// Longest request.
const MAX_REQUEST: u64 = 4 * 1024 * 1024;

fn path(data: &Path) -> PathBuf {
    data.join("rostrum.sock")
}

/// An error as it crosses the socket: already in words, with the kind that the exit code needs.
#[derive(Serialize, Deserialize)]
enum Answer {
    Done(Json),
    Invalid(Vec<(String, String)>),
    NotFound(String),
    Conflict(String),
    Refused(Failure),
    Unavailable(String),
    Internal(String),
}

/// Answers commands until the process ends. A path too long for a socket only costs the convenience.
pub fn listen(app: &App) -> Option<UnixListener> {
    let path = path(&app.data);
    // Left by a process that was killed; the lock says that nobody else is here.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).and_then(|listener| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    listener.inspect_err(|e| tracing::warn!(path = %path.display(), error = %e, "no socket for commands")).ok()
}

/// Serves a bound socket.
pub async fn serve(app: App, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = app.clone();
                tokio::spawn(async move {
                    if let Err(e) = converse(&app, stream).await {
                        tracing::debug!(error = %e, "a command went away");
                    }
                });
            }
            Err(e) => {
                tracing::warn!(error = %e, "the command socket");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(app: &App, stream: UnixStream) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reader.take(MAX_REQUEST)).read_line(&mut line).await?;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => match commands::execute(app, request).await {
            Ok(value) => Answer::Done(value),
            Err(e) => Answer::from(e),
        },
        Err(e) => Answer::Internal(format!("the server and this command are of different versions: {e}")),
    };
    let mut bytes = serde_json::to_vec(&answer)?;
    bytes.push(b'\n');
    writer.write_all(&bytes).await
}

impl From<Error> for Answer {
    fn from(e: Error) -> Self {
        match e {
            Error::Invalid(fields) => {
                Self::Invalid(fields.into_iter().map(|f| (f.field, crate::render::text(&f.message))).collect())
            }
            Error::NotFound(thing) => Self::NotFound(thing.to_owned()),
            Error::Provider(failure) => Self::Refused(failure),
            Error::Unavailable(words) => Self::Unavailable(words),
            Error::Internal(cause) => Self::Internal(format!("{cause:#}")),
            e => Self::Conflict(crate::web::problem::words(&e)),
        }
    }
}

/// Asks the process that holds the data directory.
pub async fn ask(data: &Path, request: &Request) -> Result<Json> {
    let away = |e: std::io::Error| {
        Error::Unavailable(format!("another process holds {} and does not answer on its socket: {e}", data.display()))
    };
    let stream = UnixStream::connect(path(data)).await.map_err(away)?;
    let (reader, mut writer) = stream.into_split();
    let mut bytes = serde_json::to_vec(request).map_err(Error::internal)?;
    bytes.push(b'\n');
    writer.write_all(&bytes).await.map_err(away)?;
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).await.map_err(away)?;
    match serde_json::from_str(&line).map_err(|e| Error::Unavailable(format!("the server's answer broke off: {e}")))? {
        Answer::Done(value) => Ok(value),
        Answer::Invalid(fields) => Err(Error::Invalid(fields.into_iter().map(|(f, m)| FieldError::new(f, said(m))).collect())),
        Answer::NotFound(thing) => Err(Error::NotFound(thing.leak())),
        Answer::Conflict(words) => Err(Error::conflict(said(words))),
        Answer::Refused(failure) => Err(Error::Provider(failure)),
        Answer::Unavailable(words) => Err(Error::Unavailable(words)),
        Answer::Internal(words) => Err(Error::Internal(anyhow::anyhow!(words))),
    }
}

/// Words that the server has already put together.
fn said(words: String) -> Message {
    Message::new("cli.said").with("words", words)
}
