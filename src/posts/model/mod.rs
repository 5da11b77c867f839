//! The tables `posts` and `post_versions`, and reads that join them with the tables of delivery and channels.

pub mod autosave;
pub mod calendar;
mod comment;
mod history;
mod listing;
mod month;
mod page;
mod post;
mod recurrence;
mod review;
mod set;
mod share;
mod snippet;
mod tag;
mod trail;

pub use autosave::{Autosave, NewAutosave, Pairs};
pub use comment::{Comment, NewComment, add_comment, comments, find_comment, set_resolved};
pub use history::{Saving, saving, savings};
pub use listing::{ListedRow, find_row, newest_of, of_post, of_targets, remotes_of, urls_of, window};
pub use month::{Lines, MonthRow, UnplacedRow, any_post, counts, in_any_month, month, undated, unplaced};
pub use page::{
    Filter, PostRow, TargetRow, find_post, find_target_row, posts_page, remotes_at, steps_at, targets_of, targets_page,
};
pub use post::{
    Post, Stored, StoredEntry, StoredPart, add_version, author_of, insert, latest_version, latest_version_id, lock, next_entry,
    set_deleted, set_unplaced, version, versions,
};
pub use recurrence::{
    Recurrence, due_recurrences, next_plan, recurrence, recurrences_of, recurring, remove_recurrence, save_recurrence,
};
pub use review::{
    Review, Vote, add_content, add_vote, approved_contents, close_review, open_review, open_reviews, policy_of, review,
    review_of, void_review, votes, waiting_for,
};
pub use set::{Set, SetRow};
pub use share::{
    NewShare, Share, Subject, add_share, in_review_of, set_share_revoked, share_by_hash, share_seen, shares_of_customers,
    shares_of_post,
};
pub use snippet::Snippet;
pub use tag::{Tag, TagUse};
pub use trail::{Attempt, attempts_of};
