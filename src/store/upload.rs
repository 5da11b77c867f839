//! Carries a stream into a multipart upload, hashing and counting on the way.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use object_store::MultipartUpload;
use sha2::{Digest as _, Sha256};

use super::{Stored, failed};
use crate::error::{Error, Result};

/// Bytes of a part: the least that S3 takes for any part but the last.
const PART: usize = 5 * 1024 * 1024;

/// An upload that is aborted when nobody completes it: also when whoever sends goes away.
struct Open(Option<Box<dyn MultipartUpload>>);

impl Drop for Open {
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(abort(upload));
        }
    }
}

async fn abort(mut upload: Box<dyn MultipartUpload>) {
    if let Err(e) = upload.abort().await {
        // The sweep finds it later, or the service forgets it after some days.
        tracing::warn!(error = %e, "a partial file could not be removed");
    }
}

/// Writes all of `source` and completes the upload, or aborts it.
pub(super) async fn pump(
    upload: Box<dyn MultipartUpload>,
    source: impl Stream<Item = Result<Bytes>> + Send,
    limit: u64,
) -> Result<Stored> {
    let mut open = Open(Some(upload));
    let written = match &mut open.0 {
        Some(upload) => write(&mut **upload, source, limit).await,
        None => unreachable!("it was just opened"),
    };
    if let Some(upload) = open.0.take()
        && written.is_err()
    {
        abort(upload).await;
    }
    written
}

async fn write(upload: &mut dyn MultipartUpload, source: impl Stream<Item = Result<Bytes>> + Send, limit: u64) -> Result<Stored> {
    let mut source = std::pin::pin!(source);
    let (mut hash, mut bytes, mut part) = (Sha256::new(), 0u64, BytesMut::new());
    while let Some(chunk) = source.next().await {
        let chunk = chunk?;
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(Error::TooLarge(limit));
        }
        hash.update(&chunk);
        part.extend_from_slice(&chunk);
        if part.len() >= PART {
            let full = part.split_to(PART).freeze();
            upload.put_part(full.into()).await.map_err(failed)?;
        }
    }
    if !part.is_empty() || bytes == 0 {
        upload.put_part(part.freeze().into()).await.map_err(failed)?;
    }
    upload.complete().await.map_err(failed)?;
    Ok(Stored { bytes, sha256: hash.finalize().into() })
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
    };

    use futures_util::{FutureExt as _, future::BoxFuture, stream};
    use object_store::{PutPayload, PutResult, UploadPart};

    use super::*;

    /// A disk that takes one part and is full then.
    #[derive(Debug)]
    struct Small {
        parts: usize,
        aborted: Arc<AtomicBool>,
    }

    impl MultipartUpload for Small {
        fn put_part(&mut self, _: PutPayload) -> UploadPart {
            self.parts += 1;
            let full = io::Error::from(io::ErrorKind::StorageFull);
            let answer = match self.parts {
                1 => Ok(()),
                _ => Err(object_store::Error::Generic { store: "small", source: Box::new(full) }),
            };
            async { answer }.boxed()
        }

        fn complete<'a: 'f, 'f>(&'a mut self) -> BoxFuture<'f, object_store::Result<PutResult>> {
            async { unreachable!("a failed upload is not completed") }.boxed()
        }

        fn abort<'a: 'f, 'f>(&'a mut self) -> BoxFuture<'f, object_store::Result<()>> {
            self.aborted.store(true, Ordering::SeqCst);
            async { Ok(()) }.boxed()
        }
    }

    #[tokio::test]
    async fn a_disk_that_fills_up_half_way_is_said_and_cleaned() {
        let aborted = Arc::new(AtomicBool::new(false));
        let upload = Box::new(Small { parts: 0, aborted: aborted.clone() });
        let source = stream::iter((0..3).map(|_| Ok(Bytes::from(vec![0; PART]))));
        assert!(matches!(pump(upload, source, u64::MAX).await, Err(Error::Unavailable(_))));
        assert!(aborted.load(Ordering::SeqCst));
    }
}
