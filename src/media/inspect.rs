//! What a stored file shows: size in pixels, duration. Reads headers only, two files at a time.

use std::io::BufReader;

use image::{ImageDecoder as _, ImageError, ImageFormat, ImageReader, metadata::Orientation};
use tokio::sync::Semaphore;

use super::{film, kind::Kind};
use crate::{
    error::{Error, Message, Result},
    store::Store,
};

/// Most pixels of a picture.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Bytes read ahead.
const BUFFER: usize = 64 * 1024;

/// The decoder of JPEG reads a whole file to find its header.
static INSPECTING: Semaphore = Semaphore::const_new(2);

/// What a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// Of a film that says it.
    pub duration_ms: Option<u64>,
}

/// Reads the headers of a stored file; the inner error says what is wrong with it.
pub async fn inspect(store: &Store, path: &str, kind: Kind, bytes: u64) -> Result<Result<Shown, Message>> {
    let permit = INSPECTING.acquire().await.map_err(Error::internal)?;
    let file = store.blocking_reader(path, bytes)?;
    let read = move || {
        // Held by the thread: it goes on when the caller is gone.
        let _permit = permit;
        let mut file = BufReader::with_capacity(BUFFER, file);
        match kind.picture() {
            Some(format) => picture(file, format),
            None => film::read(&mut file, bytes)
                .map(|f| Shown { width: f.width, height: f.height, duration_ms: f.duration_ms })
                .map_err(|e| Message::new(e.0)),
        }
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::internal)
}

/// The size of a picture that may be decoded.
pub fn picture(file: impl std::io::BufRead + std::io::Seek, format: ImageFormat) -> Result<Shown, Message> {
    let mut decoder = ImageReader::with_format(file, format).into_decoder().map_err(|e| damaged(&e))?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height)?;
    let (width, height) = match decoder.orientation().unwrap_or(Orientation::NoTransforms) {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        _ => (width, height),
    };
    Ok(Shown { width, height, duration_ms: None })
}

fn check_pixels(width: u32, height: u32) -> Result<(), Message> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Message::new("media.error.picture_damaged").with("detail", format!("{width} × {height}")));
    }
    if pixels > MAX_PIXELS {
        let limit = MAX_PIXELS / 1_000_000;
        return Err(Message::new("media.error.pixels").with("width", width).with("height", height).with("limit", limit));
    }
    Ok(())
}

/// The decoder's words, which name the broken place.
pub fn damaged(e: &ImageError) -> Message {
    Message::new("media.error.picture_damaged").with("detail", e)
}
