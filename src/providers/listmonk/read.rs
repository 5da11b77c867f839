//! What a listmonk says about its campaigns: to recognise one, to count, and to choose from.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Answer, Campaign, send};
use crate::{
    error::{Failure, FailureKind},
    http::Method,
    kit::text::Doc,
    providers::{Access, Call, Candidate, Item, Metric, Remote, Series},
};

/// A campaign as it stands there.
#[derive(Deserialize)]
pub struct Read {
    /// What it is.
    #[serde(flatten)]
    pub campaign: Campaign,
    /// Its name inside.
    pub name: String,
    /// Its subject.
    pub subject: String,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
struct Page<T> {
    results: Vec<T>,
}

impl Read {
    /// With subject and text.
    pub fn candidate(&self, server: &str) -> Candidate {
        let text = format!("{}\n{}", self.subject, Doc::from_html(&self.body).to_plain().trim());
        Candidate::new(self.campaign.remote(server), &text, self.created_at)
    }
}

/// The newest campaigns, those that are called like `query` unless that is empty.
pub async fn newest(access: &Access<'_>, query: &str) -> Result<Vec<Read>, Failure> {
    let asked = [("order_by", "created_at"), ("order", "desc"), ("per_page", "20"), ("page", "1"), ("query", query)];
    let asked = if query.is_empty() { &asked[..4] } else { &asked[..] };
    let answer: Answer<Page<Read>> = send(access, Method::GET, "campaigns", |r| r.query(asked)).await?.json()?;
    Ok(answer.data.results)
}

/// A campaign by its path.
pub async fn one(access: &Access<'_>, path: &str) -> Result<Campaign, Failure> {
    Ok(send(access, Method::GET, path, |r| r).await?.json::<Answer<Campaign>>()?.data)
}

/// The campaign that `…/campaigns/5`, `…/campaigns/5/preview` or its id names.
pub async fn named(call: &Call<'_>, words: &str) -> Result<Option<Candidate>, Failure> {
    let words = words.trim().split(['?', '#']).next().unwrap_or_default();
    let server = call.credential("server")?;
    let id = match words.split_once("/campaigns/") {
        Some((home, rest)) if home.starts_with(&server) => rest.split('/').next().unwrap_or_default(),
        Some(_) => return Ok(None),
        None => words,
    };
    if id.is_empty() || id.len() > 18 || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    match send(call, Method::GET, &format!("campaigns/{id}"), |r| r).await {
        Ok(reply) => Ok(Some(reply.json::<Answer<Read>>()?.data.candidate(&server))),
        // listmonk says 400 of one that it does not know.
        Err(failure) if failure.kind == FailureKind::Rejected => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Where a campaign is read and changed.
pub fn place(remote: &Remote) -> Result<String, Failure> {
    let id = remote.extra["id"].as_i64().ok_or_else(|| Failure::rejected("that is no campaign of listmonk's"))?;
    Ok(format!("campaigns/{id}"))
}

/// Who got it, opened it and clicked.
pub async fn metrics(access: &Access<'_>, remote: &Remote) -> Result<Vec<Metric>, Failure> {
    let answer: Json = send(access, Method::GET, &place(remote)?, |r| r).await?.json()?;
    let numbers = [("reach", "sent"), ("views", "views"), ("clicks", "clicks")];
    Ok(numbers.iter().filter_map(|(ours, theirs)| Some(Metric::new(ours, answer["data"][*theirs].as_i64()?))).collect())
}

/// What readers did with the newest campaigns, day by day. <https://listmonk.app/docs/apis/campaigns/>
pub async fn statistics(access: &Access<'_>, days: u32) -> Result<Vec<Series>, Failure> {
    let ids: Vec<String> = newest(access, "").await?.iter().map(|read| read.campaign.id.to_string()).collect();
    let today = access.now.date_naive();
    let since = today.checked_sub_days(Days::new(u64::from(days.saturating_sub(1)))).unwrap_or(today);
    let mut series = Vec::new();
    for name in ["views", "clicks"] {
        let mut counted: BTreeMap<NaiveDate, f64> =
            since.iter_days().take_while(|day| *day <= today).map(|day| (day, 0.0)).collect();
        for count in counts(access, name, &ids, (since, today)).await? {
            if let Some(day) = counted.get_mut(&count.timestamp.date_naive()) {
                *day += count.count;
            }
        }
        series.push(Series { name: name.into(), days: counted.into_iter().collect() });
    }
    Ok(series)
}

/// How often one thing happened to one campaign in a piece of time.
#[derive(Deserialize)]
struct Count {
    count: f64,
    timestamp: DateTime<Utc>,
}

async fn counts(
    access: &Access<'_>,
    what: &str,
    ids: &[String],
    (since, until): (NaiveDate, NaiveDate),
) -> Result<Vec<Count>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (since, until) = (since.to_string(), until.to_string());
    let mut query: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
    query.extend([("from", since.as_str()), ("to", until.as_str())]);
    let reply = send(access, Method::GET, &format!("campaigns/analytics/{what}"), |r| r.query(&query)).await?;
    Ok(reply.json::<Answer<Option<Vec<Count>>>>()?.data.unwrap_or_default())
}

/// Lists to send to.
pub async fn lists(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct List {
        id: i64,
        name: String,
    }
    let answer: Answer<Page<List>> = send(access, Method::GET, "lists", |r| r.query(&[("per_page", "all")])).await?.json()?;
    Ok(answer.data.results.into_iter().map(|list| Item::new(list.id.to_string(), list.name)).collect())
}

/// Templates of campaigns; others cannot carry one.
pub async fn templates(access: &Access<'_>) -> Result<Vec<Item>, Failure> {
    #[derive(Deserialize)]
    struct Template {
        id: i64,
        name: String,
        #[serde(rename = "type")]
        kind: String,
    }
    let answer: Answer<Vec<Template>> = send(access, Method::GET, "templates", |r| r).await?.json()?;
    let fitting = answer.data.into_iter().filter(|template| template.kind.starts_with("campaign"));
    let default = Item::new("0", "Default");
    Ok([default].into_iter().chain(fitting.map(|t| Item::new(t.id.to_string(), t.name))).collect())
}
