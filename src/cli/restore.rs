//! `rostrum restore FILE`: puts an archive of `rostrum backup` back into an empty data directory, or an empty Postgres. What
//! it makes starts paused: nothing is sent before the operator says what to do with posts that were due meanwhile.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio_util::io::ReaderStream;

use crate::{
    boot::{self, Lock},
    config::Config,
    db::Db,
    error::{Error, Message, Result},
    instance,
    kit::Clock,
};

/// What the archive says about itself.
#[derive(Debug, Deserialize)]
struct Manifest {
    taken_at: String,
    database: String,
    #[serde(default)]
    media: Option<Json>,
}

/// Puts the archive back. When it fails, nothing is left behind.
pub async fn restore(config: Config, file: &Path) -> Result<Json> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = std::path::absolute(&config.server.data)?;
    let Some(_lock) = Lock::take(&data)? else {
        return Err(Error::Unavailable(format!("another Rostrum is running on {}", data.display())));
    };
    refuse_full(&data)?;
    let work = data.join("restoring");
    let done = put_back(&config, &data, &work, file).await;
    // Also when it worked: nothing of value is left in it then.
    let _ = fs::remove_dir_all(&work);
    done
}

fn refuse_full(data: &Path) -> Result<()> {
    let full = |what: &Path| Error::invalid("data", Message::new("cli.not_empty").with("what", what.display()));
    // A restore that was killed leaves its own folder.
    let _ = fs::remove_dir_all(data.join("restoring"));
    for entry in fs::read_dir(data)? {
        if entry?.file_name() != "rostrum.lock" {
            return Err(full(data));
        }
    }
    Ok(())
}

async fn put_back(config: &Config, data: &Path, work: &Path, file: &Path) -> Result<Json> {
    let manifest = unpack(file.to_owned(), work.to_owned()).await?;
    let inside = work.join("rostrum");
    refuse_other_kind(config, &manifest)?;
    let db = if manifest.database == "postgres" {
        let db = boot::open_database(config, data).await?;
        if !db.is_empty().await? {
            return Err(Error::invalid("database", Message::new("cli.not_empty").with("what", "the database")));
        }
        db.load(&inside.join("postgres")).await?;
        db
    } else {
        keep_private(&inside.join("rostrum.db"), &data.join("rostrum.db"))?;
        boot::open_database(config, data).await?
    };
    keep_private(&inside.join("key"), &data.join("key"))?;
    let files = media(config, data, &inside.join("media")).await?;
    let blind = hold(&db, data).await?;
    Ok(
        json!({"restored": file, "taken_at": manifest.taken_at, "files": files, "elsewhere": manifest.media, "paused": true, "blind": blind}),
    )
}

async fn unpack(file: PathBuf, work: PathBuf) -> Result<Manifest> {
    tokio::task::spawn_blocking(move || {
        let wrong = |detail: &dyn std::fmt::Display| {
            let message = Message::new("cli.not_an_archive").with("file", file.display()).with("detail", detail);
            Error::invalid("file", message)
        };
        let archive = File::open(&file).map_err(|e| wrong(&e))?;
        fs::create_dir(&work)?;
        fs::set_permissions(&work, fs::Permissions::from_mode(0o700))?;
        // Paths that lead out of the folder are left out by the crate.
        tar::Archive::new(GzDecoder::new(archive)).unpack(&work).map_err(|e| match e.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => e.into(),
            _ => wrong(&e),
        })?;
        let manifest = fs::read(work.join("rostrum/manifest.json")).map_err(|e| wrong(&e))?;
        serde_json::from_slice(&manifest).map_err(|e| wrong(&e))
    })
    .await
    .map_err(Error::internal)?
}

fn refuse_other_kind(config: &Config, manifest: &Manifest) -> Result<()> {
    let settings = if config.database.url.is_some() { "postgres" } else { "sqlite" };
    if settings == manifest.database {
        return Ok(());
    }
    let hint = if settings == "sqlite" { "name an empty Postgres with --database" } else { "leave out database.url" };
    let message = Message::new("cli.other_database").with("archive", &manifest.database).with("settings", settings);
    Err(Error::invalid("file", message.with("hint", hint)))
}

fn keep_private(from: &Path, to: &Path) -> Result<()> {
    fs::set_permissions(from, fs::Permissions::from_mode(0o600))?;
    Ok(fs::rename(from, to)?)
}

/// Moves or carries the files to where the settings keep them. Tells how many they were; none when the archive has none.
async fn media(config: &Config, data: &Path, from: &Path) -> Result<u64> {
    let files = if from.is_dir() { below(from)? } else { Vec::new() };
    let store = boot::open_store(config, data)?;
    for file in &files {
        let path = file.strip_prefix(from).map_err(Error::internal)?.to_string_lossy().into_owned();
        let content = ReaderStream::with_capacity(tokio::fs::File::open(file).await?, 256 * 1024).map_err(Error::from);
        store.put_stream(&path, content, u64::MAX).await?;
        // Not twice on one disk.
        fs::remove_file(file)?;
    }
    Ok(files.len() as u64)
}

fn below(dir: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { dirs.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    Ok(found)
}

/// From its first start on nothing is sent.
async fn hold(db: &Db, data: &Path) -> Result<bool> {
    let clock = Clock::system();
    boot::migrate(db, data, &clock).await?;
    let mut tx = db.begin().await?;
    let blind = instance::hold_restored(&mut tx, clock.now()).await?;
    tx.commit().await?;
    db.close().await;
    Ok(blind)
}
