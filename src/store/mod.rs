//! Files that belong to the database's rows but do not fit into it: on local disk or in a bucket of an S3 service, by the
//! object_store crate, so that a bucket is another constructor and not another code path.
//!
//! A file is written whole or not at all, and is on disk when the call returns. Knows paths and bytes, not what they mean.

mod reader;
mod s3;
mod upload;

use std::{
    fmt, io,
    ops::Range,
    path::{Path as FsPath, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    GetOptions, GetResult, GetResultPayload, ObjectStore, ObjectStoreExt as _, PutMultipartOptions, local::LocalFileSystem,
    path::Path,
};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

pub use reader::BlockingReader;

use crate::{
    config::Storage,
    error::{Error, Result},
};

/// The file that tells whose store it is; [`Store::list`] leaves it out.
pub const MARKER: &str = "rostrum-instance.json";
/// Bytes read from disk at a time.
const WINDOW: usize = 128 * 1024;

/// The store. Cloning is cheap.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    place: Place,
}

#[derive(Clone)]
enum Place {
    /// Where partial files may be left by a crash; a bucket forgets its own after some days.
    Local(Arc<FsPath>),
    S3(Arc<s3::Bucket>),
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Local(dir) => dir.display().fmt(f),
            Place::S3(bucket) => bucket.fmt(f),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: [u8; 32],
}

/// A stored file, for the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Where it lies.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// The bytes of a file as they are read.
pub type Content = BoxStream<'static, io::Result<Bytes>>;

impl Store {
    /// Files below `dir`, which is created. Each is flushed to disk before it gets its name.
    pub fn local(dir: &FsPath) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let objects = LocalFileSystem::new_with_prefix(dir).map_err(Error::internal)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), place: Place::Local(dir.into()) })
    }

    /// Objects in the bucket of the settings; nothing is asked of the service yet.
    pub fn s3(storage: &Storage) -> Result<Self> {
        let (bucket, objects) = s3::open(storage)?;
        Ok(Self { objects, place: Place::S3(Arc::new(bucket)) })
    }

    /// True for files on this machine, or on a disk that it shares.
    pub fn is_local(&self) -> bool {
        matches!(self.place, Place::Local(_))
    }

    /// The directory of local files.
    pub fn local_dir(&self) -> Option<Arc<FsPath>> {
        match &self.place {
            Place::Local(dir) => Some(dir.clone()),
            Place::S3(_) => None,
        }
    }

    /// Where everybody can read the file for so long without us; `None` for local files, which only we serve.
    pub fn public_url(&self, path: &str, ttl: Duration) -> Option<String> {
        match &self.place {
            Place::Local(_) => None,
            Place::S3(bucket) => bucket.public_url(&parse(path).ok()?, ttl),
        }
    }

    /// Writes what `source` gives to `path`, in constant memory.
    ///
    /// Over `limit` bytes: [`Error::TooLarge`]. An error of the source is passed on; a full disk is
    /// [`Error::Unavailable`]. In all these cases, and when the call is dropped, nothing is left behind.
    pub async fn put_stream(&self, path: &str, source: impl Stream<Item = Result<Bytes>> + Send, limit: u64) -> Result<Stored> {
        let attributes = if self.is_local() { Default::default() } else { s3::attributes(path) };
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let upload = self.objects.put_multipart_opts(&parse(path)?, options).await.map_err(failed)?;
        upload::pump(upload, source, limit).await
    }

    /// The whole file and its size. [`Error::NotFound`] when there is none.
    pub async fn get(&self, path: &str) -> Result<(u64, Content)> {
        let result = self.objects.get(&parse(path)?).await.map_err(failed)?;
        Ok((result.meta.size, content(result).await?))
    }

    /// Part of a file. The range must begin inside of it; what lies beyond its end is left out.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> Result<Content> {
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        content(self.objects.get_opts(&parse(path)?, options).await.map_err(failed)?).await
    }

    /// A whole file in memory: [`Error::TooLarge`] when it has more than `max` bytes.
    pub async fn read_all(&self, path: &str, max: u64) -> Result<Bytes> {
        let result = self.objects.get(&parse(path)?).await.map_err(failed)?;
        if result.meta.size > max {
            return Err(Error::TooLarge(max));
        }
        result.bytes().await.map_err(failed)
    }

    /// A reader for code that blocks, such as the parsers of pictures; `bytes` is the file's size. Only for threads made
    /// by `spawn_blocking`.
    pub fn blocking_reader(&self, path: &str, bytes: u64) -> Result<BlockingReader> {
        Ok(BlockingReader::new(self.objects.clone(), parse(path)?, bytes))
    }

    /// Removes a file; it may be gone already.
    pub async fn delete(&self, path: &str) -> Result<()> {
        match self.objects.delete(&parse(path)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(failed(e)),
        }
    }

    /// Every file, in no order: for the backup. Files still being written are not among them.
    pub fn list(&self) -> BoxStream<'static, Result<Object>> {
        let objects = self.objects.list(None).map_err(failed);
        let objects = objects.try_filter(|o| std::future::ready(o.location.as_ref() != MARKER));
        objects.map_ok(|o| Object { path: o.location.to_string(), bytes: o.size }).boxed()
    }

    /// Removes partial files that a crash left behind: those last written before `before`, because another process may
    /// be writing younger ones. Tells how many they were.
    pub async fn sweep(&self, before: DateTime<Utc>) -> Result<usize> {
        let Place::Local(dir) = self.place.clone() else { return Ok(0) };
        tokio::task::spawn_blocking(move || Ok(sweep(&dir, before)?)).await.map_err(Error::internal)?
    }
}

