//! The jobs of notices.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{close, letters, model, raise};
use crate::{
    app::App,
    error::Result,
    kit::{EventId, NoticeId, OrgId, UserId},
    mail::Trouble,
    queue::{Job, Policy, Stop},
};

/// How long notices are kept.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Tells what these events mean.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Raise {
    /// Whose.
    pub org: OrgId,
    /// The events.
    pub events: Vec<EventId>,
}

impl Job for Raise {
    type Context = App;
    const NAME: &'static str = "notify.raise";
    const POLICY: Policy = Policy { at_once: 1, first_wait: 2, ..Policy::USUAL };

    async fn run(&self, app: &App) -> Result<(), Stop> {
        let mut tx = app.db.begin().await?;
        raise::raise(&mut tx, self.org, &self.events, &app.config.notices, app.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}

/// A notice has gathered enough: its mails go out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Close {
    /// Which.
    pub notice: NoticeId,
}

impl Job for Close {
    type Context = App;
    const NAME: &'static str = "notify.close";

    async fn run(&self, app: &App) -> Result<(), Stop> {
        Ok(close::close(app, self.notice).await?)
    }
}

/// Mails to one person are few and wait for a server: more tries over a longer time than others.
const MAIL: Policy = Policy { tries: 15, first_wait: 30, longest_wait: 6 * 3_600, limit: Duration::from_secs(600), at_once: 4 };

/// One notice to one person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    /// Whose notice.
    pub org: OrgId,
    /// Which.
    pub notice: NoticeId,
    /// To whom.
    pub user: UserId,
}

impl Job for Mail {
    type Context = App;
    const NAME: &'static str = "notify.mail";
    const POLICY: Policy = MAIL;

    fn key(&self) -> Option<String> {
        Some(format!("{}/{}", self.notice, self.user))
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        told(letters::notice(app, self).await)
    }
}

/// Has the daily mails made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Digests {}

impl Job for Digests {
    type Context = App;
    const NAME: &'static str = "notify.digests";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        Ok(close::digests(app).await?)
    }
}

/// The daily mail to one person of one organisation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Digest {
    /// Which organisation's notices.
    pub org: OrgId,
    /// To whom.
    pub user: UserId,
    /// Told after this.
    pub since: DateTime<Utc>,
    /// And not after this.
    pub until: DateTime<Utc>,
}

impl Job for Digest {
    type Context = App;
    const NAME: &'static str = "notify.digest";
    const POLICY: Policy = MAIL;

    async fn run(&self, app: &App) -> Result<(), Stop> {
        told(letters::digest(app, self).await)
    }
}

/// Removes notices of long ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    type Context = App;
    const NAME: &'static str = "notify.prune";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        loop {
            let mut tx = app.db.begin().await?;
            let gone = model::prune(&mut tx, app.clock.now() - KEPT).await?;
            tx.commit().await?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

/// What a mail's fate means for its job.
fn told(sent: Result<Option<Result<(), Trouble>>>) -> Result<(), Stop> {
    match sent? {
        Some(Ok(())) => Ok(()),
        Some(Err(Trouble::Off)) => Err(Stop::cancel("mail is off")),
        Some(Err(Trouble::Later(why))) => Err(Stop::retry(why)),
        Some(Err(Trouble::Refused(why))) => Err(Stop::dead(why)),
        None => Err(Stop::cancel("there is nothing to tell (any more)")),
    }
}
