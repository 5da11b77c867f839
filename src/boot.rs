//! Brings an instance up: data directory, lock, key, database, migrations, store, and which of its lives begins. Serves the command line and the tests.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    app::App,
    config::{Config, Role, StorageKind},
    db::{Db, Migrations, q},
    delivery,
    error::{Error, Result},
    http, instance,
    kit::{
        Clock,
        crypto::{Key, random},
    },
    mail::Mailer,
    render::Pages,
    search::Index,
    store::Store,
};

/// The lock on a data directory; released when dropped.
pub struct Lock(#[allow(dead_code, reason = "held for its lock")] File);

impl Lock {
    /// Takes the lock, or `None` when another process has it.
    pub fn take(data: &Path) -> Result<Option<Self>> {
        create_dir(data)?;
        let file = private().create(true).truncate(false).write(true).open(data.join("rostrum.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => Err(e.into()),
        }
    }
}

/// Opens everything; the caller holds the [`Lock`].
///
/// An existing SQLite file is copied to `DATA/backups` before its schema changes.
pub async fn open(config: Config, clock: Clock) -> Result<App> {
    // Only the first call of a process can install it; later ones find it in place.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = absolute(&config.server.data)?;
    let key = key_file(&data.join("key"))?;
    let db = open_database(&config, &data).await?;
    if config.server.role != Role::All && !db.is_postgres() {
        return Err(Error::invalid("server.role", "config.role_needs_postgres"));
    }
    migrate(&db, &data, &clock).await?;
    instance(&db, &key, &clock).await?;
    let store = open_store(&config, &data)?;
    let life = instance::enter(&db, &store, &data, clock.now()).await?;
    let config = with_sandbox(config);
    delivery::fill_part_media(&db).await?;
    let url = config.server.url.as_ref().map_or_else(|| format!("http://{}", config.server.listen), ToString::to_string);
    Ok(App {
        http: http::Client::new(&config.http)?.trusting(Some(config.server.listen)),
        store,
        life,
        mail: Mailer::new(&config.mail, &url)?,
        pages: Pages::new()?,
        url: url.trim_end_matches('/').into(),
        config: Arc::new(config),
        search: Index::at(data.join("search")),
        data: Arc::new(data),
        key: Arc::new(key),
        clock,
        db,
    })
}

/// The practice platform that is built in is reached over our own listener, from a worker over that of the pages.
fn with_sandbox(mut config: Config) -> Config {
    let own = format!("http://{}", http::own_address(config.server.listen));
    let pages = config.server.url.as_ref().filter(|_| !config.server.role.serves());
    let base = pages.map_or(own, |url| url.as_str().trim_end_matches('/').to_owned());
    let hosts = &mut config.providers.entry("sandbox".into()).or_default().hosts;
    hosts.entry("web".into()).or_insert_with(|| format!("{base}/sandbox"));
    config
}

/// Opens the configured database, by default SQLite in the data directory, readable for nobody else.
pub async fn open_database(config: &Config, data: &Path) -> Result<Db> {
    if let Some(url) = &config.database.url {
        return Db::open(url).await;
    }
    let file = data.join("rostrum.db");
    // Made here and not by SQLite, which gives the mode of this file to its log as well.
    private().create(true).append(true).open(&file)?;
    Db::open(&format!("sqlite:{}", file.display())).await
}

/// Applies missing migrations, after a copy of an existing SQLite file. Tells how many were applied.
pub async fn migrate(db: &Db, data: &Path, clock: &Clock) -> Result<usize> {
    let migrations = Migrations::load(db.is_postgres());
    let pending = migrations.pending(db).await?;
    if pending.missing == 0 {
        return Ok(0);
    }
    if pending.applied > 0 && !db.is_postgres() {
        let backups = data.join("backups");
        create_dir(&backups)?;
        let name = format!("before-migration-{}.db", clock.now().format("%Y%m%dT%H%M%S%6f"));
        db.snapshot(&backups.join(&name)).await?;
        tracing::info!(file = %backups.join(name).display(), "copied the database before its schema changes");
    }
    migrations.run(db).await?;
    Ok(pending.missing)
}

/// Makes the instance's row at the first start; afterwards the key must be the one the database was made with.
async fn instance(db: &Db, key: &Key, clock: &Clock) -> Result<()> {
    let mut tx = db.begin().await?;
    q("INSERT INTO instance (id, instance_id, key_fingerprint, created_at) VALUES (1, $1, $2, $3) ON CONFLICT (id) DO NOTHING")
        .bind(uuid::Uuid::now_v7())
        .bind(key.fingerprint())
        .bind(clock.now())
        .exec(&mut tx)
        .await?;
    let (fingerprint,): (String,) = q("SELECT key_fingerprint FROM instance").one(&mut tx).await?;
    tx.commit().await?;
    if fingerprint != key.fingerprint() {
        return Err(Error::Unavailable(format!(
            "the key file does not belong to this database (it needs key {fingerprint}, the file holds {}): restore DATA/key from the backup",
            key.fingerprint()
        )));
    }
    Ok(())
}

/// Reads the key file, or makes it (0600) at the first start.
fn key_file(path: &Path) -> Result<Key> {
    let mut text = String::new();
    match File::open(path) {
        Ok(mut file) => {
            file.read_to_string(&mut text)?;
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            text = STANDARD.encode(random::<{ Key::LEN }>());
            let mut file = private().create_new(true).write(true).open(path)?;
            writeln!(file, "{text}")?;
            file.sync_all()?;
        }
        Err(e) => return Err(e.into()),
    }
    let bytes: [u8; Key::LEN] = STANDARD.decode(text.trim()).ok().and_then(|b| b.try_into().ok()).ok_or_else(|| {
        Error::Unavailable(format!("{} is not a key file (32 bytes in base64): restore it from the backup", path.display()))
    })?;
    Ok(Key::new(&bytes))
}

/// The configured store, by default `media` in the data directory.
pub fn open_store(config: &Config, data: &Path) -> Result<Store> {
    if config.storage.kind == StorageKind::S3 {
        return Store::s3(&config.storage);
    }
    let dir = config.storage.path.clone().unwrap_or_else(|| data.join("media"));
    create_dir(&dir)?;
    Store::local(&dir)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn create_dir(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    create_dir(path)?;
    Ok(std::path::absolute(path)?)
}
