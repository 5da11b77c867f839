//! What happened in a simulated world, in order, in words that are the same at every run of a seed.

use std::{fmt, time::Duration};

use sha2::{Digest as _, Sha256};

/// The lines of one story.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    lines: Vec<(Duration, String, String)>,
}

impl Timeline {
    /// Adds a line: when by true time, who or which channel, what.
    pub fn add(&mut self, at: Duration, who: &str, what: impl Into<String>) {
        self.lines.push((at, who.to_owned(), what.into()));
    }

    /// A hash over all of it: two runs of a seed have the same.
    pub fn hash(&self) -> String {
        hex::encode(&Sha256::digest(self.to_string())[..8])
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, who, what) in &self.lines {
            let (seconds, millis) = (at.as_secs(), at.subsec_millis());
            let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
            writeln!(f, "{hours:02}:{minutes:02}:{:02}.{millis:03}  {who:<8} {what}", seconds % 60)?;
        }
        Ok(())
    }
}
