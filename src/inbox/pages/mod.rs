//! The pages of the inbox: the list with its buttons, and what an outage left behind.

mod actions;
mod back;
mod downtime;
mod index;

use poem::{Route, get, post};

use crate::error::{Error, Result};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route
        .at("/inbox", get(index::index).post(actions::perform))
        .at("/inbox/parts/:part/resolution", post(actions::resolve))
        .at("/inbox/parts/:part/candidates", post(actions::look))
        .at("/inbox/downtime/:outage", get(downtime::show))
        .at("/inbox/downtime/:outage/dismissal", post(downtime::dismiss))
}

/// An id of a path; what is no id at all names nothing either.
fn id<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| Error::NotFound("post"))
}
