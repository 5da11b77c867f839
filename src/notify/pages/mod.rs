//! The list of notices, how their mails are chosen, and the page behind the link of a mail.

mod choices;
mod index;
mod leave;

use poem::{Route, get, post};

use super::model::Reader;
use crate::{error::Result, orgs::Caller};

/// Adds the routes of this feature.
pub fn mount(route: Route) -> Route {
    route
        .at("/notices", get(index::index))
        .at("/notices/reading", post(index::read_all).get(index::to_list))
        .at("/notices/menu", get(index::menu))
        .at("/notices/:id/reading", post(index::read).delete(index::unread))
        .at("/settings/notices", get(choices::show).put(choices::update))
        .at("/mail/leave/:token", get(leave::show))
}

fn reader(caller: &Caller) -> Result<Reader> {
    Ok(Reader { org: caller.org, user: caller.person()?, role: caller.role })
}
