//! `/posts`: what goes out and went out in a month of the organisation's zone, by day.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use poem::{handler, web::Query};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    delivery::{CHANGES, HOURLY, IN_REVIEW, NOT_APPROVED, TargetState},
    error::{Message, Result},
    kit::{MediaId, OrgId, PostId, text::Doc, zone},
    media::Media,
    orgs::Caller,
    posts::{
        model::{self, Lines, MonthRow, UnplacedRow},
        words::{Reader, say, target_state},
    },
    providers,
    render::{View, date, text},
    web::{self, Frame},
};

/// Targets on a page.
const PAGE: i64 = 200;
/// Drafts without a date on a page.
const UNDATED: i64 = 200;
/// Characters of a text.
const EXCERPT: usize = 160;

/// The filters: what they are called and which states they show. The counts of `model::counts` use the same groups.
const FILTERS: [(&str, &str, &[TargetState]); 6] = [
    ("", "posts.filter_all", &[]),
    ("scheduled", "posts.filter_scheduled", &[TargetState::Scheduled, TargetState::Sending]),
    ("needs_you", "posts.filter_needs_you", &[TargetState::NeedsYou, TargetState::Held, TargetState::Missed]),
    ("draft", "posts.filter_draft", &[TargetState::Draft]),
    ("published", "posts.filter_published", &[TargetState::Published]),
    ("failed", "posts.filter_failed", &[TargetState::Failed, TargetState::PublishedIncomplete]),
];

/// The page.
#[derive(Debug, Serialize)]
pub struct Index {
    month: MonthView,
    state: String,
    states: Vec<Filter>,
    zone: String,
    days: Vec<Day>,
    total: i64,
    previous: Option<String>,
    next: Option<String>,
}

impl View for Index {
    const TEMPLATE: &'static str = "posts/index.html";

    fn title(&self) -> Message {
        "posts.title".into()
    }
}

#[derive(Debug, Serialize)]
struct MonthView {
    label: String,
    iso: String,
    previous: String,
    next: String,
}

#[derive(Debug, Serialize)]
struct Filter {
    value: &'static str,
    label: String,
    count: i64,
}

#[derive(Debug, Serialize)]
struct Day {
    date_text: String,
    posts: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: PostId,
    time_text: String,
    excerpt: String,
    parts: i64,
    channels: Vec<Face>,
    state: TargetState,
    state_text: String,
    reason: Option<String>,
    thumbnail: Option<String>,
    thread: bool,
    repeats: bool,
}

#[derive(Debug, Serialize)]
struct Face {
    name: String,
    provider: String,
    picture: Option<String>,
    state: TargetState,
}

#[derive(Debug, Deserialize)]
pub struct IndexQuery {
    #[serde(default)]
    month: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: i64,
}

/// The list.
#[handler]
pub async fn index(app: App, caller: Caller, frame: Frame, Query(query): Query<IndexQuery>) -> web::Result {
    Ok(frame.page(&Index::read(&app, &caller, &query).await?)?)
}

impl Index {
    async fn read(app: &App, caller: &Caller, query: &IndexQuery) -> Result<Self> {
        let reader = Reader { now: app.clock.now(), zone: caller.zone };
        let this_month = first_of(zone::wall(caller.zone, reader.now).date());
        let month = parse_month(&query.month).unwrap_or(this_month);
        let window = window(caller.zone, month);
        let (value, states) = states(&query.state);
        // What waits for a person waits whatever the month: that list is of all times unless a month was asked for.
        let all_times = value == "needs_you" && query.month.is_empty();
        let page = query.page.clamp(0, 10_000);
        let lines = Lines { skip: page * PAGE, take: PAGE + 1 };
        let mut rows = if all_times {
            model::in_any_month(&app.db, caller.org, states, lines).await?
        } else {
            model::month(&app.db, caller.org, window, states, lines).await?
        };
        let more = rows.len() as i64 > PAGE;
        rows.truncate(PAGE as usize);
        rows.sort_by_key(|row| row.due_at);
        let undated = month == this_month && page == 0 && !all_times;
        let loose = if undated { Undated::read(app, caller.org, &value, states).await? } else { Undated::default() };
        let media = thumbnails(app, caller.org, &rows, &loose).await?;
        let series = series(app, caller.org, &rows).await?;
        let counts = model::counts(&app.db, caller.org, window, month == this_month).await?;
        let total = counts.iter().find(|c| c.state.is_empty()).map_or(0, |c| c.posts);
        let any = total > 0 || model::any_post(&app.db, caller.org).await?;
        let listed = rows.iter().map(|r| r.post_id).collect::<HashSet<_>>().len() as i64;
        let count = |of: &str| match counts.iter().find(|c| c.state == of) {
            _ if all_times && of == value => listed,
            found => found.map_or(0, |c| c.posts),
        };
        let link = |page: i64| {
            let month = if all_times { String::new() } else { format!("&month={}", month.format("%Y-%m")) };
            let state = if value.is_empty() { String::new() } else { format!("&state={value}") };
            format!("/posts?page={page}{month}{state}")
        };
        Ok(Self {
            month: MonthView {
                label: date::month(month),
                iso: month.format("%Y-%m").to_string(),
                previous: (month - Months::new(1)).format("%Y-%m").to_string(),
                next: (month + Months::new(1)).format("%Y-%m").to_string(),
            },
            states: FILTERS.iter().map(|(v, label, _)| Filter { value: v, label: say(label), count: count(v) }).collect(),
            state: value.clone(),
            zone: caller.zone.name().to_owned(),
            days: days(rows, loose, &Shown { media, series }, reader),
            total: total.max(i64::from(any)),
            previous: (page > 0).then(|| link(page - 1)),
            next: more.then(|| link(page + 1)),
        })
    }
}

