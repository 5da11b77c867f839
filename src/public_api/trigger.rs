//! `POST /integration-trigger/{id}`: a look-up by its name, in Postiz's words.

use poem_openapi::types::Any;
use serde_json::json;

use super::{objects::Triggered, refusal::Refusal};
use crate::{
    app::App,
    channels::{Channel, lookups},
    error::{Error, FailureKind},
    web::input::{Object, Wrong},
};

/// What the platform lists under the name of the body.
pub async fn ask(app: &App, channel: &Channel, body: &serde_json::Value) -> Result<Triggered, Refusal> {
    let wrong = Wrong::default();
    let read = Object::body(body, &wrong).and_then(|body| Some((body.required_text("methodName")?, body.map("data")?)));
    wrong.check()?;
    let (name, with) = read.expect("what could not be read was complained about");
    if channel.provider().is_none() {
        return Err(Refusal::NO_CHANNEL);
    }
    let question = lookups::Question { channel, name, with: &with, again: false };
    match lookups::ask(app, &question).await {
        Ok(items) => Ok(Triggered { output: Any(json!(*items)) }),
        Err(Error::NotFound("lookup")) => Err(Refusal::NO_TOOL),
        Err(Error::Provider(failure)) if failure.kind == FailureKind::Reconnect => Err(Refusal::DISCONNECTED),
        Err(Error::Invalid(errors)) => Err(Error::Invalid(errors.into_iter().map(below_data).collect()).into()),
        Err(e) => Err(e.into()),
    }
}

fn below_data(mut error: crate::error::FieldError) -> crate::error::FieldError {
    error.field = format!("data.{}", error.field);
    error
}
