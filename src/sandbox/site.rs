//! Where a platform is to be found: inside an instance or alone. It opens with the first request, so that an instance
//! that rehearses nothing pays nothing.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::OnceCell;

use super::platform::Platform;
use crate::{
    app::App,
    error::Result,
    kit::{Clock, crypto},
    providers::sandbox::INVITATION,
    render::Pages,
};

/// A platform and its address. Cloning is cheap.
#[derive(Clone)]
pub struct Site(Arc<Place>);

struct Place {
    data: PathBuf,
    clock: Clock,
    pages: Pages,
    /// Inside an instance: the address of the wall. Alone: the one that the caller used.
    url: Option<String>,
    platform: OnceCell<Platform>,
}

impl Site {
    /// The one inside an instance, in `DATA/sandbox`.
    pub fn inside(app: &App) -> Self {
        let url = Some(app.link("/sandbox"));
        Self::new(app.data.join("sandbox"), app.clock.clone(), app.pages.clone(), url)
    }

    /// One that stands alone.
    pub fn alone(data: PathBuf, pages: Pages) -> Self {
        Self::new(data, Clock::system(), pages, None)
    }

    fn new(data: PathBuf, clock: Clock, pages: Pages, url: Option<String>) -> Self {
        Self(Arc::new(Place { data, clock, pages, url, platform: OnceCell::new() }))
    }

    /// The platform, opened when this is its first use.
    pub async fn platform(&self) -> Result<&Platform> {
        let open = || Platform::open(self.0.data.clone(), self.0.clock.clone());
        self.0.platform.get_or_try_init(open).await
    }

    /// Closes the platform if it was opened.
    pub async fn close(&self) {
        if let Some(platform) = self.0.platform.get() {
            platform.close().await;
        }
    }

    /// Now, in microseconds since 1970.
    pub fn now(&self) -> i64 {
        self.0.clock.now().timestamp_micros()
    }

    /// The templates.
    pub fn pages(&self) -> &Pages {
        &self.0.pages
    }

    /// True inside an instance, where strangers must stay outside.
    pub fn is_inside(&self) -> bool {
        self.0.url.is_some()
    }

    /// True when this request may open accounts. Inside an instance only its own process may.
    pub fn invites(&self, invitation: Option<&str>) -> bool {
        !self.is_inside() || invitation.is_some_and(|i| crypto::same(i.as_bytes(), INVITATION.as_bytes()))
    }

    /// The path below which the wall is.
    pub fn path(&self) -> &'static str {
        if self.is_inside() { "/sandbox" } else { "" }
    }

    /// The wall's address, for a caller that used this host name.
    pub fn url(&self, host: &str) -> String {
        self.0.url.clone().unwrap_or_else(|| format!("http://{host}"))
    }
}
