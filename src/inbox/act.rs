//! What can be done with many targets at once. A further action is a line in [`Act::ALL`] and its arms here.

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    delivery::{self, TargetState},
    error::{Error, Message, Result},
    kit::TargetId,
    orgs::Caller,
    posts,
};

/// Something a person wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Send at once what is kept back.
    PublishNow,
    /// Plan what is kept back for the next free posting time of its channel.
    Move,
    /// Try again what failed.
    Retry,
    /// Nothing more.
    Drop,
}

impl Act {
    /// All, in the order of their buttons.
    pub const ALL: [Self; 4] = [Self::PublishNow, Self::Move, Self::Retry, Self::Drop];

    /// As forms write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::PublishNow => "publish_now",
            Self::Move => "move",
            Self::Retry => "retry",
            Self::Drop => "drop",
        }
    }

    /// From a form.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }

    /// The text of its button.
    pub fn label(self) -> &'static str {
        match self {
            Self::PublishNow => "inbox.act.publish_now",
            Self::Move => "inbox.act.move",
            Self::Retry => "inbox.act.retry",
            Self::Drop => "inbox.act.drop",
        }
    }

    /// The sign of its button.
    pub fn icon(self) -> &'static str {
        match self {
            Self::PublishNow => "send",
            Self::Move => "calendar-clock",
            Self::Retry => "refresh-cw",
            Self::Drop => "x",
        }
    }

    /// True when it makes sense for a target in this state.
    pub fn fits(self, state: TargetState) -> bool {
        use TargetState::*;
        match self {
            Self::PublishNow | Self::Move => matches!(state, Held | Missed),
            Self::Retry => matches!(state, Failed | PublishedIncomplete),
            Self::Drop => matches!(state, Held | Missed | Failed | PublishedIncomplete | NeedsYou),
        }
    }

    /// Does it, in a transaction of its own. [`Error::Conflict`] with the reason when it cannot be done.
    pub async fn perform(self, app: &App, caller: &Caller, id: TargetId) -> Result<()> {
        let target = delivery::find_target(&app.db, caller.org, id).await?;
        if !self.fits(target.state) {
            return Err(Error::conflict("inbox.not_possible"));
        }
        if matches!(self, Self::PublishNow | Self::Move)
            && let Some(problem) = posts::unsendable(app, caller.org, id).await?.into_iter().next()
        {
            return Err(Error::Conflict(problem.message));
        }
        let (org, user, now): (_, _, DateTime<Utc>) = (caller.org, caller.user, app.clock.now());
        let mut tx = app.db.begin().await?;
        if self == Self::PublishNow {
            posts::review::admit(&mut tx, org, id).await?;
        }
        match self {
            Self::PublishNow => delivery::publish_now(&mut tx, org, id, user, now).await?,
            Self::Move => drop(delivery::move_to_free_slot(&mut tx, org, id, user, now).await?),
            Self::Retry => delivery::retry(&mut tx, org, id, user, now).await?,
            Self::Drop => delivery::give_up(&mut tx, org, id, user, now).await?,
        }
        tx.commit().await
    }
}

/// What came of doing something with many.
#[derive(Debug, Default)]
pub struct Done {
    /// Worked.
    pub done: usize,
    /// Did not, with the reason of the first.
    pub refused: usize,
    /// Why.
    pub reason: Option<Message>,
}

/// Does it with each: what cannot be done for one changes nothing for the others. [`Error::NotFound`] when the organisation
/// has none of them.
pub async fn perform_all(app: &App, caller: &Caller, act: Act, ids: &[TargetId]) -> Result<Done> {
    let mut all = Done::default();
    let mut known = false;
    for id in ids {
        match act.perform(app, caller, *id).await {
            Ok(()) => all.done += 1,
            Err(Error::Conflict(reason)) => {
                all.refused += 1;
                all.reason.get_or_insert(reason);
            }
            Err(Error::NotFound(_)) => {
                all.refused += 1;
                continue;
            }
            Err(e) => return Err(e),
        }
        known = true;
    }
    if known { Ok(all) } else { Err(Error::NotFound("post")) }
}
