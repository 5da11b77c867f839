//! When a rule is: its occurrences in order, from any instant.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};

use super::{End, Every, LAST_YEAR, Rule};
use crate::kit::zone;

/// One turn of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Which one: the local date and the number of the time on that date (`2026-11-24.0`), or the instant for minutes and
    /// hours (`2026-11-24T08:20:00Z`). It stays the same when the time of day changes.
    pub key: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Rule {
    /// The occurrences strictly after an instant, strictly rising, without end unless the rule has one (and none after
    /// the year 2100). What they are does not depend on `after`.
    pub fn occurrences(&self, after: DateTime<Utc>) -> Box<dyn Iterator<Item = Occurrence> + Send + '_> {
        let all = match self.step() {
            Some(step) => self.elapsed(step, after),
            None => self.on_the_wall(after),
        };
        Box::new(all.skip_while(move |one| one.at <= after))
    }

    /// The very first one.
    pub fn first(&self) -> Option<Occurrence> {
        self.occurrences(DateTime::<Utc>::MIN_UTC).next()
    }

    /// How many there are up to and including an instant, counted up to `most`.
    pub fn count_until(&self, at: DateTime<Utc>, most: usize) -> usize {
        self.occurrences(DateTime::<Utc>::MIN_UTC).take(most).take_while(|one| one.at <= at).count()
    }

    fn step(&self) -> Option<TimeDelta> {
        match self.every {
            Every::Minutes(n) => Some(TimeDelta::minutes(n.max(1).into())),
            Every::Hours(n) => Some(TimeDelta::hours(n.max(1).into())),
            _ => None,
        }
    }

    fn is_within(&self, date: NaiveDate) -> bool {
        date.year() <= LAST_YEAR && !matches!(self.end, End::Until(last) if date > last)
    }

    fn elapsed(&self, step: TimeDelta, after: DateTime<Utc>) -> Box<dyn Iterator<Item = Occurrence> + Send + '_> {
        let anchor = zone::instant(self.zone, self.start);
        let seconds = step.num_seconds();
        let first = after.timestamp().saturating_sub(anchor.timestamp()).max(0) / seconds;
        let count = if let End::Count(count) = self.end { i64::from(count) } else { i64::MAX };
        let instants =
            (first..count).map_while(move |n| anchor.checked_add_signed(TimeDelta::try_seconds(n.checked_mul(seconds)?)?));
        let within = instants.take_while(|at| self.is_within(zone::wall(self.zone, *at).date()));
        Box::new(within.map(|at| Occurrence { key: at.to_rfc3339_opts(SecondsFormat::Secs, true), at }))
    }

    fn on_the_wall(&self, after: DateTime<Utc>) -> Box<dyn Iterator<Item = Occurrence> + Send + '_> {
        let start = self.start.date();
        // Days back: a time skipped on one date can be an instant of the next, and only the first of two such counts.
        let near =
            (after > DateTime::<Utc>::MIN_UTC + TimeDelta::days(9)).then(|| zone::wall(self.zone, after).date() - Days::new(3));
        let counted = matches!(self.end, End::Count(_));
        let from = near.filter(|date| !counted && *date > start).unwrap_or(start);
        let times = self.times();
        let dates = std::iter::successors(Some(from), |date| date.succ_opt()).take_while(|date| self.is_within(*date));
        let walls = dates.filter(|date| self.is_on(*date)).flat_map(move |date| walls(date, &times));
        let mut last = DateTime::<Utc>::MIN_UTC;
        let rising = walls.filter(|(_, wall)| *wall >= self.start).filter_map(move |(slot, wall)| {
            let at = zone::instant(self.zone, wall);
            let later = at > last;
            last = last.max(at);
            later.then(|| Occurrence { key: format!("{}.{slot}", wall.date()), at })
        });
        match self.end {
            End::Count(count) => Box::new(rising.take(count as usize)),
            _ => Box::new(rising),
        }
    }

    fn times(&self) -> Vec<NaiveTime> {
        match &self.every {
            Every::Cron(cron) => cron.times(),
            _ => vec![self.start.time()],
        }
    }

    fn is_on(&self, date: NaiveDate) -> bool {
        let start = self.start.date();
        let multiple = |distance: i64, n: u32| distance >= 0 && distance % i64::from(n.max(1)) == 0;
        match &self.every {
            Every::Minutes(_) | Every::Hours(_) => false,
            Every::Days(n) => multiple((date - start).num_days(), *n),
            Every::Weeks { n, weekdays } => {
                let day = date.weekday().num_days_from_monday();
                weekdays >> day & 1 == 1 && multiple((monday(date) - monday(start)).num_days() / 7, *n)
            }
            Every::Months { n, day } => date.day() == day_in(date, *day) && multiple(months(start, date), *n),
            Every::Years(n) => date.day() == day_in(date, start.day()) && multiple(months(start, date), n * 12),
            Every::Cron(cron) => cron.is_on(date),
        }
    }
}

fn walls(date: NaiveDate, times: &[NaiveTime]) -> Vec<(usize, NaiveDateTime)> {
    times.iter().enumerate().map(|(slot, time)| (slot, date.and_time(*time))).collect()
}

fn monday(date: NaiveDate) -> NaiveDate {
    date - Days::new(date.weekday().num_days_from_monday().into())
}

fn months(from: NaiveDate, to: NaiveDate) -> i64 {
    i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month())
}

/// The day of the month, or its last one when it is shorter.
fn day_in(date: NaiveDate, day: u32) -> u32 {
    day.min(u32::from(date.num_days_in_month()))
}
