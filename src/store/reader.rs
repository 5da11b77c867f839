//! A stored file for code that blocks: parsers that read and seek. Holds no more than the caller's buffer.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tokio::runtime::Handle;

/// Reads and seeks in a stored file. Every read goes to the store: put a `BufReader` around it.
pub struct BlockingReader {
    objects: Arc<dyn ObjectStore>,
    path: Path,
    bytes: u64,
    at: u64,
    runtime: Handle,
}

impl BlockingReader {
    pub(super) fn new(objects: Arc<dyn ObjectStore>, path: Path, bytes: u64) -> Self {
        Self { objects, path, bytes, at: 0, runtime: Handle::current() }
    }
}

impl Read for BlockingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.bytes.min(self.at.saturating_add(buffer.len() as u64));
        if end <= self.at {
            return Ok(0);
        }
        let read = self.runtime.block_on(self.objects.get_range(&self.path, self.at..end)).map_err(io::Error::other)?;
        let target = buffer.get_mut(..read.len()).ok_or_else(|| io::Error::other("the store gave more than was asked"))?;
        target.copy_from_slice(&read);
        self.at += read.len() as u64;
        Ok(read.len())
    }
}

impl Seek for BlockingReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.bytes.checked_add_signed(n),
            SeekFrom::Current(n) => self.at.checked_add_signed(n),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
