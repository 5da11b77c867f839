//! What every test stands on: an instance on each database, served on loopback, with clients that behave like browsers
//! and scripts.

mod client;
mod postgres;
mod smtp;

use std::{collections::BTreeMap, net::SocketAddr};

pub use client::{Answer, Client};
pub use postgres::empty_database;
use rostrum::{
    App, boot,
    config::Config,
    db::q,
    jobs,
    kit::{Clock, OrgId, SessionId, UserId, crypto},
    server,
};
pub use smtp::{Answer as MailAnswer, Mailbox, Received};

/// Writes one test that runs on SQLite and on Postgres.
///
/// ```ignore
/// both_databases! {
///     /// A stranger sees the login page.
///     async fn a_stranger_is_sent_to_the_login(app) { … }
/// }
/// ```
#[macro_export]
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all of its file's imports")]
            use super::*;
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let $app = $crate::support::TestApp::new($crate::support::Engine::Sqlite).await;
                $body
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let $app = $crate::support::TestApp::new($crate::support::Engine::Postgres).await;
                $body
            }
        }
    )*};
}

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the throw-away server.
    Postgres,
}

/// An instance of its own.
pub struct TestApp {
    /// The handle, as features see it.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    mailbox: Option<Mailbox>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    _lock: boot::Lock,
    _data: tempfile::TempDir,
}

/// An organisation with its owner.
pub struct Owner {
    /// The organisation.
    pub org: OrgId,
    /// The person.
    pub user: UserId,
    /// The organisation's API key.
    pub api_key: String,
    /// A signed-in browser.
    pub browser: Client,
    /// A script with the API key in `Authorization`.
    pub api: Client,
}

impl Owner {
    /// As a script of the organisation.
    pub fn caller(&self) -> rostrum::orgs::Caller {
        rostrum::orgs::Caller::machine(self.org, "UTC", rostrum::orgs::Source::Api)
    }
}

impl TestApp {
    /// On the machine's clock.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, Clock::system(), |_| {}).await
    }

    /// With other settings.
    pub async fn with(engine: Engine, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let database = match engine {
            Engine::Postgres => Some(postgres::fresh_database().await),
            Engine::Sqlite => None,
        };
        Self::on(tempfile::tempdir().unwrap(), database, clock, change).await.unwrap()
    }

    /// Another process of the same instance on Postgres, with a data directory of its own.
    pub async fn beside(&self, change: impl FnOnce(&mut Config)) -> rostrum::Result<Self> {
        let data = tempfile::tempdir().unwrap();
        std::fs::copy(self.app.data.join("key"), data.path().join("key")).unwrap();
        let (database, media) = (self.app.config.database.url.clone(), self.app.data.join("media"));
        let change = |config: &mut Config| {
            config.storage.path = Some(media);
            change(config);
        };
        Self::on(data, database, self.app.clock.clone(), change).await
    }

    /// Of whatever lies in this directory and this database.
    pub async fn on(
        data: tempfile::TempDir,
        database: Option<String>,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> rostrum::Result<Self> {
        let mut config = Config::default();
        config.server.data = data.path().to_owned();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.http.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
        config.http.timeout_seconds = 5;
        config.database.url = database;
        change(&mut config);
        let bound = server::bind(config.server.listen).await.unwrap();
        config.server.url.get_or_insert_with(|| format!("http://{}", bound.address).parse().unwrap());
        config.server.listen = bound.address;
        let lock = boot::Lock::take(data.path()).unwrap().unwrap();
        let app = boot::open(config, clock).await?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let address = bound.address;
        let served = app.clone();
        tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.await;
            };
            bound.serve(&served, stopped).await.unwrap();
        });
        Ok(Self { app, address, mailbox: None, stop: Some(stop), _lock: lock, _data: data })
    }

    /// With a mail server of its own, on a clock of its own.
    pub async fn with_mail(engine: Engine, clock: Clock) -> Self {
        let mailbox = Mailbox::start().await;
        let mut app = Self::with(engine, clock, |config| mailbox.configure(config)).await;
        app.mailbox = Some(mailbox);
        app
    }

    /// Runs every job that is due, and what follows from it, until nothing is due. Tells how many runs that were.
    pub async fn run_jobs(&self) -> usize {
        jobs::runner(&self.app).run_due().await.unwrap()
    }

    /// The mail server; only of [`TestApp::with_mail`].
    pub fn mail(&self) -> &Mailbox {
        self.mailbox.as_ref().expect("this instance was made with a mail server")
    }

    /// A browser without a session.
    pub fn visitor(&self) -> Client {
        Client::browser(self.address, None)
    }

    /// A new organisation with its owner, straight into the tables.
    pub async fn owner(&self) -> Owner {
        let (org, user, cookie, api_key) = (OrgId::new(), UserId::new(), crypto::random_token(), crypto::random_hex());
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await.unwrap();
        q("INSERT INTO organisations (id, name, zone, created_at) VALUES ($1, 'Ann & Co', 'Europe/Berlin', $2)")
            .bind(org)
            .bind(now)
            .exec(&mut tx)
            .await
            .unwrap();
        q("INSERT INTO users (id, email, name, password_hash, operator, created_at) VALUES ($1, $2, 'Ann', 'none', FALSE, $3)")
            .bind(user)
            .bind(format!("{user}@example.org"))
            .bind(now)
            .exec(&mut tx)
            .await
            .unwrap();
        q("INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)")
            .bind(org)
            .bind(user)
            .bind(now)
            .exec(&mut tx)
            .await
            .unwrap();
        q("INSERT INTO api_keys (org_id, key_hash, hint, created_at) VALUES ($1, $2, 'hint', $3)")
            .bind(org)
            .bind(crypto::sha256(api_key.as_bytes()).to_vec())
            .bind(now)
            .exec(&mut tx)
            .await
            .unwrap();
        q("INSERT INTO sessions (id, token_hash, user_id, org_id, agent, address, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, '', '', $5, $5, $6)")
            .bind(SessionId::new()).bind(crypto::sha256(cookie.as_bytes()).to_vec()).bind(user).bind(org)
            .bind(now).bind(now + chrono::TimeDelta::days(30)).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        Owner {
            org,
            user,
            browser: Client::browser(self.address, Some(cookie)),
            api: Client::script(self.address, &api_key),
            api_key,
        }
    }

    /// Makes a person the instance's operator.
    pub async fn make_operator(&self, owner: &Owner) {
        let mut tx = self.app.db.begin().await.unwrap();
        q("UPDATE users SET operator = TRUE WHERE id = $1").bind(owner.user).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Waits until `done` gives a value, looking every few milliseconds; fails after half a minute.
    pub async fn until<T, F: Future<Output = Option<T>>>(&self, what: &str, mut done: impl FnMut() -> F) -> T {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            if let Some(value) = done().await {
                return value;
            }
            assert!(std::time::Instant::now() < deadline, "waited in vain: {what}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// Form fields from pairs.
pub fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

/// A map from pairs.
pub fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields(pairs).into_iter().collect()
}
