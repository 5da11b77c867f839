//! Bluesky.
