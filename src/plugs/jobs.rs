//! Finding what was published, and looking at it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    look::{self, Outcome, following},
    model::Fresh,
};
use crate::{
    app::App,
    providers,
    queue::{self, Job, Policy, Stop},
};

/// Posts planned in one transaction.
const BATCH: i64 = 100;

/// Plans the looks at what was published since. Publishing itself waits for nothing of this.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {}

impl Job for Plan {
    type Context = App;
    const NAME: &'static str = "plugs.plan";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        loop {
            let now = app.clock.now();
            let fresh = Fresh::find(&app.db, now, BATCH).await?;
            let mut tx = app.db.begin().await?;
            for one in &fresh {
                let Some(run) = one.plan(&mut tx).await? else { continue };
                let about = providers::find(&one.provider).map(|p| p.about());
                let after =
                    about.and_then(|about| about.plugs.iter().find(|plug| plug.name == one.name)).map_or(&[][..], |p| p.after);
                // What no look is ahead of is looked at once, and ends there.
                let at = following(one.published_at, after, now).unwrap_or(now);
                queue::enqueue_at(&mut tx, &Look { run }, at, now).await?;
            }
            tx.commit().await?;
            if fresh.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }
}

/// One look.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Look {
    /// The run.
    pub run: Uuid,
}

impl Job for Look {
    type Context = App;
    const NAME: &'static str = "plugs.look";
    const POLICY: Policy = Policy { at_once: 8, ..Policy::USUAL };

    fn key(&self) -> Option<String> {
        Some(self.run.to_string())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        match look::look(app, self.run).await? {
            Outcome::Over | Outcome::Planned => Ok(()),
            Outcome::Later(wait) => Err(Stop::snooze(wait)),
        }
    }
}
