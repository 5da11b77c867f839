//! `rostrum backup FILE`: one archive from which the instance can be put back: the database as of one instant, the media
//! it names, and the key. Taken while the instance runs.
//!
//! The database comes first: media are only ever added before the row that names them and never removed while a row
//! does, so every file the copied rows name is there.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value as Json, json};

use crate::{
    app::App,
    error::{Error, Message, Result},
};

/// Writes the archive (0600, it holds the key); nothing is left behind when it fails.
pub async fn write(app: &App, file: &Path) -> Result<Json> {
    let exists = || Error::invalid("file", Message::new("cli.exists").with("file", file.display()));
    let archive = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => exists(),
        _ => Error::invalid("file", Message::new("cli.unreadable").with("file", file.display()).with("detail", e)),
    })?;
    let written = fill(app, archive).await;
    if written.is_err() {
        let _ = std::fs::remove_file(file);
    }
    written?;
    let bytes = std::fs::metadata(file)?.len();
    Ok(json!({"file": file, "bytes": bytes}))
}

async fn fill(app: &App, archive: File) -> Result<()> {
    let work = app.data.join("backups").join(format!("work-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&work)?;
    let result = async {
        if app.db.is_postgres() {
            app.db.dump(&work.join("postgres")).await?;
        } else {
            app.db.snapshot(&work.join("rostrum.db")).await?;
        }
        let manifest = json!({
            "program": env!("CARGO_PKG_VERSION"), "taken_at": app.clock.now(), "key": app.key.fingerprint(),
            "database": if app.db.is_postgres() { "postgres" } else { "sqlite" },
        });
        std::fs::write(work.join("manifest.json"), serde_json::to_vec_pretty(&manifest).map_err(Error::internal)?)?;
        let (data, work) = (app.data.clone(), work.clone());
        tokio::task::spawn_blocking(move || pack(&data, &work, archive)).await.map_err(Error::internal)?
    }
    .await;
    std::fs::remove_dir_all(&work)?;
    result
}

fn pack(data: &Path, work: &Path, archive: File) -> Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(archive, Compression::fast()));
    tar.follow_symlinks(false);
    tar.append_dir_all("rostrum", work)?;
    tar.append_path_with_name(data.join("key"), "rostrum/key")?;
    tar.append_dir_all("rostrum/media", data.join("media"))?;
    let file = tar.into_inner()?.finish()?;
    file.sync_all()?;
    Ok(())
}
