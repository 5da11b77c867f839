//! Where a page of a list goes on: after this time and id.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{
    error::{Error, Result},
    kit::TargetId,
};

/// The last line of the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// Its target.
    pub id: TargetId,
}

impl Cursor {
    /// From an address; `None` for an empty word, an error of the field `after` for one that no page gave.
    pub fn parse(word: &str) -> Result<Option<Self>> {
        if word.is_empty() {
            return Ok(None);
        }
        let read = || {
            let (micros, id) = word.split_once('.')?;
            Some(Self { due_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?, id: id.parse().ok()? })
        };
        read().map(Some).ok_or_else(|| Error::invalid("after", "inbox.bad_cursor"))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.due_at.timestamp_micros(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nonsense_is_named() {
        let cursor = Cursor { due_at: "2026-11-23T08:00:00.000001Z".parse().unwrap(), id: TargetId::new() };
        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), Some(cursor));
        assert_eq!(Cursor::parse("").unwrap(), None);
        for bad in ["x", "1", "1.2", ".", "99999999999999999999.0190a3a0-0000-7000-8000-000000000000"] {
            assert!(matches!(Cursor::parse(bad), Err(Error::Invalid(fields)) if fields[0].field == "after"), "{bad}");
        }
    }
}
