//! The tables `posts` and `post_versions`, and reads that join them with the tables of delivery, channels and media.

mod listing;
mod media;
mod month;
mod post;
mod slot;
mod trail;

pub use listing::{ListedRow, RemoteRow, find_row, of_post, remotes_of, window};
pub use media::{Medium, library, media_by_id};
pub use month::{Count, Lines, MonthRow, UnplacedRow, any_post, counts, month, undated, unplaced};
pub use post::{
    Post, Stored, StoredEntry, StoredPart, add_version, insert, latest_version, lock, next_entry, set_deleted, set_unplaced,
};
pub use slot::{lock_channels, minute, planned};
pub use trail::{Attempt, attempts_of};
