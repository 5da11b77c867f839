//! One handle to everything a feature needs from below. No logic.

use std::{path::PathBuf, sync::Arc};

use url::Url;

use crate::{
    config::Config,
    db::Db,
    http::Client,
    instance::Life,
    kit::{Clock, crypto::Key},
    mail::Mailer,
    render::Pages,
    search::Index,
    store::Store,
};

/// Handed to every feature. Cloning is cheap.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// Seals what is secret.
    pub key: Arc<Key>,
    /// Calls to the outside.
    pub http: Client,
    /// Letters by e-mail.
    pub mail: Mailer,
    /// Media files.
    pub store: Store,
    /// Templates.
    pub pages: Pages,
    /// The address people use, without a slash at its end: links start with it.
    pub url: Arc<str>,
    /// What can be found by its words.
    pub search: Index,
    /// The data directory.
    pub data: Arc<PathBuf>,
    /// Which of the instance's lives this process leads.
    pub life: Life,
}

impl App {
    /// An absolute link to a path of ours that begins with `/`.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Host names this instance is known by: that of its address and `server.hosts`.
    pub fn hosts(&self) -> Vec<String> {
        let own = Url::parse(&self.url).ok().and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(url.port().map_or(host.clone(), |port| format!("{host}:{port}")))
        });
        own.into_iter().chain(self.config.server.hosts.iter().cloned()).collect()
    }

    /// Host overrides of one provider.
    pub fn provider_hosts(&self, id: &str) -> &std::collections::BTreeMap<String, String> {
        static NONE: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
        self.config.providers.get(id).map_or(&NONE, |p| &p.hosts)
    }
}

/// The handle that the server put into the request.
impl<'a> poem::FromRequest<'a> for App {
    async fn from_request(req: &'a poem::Request, _: &mut poem::RequestBody) -> poem::Result<Self> {
        Ok(req.data::<App>().cloned().expect("the server puts the handle into every request"))
    }
}
