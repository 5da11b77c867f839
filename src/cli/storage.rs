//! `rostrum storage check` and `adopt`.

use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value as Json, json};

use crate::{
    boot::{self, Lock},
    config::Config,
    error::{Error, Result},
    instance,
};

/// Writes, reads and removes a probe: every wrong setting shows.
pub async fn check(config: &Config) -> Result<Json> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = boot::open_store(config, &std::path::absolute(&config.server.data)?)?;
    let (path, probe) = (format!("rostrum-probe-{}.json", uuid::Uuid::now_v7()), Bytes::from_static(b"{}"));
    let written = store.put_stream(&path, stream::iter([Ok(probe.clone())]), 16).await;
    let read = match written {
        Ok(_) => store.read_all(&path, 16).await,
        Err(e) => Err(e),
    };
    // Also when it could not be read.
    let removed = store.delete(&path).await;
    if read? != probe {
        return Err(Error::Unavailable(format!("{store} gave back something else than was written")));
    }
    removed?;
    Ok(json!({"ok": true, "store": store.to_string()}))
}

/// The next start takes the store of the settings.
pub async fn adopt(config: Config) -> Result<Json> {
    let Some(_lock) = Lock::take(&config.server.data)? else {
        return Err(Error::Unavailable("the server is running: stop it first".into()));
    };
    let data = std::path::absolute(&config.server.data)?;
    let db = boot::open_database(&config, &data).await?;
    let store = boot::open_store(&config, &data)?;
    // The marker of another instance stays and is refused as before: its files are not ours to take.
    let mut tx = db.begin().await?;
    instance::adopt_store(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(json!({"adopted": store.to_string()}))
}
