//! The marker in the media store: proves that all processes of an instance share one store, and remembers the generation.

use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::Row;
use crate::{
    error::{Error, Result},
    store::{MARKER as PATH, Store},
};

/// Most bytes that are read of it.
const MAX: u64 = 4_096;

/// What stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Whose store it is.
    pub instance: Uuid,
    /// The generation of the last start of any process.
    pub generation: i64,
}

/// What stands there; `None` when there is none that can be read.
pub async fn read(store: &Store) -> Result<Option<Marker>> {
    match store.read_all(PATH, MAX).await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(Error::NotFound(_) | Error::TooLarge(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Puts it there.
pub async fn write(store: &Store, marker: &Marker) -> Result<()> {
    let bytes = Bytes::from(serde_json::to_vec(marker).map_err(Error::internal)?);
    store.put_stream(PATH, stream::iter([Ok(bytes)]), MAX).await.map(drop)
}

/// Refuses a store that is not this instance's. One process alone with its own store may have lost it: that is said, and
/// the pictures that are gone are found missing when they are needed.
pub fn check(store: &Store, row: &Row, found: Option<&Marker>, shared: bool) -> Result<()> {
    let first = row.generation == 1;
    match found {
        Some(marker) if marker.instance == row.instance_id => Ok(()),
        Some(_) if first && store.is_local() => Ok(()),
        Some(marker) => Err(Error::Unavailable(format!(
            "{store} belongs to another instance ({}, this one is {}): name a place of its own in [storage]",
            marker.instance, row.instance_id
        ))),
        None if !row.store_marked => Ok(()),
        None if !shared => {
            tracing::warn!(%store, "the media store lost its marker; files that are gone will be missed");
            Ok(())
        }
        None => Err(Error::Unavailable(format!(
            "{store} is not the media store that this instance's other processes use: its marker {PATH} is missing there. All \
             processes need the same store: S3, or one directory that all of them see as [storage] path. If the old store is \
             lost for good, `rostrum storage adopt` takes this one"
        ))),
    }
}
