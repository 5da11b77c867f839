//! A provider and an instance for the unit tests of this feature.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::{
    app::App,
    boot,
    config::Config,
    db::q,
    kit::{Clock, OrgId},
    providers::{Account, Answers, Call, Connected, Descriptor, Failure, Field, Fut, Link, Outcome, Provider},
};

/// A name and a password.
pub const ABOUT: Descriptor = Descriptor {
    id: "fake",
    name: "Fake",
    connect: &[Field::text("identifier", "l"), Field::password("password", "l")],
    ..Descriptor::EMPTY
};

/// Accepts every account, or fails as told.
#[derive(Default)]
pub struct Fake {
    pub fails: Option<Failure>,
    pub calls: AtomicUsize,
}

impl Fake {
    /// How often the platform was asked.
    pub fn asked(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Provider for Fake {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn connect<'a>(&'a self, _: &'a Link<'a>, answers: &'a Answers) -> Fut<'a, Connected> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            if let Some(failure) = &self.fails {
                return Err(failure.clone());
            }
            let handle = answers["identifier"].clone();
            Ok(Connected::from(Account {
                id: format!("id:{handle}"),
                name: format!("Name of {handle}"),
                handle,
                picture: None,
                url: None,
                credentials: json!({"password": answers["password"], "access": "a0", "refresh": {"token": "r0"}}),
            }))
        })
    }

    fn publish<'a>(&'a self, _: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(async { Err(Failure::unsupported("publishing")) })
    }
}

/// A channel of the test's forum, whose platform answers at `url`, on an instance that may call it.
pub async fn reaching(url: &str) -> (App, super::Channel, tempfile::TempDir) {
    let (app, org, dir) = instance().await;
    let credentials = json!({"access": "secret-access"});
    let account = Account { id: url.into(), name: "Ann".into(), handle: "ann".into(), picture: None, url: None, credentials };
    let found = super::model::Found { org, provider: "forum", account: &account, by: None };
    let mut tx = app.db.begin().await.unwrap();
    let channel = super::Channel::store(&mut tx, &app.key, &found, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    (app, channel, dir)
}

/// An instance on a SQLite file of its own, with one organisation; it may call loopback.
pub async fn instance() -> (App, OrgId, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.http.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    config.server.data = dir.path().to_owned();
    let app = boot::open(config, Clock::system()).await.unwrap();
    let org = OrgId::new();
    let mut tx = app.db.begin().await.unwrap();
    q("INSERT INTO organisations (id, name, zone, created_at) VALUES ($1, 'Ann & Co', 'Europe/Berlin', $2)")
        .bind(org)
        .bind(app.clock.now())
        .exec(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (app, org, dir)
}
