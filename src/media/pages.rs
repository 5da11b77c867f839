//! The routes of the library's pages and of the files themselves.

mod bulk;
mod card;
mod design;
mod file;
mod incoming;
mod item;
mod library;

use poem::{Route, get, post};

/// The pages; they stand behind the session.
pub fn mount(route: Route) -> Route {
    route
        .at("/media", get(library::index).post(incoming::create))
        .at("/media/picker", get(library::picker))
        .at("/media/design", get(design::show))
        .at("/media/bulk", post(bulk::change))
        .at("/media/restorations/:moment", post(bulk::restore))
        .at("/media/:id", get(item::show).put(item::update).delete(item::destroy))
        .at("/media/:id/cover", post(item::choose_cover).delete(item::remove_cover))
        .at("/media/:id/replacement", post(item::replace))
        .at("/media/:id/restoration", post(item::restore))
}

/// The files: whoever knows an address may read it, without a session.
pub fn mount_files(route: Route) -> Route {
    route.at("/media/file/*path", get(file::serve))
}
