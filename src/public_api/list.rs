//! `GET /posts`: targets as posts of the wire, written straight from the rows.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    date, drawn,
    group::Group,
    model::{self, Account, Row},
    objects::{PostState, Tagged},
    window::Window,
};
use crate::{
    app::App,
    channels::public_picture,
    delivery::TargetState,
    error::{Error, Message, Result},
    kit::{ChannelId, OrgId, PostId},
    posts,
    render::text,
};

/// The posts of a time on the channels of a group, cancelled ones left out, as JSON of [`super::objects::PostList`].
pub async fn list(app: &App, org: OrgId, (from, to): Window, of: &Group) -> Result<Vec<u8>> {
    let accounts = model::accounts(&app.db, org).await?;
    let wanted = accounts.into_iter().filter(|account| of.takes(account.customer_id));
    let shown = |account: Account| Account { picture: account.picture.map(|p| public_picture(app, &p)), ..account };
    let accounts: HashMap<ChannelId, Account> = wanted.map(|account| (account.id, shown(account))).collect();
    let days = days(app, org, (from, to)).await?;
    let mut tags = tags(app, org, (from, to)).await?;
    let mut out = Vec::from(b"{\"posts\":[");
    let mut separator: &[u8] = b"";
    let mut after = (from, Uuid::nil());
    while let Some(portion) = model::portion(&app.db, org, after, to).await? {
        let rows = portion.rows();
        after = rows.last().map_or(after, |row| (row.due, row.id));
        for row in &rows {
            let Some(account) = accounts.get(&row.channel) else { continue };
            let worn = tags.remove(&row.id).unwrap_or_default();
            let Some(post) = post(row, account, (days.get(&row.id).copied(), worn)) else { continue };
            out.extend_from_slice(separator);
            serde_json::to_writer(&mut out, &post).map_err(Error::internal)?;
            separator = b",";
        }
        if rows.len() < model::PORTION {
            break;
        }
    }
    let wanted = |channel| *of == Group::Any || accounts.contains_key(&channel);
    for copy in drawn::copies(app, org, (from, to), wanted).await? {
        out.extend_from_slice(separator);
        serde_json::to_writer(&mut out, &copy).map_err(Error::internal)?;
        separator = b",";
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// As a state of the wire; `None` for what is not shown there.
pub fn state(state: TargetState) -> Option<PostState> {
    match state {
        TargetState::Draft => Some(PostState::Draft),
        TargetState::Scheduled | TargetState::Held | TargetState::Sending => Some(PostState::Queue),
        TargetState::Published | TargetState::PublishedIncomplete => Some(PostState::Published),
        TargetState::Failed | TargetState::Missed | TargetState::NeedsYou => Some(PostState::Error),
        TargetState::Cancelled => None,
    }
}

/// [`super::objects::Post`], borrowed: the test of this file holds the two against each other.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Post<'a> {
    id: Uuid,
    content: &'a str,
    publish_date: String,
    #[serde(rename = "releaseURL")]
    release_url: Option<&'a str>,
    release_id: Option<&'a str>,
    state: PostState,
    interval_in_days: Option<i64>,
    group: Uuid,
    creation_method: &'a str,
    settings: Cow<'a, str>,
    tags: Vec<Tagged>,
    integration: Integration<'a>,
    submitted_for_organization_id: Option<&'a str>,
    submitted_for_order_id: Option<&'a str>,
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Integration<'a> {
    id: ChannelId,
    provider_identifier: &'a str,
    name: &'a str,
    picture: Option<&'a str>,
}

/// The days between two occurrences, of those targets that are some.
async fn days(app: &App, org: OrgId, (from, to): Window) -> Result<HashMap<Uuid, u32>> {
    let repeated = model::repeated(&app.db, org, from, to).await?;
    if repeated.is_empty() {
        return Ok(HashMap::new());
    }
    let posts: BTreeSet<PostId> = repeated.iter().map(|(_, post)| *post).collect();
    let days = posts::recurrence::days_of(&app.db, org, &posts.into_iter().collect::<Vec<_>>()).await?;
    Ok(repeated.into_iter().filter_map(|(target, post)| Some((target, *days.get(&post)?))).collect())
}

/// The tags of those targets that have some.
async fn tags(app: &App, org: OrgId, (from, to): Window) -> Result<HashMap<Uuid, Vec<Tagged>>> {
    let mut tags: HashMap<Uuid, Vec<Tagged>> = HashMap::new();
    for (target, id, name, colour) in model::tagged(&app.db, org, from, to).await? {
        tags.entry(target).or_default().push(Tagged::new(id, name, &colour));
    }
    Ok(tags)
}

fn post<'a>(row: &Row<'a>, account: &'a Account, (days, tags): (Option<u32>, Vec<Tagged>)) -> Option<Post<'a>> {
    let state = TargetState::parse(row.state)?;
    let told = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Some(Post {
        id: row.id,
        content: row.content,
        publish_date: date::iso(row.due),
        release_url: told(row.url),
        release_id: told(row.remote),
        state: self::state(state)?,
        interval_in_days: days.map(i64::from),
        group: row.id,
        creation_method: method(row.source),
        settings: with_type(row.settings, &account.provider),
        tags,
        integration: Integration {
            id: row.channel,
            provider_identifier: &account.provider,
            name: &account.name,
            picture: account.picture.as_deref(),
        },
        submitted_for_organization_id: None,
        submitted_for_order_id: None,
        error: error(state, told(row.failure)),
    })
}

fn method(source: &str) -> &'static str {
    match source {
        "web" => "WEB",
        "api" => "API",
        "cli" => "CLI",
        _ => "UNKNOWN",
    }
}

