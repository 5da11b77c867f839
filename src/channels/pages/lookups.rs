//! `/channels/{id}/lookups/{name}` and `/channels/{id}/mentions`: what a platform lists, for the scripts of the composer. Seen
//! by every member: who writes must choose.

use poem::{
    IntoResponse as _, handler,
    http::StatusCode,
    web::{Json as Body, Path, Query},
};
use serde_json::{Map, Value as Json, json};

use super::find;
use crate::{
    app::App,
    channels::{Channel, lookups, offer},
    error::{Error, Result},
    orgs::Caller,
    providers::Item,
    render::text,
    web::{self, problem},
};

/// The arguments are the query's parameters, and `again=1` asks anew. Answers `{choices: [{value, label}]}`, or `{trouble}` in
/// words with the status of what happened.
#[handler]
pub async fn list(app: App, caller: Caller, Path((id, name)): Path<(String, String)>, Query(given): Query<Given>) -> web::Result {
    let channel = find(&app, caller.org, &id).await?;
    let again = given.iter().any(|(name, value)| name == "again" && value == "1");
    let with: Map<String, Json> = given.into_iter().map(|(name, value)| (name, value.into())).collect();
    let question = lookups::Question { channel: &channel, name: &name, with: &with, again };
    answer(
        &channel,
        lookups::ask(&app, &question).await,
        |items| json!({"choices": items.iter().map(offer::choice).collect::<Vec<_>>()}),
    )
}

/// Accounts to mention: `{people: [{id, name, picture}]}`, or `{trouble}`.
#[handler]
pub async fn mentions(app: App, caller: Caller, Path(id): Path<String>, Query(given): Query<Given>) -> web::Result {
    let channel = find(&app, caller.org, &id).await?;
    let query = given.iter().find(|(name, _)| name == "query").map_or("", |(_, value)| value.as_str());
    let people = |items: &[Item]| {
        let one = |item: &Item| json!({"id": item.id, "name": item.name, "picture": item.picture});
        json!({"people": items.iter().take(PEOPLE).map(one).collect::<Vec<_>>()})
    };
    answer(&channel, lookups::people(&app, &channel, query).await, people)
}

/// Accounts shown while a name is typed.
const PEOPLE: usize = 20;

type Given = Vec<(String, String)>;

fn answer(channel: &Channel, asked: Result<std::sync::Arc<Vec<Item>>>, shown: impl FnOnce(&[Item]) -> Json) -> web::Result {
    let trouble = |e: &Error| match e {
        Error::Invalid(errors) => errors.first().map(|e| e.message.clone()),
        e => lookups::trouble(channel, e),
    };
    match asked {
        Ok(items) => Ok(Body(shown(&items)).into_response()),
        Err(e) => match trouble(&e) {
            Some(words) => {
                let status: StatusCode = problem::status(&e);
                Ok(Body(json!({"trouble": text(&words)})).with_status(status).into_response())
            }
            None => Err(e.into()),
        },
    }
}
