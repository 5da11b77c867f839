//! What the composer writes beside a post, in the transaction that saves it: its tags, and that its draft is done with.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::typed::Typed;
use crate::{
    db::Tx,
    error::Result,
    orgs::Caller,
    posts::{
        Saved,
        model::{Tag, autosave},
        save::Also,
    },
};

/// Of one form.
pub struct Kept<'a> {
    /// Who saves.
    pub caller: &'a Caller,
    /// What.
    pub typed: &'a Typed,
    /// When.
    pub now: DateTime<Utc>,
}

impl Also for Kept<'_> {
    fn then<'a>(&'a self, tx: &'a mut Tx, saved: &'a Saved) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let org = self.caller.org;
            // A form that does not show tags does not take them away.
            if self.typed.pairs.iter().any(|(name, _)| name == "tags_shown") {
                Tag::set(tx, org, saved.post, &self.typed.tags).await?;
            }
            if let (Some(user), Some(draft)) = (self.caller.user, self.typed.draft) {
                autosave::settle(tx, (org, user), draft, Some(saved.post), self.now).await?;
            }
            Ok(())
        })
    }
}
