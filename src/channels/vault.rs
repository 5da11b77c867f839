//! The credentials of one channel while it is being used: opened, and renewed once however many ask.
//!
//! Within this process one renewal runs at a time per channel; between processes the row itself decides: who writes
//! second sees that the stored credentials are not the ones it began with, and takes those.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use serde_json::Value as Json;

use super::model::{Sealed, replace};
use crate::{
    app::App,
    error::{Error, Failure, FailureKind, Result},
    kit::{ChannelId, OrgId},
    providers::{Fut, Refresh, Tokens},
};

type Turn = tokio::sync::Mutex<()>;

/// Whose turn it is to renew, per channel of this process.
static TURNS: LazyLock<Mutex<HashMap<ChannelId, Weak<Turn>>>> = LazyLock::new(Mutex::default);

/// How often storing is tried while the database is away; each try waits some seconds by itself. What is lost here may
/// be the only token the platform will still accept.
const STORE_TRIES: usize = 3;

/// The credentials of one channel.
pub struct Vault {
    app: App,
    org: OrgId,
    id: ChannelId,
    current: Mutex<(Sealed, Json)>,
}

impl Vault {
    /// Opens them. Fails with [`Error::NotFound`] when the channel is gone, with [`Error::Internal`] when they cannot be
    /// unsealed.
    pub async fn open(app: &App, org: OrgId, id: ChannelId) -> Result<Self> {
        let sealed = Sealed::find(&app.db, org, id).await?;
        let json = sealed.open(app, id)?;
        Ok(Self { app: app.clone(), org, id, current: Mutex::new((sealed, json)) })
    }

    /// The credentials in use, as they are stored: tells whether they have been replaced since.
    pub fn sealed(&self) -> Sealed {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    async fn renewed(&self, seen: &Json, refresh: Refresh<'_>) -> Result<Json, Failure> {
        let turn = turn(self.id);
        let _mine = turn.lock().await;
        let (old, stored) = self.stored().await?;
        if stored != *seen {
            return Ok(self.keep(old, stored));
        }
        let fresh = match refresh(stored.clone()).await {
            Ok(fresh) => fresh,
            Err(failure) => return self.stored_by_another(seen).await?.ok_or(failure),
        };
        if let Some(name) = emptied(&stored, &fresh) {
            return Err(Failure::unexpected(format!("the platform renewed the access but left out {name}")));
        }
        let new = Sealed::seal(&self.app.key, self.id, &fresh);
        if self.store(&old, &new).await.map_err(away)? {
            return Ok(self.keep(new, fresh));
        }
        self.stored_by_another(seen).await?.ok_or_else(|| Failure::unavailable("the renewed access could not be stored"))
    }

    /// What is stored, as bytes and opened. A channel that was removed needs a person.
    async fn stored(&self) -> Result<(Sealed, Json), Failure> {
        let sealed = Sealed::find(&self.app.db, self.org, self.id).await.map_err(away)?;
        let json = sealed.open(&self.app, self.id).map_err(away)?;
        Ok((sealed, json))
    }

    /// What another process stored since, if one did.
    async fn stored_by_another(&self, seen: &Json) -> Result<Option<Json>, Failure> {
        let (sealed, stored) = self.stored().await?;
        Ok((stored != *seen).then(|| self.keep(sealed, stored)))
    }

    /// False when somebody else stored first, which may have been us: a commit whose answer was lost.
    async fn store(&self, old: &Sealed, new: &Sealed) -> Result<bool> {
        let mut stored = self.try_store(old, new).await;
        for _ in 1..STORE_TRIES {
            let Err(Error::Unavailable(_)) = stored else { break };
            stored = self.try_store(old, new).await;
        }
        stored
    }

    async fn try_store(&self, old: &Sealed, new: &Sealed) -> Result<bool> {
        let mut tx = self.app.db.begin().await?;
        let stored = replace(&mut tx, self.org, self.id, old, new).await?;
        tx.commit().await?;
        Ok(stored)
    }

    fn keep(&self, sealed: Sealed, json: Json) -> Json {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = (sealed, json.clone());
        json
    }
}

impl Tokens for Vault {
    fn current(&self) -> Json {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn renew<'a>(&'a self, seen: &'a Json, refresh: Refresh<'a>) -> Fut<'a, Json> {
        Box::pin(self.renewed(seen, refresh))
    }
}

/// The channel's turn; those that nobody waits for any more are forgotten.
fn turn(id: ChannelId) -> Arc<Turn> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(turn) = turns.get(&id).and_then(Weak::upgrade) {
        return turn;
    }
    turns.retain(|_, turn| turn.strong_count() > 0);
    let turn = Arc::new(Turn::default());
    turns.insert(id, Arc::downgrade(&turn));
    turn
}

/// The name of a text that was there before and is now missing, `null` or empty, however deep.
fn emptied(old: &Json, new: &Json) -> Option<String> {
    match old {
        Json::String(text) if text.is_empty() => None,
        Json::String(_) => new.as_str().is_none_or(str::is_empty).then(String::new),
        Json::Object(fields) => fields.iter().find_map(|(name, old)| {
            let inner = emptied(old, new.get(name).unwrap_or(&Json::Null))?;
            Some(if inner.is_empty() { name.clone() } else { format!("{name}.{inner}") })
        }),
        _ => None,
    }
}

