//! Where a page of a list ends: opaque to clients, and checked when it comes back.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::{Error, Message, Result};

/// Entries of a page when nothing is said.
pub const PAGE: i64 = 50;
/// Most entries of a page.
const MOST: i64 = 100;
/// Time and id.
const BYTES: usize = 8 + 16;

/// The last entry of the page before: its time, and its id where times are equal. What is added later does not move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When.
    pub at: DateTime<Utc>,
    /// Which.
    pub id: Uuid,
}

impl Cursor {
    /// Of an entry.
    pub fn new(at: DateTime<Utc>, id: impl Into<Uuid>) -> Self {
        Self { at, id: id.into() }
    }

    /// As clients see it.
    pub fn encode(self) -> String {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&self.at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// From what [`Cursor::encode`] made; an error of `cursor` for anything else.
    pub fn read(text: Option<&str>) -> Result<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        let wrong = || Error::invalid("cursor", "api_v1.cursor");
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok().and_then(|b| b.try_into().ok()).ok_or_else(wrong)?;
        let (at, id) = bytes.split_at(8);
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(at.try_into().map_err(|_| wrong())?));
        // Postgres keeps no times of other years.
        let at = at.filter(|at| (1..=9999).contains(&chrono::Datelike::year(at))).ok_or_else(wrong)?;
        Ok(Some(Self { at, id: Uuid::from_slice(id).map_err(|_| wrong())? }))
    }
}

/// How many entries a page has: 1 to 100, else an error of `limit`.
pub fn limit(given: Option<i64>) -> Result<i64> {
    let limit = given.unwrap_or(PAGE);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Error::invalid("limit", Message::new("field.number").with("min", 1).with("max", MOST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = Cursor::new("2026-11-24T08:20:00.123456Z".parse().unwrap(), Uuid::now_v7());
        assert_eq!(Cursor::read(Some(&cursor.encode())).unwrap(), Some(cursor));
        assert_eq!(Cursor::read(None).unwrap(), None);
        let beyond = URL_SAFE_NO_PAD.encode([0x7f; BYTES]);
        for wrong in ["", "x", "%00", "AAAA", &"A".repeat(33), &cursor.encode()[1..], &beyond] {
            assert!(matches!(Cursor::read(Some(wrong)), Err(Error::Invalid(f)) if f[0].field == "cursor"), "{wrong}");
        }
        assert!(limit(Some(0)).is_err() && limit(Some(101)).is_err() && limit(Some(i64::MIN)).is_err());
        assert_eq!((limit(None).unwrap(), limit(Some(100)).unwrap()), (PAGE, 100));
    }
}
