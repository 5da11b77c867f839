//! Whether the database is the one that its witnesses remember. Pure.

use super::{
    file::Record,
    model::{Dir, Row},
};

/// What the witnesses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// The database goes on where it was.
    Same,
    /// Another process joins a database that goes on: this data directory is new to it.
    NewDirectory,
    /// The database, or on SQLite its directory, was restored or copied.
    Restored,
}

/// Everything known at a start.
pub struct Evidence<'a> {
    /// One process has the database for itself: its data directory and its database belong together.
    pub alone: bool,
    /// The instance's row, its generation raised by one already.
    pub row: &'a Row,
    /// What tells this database from a copy, now.
    pub mark: Option<&'a str>,
    /// What the data directory remembers.
    pub file: Option<&'a Record>,
    /// The directory was copied: its file has another mark than is written in it.
    pub copied: bool,
    /// What the database knows of the directory that the file names.
    pub dir: Option<&'a Dir>,
    /// The generation that the store remembers.
    pub store: i64,
}

/// Weighs it.
pub fn judge(e: &Evidence<'_>) -> Past {
    let before = e.row.generation - 1;
    if before == 0 {
        // New, or from a program that did not count yet.
        return if e.file.is_some() { Past::NewDirectory } else { Past::Same };
    }
    let moved = matches!((e.row.mark.as_deref(), e.mark), (Some(old), Some(new)) if old != new);
    if moved || e.store > before {
        return Past::Restored;
    }
    let ours = e.file.filter(|f| f.instance == e.row.instance_id && !e.copied);
    match (ours, e.dir) {
        (Some(file), Some(dir)) if (file.generation, file.beats) <= (dir.generation, dir.beats) => {
            // The database may be one start ahead: of one that died before it wrote its file.
            if e.alone && dir.generation > file.generation + 1 { Past::Restored } else { Past::Same }
        }
        (Some(_), _) => Past::Restored,
        (None, _) if e.alone => Past::Restored,
        (None, _) => Past::NewDirectory,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn row(generation: i64, mark: Option<&str>) -> Row {
        Row { instance_id: Uuid::max(), generation, mark: mark.map(str::to_owned), heartbeat_at: None, store_marked: true }
    }

    fn file(generation: i64, beats: i64) -> Record {
        Record { instance: Uuid::max(), dir: Uuid::max(), generation, beats, mark: String::new() }
    }

    fn see(alone: bool, row: &Row, file: Option<&Record>, dir: Option<(i64, i64)>) -> Past {
        let dir = dir.map(|(generation, beats)| Dir { generation, beats });
        judge(&Evidence { alone, row, mark: row.mark.as_deref(), file, copied: false, dir: dir.as_ref(), store: 0 })
    }

    #[test]
    fn a_start_after_a_start_goes_on() {
        for alone in [true, false] {
            assert_eq!(see(alone, &row(1, None), None, None), Past::Same, "the first");
            assert_eq!(see(alone, &row(6, None), Some(&file(5, 9)), Some((5, 9))), Past::Same);
            assert_eq!(see(alone, &row(6, None), Some(&file(5, 8)), Some((5, 9))), Past::Same, "killed between the two");
            assert_eq!(see(alone, &row(6, None), Some(&file(4, 8)), Some((5, 0))), Past::Same, "killed while starting");
        }
    }

    #[test]
    fn a_database_that_knows_less_than_its_directory_went_back() {
        for alone in [true, false] {
            assert_eq!(see(alone, &row(6, None), Some(&file(7, 0)), Some((5, 9))), Past::Restored);
            assert_eq!(see(alone, &row(6, None), Some(&file(5, 9)), Some((5, 8))), Past::Restored, "within one run");
            assert_eq!(see(alone, &row(6, None), Some(&file(6, 0)), None), Past::Restored, "from before the directory joined");
        }
    }

    #[test]
    fn a_new_directory_joins_many_and_betrays_a_copy_of_one() {
        assert_eq!(see(false, &row(6, None), None, None), Past::NewDirectory);
        assert_eq!(see(true, &row(6, None), None, None), Past::Restored);
        let (row, file) = (row(6, Some("a")), file(5, 9));
        let dir = Dir { generation: 5, beats: 9 };
        let evidence =
            Evidence { alone: true, row: &row, mark: Some("a"), file: Some(&file), copied: true, dir: Some(&dir), store: 0 };
        assert_eq!(judge(&evidence), Past::Restored);
        assert_eq!(judge(&Evidence { alone: false, ..evidence }), Past::NewDirectory);
    }

    #[test]
    fn another_database_and_a_store_that_is_ahead_betray_it_too() {
        let (row, file, dir) = (row(6, Some("a")), file(5, 9), Dir { generation: 5, beats: 9 });
        let same =
            || Evidence { alone: false, row: &row, mark: Some("a"), file: Some(&file), copied: false, dir: Some(&dir), store: 5 };
        assert_eq!(judge(&same()), Past::Same);
        assert_eq!(judge(&Evidence { mark: Some("b"), ..same() }), Past::Restored);
        assert_eq!(judge(&Evidence { mark: None, ..same() }), Past::Same, "a server that does not tell");
        assert_eq!(judge(&Evidence { store: 6, ..same() }), Past::Restored);
    }
}
