//! The tables `posts` and `post_versions`, and reads that join them with the tables of delivery and channels.

pub mod calendar;
mod listing;
mod month;
mod page;
mod post;
mod recurrence;
mod trail;

pub use listing::{ListedRow, find_row, newest_of, of_post, of_targets, remotes_of, urls_of, window};
pub use month::{Lines, MonthRow, UnplacedRow, any_post, counts, in_any_month, month, undated, unplaced};
pub use page::{
    Filter, PostRow, TargetRow, find_post, find_target_row, posts_page, remotes_at, steps_at, targets_of, targets_page,
};
pub use post::{
    Post, Stored, StoredEntry, StoredPart, add_version, insert, latest_version, latest_version_id, lock, next_entry, set_deleted,
    set_unplaced, version, versions,
};
pub use recurrence::{
    Recurrence, due_recurrences, next_plan, recurrence, recurrences_of, recurring, remove_recurrence, save_recurrence,
};
pub use trail::{Attempt, attempts_of};
