//! The calendar from the outside: what is drawn, moving posts and taking that back, and being told of changes.

mod drawn;
mod live;
mod moving;
mod plan;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rostrum::{
    kit::{PostId, zone},
    posts::Listed,
};

use crate::{
    posts::listed,
    support::{Answer, Owner, TestApp},
};

const BERLIN: Tz = Tz::Europe__Berlin;

/// A Monday some weeks ahead, so that the days after it are of one week and lie in the future.
fn monday(app: &TestApp) -> NaiveDate {
    let today = zone::wall(BERLIN, app.app.clock.now()).date();
    today + Days::new(21) - Days::new(u64::from(today.weekday().num_days_from_monday()))
}

/// A time of a day on the clock of Berlin.
fn at(day: NaiveDate, time: &str) -> DateTime<Utc> {
    zone::instant(BERLIN, day.and_time(format!("{time}:00").parse().unwrap()))
}

/// What stands between the tag that names a cell and the next cell.
fn cell(page: &str, name: &str) -> String {
    let rest = page.split(&format!("data-cell=\"{name}\"")).nth(1).unwrap_or_else(|| panic!("no cell {name} in {page}"));
    rest.split("data-cell=").next().unwrap().to_owned()
}

/// Moves a card as the page's script does.
async fn dragged(owner: &Owner, post: PostId, from: DateTime<Utc>, fields: &[(&str, &str)], stamp: Option<&str>) -> Answer {
    let (micros, csrf) = (from.timestamp_micros().to_string(), owner.browser.csrf());
    let mut all = vec![("csrf", csrf.as_str()), ("at", micros.as_str())];
    all.extend_from_slice(fields);
    let path = format!("/posts/{post}/move");
    let request =
        owner.browser.request(reqwest::Method::POST, &path).header("sec-fetch-site", "same-origin").header("hx-request", "true");
    let request = if let Some(stamp) = stamp { request.header("if-match", format!("\"{stamp}\"")) } else { request };
    owner.browser.send(request.form(&all)).await
}

/// Where the undo button of an answer leads.
fn undo_of(answer: &Answer) -> String {
    let page = answer.page().replace("&amp;", "&").replace("&#x2f;", "/");
    let action = page.split("action=\"").nth(1).unwrap_or_else(|| panic!("no way back in {page}"));
    action.split('"').next().unwrap().to_owned()
}

async fn only(app: &TestApp, owner: &Owner, post: PostId) -> Listed {
    let mut all = listed(app, owner, post).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}
