//! The tables of notices, their readers and their choices.

mod choice;
mod event;
mod notice;
mod reader;

pub use choice::{How, choices, digest_due, digested, set_choice, stop_daily};
pub use event::{Told, told};
pub use notice::{
    Gathering, Notice, Wanted, add_item, close, count_items, counted, find, gathering, list, open, prune, recent, settle_channel,
    settle_items, settle_post, since, tell,
};
pub use reader::{Recipient, mark_all_read, mark_read, mark_unread, recipient, recipients, unread};

use crate::{kit::OrgId, orgs::Role};

/// Whose notices: those for everybody whose role suffices, and one's own.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// The organisation.
    pub org: OrgId,
    /// The person.
    pub user: crate::kit::UserId,
    /// Their role there.
    pub role: Role,
}

/// The roles whose notices somebody of this role sees.
fn seen_by(role: Role) -> Vec<&'static str> {
    [Role::Member, Role::Admin, Role::Owner].into_iter().filter(|r| *r <= role).map(Role::as_str).collect()
}
