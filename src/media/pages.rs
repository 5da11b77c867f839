//! The routes of the library's pages and of the files themselves.

mod file;
mod library;

use poem::{Route, get, post, put};

/// The pages; they stand behind the session.
pub fn mount(route: Route) -> Route {
    route
        .at("/media", get(library::index).post(library::create))
        .at("/media/:id", put(library::update).delete(library::destroy))
        .at("/media/:id/restoration", post(library::restore))
}

/// The files: whoever knows an address may read it, without a session.
pub fn mount_files(route: Route) -> Route {
    route.at("/media/file/*path", get(file::serve))
}
