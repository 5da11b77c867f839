//! Back from a platform's consent page.

use serde_json::{Map, Value as Json, json};

use super::{
    flow::{Flow, Step, patient},
    offered,
};
use crate::{
    app::App,
    channels::model::{Connection, Stage},
    error::{Error, Message, Result},
    kit::{ConnectionId, OrgId, UserId, crypto::sha256},
    providers::{Descriptor, Failure},
    render::text,
};

/// Most bytes of anything in the address.
const MAX_VALUE: usize = 8_192;

/// What stood in the address.
#[derive(Debug, Clone, Default)]
pub struct Returned {
    state: String,
    code: String,
    error: String,
    words: String,
    rest: Map<String, Json>,
}

impl Returned {
    /// Out of the pairs of a query. What is far too long is left out.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut back = Self::default();
        for (name, value) in pairs.into_iter().take(50).filter(|(name, value)| name.len() <= 100 && value.len() <= MAX_VALUE) {
            match name.as_str() {
                "state" => back.state = value,
                // The second is MeWe's word for it.
                "code" | "loginRequestToken" => back.code = value,
                "error" | "denied" | "error_code" if back.error.is_empty() => back.error = value,
                "error_description" | "error_message" | "error_reason" if back.words.is_empty() => back.words = value,
                _ => drop(back.rest.insert(name, value.into())),
            }
        }
        back
    }
}

/// What coming back led to.
#[derive(Debug)]
pub enum Landing {
    /// It goes on; true: a channel is reconnected.
    Step(Step, bool),
    /// Nobody, or somebody else, began what this is the end of.
    Unknown,
    /// The same person began it for another organisation.
    Elsewhere,
    /// It took too long.
    Expired(ConnectionId),
    /// It has been used.
    Used(ConnectionId),
    /// The person, the platform or we refused.
    Refused(ConnectionId, Refusal),
}

/// Why nothing came of it.
#[derive(Debug)]
pub struct Refusal {
    /// What to say.
    pub words: Vec<Message>,
    /// The platform could not be asked: the same may work later.
    pub away: Option<Failure>,
}

/// Ends what the address names. Whatever it leads to, an address counts once.
pub async fn returned(app: &App, (org, user): (OrgId, UserId), provider_id: &str, back: Returned) -> Result<Landing> {
    let provider = offered(app, provider_id)?;
    let about = provider.about();
    let known = Connection::returned(&app.db, user, sha256(back.state.as_bytes())).await?;
    let Some(connection) = known.filter(|c| c.provider == about.id && c.stage == Stage::Consent) else {
        return Ok(Landing::Unknown);
    };
    if connection.org_id != org {
        return Ok(Landing::Elsewhere);
    }
    let now = app.clock.now();
    if now >= connection.expires_at {
        return Ok(Landing::Expired(connection.id));
    }
    let mut tx = app.db.begin().await?;
    if !connection.take(&mut tx, now).await? {
        return Ok(Landing::Used(connection.id));
    }
    tx.commit().await?;
    if let Some(words) = denied(about, &back) {
        return Ok(Landing::Refused(connection.id, Refusal { words: vec![words], away: None }));
    }
    let flow = Flow::resume(app, provider, &connection).await?;
    match exchange(flow, back).await {
        Ok(step) => Ok(Landing::Step(step, connection.channel_id.is_some())),
        Err(Error::Invalid(errors)) => {
            let words = errors.into_iter().map(|e| e.message).collect();
            Ok(Landing::Refused(connection.id, Refusal { words, away: None }))
        }
        Err(Error::Provider(failure)) => {
            let words = Message::new("connect.unreachable").with("provider", about.name).with("words", &failure.message);
            Ok(Landing::Refused(connection.id, Refusal { words: vec![words], away: Some(failure) }))
        }
        Err(e) => Err(e),
    }
}

async fn exchange(flow: Flow<'_>, back: Returned) -> Result<Step> {
    let connected = {
        let reach = flow.reach().await?;
        let mut kept = flow.kept().own.clone();
        match &mut kept {
            Json::Object(own) => drop(own.insert("query".into(), Json::Object(back.rest))),
            other => *other = json!({"query": back.rest}),
        }
        let link = reach.link();
        let granted = flow.provider().grant(&link, &flow.kept().answers, kept, &back.code);
        patient(flow.provider().about(), granted).await?
    };
    flow.settle(connected).await
}

/// Why the platform gave no code, in words; `None` when it did.
fn denied(about: &Descriptor, back: &Returned) -> Option<Message> {
    if back.error.is_empty() && !back.code.is_empty() {
        return None;
    }
    let said = |key| Some(Message::new(key).with("provider", about.name));
    let words = if back.words.is_empty() { &back.error } else { &back.words };
    match back.error.as_str() {
        "access_denied" | "user_denied" | "user_cancelled_login" | "user_cancelled_authorize" | "consent_required" => {
            said("connect.denied")
        }
        "invalid_scope" | "invalid_scope_error" | "unauthorized_scope_error" => said("connect.denied_scope"),
        "temporarily_unavailable" | "server_error" => said("connect.denied_away"),
        "" if words.is_empty() => said("connect.denied_silent"),
        _ => said("connect.refused").map(|message| message.with("words", shortened(words))),
    }
}

/// What came with an address anybody could have made is shown, but not at length.
fn shortened(words: &str) -> String {
    let mut short: String = words.chars().filter(|c| !c.is_control()).take(300).collect();
    if short.is_empty() {
        short = text(&"connect.no_reason".into());
    }
    short
}
