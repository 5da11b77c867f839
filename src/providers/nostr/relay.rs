//! One relay: events are handed to it, and asked of it. What it says is checked, not believed.
//! <https://github.com/nostr-protocol/nips/blob/master/01.md>, proofs: NIP-42

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::{
    Failure, FailureKind,
    event::{Draft, Event, Key, kind},
};
use crate::http::{Client, Socket};

/// For each answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Things a relay may say before it comes to the point.
const CHATTER: usize = 600;
/// Events of one question.
pub const MOST: usize = 500;

/// An open conversation.
pub struct Relay<'a> {
    address: &'a str,
    socket: Socket,
    key: &'a Key,
    now: DateTime<Utc>,
    challenge: Option<String>,
    proven: bool,
}

impl<'a> Relay<'a> {
    /// Opens it; a relay that wants a proof gets one signed with `key`.
    pub async fn open(http: &Client, address: &'a str, key: &'a Key, now: DateTime<Utc>) -> Result<Self, Failure> {
        let socket = http.socket(address, now).await?;
        Ok(Self { address, socket, key, now, challenge: None, proven: false })
    }

    /// Hands an event over. A relay that has it already is as good. [`FailureKind::Uncertain`] when it was sent and no answer
    /// came.
    pub async fn publish(&mut self, event: &Event) -> Result<(), Failure> {
        self.say(&json!(["EVENT", event])).await?;
        match self.verdict(&event.id).await? {
            Err(words) if self.may_prove(&words) => {
                self.prove().await?;
                self.say(&json!(["EVENT", event])).await?;
                self.verdict(&event.id).await?.map_err(|words| refused(&words))
            }
            verdict => verdict.map_err(|words| refused(&words)),
        }
    }

    /// The newest events that pass the filter; forged ones are left out.
    pub async fn ask(&mut self, filter: &Json) -> Result<Vec<Event>, Failure> {
        match self.question(filter).await? {
            Err(words) if self.may_prove(&words) => {
                self.prove().await?;
                self.question(filter).await?.map_err(|words| refused(&words))
            }
            answer => answer.map_err(|words| refused(&words)),
        }
    }

    /// All events up to the end of what is stored, or the words with which the relay ends it.
    async fn question(&mut self, filter: &Json) -> Result<Result<Vec<Event>, String>, Failure> {
        self.say(&json!(["REQ", "r", filter])).await?;
        let mut found = Vec::new();
        for _ in 0..CHATTER {
            let said = self.next().await?.ok_or_else(|| Failure::unavailable("the relay closed before it had answered"))?;
            match said[0].as_str() {
                Some("EVENT") => {
                    let event = serde_json::from_value::<Event>(said[2].clone()).ok().filter(Event::is_genuine);
                    found.extend(event.filter(|_| found.len() < MOST));
                }
                Some("EOSE") => {
                    self.say(&json!(["CLOSE", "r"])).await?;
                    return Ok(Ok(found));
                }
                Some("CLOSED") => return Ok(Err(words(&said[2]))),
                Some("NOTICE") => tracing::debug!(relay = self.address, notice = %words(&said[1]), "a relay says"),
                _ => {}
            }
        }
        Err(Failure::unavailable("the relay did not come to an end"))
    }

    /// What it says to an event; refusals in its words. A relay may complain without saying of what, which is told when
    /// nothing better comes.
    async fn verdict(&mut self, id: &str) -> Result<Result<(), String>, Failure> {
        let mut notice = None;
        for _ in 0..CHATTER {
            let lost = |why: String| {
                let words = notice.as_ref().map_or(why, |notice| format!("no answer to the note, but: {notice}"));
                Failure::uncertain(words)
            };
            let said = match self.next().await {
                Ok(Some(said)) => said,
                Ok(None) => return Err(lost("the relay closed before it had answered".into())),
                Err(failure) => return Err(lost(failure.message)),
            };
            match said[0].as_str() {
                Some("OK") if said[1] == id => {
                    let text = words(&said[3]);
                    let taken = said[2] == true || text.starts_with("duplicate:");
                    return Ok(if taken { Ok(()) } else { Err(text) });
                }
                Some("NOTICE") => notice = Some(words(&said[1])),
                _ => {}
            }
        }
        Err(Failure::uncertain("the relay did not come to the point"))
    }

    fn may_prove(&self, words: &str) -> bool {
        words.starts_with("auth-required:") && self.challenge.is_some() && !self.proven
    }

    /// Proves to this relay who we are.
    async fn prove(&mut self) -> Result<(), Failure> {
        let tag = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
        let challenge = self.challenge.take().unwrap_or_default();
        let tags = vec![tag("relay", self.address), tag("challenge", &challenge)];
        let draft = Draft { kind: kind::PROOF, tags, content: String::new() };
        let proof = self.key.sign(&draft, self.now.timestamp())?;
        self.proven = true;
        self.say(&json!(["AUTH", proof])).await?;
        let verdict = self.verdict(&proof.id).await;
        // The note itself was refused before: nothing is there.
        let verdict = verdict.map_err(|failure| Failure { kind: FailureKind::Unavailable, ..failure })?;
        verdict.map_err(|words| refused(&words))
    }

    async fn say(&mut self, what: &Json) -> Result<(), Failure> {
        self.socket.say(what.to_string(), PATIENCE).await
    }

    /// The next thing it says that can be read; a challenge is kept.
    async fn next(&mut self) -> Result<Option<Json>, Failure> {
        for _ in 0..CHATTER {
            let Some(text) = self.socket.hear(PATIENCE).await? else { return Ok(None) };
            let Ok(said) = serde_json::from_str::<Json>(&text) else { continue };
            match said[0].as_str() {
                Some("AUTH") => self.challenge = said[1].as_str().map(str::to_owned),
                Some(_) => return Ok(Some(said)),
                None => {}
            }
        }
        Err(Failure::unavailable("the relay does not speak Nostr"))
    }
}

fn words(json: &Json) -> String {
    json.as_str().unwrap_or_default().chars().take(300).collect()
}

/// The prefixes of NIP-01.
pub fn refused(words: &str) -> Failure {
    let prefix = words.split(':').next().unwrap_or_default();
    let kind = match prefix {
        "rate-limited" => FailureKind::RateLimited { until: None },
        "error" => FailureKind::Unavailable,
        // pow, blocked, restricted, auth-required, invalid, mute, and what a relay invents.
        _ => FailureKind::Rejected,
    };
    let message = if words.is_empty() { "the relay refused it without a word" } else { words };
    Failure::new(kind, message).code(prefix)
}
