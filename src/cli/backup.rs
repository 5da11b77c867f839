//! `rostrum backup FILE`: one archive from which the instance can be put back: the database as of one instant, the media
//! it names, and the key. Taken while the instance runs. Media in a bucket are counted and stay there: the bucket is as safe
//! as its service keeps it, and versions or a copy of it are that service's business.
//!
//! The database comes first: media are only ever added before the row that names them and never removed while a row
//! does, so every file the copied rows name is there.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use futures_util::TryStreamExt as _;
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
        let media = match app.store.is_local() {
            true => None,
            false => Some(counted(app).await?),
        };
        let manifest = json!({
            "program": env!("CARGO_PKG_VERSION"), "taken_at": app.clock.now(), "key": app.key.fingerprint(),
            "database": if app.db.is_postgres() { "postgres" } else { "sqlite" }, "media": media,
        });
        std::fs::write(work.join("manifest.json"), serde_json::to_vec_pretty(&manifest).map_err(Error::internal)?)?;
        let (data, work, local) = (app.data.clone(), work.clone(), app.store.local_dir());
        tokio::task::spawn_blocking(move || pack(&data, &work, local.as_deref(), archive)).await.map_err(Error::internal)?
    }
    .await;
    std::fs::remove_dir_all(&work)?;
    result
}

/// What lies in the bucket.
async fn counted(app: &App) -> Result<Json> {
    let total = app.store.list().try_fold((0u64, 0u64), async |(n, bytes), object| Ok((n + 1, bytes + object.bytes)));
    let (objects, bytes) = total.await?;
    Ok(json!({"store": app.store.to_string(), "objects": objects, "bytes": bytes}))
}

fn pack(data: &Path, work: &Path, media: Option<&Path>, archive: File) -> Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(archive, Compression::fast()));
    tar.follow_symlinks(false);
    tar.append_dir_all("rostrum", work)?;
    tar.append_path_with_name(data.join("key"), "rostrum/key")?;
    if let Some(media) = media {
        tar.append_dir_all("rostrum/media", media)?;
    }
    let file = tar.into_inner()?.finish()?;
    file.sync_all()?;
    Ok(())
}
