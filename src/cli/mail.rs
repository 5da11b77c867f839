//! `rostrum mail test`: one letter now, past the queue, so that its fate is told at once.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::{
    app::App,
    error::{Error, Failure, Result},
    mail::{self, Letter, Outgoing, Trouble},
};

/// `templates/mail/test`.
#[derive(Debug, Serialize)]
struct TestLetter {
    instance: String,
}

impl Letter for TestLetter {
    const NAME: &'static str = "test";
}

/// Sends it. What the mail server refused is a [`Error::Provider`] in its words; when it is away, [`Error::Unavailable`].
pub async fn test(app: &App, to: &str) -> Result<Json> {
    mail::address("to", to).map_err(|e| Error::Invalid(vec![e]))?;
    let content = mail::write(&app.pages, &TestLetter { instance: app.url.to_string() })?;
    let id = format!("test.{}", uuid::Uuid::now_v7().simple());
    let letter = Outgoing { to: to.trim(), name: "", id: &id, content: &content, unsubscribe: None };
    match app.mail.send(&letter).await {
        Ok(()) => Ok(json!({"sent": true, "to": to.trim()})),
        Err(Trouble::Off) => Err(Error::conflict("mail.off")),
        Err(Trouble::Later(why)) => Err(Error::Unavailable(why)),
        Err(Trouble::Refused(why)) => Err(Error::Provider(Failure::rejected(why))),
    }
}