/// An error of ours as the engine understands it: a database that is away may come back, a removed channel does not.
fn away(e: Error) -> Failure {
    match e {
        Error::NotFound(_) => Failure::new(FailureKind::Reconnect, "the channel was removed"),
        Error::Unavailable(_) => Failure::unavailable("the stored access cannot be reached"),
        e => {
            tracing::error!(error = %e, "stored credentials cannot be used");
            Failure::unexpected("the stored access cannot be used")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::{
        channels::{
            Connecting,
            fake::{Fake, instance},
        },
        providers::Answers,
    };

    async fn vault() -> (App, OrgId, ChannelId, tempfile::TempDir) {
        let (app, org, dir) = instance().await;
        let answers: Answers = [("identifier", "ann"), ("password", "pw")].map(|(n, v)| (n.into(), v.into())).into();
        let connecting = Connecting { org, by: None, again: None };
        let id = connecting.with(&app, &Fake::default(), &answers).await.unwrap().id;
        (app, org, id, dir)
    }

    fn with_access(old: &Json, access: &str) -> Json {
        let mut new = old.clone();
        new["access"] = access.into();
        new
    }

    #[tokio::test]
    async fn many_that_ask_at_once_cause_one_renewal() {
        let (app, org, id, _dir) = vault().await;
        let runs = AtomicUsize::new(0);
        let one = async || {
            let vault = Vault::open(&app, org, id).await.unwrap();
            let seen = json!({"password": "pw", "access": "a0", "refresh": {"token": "r0"}});
            let runs = &runs;
            let refresh: Refresh<'_> = Box::new(move |old| {
                Box::pin(async move {
                    runs.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(with_access(&old, "a1"))
                })
            });
            let renewed = vault.renew(&seen, refresh).await.unwrap();
            assert_eq!(vault.current(), renewed);
            renewed["access"].clone()
        };
        let all = futures_util::future::join_all((0..8).map(|_| one())).await;
        assert!(all.iter().all(|access| access == "a1"));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert_eq!(Vault::open(&app, org, id).await.unwrap().current()["access"], "a1");
    }

    #[tokio::test]
    async fn an_emptied_token_never_replaces_a_good_one() {
        let (app, org, id, _dir) = vault().await;
        let vault = Vault::open(&app, org, id).await.unwrap();
        for bad in [json!({"token": ""}), json!({"token": null}), json!({}), json!(null)] {
            let seen = vault.current();
            let refresh: Refresh<'_> = Box::new(move |old| {
                let mut new = with_access(&old, "a1");
                new["refresh"] = bad;
                Box::pin(async move { Ok(new) })
            });
            let failure = vault.renew(&seen, refresh).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Unexpected);
            assert!(failure.message.contains("refresh.token"), "{failure}");
        }
        assert_eq!(Vault::open(&app, org, id).await.unwrap().current()["access"], "a0");
    }

    /// Another process renews while our request is under way: what it stored counts, whatever ours brought.
    #[tokio::test]
    async fn a_lost_race_takes_what_the_winner_stored() {
        for ours in [Ok("ours"), Err(Failure::new(FailureKind::Reconnect, "the refresh token was used already"))] {
            let (app, org, id, _dir) = vault().await;
            let vault = Vault::open(&app, org, id).await.unwrap();
            let seen = vault.current();
            let other = &app;
            let refresh: Refresh<'_> = Box::new(move |old| {
                Box::pin(async move {
                    let stored = Sealed::find(&other.db, org, id).await.unwrap();
                    let theirs = Sealed::seal(&other.key, id, &with_access(&old, "theirs"));
                    let mut tx = other.db.begin().await.unwrap();
                    assert!(replace(&mut tx, org, id, &stored, &theirs).await.unwrap());
                    tx.commit().await.unwrap();
                    ours.map(|access| with_access(&old, access))
                })
            });
            assert_eq!(vault.renew(&seen, refresh).await.unwrap()["access"], "theirs");
            assert_eq!(vault.current()["access"], "theirs");
            assert_eq!(Vault::open(&app, org, id).await.unwrap().current()["access"], "theirs");
        }
    }

    #[tokio::test]
    async fn a_failed_renewal_changes_nothing_and_a_removed_channel_needs_a_person() {
        let (app, org, id, _dir) = vault().await;
        let vault = Vault::open(&app, org, id).await.unwrap();
        let seen = vault.current();
        let failing: Refresh<'_> = Box::new(|_| Box::pin(async { Err(Failure::unavailable("down")) }));
        assert_eq!(vault.renew(&seen, failing).await.unwrap_err().message, "down");
        assert_eq!(vault.current(), seen);
        let channel = crate::channels::Channel::find(&app.db, org, id).await.unwrap();
        let mut tx = app.db.begin().await.unwrap();
        channel.remove(&mut tx, None, app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let idle: Refresh<'_> = Box::new(|old| Box::pin(async move { Ok(old) }));
        assert_eq!(vault.renew(&seen, idle).await.unwrap_err().kind, FailureKind::Reconnect);
    }
}