fn sweep(dir: &FsPath, before: DateTime<Utc>) -> io::Result<usize> {
    let (mut removed, before) = (0, SystemTime::from(before));
    let mut dirs: Vec<PathBuf> = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                dirs.push(entry.path());
            } else if is_partial(&entry.file_name().to_string_lossy()) && entry.metadata()?.modified()? < before {
                std::fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// object_store writes `name#1` and renames it to `name`.
fn is_partial(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn parse(path: &str) -> Result<Path> {
    Path::parse(path).map_err(|_| Error::NotFound("file"))
}

async fn content(result: GetResult) -> Result<Content> {
    let range = result.range.clone();
    Ok(match result.payload {
        // The crate's own stream reads a file in steps of 8 KiB, each through another thread.
        GetResultPayload::File(file, _) => {
            let mut file = tokio::fs::File::from_std(file);
            file.seek(io::SeekFrom::Start(range.start)).await?;
            ReaderStream::with_capacity(file.take(range.end - range.start), WINDOW).boxed()
        }
        GetResultPayload::Stream(stream) => stream.map_err(io::Error::other).boxed(),
    })
}

/// A full or read-only disk is found below the crate's own words, however deep.
fn failed(e: object_store::Error) -> Error {
    if let Some(words) = s3::explain(&e) {
        return Error::Unavailable(words);
    }
    if matches!(e, object_store::Error::NotFound { .. }) {
        return Error::NotFound("file");
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&e);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return io::Error::new(io.kind(), e.to_string()).into();
        }
        cause = inner.source();
    }
    Error::internal(e)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn chunks(of: &[&'static [u8]]) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
        stream::iter(of.iter().map(|c| Ok(Bytes::from_static(c))).collect::<Vec<_>>())
    }

    fn files_in(dir: &FsPath) -> usize {
        let mut n = 0;
        let mut dirs = vec![dir.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() { dirs.push(entry.path()) } else { n += 1 }
            }
        }
        n
    }

    #[tokio::test]
    async fn what_was_written_is_read_back_whole_and_in_part() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::local(dir.path()).unwrap();
        let stored = store.put_stream("2026/01/a.png", chunks(&[b"hello ", b"world"]), 11).await.unwrap();
        assert_eq!(stored, Stored { bytes: 11, sha256: crate::kit::crypto::sha256(b"hello world") });
        assert_eq!(store.read_all("2026/01/a.png", 11).await.unwrap(), "hello world");
        assert!(matches!(store.read_all("2026/01/a.png", 10).await, Err(Error::TooLarge(10))));
        let part: Vec<Bytes> = store.get_range("2026/01/a.png", 4..8).await.unwrap().try_collect().await.unwrap();
        assert_eq!(part.concat(), b"o wo");
        let listed: Vec<Object> = store.list().try_collect().await.unwrap();
        assert_eq!(listed, [Object { path: "2026/01/a.png".into(), bytes: 11 }]);
        store.delete("2026/01/a.png").await.unwrap();
        store.delete("2026/01/a.png").await.unwrap();
        assert!(matches!(store.get("2026/01/a.png").await, Err(Error::NotFound(_))));
        assert!(matches!(store.get("../key").await, Err(Error::NotFound(_))));
    }

    #[tokio::test]
    async fn too_much_and_a_source_that_breaks_off_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::local(dir.path()).unwrap();
        let large = store.put_stream("a/b", chunks(&[b"hello ", b"world"]), 10).await;
        assert!(matches!(large, Err(Error::TooLarge(10))));
        let cut = chunks(&[b"hel"]).chain(stream::iter([Err(Error::invalid("file", "x"))]));
        assert!(matches!(store.put_stream("a/b", cut, 10).await, Err(Error::Invalid(_))));
        assert_eq!(files_in(dir.path()), 0);
    }

    #[tokio::test]
    async fn a_dropped_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::local(dir.path()).unwrap();
        let endless = chunks(&[b"hel"]).chain(stream::pending());
        let write = store.put_stream("a/b", endless, 10);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), write).await.is_err());
        for _ in 0..500 {
            if files_in(dir.path()) == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("the partial file is still there");
    }

    #[tokio::test]
    async fn old_partial_files_are_swept_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::local(dir.path()).unwrap();
        std::fs::create_dir_all(dir.path().join("2026/01")).unwrap();
        for name in ["a.png", "b.png#1", "c#x.png"] {
            std::fs::write(dir.path().join("2026/01").join(name), "x").unwrap();
        }
        assert_eq!(store.sweep(DateTime::UNIX_EPOCH).await.unwrap(), 0);
        assert_eq!(store.sweep(Utc::now() + chrono::TimeDelta::days(1)).await.unwrap(), 1);
        assert_eq!(files_in(dir.path()), 2);
    }

    #[test]
    fn a_full_disk_is_the_machines_state_and_not_our_bug() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let e = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full) };
        assert!(matches!(failed(e), Error::Unavailable(_)));
    }
}