/// The filter asked for: one of the groups, or a single state; anything else shows all.
fn states(asked: &str) -> (String, &'static [TargetState]) {
    if let Some((value, _, states)) = FILTERS.iter().find(|(value, ..)| *value == asked) {
        return ((*value).to_owned(), states);
    }
    let single = TargetState::parse(asked).and_then(|s| TargetState::ALL.iter().position(|one| *one == s));
    single.map_or((String::new(), &[]), |n| (asked.to_owned(), &TargetState::ALL[n..=n]))
}

fn parse_month(text: &str) -> Option<NaiveDate> {
    let month = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
    // Within what calendars and both databases can tell.
    (1970..=2200).contains(&month.year()).then_some(month)
}

fn first_of(date: NaiveDate) -> NaiveDate {
    date.with_day(1).expect("every month has a first day")
}

/// From the first instant of a month to that of the next on the clock of a zone.
fn window(zone: Tz, month: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let at = |date: NaiveDate| zone::instant(zone, date.and_time(chrono::NaiveTime::MIN));
    (at(month), at(month + Months::new(1)))
}

/// What has no date.
#[derive(Default)]
struct Undated {
    targets: Vec<MonthRow>,
    unplaced: Vec<UnplacedRow>,
}

impl Undated {
    async fn read(app: &App, org: OrgId, value: &str, states: &[TargetState]) -> Result<Self> {
        let placed = states.is_empty() || states.iter().any(|s| matches!(s, TargetState::Draft | TargetState::Cancelled));
        let drafts = value.is_empty() || value == "draft";
        Ok(Self {
            targets: if placed { model::undated(&app.db, org, states, UNDATED).await? } else { vec![] },
            unplaced: if drafts { model::unplaced(&app.db, org, UNDATED).await? } else { vec![] },
        })
    }
}

/// What is known of the posts beyond their rows.
struct Shown {
    media: HashMap<MediaId, String>,
    /// Those that recur.
    series: HashSet<PostId>,
}

