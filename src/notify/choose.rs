//! Changing how mails are sent: by the form of the settings, and by the link of a mail.

use super::{
    How, Kind,
    model::{set_choice, stop_daily},
    token::Leaving,
};
use crate::{
    app::App,
    error::{Error, FieldError, Result},
    kit::UserId,
};

/// Sets every kind from the form's words; an unknown word is an error of its field.
pub async fn choose<'a>(app: &App, user: UserId, given: impl Fn(&'static str) -> &'a str) -> Result<()> {
    let (mut chosen, mut wrong) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        match How::parse(given(kind.as_str())) {
            Some(how) => chosen.push((kind, how)),
            None => wrong.push(FieldError::new(kind.as_str(), "notices.choice_unknown")),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let mut tx = app.db.begin().await?;
    for (kind, how) in chosen {
        set_choice(&mut tx, user, kind, how).await?;
    }
    tx.commit().await
}

/// Ends the mails that a link names. Twice is as good as once.
pub async fn leave(app: &App, leaving: Leaving) -> Result<()> {
    let mut tx = app.db.begin().await?;
    match leaving.kind {
        Some(kind) => set_choice(&mut tx, leaving.user, kind, How::Never).await?,
        None => stop_daily(&mut tx, leaving.user).await?,
    }
    tx.commit().await
}
