//! The composer's section "Repeat": from its fields to a rule and back, and the times that follow, while one types.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use poem::{handler, web::Query};
use serde::Serialize;

use super::{
    editing::{date, time},
    typed::Typed,
};
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    kit::{
        recur::{End, Every, Rule},
        zone,
    },
    orgs::Caller,
    posts::{
        model::Recurrence,
        recurrence,
        words::{Reader, say},
    },
    render::{View, text},
    web::{self, Frame},
};

/// How many times are shown before saving.
const SHOWN: usize = 5;

/// The section as it is shown.
#[derive(Debug, Serialize)]
pub struct RepeatView {
    every: String,
    n: String,
    weekdays: Vec<Weekday>,
    day: String,
    cron: String,
    end: String,
    until: String,
    count: String,
    next: Vec<String>,
    problem: Option<String>,
    /// One occurrence is edited, and only that one.
    one: bool,
    /// What is edited recurs.
    series: bool,
}

#[derive(Debug, Serialize)]
struct Weekday {
    value: u32,
    label: String,
    name: String,
    checked: bool,
}

/// The times alone, for the script that shows them while one types.
#[derive(Debug, Serialize)]
pub struct Next {
    repeat: RepeatView,
}

impl View for Next {
    const TEMPLATE: &'static str = "posts/_repeat_next.html";

    fn title(&self) -> Message {
        "compose.repeat".into()
    }
}

/// What the fields would give.
#[handler]
pub async fn preview(app: App, caller: Caller, frame: Frame, Query(fields): Query<Vec<(String, String)>>) -> web::Result {
    let mut typed = Typed::parse(fields);
    if typed.zone.is_empty() {
        caller.zone.name().clone_into(&mut typed.zone);
    }
    "at".clone_into(&mut typed.when);
    Ok(frame.page(&Next { repeat: view(&typed, false, app.clock.now()) })?)
}

/// The section for a form as typed.
pub fn view(typed: &Typed, series: bool, now: DateTime<Utc>) -> RepeatView {
    let get = |name: &str| value(typed, name).to_owned();
    let chosen: Vec<&str> = typed.pairs.iter().filter(|(name, _)| name == "repeat_weekday").map(|(_, v)| v.as_str()).collect();
    let weekday = |n: u32| Weekday {
        value: n,
        label: say(WEEKDAYS[n as usize - 1].0),
        name: say(WEEKDAYS[n as usize - 1].1),
        checked: chosen.contains(&n.to_string().as_str()),
    };
    let (next, problem) = match rule(typed) {
        Ok(None) => (Vec::new(), None),
        Ok(Some(rule)) => {
            let reader = Reader { now, zone: rule.zone };
            (recurrence::preview(&rule, now, SHOWN).into_iter().map(|at| reader.with_year(at)).collect(), None)
        }
        Err(errors) => (Vec::new(), errors.first().map(|e| text(&e.message))),
    };
    RepeatView {
        every: get("repeat"),
        n: get("repeat_n"),
        weekdays: (1..=7).map(weekday).collect(),
        day: get("repeat_day"),
        cron: get("repeat_cron"),
        end: get("repeat_end"),
        until: get("repeat_until"),
        count: get("repeat_count"),
        next,
        problem,
        one: is_one(typed),
        series,
    }
}

const WEEKDAYS: [(&str, &str); 7] = [
    ("weekday.short_1", "weekday.long_1"),
    ("weekday.short_2", "weekday.long_2"),
    ("weekday.short_3", "weekday.long_3"),
    ("weekday.short_4", "weekday.long_4"),
    ("weekday.short_5", "weekday.long_5"),
    ("weekday.short_6", "weekday.long_6"),
    ("weekday.short_7", "weekday.long_7"),
];

/// True when one occurrence of a series is edited alone.
pub fn is_one(typed: &Typed) -> bool {
    value(typed, "scope") == "one"
}

/// The rule that the fields describe; `None` when it does not repeat, or goes out at no chosen time. Errors are those of the
/// form's fields.
pub fn rule(typed: &Typed) -> Result<Option<Rule>, Vec<FieldError>> {
    if typed.when != "at" || is_one(typed) || value(typed, "repeat").is_empty() {
        return Ok(None);
    }
    let (day, hour, zone) = (date(&typed.date), time(&typed.time), zone::parse(&typed.zone));
    let (Ok(day), Ok(hour), Some(zone)) = (day, hour, zone) else {
        return Err(vec![FieldError::new("date", "compose.date_missing")]);
    };
    let mut wrong = Vec::new();
    let every = every(typed, day, &mut wrong);
    let end = end(typed, &mut wrong);
    let (Some(every), true) = (every, wrong.is_empty()) else { return Err(wrong) };
    let rule = Rule { every, start: day.and_time(hour), zone, end };
    match rule.check() {
        Err(Error::Invalid(errors)) => {
            Err(errors.into_iter().map(|e| FieldError::new(format!("repeat_{}", e.field), e.message)).collect())
        }
        _ => Ok(Some(rule)),
    }
}