/// The settings with the provider's id among them. Their text is not read: they are an object, so the name goes after its
/// first brace, unless it may be there already, or the text is spaced as Postgres does it: clients get it without.
fn with_type<'a>(settings: &'a str, provider: &str) -> Cow<'a, str> {
    let rest = settings.strip_prefix('{').filter(|rest| !rest.contains("__type") && !rest.contains("\": ")).map(str::trim_start);
    match rest {
        Some("}") => Cow::Owned(format!("{{\"__type\":\"{provider}\"}}")),
        Some(rest) if !provider.contains(['"', '\\']) => Cow::Owned(format!("{{\"__type\":\"{provider}\",{rest}")),
        _ => {
            let mut map: Map<String, Json> = serde_json::from_str(settings).unwrap_or_default();
            map.insert("__type".into(), json!(provider));
            Cow::Owned(Json::Object(map).to_string())
        }
    }
}

/// What went wrong; says first whether the post may be live.
fn error(state: TargetState, failure: Option<&str>) -> Option<String> {
    let key = match state {
        TargetState::NeedsYou => "api.error.needs_you",
        TargetState::Failed => "api.error.failed",
        TargetState::Missed => "api.error.missed",
        TargetState::PublishedIncomplete => "api.error.incomplete",
        _ => return None,
    };
    let said = text(&Message::new(key));
    Some(match failure {
        Some(words) if !words.is_empty() => format!("{said} {words}"),
        _ => said,
    })
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::{Example as _, ParseFromJSON as _};

    use super::{super::objects, *};

    #[test]
    fn what_is_written_is_what_is_documented() {
        let account =
            Account { id: ChannelId::new(), provider: "bluesky".into(), name: "Ann".into(), picture: None, customer_id: None };
        let due = "2026-11-24T08:20:00Z".parse().unwrap();
        let row = Row {
            id: Uuid::now_v7(),
            channel: account.id,
            due,
            state: "failed",
            source: "api",
            settings: "{}",
            content: "<p>a</p>",
            url: "https://a.example/",
            remote: "",
            failure: "Too rude.",
        };
        let written = json!(post(&row, &account, (None, vec![])).unwrap());
        let documented = json!(objects::Post::example());
        let names = |value: &Json| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&written), names(&documented));
        assert_eq!(names(&written["integration"]), names(&documented["integration"]));
        assert!(objects::Post::parse_from_json(Some(written.clone())).is_ok());
        assert_eq!(
            (&written["publishDate"], &written["error"]),
            (&json!("2026-11-24T08:20:00.000Z"), &json!("It is not live. Too rude."))
        );
        assert_eq!((&written["releaseURL"], &written["releaseId"]), (&json!("https://a.example/"), &json!(null)));
    }

    #[test]
    fn the_provider_is_among_the_settings() {
        for (settings, expected) in [
            ("{}", r#"{"__type":"x"}"#),
            ("{ }", r#"{"__type":"x"}"#),
            (r#"{"a":1}"#, r#"{"__type":"x","a":1}"#),
            (r#"{"a": 1, "b": ": "}"#, r#"{"__type":"x","a":1,"b":": "}"#),
            (r#"{"__type":"y","a":1}"#, r#"{"__type":"x","a":1}"#),
            (r#"{"a":"__type"}"#, r#"{"__type":"x","a":"__type"}"#),
            ("broken", r#"{"__type":"x"}"#),
        ] {
            assert_eq!(with_type(settings, "x"), expected, "{settings}");
        }
    }
}
