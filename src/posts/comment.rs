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

/// A member says something; those mentioned are told. Clients see it when it is `shared`.
pub async fn say(app: &App, caller: &Caller, post: PostId, body: &str, shared: bool) -> Result<CommentId> {
    let body = checked("body", body)?;
    Post::find(&app.db, caller.org, post).await?;
    let people: Vec<(UserId, String)> =
        identity::members(&app.db, caller.org).await?.into_iter().map(|m| (m.user_id, m.name)).collect();
    let mut to = mentioned(&body, &people);
    to.retain(|user| Some(*user) != caller.user);
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    let new = NewComment { user: caller.user, guest: None, body: &body, shared };
    let id = add(&mut tx, caller.org, post, (new, &to), now).await?;
    tx.commit().await?;
    Ok(id)
}

/// A client says something; whoever wrote the post is told.
pub async fn say_as_guest(tx: &mut Tx, org: OrgId, post: PostId, (name, body): (&str, &str), now: DateTime<Utc>) -> Result<()> {
    let body = checked("body", body)?;
    let to: Vec<UserId> = model::author_of(&mut *tx, org, post).await?.into_iter().collect();
    add(tx, org, post, (NewComment { user: None, guest: Some(name), body: &body, shared: true }, &to), now).await?;
    Ok(())
}

async fn add(
    tx: &mut Tx,
    org: OrgId,
    post: PostId,
    (new, to): (NewComment<'_>, &[UserId]),
    now: DateTime<Utc>,
) -> Result<CommentId> {
    if model::comments(&mut *tx, org, post).await?.len() >= MOST_OF_POST {
        return Err(Error::invalid("body", "comment.too_many"));
    }
    let id = model::add_comment(tx, org, post, new, now).await?;
    let data = json!({"comment": id, "to": to, "message": new.body, "guest": new.guest});
    let event = Event { kind: "comment.added", post: Some(post), user: new.user, data: Some(data), ..Event::default() };
    events::record(tx, org, event, now).await?;
    Ok(id)
}

/// Says that a comment is dealt with, or that it is not.
pub async fn resolve(app: &App, caller: &Caller, (post, id): (PostId, CommentId), resolved: bool) -> Result<()> {
    let (mut tx, now) = (app.db.begin().await?, app.clock.now());
    model::find_comment(&mut tx, caller.org, (post, id)).await?;
    model::set_resolved(&mut tx, caller.org, id, resolved.then_some((caller.user, now))).await?;
    let kind = if resolved { "comment.resolved" } else { "comment.reopened" };
    let data = Some(json!({"comment": id}));
    let event = Event { kind, post: Some(post), user: caller.user, data, ..Event::default() };
    events::record(&mut tx, caller.org, event, now).await?;
    tx.commit().await
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
