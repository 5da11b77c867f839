//! The account's own posts and comments, as its server lists them: whether something is there already, for a person who
//! compares, and their numbers.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Access, Call, Candidate, Failure, FailureKind, Found, Metric, Remote, StepKey,
    draft::{body, entries},
    get, is_v4,
    write::{Draft, Made, below, remotes, with_picture},
};

/// Clocks may differ.
const BEFORE: TimeDelta = TimeDelta::minutes(5);
/// What was sent so recently may still be on its way into the server's tables.
const SETTLED: TimeDelta = TimeDelta::minutes(3);
const PAGE: usize = 50;

/// A post or a comment.
#[derive(Debug, Clone)]
struct Thing {
    made: Made,
    community: i64,
    /// Of a post.
    title: String,
    text: String,
    at: Option<DateTime<Utc>>,
}

fn local(access: &Access<'_>) -> String {
    access.account.split('@').next().unwrap_or_default().to_owned()
}

/// What a new post or comment became.
pub fn made(answer: &Json) -> Option<Made> {
    let (view, comment) = match answer["comment_view"].is_object() {
        true => (&answer["comment_view"], true),
        false => (&answer["post_view"], false),
    };
    thing(view, comment).map(|thing| thing.made)
}

fn thing(view: &Json, comment: bool) -> Option<Thing> {
    let one = if comment { &view["comment"] } else { &view["post"] };
    let id = one["id"].as_i64()?;
    let post = if comment { one["post_id"].as_i64()? } else { id };
    let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let gone = ["deleted", "removed"].iter().any(|name| one[name] == true);
    let (title, text) = if comment { (String::new(), word("content")) } else { (word("name"), word("body")) };
    let community = one["community_id"].as_i64().or_else(|| view["community"]["id"].as_i64()).unwrap_or_default();
    let at = ["published", "published_at"].iter().find_map(|name| time(&word(name)));
    (!gone).then_some(Thing { made: Made { id, post, comment }, community, title, text, at })
}

/// Servers of before 0.19 name no zone.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    zoned.ok().or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|at| at.and_utc()))
}

/// What the account has made since, newest first, and whether that is all of it.
async fn since(access: &Access<'_>, begun_at: DateTime<Utc>) -> Result<(Vec<Thing>, bool), Failure> {
    let person = local(access);
    let since = begun_at - BEFORE;
    let young = |thing: &Thing| thing.at.is_none_or(|at| at >= since);
    let (things, complete) = if is_v4(&access.tokens.current()) {
        let listed = get(access, "person/content", &[("person_id", &person), ("limit", "50")]).await?;
        // Both kinds in one list; a comment brings its post along.
        let all = ["items", "content"].iter().find_map(|name| listed[*name].as_array()).map_or(&[][..], Vec::as_slice);
        let things: Vec<Thing> = all.iter().filter_map(|view| thing(view, view["comment"].is_object())).collect();
        let complete = all.len() < PAGE || things.iter().any(|thing| !young(thing));
        (things, complete)
    } else {
        let query = [("person_id", person.as_str()), ("sort", "New"), ("limit", "50")];
        let listed = get(access, "user", &query).await?;
        let all = |name: &str| listed[name].as_array().map_or(&[][..], Vec::as_slice);
        let (posts, comments) = (all("posts"), all("comments"));
        let of = |views: &[Json], comment| views.iter().filter_map(|view| thing(view, comment)).collect::<Vec<_>>();
        let (posted, commented) = (of(posts, false), of(comments, true));
        let ends = |shown: &[Json], things: &[Thing]| shown.len() < PAGE || things.iter().any(|thing| !young(thing));
        let complete = ends(posts, &posted) && ends(comments, &commented);
        ([posted, commented].concat(), complete)
    };
    Ok((things.into_iter().filter(young).collect(), complete))
}

fn is(thing: &Thing, draft: &Draft<'_>) -> bool {
    match draft {
        Draft::Post { entry, body, .. } => {
            !thing.made.comment
                && thing.community == entry.community
                && thing.title == entry.title
                && thing.text.trim() == body.trim()
        }
        Draft::Comment { post, body, .. } => thing.made.comment && thing.made.post == *post && thing.text.trim() == body.trim(),
    }
}

