//! `DATA/instance.json`: what this data directory remembers of its database. Always the same length and written in place,
//! so that it keeps the file's own number, by which a copied directory is told from the original.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _},
    os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Bytes of the file: less than a sector, so that it is written whole or not at all.
const LENGTH: usize = 384;

/// What stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Whose directory it is.
    pub instance: Uuid,
    /// The directory's id.
    pub dir: Uuid,
    /// The generation of the last start.
    pub generation: i64,
    /// Signs of life since then that the database has surely taken.
    pub beats: i64,
    /// The file's own number and birth: a copy has others.
    pub mark: String,
}

/// Where it lies, and what was last written.
pub struct Place {
    path: PathBuf,
    last: Mutex<Option<Record>>,
}

impl Place {
    /// In this data directory.
    pub fn new(data: &Path) -> Self {
        Self { path: data.join("instance.json"), last: Mutex::new(None) }
    }

    /// What stands there; `None` when there is nothing that can be read.
    pub fn read(&self) -> Result<Option<Record>> {
        let mut text = String::new();
        match File::open(&self.path) {
            Ok(mut file) => file.read_to_string(&mut text).map_or(Ok(None), |_| Ok(serde_json::from_str(&text).ok())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// The number and birth of the file as it lies there.
    pub fn mark(&self) -> Option<String> {
        std::fs::metadata(&self.path).ok().map(|meta| mark(&meta))
    }

    /// Writes the record under the file's own mark.
    pub fn write(&self, record: &Record, durable: bool) -> Result<()> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&self.path)?;
        let record = Record { mark: mark(&file.metadata()?), ..record.clone() };
        let mut bytes = serde_json::to_vec(&record).map_err(Error::internal)?;
        bytes.resize(LENGTH, b' ');
        file.write_all_at(&bytes, 0)?;
        file.set_len(LENGTH as u64)?;
        if durable {
            file.sync_all()?;
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
        Ok(())
    }

    /// Notes that so many signs of life were taken.
    pub fn raise(&self, beats: i64) -> Result<()> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match last {
            Some(last) if last.beats < beats => self.write(&Record { beats, ..last }, false),
            _ => Ok(()),
        }
    }
}

fn mark(meta: &std::fs::Metadata) -> String {
    let born = meta.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
    format!("{:x}-{born:x}", meta.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_mark_over_rewrites_and_a_copy_has_another() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(dir.path());
        assert_eq!(place.read().unwrap(), None);
        let record = Record { instance: Uuid::nil(), dir: Uuid::nil(), generation: 7, beats: 0, mark: String::new() };
        place.write(&record, true).unwrap();
        place.raise(3).unwrap();
        let read = place.read().unwrap().unwrap();
        assert_eq!((read.generation, read.beats), (7, 3));
        assert_eq!(Some(read.mark), place.mark());
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join("instance.json"), copy.path().join("instance.json")).unwrap();
        let copied = Place::new(copy.path());
        assert_ne!(Some(copied.read().unwrap().unwrap().mark), copied.mark());
        std::fs::write(dir.path().join("instance.json"), "half a rec").unwrap();
        assert_eq!(place.read().unwrap(), None);
    }
}
