//! What people say about a post: members among themselves, with @mentions, and clients by their link.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::{self, NewComment, Post};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Message, Result},
    events::{self, Event},
    identity,
    kit::{CommentId, OrgId, PostId, UserId},
    orgs::Caller,
};

/// Most characters of a comment.
pub const MOST: usize = 5_000;
/// Most comments of a post: a link could be used to fill the disk.
const MOST_OF_POST: usize = 500;

/// The text with even line ends; an error of `field` when it is empty or too long.
pub fn checked(field: &str, body: &str) -> Result<String> {
    let body = body.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
    match body.chars().count() {
        0 => Err(Error::invalid(field, "comment.empty")),
        n if n > MOST => Err(Error::invalid(field, Message::new("comment.long").with("most", MOST))),
        _ => Ok(body),
    }
}

/// A member says something; those mentioned are told, and those whom the post concerns. Clients see it when it is `shared`.
pub async fn say(app: &App, caller: &Caller, post: PostId, body: &str, shared: bool) -> Result<CommentId> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    let id = write(&mut tx, caller, post, (body, shared), now).await?;
    tx.commit().await?;
    Ok(id)
}

/// [`say`] within a transaction.
pub async fn write(
    tx: &mut Tx,
    caller: &Caller,
    post: PostId,
    (body, shared): (&str, bool),
    now: DateTime<Utc>,
) -> Result<CommentId> {
    let body = checked("body", body)?;
    Post::find(&mut *tx, caller.org, post).await?;
    let people: Vec<(UserId, String)> =
        identity::members(&mut *tx, caller.org).await?.into_iter().map(|m| (m.user_id, m.name)).collect();
    let mut to = mentioned(&body, &people);
    to.retain(|user| Some(*user) != caller.user);
    let mut readers = model::talkers(&mut *tx, caller.org, post).await?;
    readers.retain(|user| Some(*user) != caller.user && !to.contains(user) && people.iter().any(|(id, _)| id == user));
    let new = NewComment { user: caller.user, guest: None, body: &body, shared };
    add(tx, caller.org, post, (new, Told { to: &to, readers: &readers }), now).await
}

/// Whom a comment is told to.
#[derive(Clone, Copy)]
struct Told<'a> {
    /// Those it means.
    to: &'a [UserId],
    /// Those whom the post concerns: they wrote it, handed it in or have commented on it.
    readers: &'a [UserId],
}

/// A client says something; whoever wrote the post is told.
pub async fn say_as_guest(tx: &mut Tx, org: OrgId, post: PostId, (name, body): (&str, &str), now: DateTime<Utc>) -> Result<()> {
    let body = checked("body", body)?;
    let to: Vec<UserId> = model::author_of(&mut *tx, org, post).await?.into_iter().collect();
    let new = NewComment { user: None, guest: Some(name), body: &body, shared: true };
    add(tx, org, post, (new, Told { to: &to, readers: &[] }), now).await?;
    Ok(())
}

async fn add(
    tx: &mut Tx,
    org: OrgId,
    post: PostId,
    (new, told): (NewComment<'_>, Told<'_>),
    now: DateTime<Utc>,
) -> Result<CommentId> {
    if model::comments(&mut *tx, org, post).await?.len() >= MOST_OF_POST {
        return Err(Error::invalid("body", "comment.too_many"));
    }
    let id = model::add_comment(tx, org, post, new, now).await?;
    let data = json!({"comment": id, "to": told.to, "readers": told.readers, "message": new.body, "guest": new.guest});
    let event = Event { kind: "comment.added", post: Some(post), user: new.user, data: Some(data), ..Event::default() };
    events::record(tx, org, event, now).await?;
    Ok(id)
}

/// Says that a comment is dealt with, or that it is not.
pub async fn resolve(app: &App, caller: &Caller, of: (PostId, CommentId), resolved: bool) -> Result<()> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    settle(&mut tx, caller, of, resolved, now).await?;
    tx.commit().await
}

/// [`resolve`] within a transaction.
pub async fn settle(
    tx: &mut Tx,
    caller: &Caller,
    (post, id): (PostId, CommentId),
    resolved: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    model::find_comment(&mut *tx, caller.org, (post, id)).await?;
    model::set_resolved(tx, caller.org, id, resolved.then_some((caller.user, now))).await?;
    let kind = if resolved { "comment.resolved" } else { "comment.reopened" };
    let data = Some(json!({"comment": id}));
    let event = Event { kind, post: Some(post), user: caller.user, data, ..Event::default() };
    events::record(tx, caller.org, event, now).await
}

/// The people whom a text names after an `@`: by their whole name or its first word, whatever the case. Of two names that
/// begin alike the longer one counts.
pub fn mentioned(body: &str, people: &[(UserId, String)]) -> Vec<UserId> {
    let lower = body.to_lowercase();
    let mut found = Vec::new();
    for (at, _) in lower.match_indices('@') {
        let starts = lower[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let rest = &lower[at + 1..];
        let best = people
            .iter()
            .filter_map(|(id, name)| Some((named(rest, &name.to_lowercase())?, *id)))
            .max_by_key(|(length, _)| *length)
            .filter(|_| starts);
        if let Some((_, id)) = best
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
}

/// How much of a name stands at the beginning of a text, as a whole word.
fn named(rest: &str, name: &str) -> Option<usize> {
    let first = name.split_whitespace().next().unwrap_or(name);
    let stands = |word: &str| {
        let tail = rest.strip_prefix(word).filter(|_| !word.is_empty())?;
        tail.chars().next().is_none_or(|c| !c.is_alphanumeric()).then_some(word.len())
    };
    stands(name).or_else(|| stands(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_by_their_whole_name_or_its_first_word() {
        let people: Vec<(UserId, String)> =
            ["Ann Lee", "Anna", "Ben Müller"].into_iter().map(|name| (UserId::new(), name.to_owned())).collect();
        let id = |n: usize| people[n].0;
        for (body, expected) in [
            ("@Ann please", vec![id(0)]),
            ("@anna, @ANN lee!", vec![id(1), id(0)]),
            ("cc @Ben @ben müller", vec![id(2)]),
            ("(@Anna)", vec![id(1)]),
            ("mail ann@anna.example", vec![]),
            ("@Annabel @ @nobody", vec![]),
        ] {
            assert_eq!(mentioned(body, &people), expected, "{body}");
        }
    }

    #[test]
    fn a_comment_has_words_and_not_too_many() {
        assert_eq!(checked("b", "  a\r\nb \0").unwrap(), "a\nb");
        assert!(checked("b", " \r\n").is_err() && checked("b", &"x".repeat(MOST + 1)).is_err());
    }
}
