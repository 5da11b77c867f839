//! Asks a platform what stands on the account, for a person who must say what became of a part. Nothing can be sent from
//! here: the steps of these calls refuse to begin.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::{
    PartState,
    model::{self, Match, Part, Target},
};
use crate::{
    app::App,
    channels::{Channel, Vault, apps},
    error::{Error, Failure, FailureKind, Result},
    kit::{OrgId, PartId, text::Doc},
    media::Files,
    providers::{Begin, Call, Candidate, Effect, Fut, Remote, StepKey, Steps, likeness},
};

/// Somebody waits for the page, and a lane for its next post.
const LONGEST: Duration = Duration::from_secs(10);
/// Less alike than this is another post.
const ALIKE: u8 = 40;
/// Most candidates that a person is shown.
const MOST: usize = 5;

/// What the platform says about a post that a person named.
#[derive(Debug, Clone, PartialEq)]
pub enum Recognised {
    /// It stands on the account.
    Ours(Remote),
    /// The account has no such post.
    Nothing,
    /// This platform cannot be asked, or not with the access we have.
    CannotTell,
}

/// Looks for the part on the account, keeps what was found, and gives it, the likeliest first.
///
/// [`Error::Conflict`] when nobody needs to decide anything about the part; [`Error::Provider`] when the platform could not
/// be asked.
pub async fn look_for_candidates(app: &App, org: OrgId, id: PartId) -> Result<Vec<Match>> {
    let desk = Desk::open(app, org, id).await?;
    if desk.part.state != PartState::NeedsYou {
        return Err(Error::conflict("error.nothing_to_resolve"));
    }
    let step = desk.step(app).await?;
    let found = desk.ask(app, Question::Recent(&step)).await?;
    let mut tx = app.db.begin().await?;
    let ids: Vec<String> = found.iter().map(|c| c.remote.id.clone()).collect();
    let known = model::known_remotes(&mut tx, &desk.target, &ids, desk.now).await?;
    let found = ranked(found.into_iter().filter(|c| !known.contains(&c.remote.id)), &desk.text(), step.begun_at);
    if !model::keep_candidates(&mut tx, org, id, &found, desk.now).await? {
        return Err(Error::conflict("error.nothing_to_resolve"));
    }
    tx.publish(crate::db::Topic::Posts(org));
    tx.commit().await?;
    Ok(found)
}

/// Asks whether an address or id that a person named is a post of the part's account.
pub async fn recognise(app: &App, org: OrgId, id: PartId, words: &str) -> Result<Recognised> {
    let desk = match Desk::open(app, org, id).await {
        Err(Error::NotFound("channel") | Error::Internal(_)) => return Ok(Recognised::CannotTell),
        opened => opened?,
    };
    match desk.ask(app, Question::Named(words)).await {
        Ok(found) => Ok(found.into_iter().next().map_or(Recognised::Nothing, |candidate| Recognised::Ours(candidate.remote))),
        Err(Error::Provider(f)) if matches!(f.kind, FailureKind::Unsupported | FailureKind::Reconnect) => {
            Ok(Recognised::CannotTell)
        }
        Err(e) => Err(e),
    }
}

/// Those that are alike, the likeliest first, and of equals the nearest in time.
fn ranked(found: impl Iterator<Item = Candidate>, text: &str, begun_at: DateTime<Utc>) -> Vec<Match> {
    // As long as what is kept of theirs.
    let text: String = text.chars().take(Candidate::EXCERPT).collect();
    let matched = |candidate: Candidate| Match { likeness: likeness(&text, &candidate.text), candidate };
    let mut found: Vec<Match> = found.map(matched).filter(|m| m.likeness >= ALIKE).collect();
    let distance = |m: &Match| m.candidate.at.map_or(TimeDelta::MAX, |at| (at - begun_at).abs());
    found.sort_by(|a, b| b.likeness.cmp(&a.likeness).then(distance(a).cmp(&distance(b))));
    found.truncate(MOST);
    found
}

