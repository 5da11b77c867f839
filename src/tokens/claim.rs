//! A request that must be done once: `Idempotency-Key` with Stripe's semantics.
//!
//! The claim is committed before the work begins, so that a second request with the key is told to wait. The answer is
//! written in the transaction of the effect and only under the claim's nonce: either both are there or neither, whoever
//! dies when. A claim without an answer is free again when its request ends, or, when the process died, with its lease.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Refusal, code,
    model::{self, Place},
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Message, Result},
    kit::{OrgId, TokenId, crypto::sha256},
};

/// Most characters of a key.
pub const MAX_KEY: usize = 255;
/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);
/// How long a request is believed to be under way.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// The same for an upload.
pub const LONG_LEASE: TimeDelta = TimeDelta::minutes(15);

/// A request with a key.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Whose key: two tokens never meet.
    pub token: TokenId,
    /// For whom.
    pub org: OrgId,
    /// Chosen by the client.
    pub key: &'a str,
    /// Method, address and body in one text: what is compared.
    pub request: &'a [u8],
    /// How long it may take.
    pub lease: TimeDelta,
}

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
    /// Its tag.
    pub etag: Option<String>,
}

/// What a key leads to.
pub enum Begun {
    /// The work is ours.
    Fresh(Arc<Claim>),
    /// It was done before.
    Replay(Answer),
}

/// The right to do a request. Dropped without an end, it is given back.
pub struct Claim {
    app: App,
    place: Place,
    nonce: Uuid,
    answered: AtomicBool,
    ended: AtomicBool,
}

/// Claims a request, or finds its answer.
///
/// Refused when the key is too long, is used by another request, or is being worked on.
pub async fn begin(app: &App, asked: &Asked<'_>) -> Result<Begun, Refusal> {
    if asked.key.is_empty() || asked.key.chars().count() > MAX_KEY {
        return Err(Refusal::said(&code::INVALID_KEY, Message::new("api_v1.key_length").with("most", MAX_KEY)));
    }
    let (now, fingerprint) = (app.clock.now(), sha256(asked.request));
    let place = Place { token: asked.token, org: asked.org, key: asked.key.to_owned() };
    let (nonce, lease) = (Uuid::now_v7(), now + asked.lease);
    let fresh = |place| {
        Arc::new(Claim { app: app.clone(), place, nonce, answered: AtomicBool::new(false), ended: AtomicBool::new(false) })
    };
    let mut tx = app.db.begin().await?;
    model::prune(&mut tx, now - KEPT).await?;
    if model::add(&mut tx, &place, fingerprint, (nonce, lease), now).await? {
        tx.commit().await?;
        return Ok(Begun::Fresh(fresh(place)));
    }
    let Some(row) = model::find_claim(&mut tx, &place).await? else { return Err(in_use()) };
    if row.fingerprint != fingerprint {
        return Err(Refusal::said(&code::KEY_REUSED, Message::new("api_v1.key_reused")));
    }
    if let Some(status) = row.status {
        let status = u16::try_from(status).map_err(Error::internal)?;
        return Ok(Begun::Replay(Answer { status, body: row.answer.unwrap_or_default(), etag: row.etag }));
    }
    if row.lease_until > now || !model::take_over(&mut tx, &place, row.nonce, (nonce, lease)).await? {
        return Err(in_use());
    }
    tx.commit().await?;
    Ok(Begun::Fresh(fresh(place)))
}

fn in_use() -> Refusal {
    Refusal::said(&code::KEY_IN_USE, Message::new("api_v1.key_in_use"))
}

impl Claim {
    /// Writes the answer in the transaction of the effect. Fails, and with it the effect, when somebody else has taken the
    /// request over.
    pub async fn answer(&self, tx: &mut Tx, answer: &Answer) -> Result<()> {
        let given = (answer.status, answer.body.as_str(), answer.etag.as_deref());
        if !model::answer(tx, &self.place, self.nonce, given).await? {
            return Err(Error::conflict("api_v1.key_lost"));
        }
        self.answered.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Ends the request. A change that was `done` has kept its answer itself. `answer`: the refusal that is kept; `None`:
    /// nothing is, and the key is free again.
    pub async fn end(&self, done: bool, answer: Option<Answer>) -> Result<()> {
        self.ended.store(true, Ordering::Relaxed);
        if done && self.answered.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut tx = self.app.db.begin().await?;
        match answer {
            // An answer that stands already was committed with its effect: it is the true one.
            Some(a) => _ = model::answer(&mut tx, &self.place, self.nonce, (a.status, &a.body, a.etag.as_deref())).await?,
            None => model::drop_open(&mut tx, &self.place, self.nonce).await?,
        }
        tx.commit().await
    }
}

impl Drop for Claim {
    /// The client is gone, and with it the future that worked on the request.
    fn drop(&mut self) {
        let (app, place, nonce) = (self.app.clone(), self.place.clone(), self.nonce);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.ended.load(Ordering::Relaxed) {
            runtime.spawn(async move {
                let Ok(mut tx) = app.db.begin().await else { return };
                // Left to its lease when the database is away.
                if model::drop_open(&mut tx, &place, nonce).await.is_ok() {
                    let _ = tx.commit().await;
                }
            });
        }
    }
}
