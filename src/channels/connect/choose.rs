//! Choosing among the pages that an access opens.

use super::{flow::Flow, offered};
use crate::{
    app::App,
    channels::model::{Channel, Connection},
    error::{Error, Message, Result},
};

/// Most pages connected together.
const MOST: usize = 50;

/// What came of a choice.
#[derive(Debug)]
pub struct Chosen {
    /// What is connected now.
    pub connected: Vec<Channel>,
    /// The ids of pages that could not be connected, and why.
    pub failed: Vec<(String, Message)>,
}

/// Connects the pages with these ids, each by itself: what fails leaves the others alone, and can be chosen again. Fails with
/// [`Error::Invalid`] when nothing, too much or what is not offered was chosen.
pub async fn choose(app: &App, connection: &Connection, ids: &[String]) -> Result<Chosen> {
    let provider = offered(app, &connection.provider)?;
    let flow = Flow::resume(app, provider, connection).await?;
    let wrong = match ids {
        [] => Some("connect.choose_one"),
        ids if ids.len() > MOST => Some("connect.choose_fewer"),
        [_, _, ..] if flow.expected().is_some() => Some("connect.choose_one"),
        ids if !ids.iter().all(|id| flow.kept().pages.iter().any(|page| page.id == *id)) => Some("connect.choose_unknown"),
        _ => None,
    };
    if let Some(key) = wrong {
        return Err(Error::invalid("page", key));
    }
    let (mut connected, mut failed) = (Vec::new(), Vec::new());
    for id in ids {
        match one(&flow, id).await {
            Ok(channel) => connected.push(channel),
            Err(Error::Invalid(errors)) => failed.extend(errors.into_iter().map(|e| (id.clone(), e.message))),
            Err(Error::Provider(failure)) => {
                let words = Message::new("connect.unreachable").with("provider", provider.about().name);
                failed.push((id.clone(), words.with("words", failure.message)));
            }
            Err(e) => return Err(e),
        }
    }
    if failed.is_empty() {
        let mut tx = app.db.begin().await?;
        connection.take(&mut tx, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(Chosen { connected, failed })
}

async fn one(flow: &Flow<'_>, id: &str) -> Result<Channel> {
    let account = flow.account(id).await?;
    flow.store(&account).await
}
