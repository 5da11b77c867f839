//! A recurrence rule in words. Pure.

use crate::{
    channels::slots::days_text,
    error::Message,
    kit::recur::{End, Every, Rule},
    render::{date, text},
};

/// `Every 2 weeks on Monday, Thursday at 09:00, until 3 Mar 2027`.
pub fn rule_text(rule: &Rule) -> String {
    let time = rule.start.format("%H:%M");
    let every = |key, n: u32| text(&Message::new(key).with("count", n));
    let at = |what: String| text(&Message::new("recur.at").with("what", what).with("time", &time));
    let said = match &rule.every {
        Every::Minutes(n) => every("recur.minutes", *n),
        Every::Hours(n) => every("recur.hours", *n),
        Every::Days(n) => at(every("recur.days", *n)),
        Every::Weeks { n: 1, weekdays: 0x7f } => at(every("recur.days", 1)),
        Every::Weeks { n, weekdays } => {
            let weeks =
                Message::new("recur.on").with("what", every("recur.weeks", *n)).with("days", days_text((*weekdays).into()));
            at(text(&weeks))
        }
        Every::Months { n, day } => {
            at(text(&Message::new("recur.on_day").with("what", every("recur.months", *n)).with("day", day)))
        }
        Every::Years(n) => {
            at(text(&Message::new("recur.on").with("what", every("recur.years", *n)).with("days", date::day(rule.start.date()))))
        }
        Every::Cron(cron) => text(&Message::new("recur.cron").with("cron", cron)),
    };
    match rule.end {
        End::Never => said,
        End::Until(last) => text(&Message::new("recur.ends_until").with("what", said).with("day", date::day_of_year(last))),
        End::Count(count) => text(&Message::new("recur.ends_count").with("what", said).with("count", count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_as_people_say_them() {
        let rule = |every, end| Rule { every, end, start: "2026-11-23T09:00:00".parse().unwrap(), zone: chrono_tz::UTC };
        for (every, end, said) in [
            (Every::Days(1), End::Never, "Every day at 09:00"),
            (Every::Days(3), End::Count(5), "Every 3 days at 09:00, 5 times"),
            (Every::Weeks { n: 1, weekdays: 0b1 }, End::Never, "Every week on Monday at 09:00"),
            (Every::Weeks { n: 1, weekdays: 0x7f }, End::Never, "Every day at 09:00"),
            (Every::Weeks { n: 2, weekdays: 0b1010 }, End::Never, "Every 2 weeks on Tuesday, Thursday at 09:00"),
            (Every::Months { n: 1, day: 31 }, End::Never, "Every month on day 31, or the last one at 09:00"),
            (Every::Years(1), End::Never, "Every year on 23 Nov at 09:00"),
            (Every::Minutes(30), End::Until("2026-12-01".parse().unwrap()), "Every 30 minutes, until 1 Dec 2026"),
            (Every::Cron("0 9 * * mon".parse().unwrap()), End::Never, "By the cron text 0 9 * * mon"),
        ] {
            assert_eq!(rule_text(&rule(every, end)), said);
        }
    }
}
