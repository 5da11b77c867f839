//! Links for people without an account: to look at a post, or to approve and comment. The token's hash is kept, and of a PIN
//! its argon2id; both are asked for before anything is shown.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

pub use super::model::Subject;
use super::model::{self, NewShare, Share};
use crate::{
    app::App,
    channels::Customer,
    db::Tx,
    error::{Error, FieldError, OrNotFound as _, Result},
    events::{self, Event},
    identity::{limit, password},
    kit::{
        OrgId, Secret, ShareId,
        crypto::{random_token, sha256},
    },
    orgs::{Caller, Role},
};

/// How long a link may last, in days.
pub const DAYS: [i64; 3] = [7, 30, 90];
/// Digits of a PIN.
const PIN: std::ops::RangeInclusive<usize> = 4..=12;
/// Wrong PINs of one link in a quarter of an hour.
const TRIES: u32 = 10;
/// Characters of a label.
const LABEL: usize = 80;
/// Longest token: what is longer is none of ours.
const LONGEST: usize = 64;
/// How exactly it is noted that a link was opened.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(10);

/// A link to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it shows.
    pub subject: Subject,
    /// Who has it may approve and comment.
    pub decides: bool,
    /// For whom.
    pub label: String,
    /// One of [`DAYS`].
    pub days: i64,
    /// Digits; empty: none is asked for.
    pub pin: Secret,
}

/// Makes a link and gives its token: only here, only now. One that decides is for administrators to make, as it stands for
/// an approval. Errors name the fields `label`, `days` and `pin`.
pub async fn create(app: &App, caller: &Caller, wanted: &Wanted) -> Result<Secret> {
    if wanted.decides || matches!(wanted.subject, Subject::Customer(_)) {
        caller.require(Role::Admin)?;
    }
    let label = check(wanted)?;
    match wanted.subject {
        Subject::Post(post) => drop(model::Post::find(&app.db, caller.org, post).await?),
        Subject::Customer(customer) => drop(Customer::find(&app.db, caller.org, customer).await?),
    }
    let pin_hash = if wanted.pin.is_empty() { None } else { Some(password::hash(&wanted.pin).await?) };
    let (id, token, now) = (ShareId::new(), random_token(), app.clock.now());
    let new = NewShare {
        id,
        subject: wanted.subject,
        decides: wanted.decides,
        hash: sha256(token.as_bytes()),
        pin_hash: pin_hash.as_deref(),
        label: &label,
        by: caller.user,
    };
    let mut tx = app.db.begin().await?;
    model::add_share(&mut tx, caller.org, new, now, now + TimeDelta::days(wanted.days)).await?;
    let data = json!({"share": id, "decides": wanted.decides, "label": label});
    note(&mut tx, caller, (wanted.subject, "share.made"), data, now).await?;
    tx.commit().await?;
    Ok(Secret::new(token))
}

fn check(wanted: &Wanted) -> Result<String> {
    let mut errors = Vec::new();
    let label = wanted.label.trim();
    if label.is_empty() || label.chars().count() > LABEL || label.chars().any(char::is_control) {
        errors.push(FieldError::new("label", "share.label_wrong"));
    }
    if !DAYS.contains(&wanted.days) {
        errors.push(FieldError::new("days", "share.days_wrong"));
    }
    let pin = wanted.pin.expose();
    let fits = PIN.contains(&pin.len()) && pin.chars().all(|c| c.is_ascii_digit());
    if !pin.is_empty() && !fits {
        errors.push(FieldError::new("pin", "share.pin_wrong"));
    }
    if errors.is_empty() { Ok(label.to_owned()) } else { Err(Error::Invalid(errors)) }
}

async fn note(
    tx: &mut Tx,
    caller: &Caller,
    (subject, kind): (Subject, &'static str),
    mut data: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let post = match subject {
        Subject::Post(post) => Some(post),
        Subject::Customer(customer) => {
            data["customer"] = json!(customer);
            None
        }
    };
    events::record(tx, caller.org, Event { kind, post, user: caller.user, data: Some(data), ..Event::default() }, now).await
}

/// Ends a link, or takes that back. Those that decide, and those of customers, are an administrator's.
pub async fn set_revoked(app: &App, caller: &Caller, (subject, id): (Subject, ShareId), revoked: bool) -> Result<()> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    if matches!(subject, Subject::Customer(_)) || !revoked {
        caller.require(Role::Admin)?;
    }
    if !model::set_share_revoked(&mut tx, caller.org, id, revoked.then_some(now), now).await? {
        return Err(Error::NotFound("link"));
    }
    let kind = if revoked { "share.revoked" } else { "share.restored" };
    note(&mut tx, caller, (subject, kind), json!({"share": id}), now).await?;
    tx.commit().await
}

/// What a link leads to; [`Error::NotFound`] when it is over or was never ours.
pub async fn open(app: &App, token: &str) -> Result<Share> {
    if token.len() > LONGEST {
        return Err(Error::NotFound("link"));
    }
    let now = app.clock.now();
    let share = model::share_by_hash(&app.db, sha256(token.as_bytes()), now).await.or_not_found("link")?;
    if share.seen_at.is_none_or(|at| now - at >= NOTED_EVERY) {
        let mut tx = app.db.begin().await?;
        model::share_seen(&mut tx, share.id, now, now - NOTED_EVERY).await?;
        tx.commit().await?;
    }
    Ok(share)
}

/// True when it is the PIN of the link. [`Error::RateLimited`] after too many wrong ones.
pub async fn is_pin(app: &App, share: &Share, given: &Secret) -> Result<bool> {
    let counter = format!("pin {}", share.id);
    limit::attempt(app, &counter, TRIES).await?;
    if !password::verify(given, share.pin_hash.as_deref()).await? {
        return Ok(false);
    }
    let mut tx = app.db.begin().await?;
    limit::forget(&mut tx, &counter).await?;
    tx.commit().await?;
    Ok(true)
}

/// Links of a post that are not over.
pub async fn of_post(app: &App, org: OrgId, post: crate::kit::PostId) -> Result<Vec<Share>> {
    model::shares_of_post(&app.db, org, post, app.clock.now()).await
}

/// Links of customers that are not over.
pub async fn of_customers(app: &App, org: OrgId) -> Result<Vec<Share>> {
    model::shares_of_customers(&app.db, org, app.clock.now()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::PostId;

    #[test]
    fn what_is_wrong_with_a_link_is_named() {
        let wanted = |label: &str, days, pin: &str| Wanted {
            subject: Subject::Post(PostId::new()),
            decides: false,
            label: label.into(),
            days,
            pin: Secret::new(pin),
        };
        assert_eq!(check(&wanted(" Ann ", 7, "")).unwrap(), "Ann");
        assert!(check(&wanted("Ann", 90, "1234")).is_ok());
        for (wrong, field) in [
            (wanted("", 7, ""), "label"),
            (wanted(&"x".repeat(81), 7, ""), "label"),
            (wanted("Ann", 8, ""), "days"),
            (wanted("Ann", 7, "123"), "pin"),
            (wanted("Ann", 7, "12a4"), "pin"),
        ] {
            let Err(Error::Invalid(errors)) = check(&wrong) else { panic!("{wrong:?} was taken") };
            assert_eq!(errors[0].field, field);
        }
    }
}
