//! The pages of posts: the calendar, the list, the composer, one post with what happened to it.

mod action;
mod actions;
mod autosave;
mod begin;
mod calendar;
mod checklist;
mod compose;
mod composer;
mod editing;
mod history;
mod index;
mod kept;
mod live;
mod looks;
mod mentions;
mod own;
mod pieces;
mod prefill;
mod received;
mod repeat;
mod review;
mod review_settings;
mod reviews;
mod series;
mod sets;
mod shared;
mod shelf;
mod show;
mod snippets;
mod tags;
mod talk;
mod thread;
mod toast;
mod typed;
mod unsaved;

use poem::{Route, delete, get, post, put};

use crate::error::{Error, Result};

/// Adds the routes.
pub fn mount(route: Route) -> Route {
    route
        .at("/calendar", get(calendar::calendar))
        .at("/posts", get(index::index).post(compose::create))
        .at("/posts/new", get(compose::new))
        .at("/posts/new/autosave", post(autosave::keep))
        .at("/posts/new/looks", post(looks::show))
        .at("/posts/new/pieces", post(pieces::show))
        .at("/posts/drafts/:draft", delete(autosave::discard))
        .at("/posts/drafts/:draft/restoration", post(autosave::reopen))
        .at("/posts/recurrence", get(repeat::preview))
        .at("/posts/:id", get(show::show).post(compose::update).put(compose::update).delete(actions::remove))
        .at("/posts/:id/edit", get(compose::edit))
        .at("/posts/:id/move", post(calendar::moving::relocation))
        .at("/posts/:id/move/reversal", post(calendar::moving::reversal))
        .at("/posts/:id/history", get(history::show))
        .at("/posts/:id/restoration", post(actions::bring_back))
        .at("/posts/:id/recurrence/pause", post(series::pause))
        .at("/posts/:id/recurrence/resumption", post(series::resume))
        .at("/posts/:id/review", post(review::submit).delete(review::withdraw))
        .at("/posts/:id/review/answer", post(review::answer))
        .at("/posts/:id/comments", post(review::remark))
        .at("/posts/:id/comments/:comment/resolution", post(review::resolve))
        .at("/posts/:id/comments/:comment/reopening", post(review::reopen))
        .at("/posts/:id/shares", post(review::give_out))
        .at("/posts/:id/shares/:share", poem::delete(review::revoke))
        .at("/reviews", get(reviews::index))
        .at("/reviews/approval", post(reviews::approve))
        .at("/reviews/shares", post(reviews::give_out))
        .at("/reviews/shares/:customer/:share", poem::delete(reviews::revoke))
        .at("/settings/reviews", get(review_settings::show).put(review_settings::update))
        .at("/r/:token", get(shared::show).post(shared::say))
        .at("/r/:token/pin", post(shared::unlock))
        .at("/posts/:id/targets/:target/removal", post(series::remove))
        .at("/posts/:id/targets/:target/cancellation", post(actions::cancel).delete(actions::restore))
        .at("/posts/:id/targets/:target/restoration", post(actions::restore))
        .at("/posts/:id/targets/:target/retry", post(actions::retry))
        .at("/posts/:id/targets/:target/takedown", post(actions::take_down).delete(actions::leave_live))
        .at("/posts/:id/targets/:target/numbers", post(actions::read_numbers))
        .at("/posts/:id/targets/:target/publication", post(actions::publish_now))
        .at("/posts/:id/targets/:target/parts/:part/resolution", post(actions::resolve))
        .at("/settings/tags", get(tags::index).post(tags::create))
        .at("/settings/tags/:tag", put(tags::update).delete(tags::remove))
        .at("/settings/tags/:tag/restoration", post(tags::restore))
        .at("/settings/signatures", get(snippets::index).post(snippets::create))
        .at("/settings/signatures/:snippet", put(snippets::update).delete(snippets::remove))
        .at("/settings/signatures/:snippet/restoration", post(snippets::restore))
        .at("/settings/sets", get(sets::index))
        .at("/settings/sets/:set", put(sets::update).delete(sets::remove))
        .at("/settings/sets/:set/restoration", post(sets::restore))
}

/// The stream of what changes: apart, for it must not be compressed.
pub fn mount_live(route: Route) -> Route {
    route.at("/live", get(live::live))
}

/// An id of a path; what is no id at all names nothing either.
fn id<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| Error::NotFound("post"))
}
