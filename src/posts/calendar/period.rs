//! Which days are looked at, and where they begin and end. Pure.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::{
    error::Message,
    kit::zone,
    render::{date, lookup, text},
};

/// How time is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// One day by hours.
    Day,
    /// Seven days by hours.
    Week,
    /// The weeks of a month.
    Month,
    /// The posts of a month one below the other.
    List,
}

impl Look {
    /// Every look, from near to far.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::List];

    /// As it stands in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::List => "list",
        }
    }

    /// From an address; anything unknown is a month.
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|look| look.as_str() == word).unwrap_or(Self::Month)
    }

    /// Its days are cut into hours.
    pub fn has_hours(self) -> bool {
        matches!(self, Self::Day | Self::Week)
    }
}

/// Some days in a row on the clock of a zone.
#[derive(Debug, Clone)]
pub struct Period {
    /// The look.
    pub look: Look,
    /// The date that was asked for, which is among them.
    pub date: NaiveDate,
    /// The days, at least one.
    pub days: Vec<NaiveDate>,
    /// The clock.
    pub zone: Tz,
}

impl Period {
    /// The period that a look shows around a date; weeks begin on `first`.
    pub fn new(look: Look, date: NaiveDate, zone: Tz, first: Weekday) -> Self {
        let (from, to) = match look {
            Look::Day => (date, next_day(date)),
            Look::Week => {
                let from = week_start(date, first);
                (from, from + Days::new(7))
            }
            Look::Month => {
                let month = first_of_month(date);
                (week_start(month, first), week_start(last_of_month(date), first) + Days::new(7))
            }
            Look::List => (first_of_month(date), next_day(last_of_month(date))),
        };
        Self { look, date, days: from.iter_days().take_while(|day| *day < to).collect(), zone }
    }

    /// The date that leads one period back.
    pub fn previous(&self) -> NaiveDate {
        match self.look {
            Look::Day => self.date - Days::new(1),
            Look::Week => self.date - Days::new(7),
            Look::Month | Look::List => first_of_month(self.date) - Months::new(1),
        }
    }

    /// The date that leads one period on.
    pub fn next(&self) -> NaiveDate {
        match self.look {
            Look::Day => next_day(self.date),
            Look::Week => self.date + Days::new(7),
            Look::Month | Look::List => first_of_month(self.date) + Months::new(1),
        }
    }

    /// From the first instant of a day to that of the next one.
    pub fn window(&self, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        (midnight(self.zone, day), midnight(self.zone, next_day(day)))
    }

    /// From the first instant of the first day to the end of the last one.
    pub fn whole(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let first = self.days.first().copied().unwrap_or(self.date);
        let last = self.days.last().copied().unwrap_or(self.date);
        (midnight(self.zone, first), midnight(self.zone, next_day(last)))
    }

    /// `November 2026`, `23 – 29 November 2026`, `Monday 23 November 2026`.
    pub fn title(&self) -> String {
        match self.look {
            Look::Day => date::long_of_year(self.date),
            Look::Month | Look::List => date::month(self.date),
            Look::Week => {
                let (from, to) = (self.days[0], self.days[self.days.len() - 1]);
                let from = match () {
                    () if from.year() != to.year() => date::full_of_year(from),
                    () if from.month() != to.month() => date::full(from),
                    () => date::of_month(from),
                };
                text(&Message::new("calendar.from_to").with("from", from).with("to", date::full_of_year(to)))
            }
        }
    }
}

/// The first instant of a day.
pub fn midnight(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    zone::instant(zone, day.and_time(NaiveTime::MIN))
}

/// The day after.
pub fn next_day(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// The first day of a date's month.
pub fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).expect("every month has a first day")
}

fn last_of_month(date: NaiveDate) -> NaiveDate {
    first_of_month(date) + Months::new(1) - Days::new(1)
}

fn week_start(date: NaiveDate, first: Weekday) -> NaiveDate {
    date - Days::new(u64::from(date.weekday().days_since(first)))
}

/// On which day weeks begin where the language is spoken: the catalogue says it, from 1 (Monday) to 7.
pub fn first_weekday() -> Weekday {
    let number = lookup("calendar.first_weekday").and_then(|n| n.parse::<u8>().ok()).unwrap_or(1);
    Weekday::try_from(number.saturating_sub(1)).unwrap_or(Weekday::Mon)
}

/// A date of an address, within what calendars and both databases can tell.
pub fn read_date(word: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?;
    (1970..=2200).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(look: Look, date: &str, first: Weekday) -> Period {
        Period::new(look, date.parse().unwrap(), Tz::Europe__Berlin, first)
    }

    fn ends(period: &Period) -> (String, String, usize) {
        (period.days[0].to_string(), period.days[period.days.len() - 1].to_string(), period.days.len())
    }

    #[test]
    fn a_month_is_whole_weeks_and_no_more() {
        let november = period(Look::Month, "2026-11-23", Weekday::Mon);
        assert_eq!(ends(&november), ("2026-10-26".into(), "2026-12-06".into(), 42));
        // February 2027 begins on a Monday and has 28 days.
        assert_eq!(ends(&period(Look::Month, "2027-02-10", Weekday::Mon)).2, 28);
        assert_eq!(ends(&period(Look::Month, "2027-02-10", Weekday::Sun)), ("2027-01-31".into(), "2027-03-06".into(), 35));
    }

    #[test]
    fn weeks_begin_where_they_are_said_to() {
        assert_eq!(ends(&period(Look::Week, "2026-11-29", Weekday::Mon)), ("2026-11-23".into(), "2026-11-29".into(), 7));
        assert_eq!(ends(&period(Look::Week, "2026-11-29", Weekday::Sun)).0, "2026-11-29");
        assert_eq!(ends(&period(Look::Week, "2026-11-29", Weekday::Sat)).0, "2026-11-28");
    }

    #[test]
    fn a_day_is_as_long_as_its_clock_says() {
        let spring = period(Look::Day, "2026-03-29", Weekday::Mon);
        let (from, to) = spring.window(spring.date);
        assert_eq!((to - from).num_hours(), 23);
        let autumn = period(Look::Day, "2026-10-25", Weekday::Mon);
        assert_eq!((autumn.whole().1 - autumn.whole().0).num_hours(), 25);
    }

    #[test]
    fn one_period_on_and_back_again() {
        for look in Look::ALL {
            for date in ["2026-01-31", "2026-12-31", "2028-02-29"] {
                let here = period(look, date, Weekday::Mon);
                let on = Period::new(look, here.next(), here.zone, Weekday::Mon);
                assert!(on.days.contains(&on.date) && on.date > here.date, "{look:?} {date}");
                let back = Period::new(look, on.previous(), here.zone, Weekday::Mon);
                assert_eq!(back.days, here.days, "{look:?} {date}");
            }
        }
    }

    #[test]
    fn dates_beyond_reason_are_none() {
        assert_eq!(read_date("2026-02-30"), None);
        assert_eq!(read_date("1969-12-31"), None);
        assert_eq!(read_date("99999-01-01"), None);
        assert!(read_date("2200-12-31").is_some());
    }
}
