//! The inbox: everything that waits for a person, in one list, with what they can do about it; and what an outage left
//! behind.
//!
//! Owns no table: it reads what delivery wrote and calls its actions. Knows posts and channels; does not know how anybody
//! is told.

mod act;
mod cursor;
mod item;
mod model;
pub mod pages;

pub use act::Act;
pub use cursor::Cursor;
pub use model::list_query;

use crate::{db::Db, delivery, error::Result, kit::OrgId, web::frame::FrameOutage};

/// The outage that an organisation is told about on every page until somebody has seen it.
pub async fn banner(db: &Db, org: OrgId) -> Result<Option<FrameOutage>> {
    let note = delivery::newest_outage(db, org).await?;
    Ok(note.map(|note| FrameOutage { url: format!("/inbox/downtime/{}", note.outage_id), due: note.due }))
}