async fn series(app: &App, org: OrgId, rows: &[MonthRow]) -> Result<HashSet<PostId>> {
    let ids: HashSet<PostId> = rows.iter().map(|r| r.post_id).collect();
    let recurring = model::recurring(&app.db, org, &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(recurring.iter().map(|r| r.post_id).collect())
}

/// Addresses of the first picture of each post.
async fn thumbnails(app: &App, org: OrgId, rows: &[MonthRow], loose: &Undated) -> Result<HashMap<MediaId, String>> {
    let placed = rows.iter().chain(&loose.targets).filter_map(|r| r.media.first());
    let unplaced = loose.unplaced.iter().filter_map(|r| r.content.parts.first()?.media.first());
    let ids: Vec<MediaId> = placed.chain(unplaced).map(|m| m.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let media = Media::find_many(&app.db, org, &ids).await?;
    Ok(media.into_iter().filter_map(|m| Some((m.id, m.still()?))).collect())
}

fn days(rows: Vec<MonthRow>, loose: Undated, shown: &Shown, reader: Reader) -> Vec<Day> {
    let mut days: Vec<(NaiveDate, Vec<Vec<MonthRow>>)> = Vec::new();
    for row in rows {
        let date = row.due_at.map_or(NaiveDate::MIN, |due| zone::wall(reader.zone, due).date());
        if days.last().is_none_or(|(day, _)| *day != date) {
            days.push((date, Vec::new()));
        }
        let posts = &mut days.last_mut().expect("one was just added").1;
        // Two occurrences of one day are two lines.
        let apart = shown.series.contains(&row.post_id);
        match posts.iter_mut().find(|p| p[0].post_id == row.post_id && (!apart || p[0].due_at == row.due_at)) {
            Some(post) => post.push(row),
            None => posts.push(vec![row]),
        }
    }
    let day = |(date, posts): (NaiveDate, Vec<Vec<MonthRow>>)| Day {
        date_text: reader.day(date),
        posts: posts.iter().map(|targets| row(targets, shown, reader)).collect(),
    };
    let mut days: Vec<Day> = days.into_iter().map(day).collect();
    let undated = undated(loose, shown, reader);
    if !undated.is_empty() {
        days.push(Day { date_text: say("posts.no_date"), posts: undated });
    }
    days
}

fn undated(loose: Undated, shown: &Shown, reader: Reader) -> Vec<Row> {
    let mut posts: Vec<Vec<MonthRow>> = Vec::new();
    for row in loose.targets {
        match posts.iter_mut().find(|p| p[0].post_id == row.post_id) {
            Some(post) => post.push(row),
            None => posts.push(vec![row]),
        }
    }
    let mut rows: Vec<Row> = posts.iter().map(|targets| row(targets, shown, reader)).collect();
    rows.extend(loose.unplaced.iter().map(|r| unplaced(r, &shown.media)));
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows
}

fn row(targets: &[MonthRow], shown: &Shown, reader: Reader) -> Row {
    let first = &targets[0];
    let state = together(targets);
    let face = |t: &MonthRow| Face {
        name: t.channel_name.clone(),
        provider: t.provider.clone(),
        picture: t.channel_picture.clone(),
        state: t.state,
    };
    let time = first.due_at.map(|due| zone::wall(reader.zone, due).format("%H:%M").to_string());
    Row {
        id: first.post_id,
        time_text: time.unwrap_or_default(),
        excerpt: Doc::from_html(&first.content).excerpt(EXCERPT),
        parts: first.parts,
        channels: targets.iter().map(face).collect(),
        state,
        state_text: target_state(state),
        reason: targets.iter().find_map(|t| reason(t, targets.len() > 1)),
        thumbnail: first.media.first().and_then(|m| shown.media.get(&m.id)).cloned(),
        thread: first.parts > 1,
        repeats: shown.series.contains(&first.post_id),
    }
}

fn unplaced(row: &UnplacedRow, media: &HashMap<MediaId, String>) -> Row {
    let first = row.content.parts.first();
    Row {
        id: row.id,
        time_text: String::new(),
        excerpt: first.map(|p| Doc::from_html(&p.content).excerpt(EXCERPT)).unwrap_or_default(),
        parts: row.content.parts.len() as i64,
        channels: Vec::new(),
        state: TargetState::Draft,
        state_text: target_state(TargetState::Draft),
        reason: None,
        thumbnail: first.and_then(|p| media.get(&p.media.first()?.id)).cloned(),
        thread: row.content.parts.len() > 1,
        repeats: false,
    }
}

/// One state for the targets of a post: what a person must know first.
fn together(targets: &[MonthRow]) -> TargetState {
    use TargetState::*;
    let any = |state| targets.iter().any(|t| t.state == state);
    if !any(NeedsYou) && any(Published) && (any(Failed) || any(Missed)) {
        return PublishedIncomplete;
    }
    let order = [NeedsYou, Failed, PublishedIncomplete, Missed, Held, Sending, Scheduled, Draft, Published, Cancelled];
    order.into_iter().find(|state| any(*state)).unwrap_or(Draft)
}

/// Why it is not simply on its way, in a few words; names the channel when there are several.
fn reason(target: &MonthRow, several: bool) -> Option<String> {
    let key = match (target.state, target.reason.as_deref()) {
        (TargetState::NeedsYou, _) => "posts.reason_look",
        (TargetState::Held, Some("reconnect")) => "posts.reason_reconnect",
        (TargetState::Held, Some("paused")) => "posts.reason_paused",
        (TargetState::Held, Some("late")) => "posts.reason_late",
        (TargetState::Held, Some("restored")) => "posts.reason_restored",
        (TargetState::Held, Some(HOURLY)) => "posts.reason_hourly",
        (TargetState::Missed, Some(NOT_APPROVED)) => "posts.reason_not_approved",
        (TargetState::Missed, _) => "posts.reason_missed",
        (TargetState::Draft, Some(IN_REVIEW)) => "posts.reason_in_review",
        (TargetState::Draft, Some(CHANGES)) => "posts.reason_changes",
        (TargetState::Held, Some("series")) => "posts.reason_series",
        (TargetState::Cancelled, Some("superseded")) => "posts.reason_superseded",
        (TargetState::Cancelled, Some("series")) => "posts.reason_series_passed",
        (TargetState::Cancelled, Some("channel_removed")) => "posts.reason_removed",
        (TargetState::Failed | TargetState::PublishedIncomplete, _) if several => "posts.reason_failed_on",
        (TargetState::Failed | TargetState::PublishedIncomplete, _) if target.failure.is_some() => "posts.reason_failed",
        _ => return None,
    };
    let words = target.failure.as_ref().map(|f| f.message.clone()).unwrap_or_default();
    let provider = providers::find(&target.provider).map_or(target.provider.as_str(), |p| p.about().name);
    let message = Message::new(key).with("channel", &target.channel_name).with("provider", provider);
    Some(text(&message.with("words", words)))
}
