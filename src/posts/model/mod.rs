//! The tables `posts` and `post_versions`, and reads that join them with delivery's and channels' tables.

mod listing;

pub use listing::{ListedRow, RemoteRow, find_row, of_post, remotes_of, window};
