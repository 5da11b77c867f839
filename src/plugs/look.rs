//! One look of one plug at one published post, and what follows from it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{jobs::Look, model::Run, steps::Ledger};
use crate::{
    app::App,
    channels::{Channel, ChannelState, Vault, apps},
    error::{Failure, FailureKind, Result},
    instance,
    kit::text::Doc,
    media::Files,
    providers::{Call, Plug},
    queue,
};

/// The most that a look may take.
const LONGEST: Duration = Duration::from_secs(120);
/// How long a held instance, or a platform that names no time, is waited for.
const LATER: TimeDelta = TimeDelta::minutes(15);

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more will be looked at.
    Over,
    /// The next look is planned.
    Planned,
    /// The same look again after this time.
    Later(TimeDelta),
}

/// Looks. [`crate::Error::NotFound`] when there is nothing to look at any more.
pub async fn look(app: &App, id: Uuid) -> Result<Outcome> {
    if instance::held(&app.db).await?.is_some() {
        return Ok(Outcome::Later(LATER));
    }
    let run = Run::open(&app.db, id).await?;
    let channel = Channel::find(&app.db, run.org_id, run.channel_id).await?;
    let about = channel.provider().map(|p| p.about());
    let Some(plug) = about.and_then(|about| about.plugs.iter().find(|plug| plug.name == run.name)).filter(|_| run.active) else {
        return over(app, &run, "passed", None).await;
    };
    if channel.state != ChannelState::Active {
        let failure = Failure::reconnect("the channel is paused or must be connected again");
        return next(app, (&run, plug), Some(&failure)).await;
    }
    match act(app, &run, &channel).await? {
        Ok(true) => over(app, &run, "done", None).await,
        Ok(false) => next(app, (&run, plug), None).await,
        Err(failure) => match failure.kind {
            FailureKind::Uncertain => over(app, &run, "uncertain", Some(&failure)).await,
            FailureKind::Rejected | FailureKind::Unsupported => over(app, &run, "failed", Some(&failure)).await,
            FailureKind::RateLimited { until } => Ok(Outcome::Later(wait(until, app.clock.now()))),
            FailureKind::Reconnect | FailureKind::Unavailable | FailureKind::Unexpected => {
                next(app, (&run, plug), Some(&failure)).await
            }
        },
    }
}

async fn act(app: &App, run: &Run, channel: &Channel) -> Result<std::result::Result<bool, Failure>> {
    let Some(provider) = channel.provider() else { return Ok(Err(Failure::unsupported(&channel.provider))) };
    let remote = run.remote(&app.db).await?;
    let vault = Vault::open(app, run.org_id, channel.id).await?;
    let reach = apps::Reach::of(app, (run.org_id, Some(channel.id)), provider.about()).await?;
    let files = Files::of(app, run.org_id, &[]).await?;
    let ledger = Ledger::of(app, run);
    let call = Call {
        access: reach.access(channel, &vault),
        text: &Doc::from_html(&run.content),
        media: &[],
        settings: &run.settings,
        position: 0,
        thread: &[],
        last: true,
        steps: &ledger,
        files: &files,
    };
    let done = tokio::time::timeout(LONGEST, provider.plug(&call, &run.name, &remote)).await;
    // A write that was cut off is on disk as one without an end: the next look finds out what that means.
    Ok(done.unwrap_or_else(|_| Err(Failure::unavailable("the platform did not answer within two minutes"))))
}

async fn over(app: &App, run: &Run, state: &'static str, failure: Option<&Failure>) -> Result<Outcome> {
    let mut tx = app.db.begin().await?;
    run.end(&mut tx, state, failure, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Outcome::Over)
}

/// The next time after publishing that is still ahead; those that passed while nobody looked are not made up for.
async fn next(app: &App, (run, plug): (&Run, &Plug), failure: Option<&Failure>) -> Result<Outcome> {
    let now = app.clock.now();
    let Some(at) = following(run.published_at, plug.after, now) else { return over(app, run, "passed", failure).await };
    let mut tx = app.db.begin().await?;
    run.looked(&mut tx, failure).await?;
    queue::enqueue_at(&mut tx, &Look { run: run.id }, at, now).await?;
    tx.commit().await?;
    Ok(Outcome::Planned)
}

/// The first of the offsets from publishing that lies after `now`.
pub fn following(published_at: DateTime<Utc>, after: &[u64], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let times = after
        .iter()
        .filter_map(|seconds| published_at.checked_add_signed(TimeDelta::try_seconds(i64::try_from(*seconds).ok()?)?));
    times.filter(|at| *at > now).min()
}

fn wait(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
    until.map_or(LATER, |until| (until - now).clamp(TimeDelta::minutes(1), TimeDelta::hours(6)))
}
