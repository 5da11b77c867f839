//! The media library: pictures and films of an organisation, their bytes in the store, their facts in the table `media`.
//!
//! Knows nothing of platforms and their limits; [`Files`] makes pictures fit whatever limits it is told.

pub mod api;
mod facts;
mod files;
mod film;
mod filter;
mod focus;
mod inspect;
mod jobs;
mod kind;
mod model;
mod name;
pub mod pages;
mod picture;
mod range;
mod resolve;
mod strip;
mod tag;
mod upload;

pub use files::{Files, fit};
pub use filter::{Filter, Only, Shape};
pub use focus::Focus;
pub use inspect::MAX_PIXELS;
pub use jobs::Clean;
pub use kind::Kind;
pub use model::{MAX_ALT, Media, Words};
pub use resolve::{MediaInput, import, resolve};
pub use upload::upload;

/// The most bytes of any file that is taken.
pub const MAX_BYTES: u64 = Kind::VIDEO_LIMIT;
/// Where files are served: [`Media::path`] is this and their place in the store.
pub const FILES: &str = "/media/file/";