/// A part with all that a call about it borrows.
struct Desk {
    part: Part,
    target: Target,
    channel: Channel,
    vault: Vault,
    files: Files,
    now: DateTime<Utc>,
}

impl Desk {
    async fn open(app: &App, org: OrgId, id: PartId) -> Result<Self> {
        let part = model::find_part(&app.db, org, id).await?;
        let target = model::find_target(&app.db, org, part.target_id).await?;
        let channel = Channel::find(&app.db, org, part.channel_id).await?;
        let vault = Vault::open(app, org, part.channel_id).await?;
        let files = Files::of(app, org, &[]).await?;
        Ok(Self { part, target, channel, vault, files, now: app.clock.now() })
    }

    fn text(&self) -> String {
        Doc::from_html(&self.part.content).to_plain()
    }

    /// The write whose outcome is unknown; without a trace of it, what was due then.
    async fn step(&self, app: &App) -> Result<StepKey> {
        let steps = model::steps_of(&app.db, self.part.id).await?;
        let unsure = steps.into_iter().find(|s| s.state == "open" && s.unsure > 0 && s.effect != "repeatable");
        Ok(match unsure {
            Some(s) => StepKey { key: s.key, begun_at: s.begun_at, earlier: u32::try_from(s.unsure).unwrap_or(1) },
            None => StepKey { key: uuid::Uuid::nil(), begun_at: self.target.due_at.unwrap_or(self.now), earlier: 1 },
        })
    }

    async fn ask(&self, app: &App, question: Question<'_>) -> Result<Vec<Candidate>> {
        let provider = self.channel.provider().ok_or_else(|| Failure::unsupported(&self.channel.provider))?;
        let reach = apps::Reach::of(app, (self.channel.org_id, Some(self.channel.id)), provider.about()).await?;
        let call = Call {
            access: reach.access(&self.channel, &self.vault),
            text: &Doc::from_html(&self.part.content),
            media: &[],
            settings: &self.target.settings,
            position: usize::try_from(self.part.position).unwrap_or(0),
            thread: &[],
            last: false,
            steps: &Nothing,
            files: &self.files,
        };
        let answer = async {
            match question {
                Question::Recent(step) => provider.candidates(&call, step).await,
                Question::Named(words) => Ok(provider.recognise(&call, words).await?.into_iter().collect()),
            }
        };
        match tokio::time::timeout(LONGEST, answer).await {
            Ok(found) => Ok(found?),
            Err(_) => Err(Failure::unavailable("the platform did not answer within ten seconds").into()),
        }
    }
}

/// What a platform is asked.
enum Question<'a> {
    Recent(&'a StepKey),
    Named(&'a str),
}

/// No step can be begun: for calls that publish nothing.
pub(super) struct Nothing;

impl Steps for Nothing {
    fn begin<'a>(&'a self, _: &'a str, _: Effect, _: [u8; 32]) -> Fut<'a, Begin> {
        Box::pin(async { Err(Failure::unsupported("publishing from here")) })
    }

    fn end<'a>(&'a self, _: &'a str, _: std::result::Result<&'a Json, &'a Failure>) -> Fut<'a, ()> {
        Box::pin(async { Err(Failure::unsupported("publishing from here")) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_likeliest_comes_first_and_of_equals_the_nearest() {
        let begun: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
        let post = |id: &str, text: &str, minutes: i64| {
            let remote = Remote { id: id.into(), url: None, extra: json!({}) };
            Candidate::new(remote, text, Some(begun + TimeDelta::minutes(minutes)))
        };
        let found = [
            post("far", "Fresh bread at eight", 60),
            post("other", "Closed on Monday", 0),
            post("near", "Fresh bread at eight", 1),
            post("edited", "Fresh bread at eight, rolls too", 0),
        ];
        let ids: Vec<String> =
            ranked(found.into_iter(), "Fresh bread at eight!", begun).into_iter().map(|m| m.candidate.remote.id).collect();
        assert_eq!(ids, ["near", "far", "edited"]);
    }
}