/// The post or comment of an earlier attempt.
pub async fn look(call: &Call<'_>, key: &StepKey, draft: &Draft<'_>) -> Result<Option<Made>, Failure> {
    let (things, _) = since(call, key.begun_at).await.map_err(|failure| match failure.kind {
        // Not to know is no refusal, and proves nothing.
        FailureKind::Rejected | FailureKind::Unexpected | FailureKind::Unavailable => {
            Failure { kind: FailureKind::Uncertain, ..failure }
        }
        _ => failure,
    })?;
    Ok(things.into_iter().find(|thing| is(thing, draft)).map(|thing| thing.made))
}

/// Whether everything that the part was to become is there. When only some of it is, a person must say.
pub async fn find(call: &Call<'_>, step: &StepKey) -> Result<Found, Failure> {
    let (things, complete) = match since(call, step.begun_at).await {
        Err(Failure { kind: FailureKind::Rejected | FailureKind::Unexpected, .. }) => return Ok(Found::NotSeen),
        listed => listed?,
    };
    let text = body(call);
    let there = |draft: Draft<'_>| things.iter().find(|thing| is(thing, &draft)).map(|thing| thing.made.clone());
    let wanted: Vec<Option<Made>> = if call.position == 0 {
        let entries = entries(call.settings)?;
        entries.iter().map(|entry| there(Draft::Post { entry, body: &text, picture: None, alt: "" })).collect()
    } else {
        // The address of a picture in a comment is the server's, so only comments without one can be told.
        let text = with_picture(text, None, "");
        below(call)?.into_iter().map(|(post, parent)| there(Draft::Comment { post, parent, body: &text })).collect()
    };
    let found: Vec<Made> = wanted.iter().flatten().cloned().collect();
    let settled = complete && call.now - step.begun_at >= SETTLED && (call.position == 0 || call.media.is_empty());
    match found.len() {
        n if n == wanted.len() => Ok(Found::Yes(remotes(call, &found)?)),
        0 if settled => Ok(Found::No),
        _ => Ok(Found::NotSeen),
    }
}

/// What the account has made since then.
pub async fn recent(call: &Call<'_>, step: &StepKey) -> Result<Vec<Candidate>, Failure> {
    since(call, step.begun_at).await?.0.iter().map(|thing| candidate(call, thing)).collect()
}

fn candidate(call: &Call<'_>, thing: &Thing) -> Result<Candidate, Failure> {
    let text = format!("{}\n{}", thing.title, thing.text);
    let remote = remotes(call, std::slice::from_ref(&thing.made))?.remove(0);
    Ok(Candidate::new(remote, text.trim(), thing.at))
}

/// The post or comment that `https://server/post/1`, `…/comment/1` or `1` names, if it is this account's.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let path = words.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let id = path.rsplit('/').next().unwrap_or_default();
    if id.is_empty() || id.len() > 18 || !id.chars().all(|c| c.is_ascii_digit()) {
        return Ok(None);
    }
    let comment = path.rsplit('/').nth(1) == Some("comment");
    let (kind, view) = if comment { ("comment", "comment_view") } else { ("post", "post_view") };
    let found = match get(call, kind, &[("id", id)]).await {
        Err(failure) if failure.kind == FailureKind::Rejected => return Ok(None),
        found => found?,
    };
    let ours = found[view]["creator"]["id"].as_i64().is_some_and(|creator| creator.to_string() == local(call));
    thing(&found[view], comment).filter(|_| ours).map(|thing| candidate(call, &thing)).transpose()
}

/// What became of it.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    #[derive(Deserialize)]
    struct Counts {
        upvotes: i64,
        comments: Option<i64>,
        child_count: Option<i64>,
    }
    let kind = if remote.extra["kind"] == "comment" { "comment" } else { "post" };
    let found = get(access, kind, &[("id", &remote.id)]).await?;
    let view = &found[format!("{kind}_view")];
    let counts = if view["counts"].is_object() { &view["counts"] } else { &view[kind] };
    let counts = Counts::deserialize(counts);
    let counts = counts.map_err(|e| Failure::unexpected(format!("the server's counts cannot be read: {e}")))?;
    let comments = counts.comments.or(counts.child_count).unwrap_or_default();
    Ok(vec![Metric::new("likes", counts.upvotes), Metric::new("comments", comments)])
}