fn every(typed: &Typed, day: NaiveDate, wrong: &mut Vec<FieldError>) -> Option<Every> {
    let n = number(typed, "repeat_n", 1, wrong);
    Some(match value(typed, "repeat") {
        "minutes" => Every::Minutes(n?),
        "hours" => Every::Hours(n?),
        "days" => Every::Days(n?),
        "weeks" => Every::Weeks { n: n?, weekdays: weekdays(typed, day) },
        "months" => Every::Months { n: n?, day: number(typed, "repeat_day", day.day(), wrong)? },
        "years" => Every::Years(n?),
        "cron" => match value(typed, "repeat_cron").parse() {
            Ok(cron) => Every::Cron(cron),
            Err(why) => {
                wrong.push(FieldError::new("repeat_cron", why));
                return None;
            }
        },
        _ => {
            wrong.push(FieldError::new("repeat", "compose.repeat_unknown"));
            return None;
        }
    })
}

/// Those chosen, or that of the first date.
fn weekdays(typed: &Typed, day: NaiveDate) -> u8 {
    let chosen = typed.pairs.iter().filter(|(name, _)| name == "repeat_weekday").filter_map(|(_, v)| v.parse::<u32>().ok());
    let mask = chosen.filter(|n| (1..=7).contains(n)).fold(0, |mask, n| mask | 1_u8 << (n - 1));
    if mask == 0 { 1 << day.weekday().num_days_from_monday() } else { mask }
}

fn end(typed: &Typed, wrong: &mut Vec<FieldError>) -> End {
    match value(typed, "repeat_end") {
        "until" => match date(value(typed, "repeat_until")) {
            Ok(last) => End::Until(last),
            Err(_) => {
                wrong.push(FieldError::new("repeat_until", "compose.date_missing"));
                End::Never
            }
        },
        "count" => End::Count(number(typed, "repeat_count", 0, wrong).unwrap_or(1)),
        _ => End::Never,
    }
}

fn number(typed: &Typed, name: &'static str, blank: u32, wrong: &mut Vec<FieldError>) -> Option<u32> {
    let text = value(typed, name);
    let read = if text.is_empty() { Some(blank) } else { text.parse().ok() };
    if read.is_none() {
        wrong.push(FieldError::new(name, Message::new("field.number").with("min", 1).with("max", 1_000)));
    }
    read
}

fn value<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
}

/// The fields as they describe a stored rule from one of its occurrences on.
pub fn fields(series: &Recurrence, from: DateTime<Utc>) -> Vec<(String, String)> {
    let rule = &series.rule.0;
    let mut fields: Vec<(&str, String)> = Vec::new();
    let mut every = |word: &str, n: u32| fields.extend([("repeat", word.to_owned()), ("repeat_n", n.to_string())]);
    match &rule.every {
        Every::Minutes(n) => every("minutes", *n),
        Every::Hours(n) => every("hours", *n),
        Every::Days(n) => every("days", *n),
        Every::Weeks { n, weekdays } => {
            every("weeks", *n);
            let chosen = (1..=7).filter(|day| weekdays >> (day - 1) & 1 == 1);
            fields.extend(chosen.map(|day: u8| ("repeat_weekday", day.to_string())));
        }
        Every::Months { n, day } => {
            every("months", *n);
            fields.push(("repeat_day", day.to_string()));
        }
        Every::Years(n) => every("years", *n),
        Every::Cron(cron) => fields.extend([("repeat", "cron".to_owned()), ("repeat_cron", cron.to_string())]),
    }
    match rule.end {
        End::Never => {}
        End::Until(last) => fields.extend([("repeat_end", "until".to_owned()), ("repeat_until", last.to_string())]),
        End::Count(count) => {
            // Those before it are over: what is saved begins anew.
            let done = rule.occurrences(DateTime::<Utc>::MIN_UTC).take_while(|one| one.at < from).count();
            let left = (count as usize).saturating_sub(done).max(1);
            fields.extend([("repeat_end", "count".to_owned()), ("repeat_count", left.to_string())]);
        }
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
