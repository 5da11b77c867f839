//! The pages of posts: the calendar, the list, the composer, one post with what happened to it.

mod actions;
mod calendar;
mod compose;
mod composer;
mod editing;
mod index;
mod live;
mod mentions;
mod prefill;
mod received;
mod repeat;
mod series;
mod show;
mod toast;
mod typed;

use poem::{Route, get, post};

use crate::error::{Error, Result};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route
        .at("/calendar", get(calendar::calendar))
        .at("/posts", get(index::index).post(compose::create))
        .at("/posts/new", get(compose::new))
        .at("/posts/recurrence", get(repeat::preview))
        .at("/posts/:id", get(show::show).post(compose::update).put(compose::update).delete(actions::remove))
        .at("/posts/:id/edit", get(compose::edit))
        .at("/posts/:id/move", post(calendar::moving::relocation))
        .at("/posts/:id/move/reversal", post(calendar::moving::reversal))
        .at("/posts/:id/restoration", post(actions::bring_back))
        .at("/posts/:id/recurrence/pause", post(series::pause))
        .at("/posts/:id/recurrence/resumption", post(series::resume))
        .at("/posts/:id/targets/:target/removal", post(series::remove))
        .at("/posts/:id/targets/:target/cancellation", post(actions::cancel).delete(actions::restore))
        .at("/posts/:id/targets/:target/restoration", post(actions::restore))
        .at("/posts/:id/targets/:target/retry", post(actions::retry))
        .at("/posts/:id/targets/:target/publication", post(actions::publish_now))
        .at("/posts/:id/targets/:target/parts/:part/resolution", post(actions::resolve))
}

/// The stream of what changes: apart, for it must not be compressed.
pub fn mount_live(route: Route) -> Route {
    route.at("/live", get(live::live))
}

/// An id of a path; what is no id at all names nothing either.
fn id<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| Error::NotFound("post"))
}
