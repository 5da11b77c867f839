//! Ends a change: its transaction, and in it the answer, when the request has an `Idempotency-Key`.

use std::sync::Arc;

use poem::{FromRequest, Request, RequestBody};

use super::Reply;
use crate::{
    db::Tx,
    error::Result,
    tokens::{Answer, Claim},
};

/// The claim of this request, if it has one.
#[derive(Clone, Default)]
pub struct Once(pub Option<Arc<Claim>>);

impl Once {
    /// Commits the effect and its answer together.
    pub async fn commit<T, const STATUS: u16>(&self, mut tx: Tx, reply: Reply<T, STATUS>) -> Result<Reply<T, STATUS>> {
        self.keep(&mut tx, &reply).await?;
        tx.commit().await?;
        Ok(reply)
    }

    /// Keeps the answer in a transaction that somebody else commits.
    pub async fn keep<T, const STATUS: u16>(&self, tx: &mut Tx, reply: &Reply<T, STATUS>) -> Result<()> {
        if let Some(claim) = &self.0 {
            let answer = Answer { status: STATUS, body: reply.body().to_owned(), etag: reply.etag.clone() };
            claim.answer(tx, &answer).await?;
        }
        Ok(())
    }
}

impl<'a> FromRequest<'a> for Once {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Self>().cloned().unwrap_or_default())
    }
}
