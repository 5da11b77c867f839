//! All relays of an account at once: a note is out when one of them has it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value as Json;

use super::{
    Access, Failure, FailureKind,
    event::{Event, Key},
    relay::Relay,
};

/// Relays of one account.
pub const MOST: usize = 10;

/// Who took a note, and what the others said.
#[derive(Debug, Default)]
pub struct Taken {
    /// Their addresses; never empty.
    pub by: Vec<String>,
    /// A sentence for each of the others.
    pub warnings: Vec<String>,
}

/// What all relays know.
#[derive(Debug)]
pub struct Known {
    /// Every event once.
    pub events: Vec<Event>,
    /// Every relay has answered.
    pub complete: bool,
}

/// The relays of stored credentials.
pub fn stored(credentials: &Json) -> Result<Vec<String>, Failure> {
    let relays: Vec<String> =
        credentials["relays"].as_array().into_iter().flatten().filter_map(|r| r.as_str().map(str::to_owned)).collect();
    if relays.is_empty() { Err(Failure::reconnect("the stored credentials are incomplete")) } else { Ok(relays) }
}

/// Hands an event to all; fails when none takes it.
pub async fn publish(access: &Access<'_>, key: &Key, event: &Event) -> Result<Taken, Failure> {
    let relays = stored(&access.tokens.current())?;
    let hand = async |relay: &str| Relay::open(access.http, relay, key, access.now).await?.publish(event).await;
    let answers = join_all(relays.iter().map(|relay| hand(relay))).await;
    let (mut taken, mut failures) = (Taken::default(), Vec::new());
    for (relay, answer) in relays.iter().zip(answers) {
        match answer {
            Ok(()) => taken.by.push(relay.clone()),
            Err(failure) => {
                taken.warnings.push(format!("{relay}: {}", failure.message));
                failures.push(failure);
            }
        }
    }
    if taken.by.is_empty() { Err(worst(failures, &taken.warnings)) } else { Ok(taken) }
}

/// What it means when no relay took a note: as long as one may yet, it is not refused.
fn worst(failures: Vec<Failure>, warnings: &[String]) -> Failure {
    let rank = |failure: &Failure| match failure.kind {
        FailureKind::Uncertain => 0,
        FailureKind::Unavailable => 1,
        FailureKind::RateLimited { .. } => 2,
        FailureKind::Reconnect => 4,
        _ => 3,
    };
    let first = failures.into_iter().min_by_key(rank).unwrap_or_else(|| Failure::unavailable("there is no relay"));
    Failure { message: warnings.join("; "), ..first }
}

/// Asks all; fails when none answers.
pub async fn ask(access: &Access<'_>, filter: &Json) -> Result<Known, Failure> {
    let credentials = access.tokens.current();
    let key = Key::stored(&credentials)?;
    ask_at(access, &key, &stored(&credentials)?, filter).await
}

/// As [`ask`], of these relays.
pub async fn ask_at(access: &Access<'_>, key: &Key, relays: &[String], filter: &Json) -> Result<Known, Failure> {
    let question = async |relay: &str| Relay::open(access.http, relay, key, access.now).await?.ask(filter).await;
    let answers = join_all(relays.iter().map(|relay| question(relay))).await;
    let complete = answers.iter().all(Result::is_ok);
    let (mut events, mut failures, mut warnings) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (relay, answer) in relays.iter().zip(answers) {
        match answer {
            Ok(found) => events.extend(found.into_iter().map(|event| (event.id.clone(), event))),
            Err(failure) => {
                warnings.push(format!("{relay}: {}", failure.message));
                failures.push(failure);
            }
        }
    }
    if failures.len() == relays.len() {
        return Err(worst(failures, &warnings));
    }
    let mut events: Vec<Event> = events.into_values().collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.created_at));
    Ok(Known { events, complete })
}
