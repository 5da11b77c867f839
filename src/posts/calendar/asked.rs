//! What the address of a calendar says, and the addresses that lead from there. The address holds the view completely: look,
//! date, clock and filters. Pure.

use chrono::NaiveDate;
use chrono_tz::Tz;
use url::form_urlencoded::{Serializer, parse};
use uuid::Uuid;

use super::period::{Look, read_date};
use crate::{
    delivery::TargetState,
    kit::{ChannelId, CustomerId, UserId, zone},
};

/// Most channels of one filter.
const MOST_CHANNELS: usize = 200;

/// The groups of states that can be asked for, with their names; those of the list of posts.
pub const STATES: [(&str, &str, &[TargetState]); 5] = [
    ("scheduled", "posts.filter_scheduled", &[TargetState::Scheduled, TargetState::Sending]),
    ("needs_you", "posts.filter_needs_you", &[TargetState::NeedsYou, TargetState::Held, TargetState::Missed]),
    ("draft", "posts.filter_draft", &[TargetState::Draft]),
    ("published", "posts.filter_published", &[TargetState::Published]),
    ("failed", "posts.filter_failed", &[TargetState::Failed, TargetState::PublishedIncomplete]),
];

/// What is asked for. Anything that cannot be understood is as if it had not been said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// How time is drawn.
    pub look: Look,
    /// Around which date.
    pub date: NaiveDate,
    /// On which clock; `None`: the organisation's.
    pub zone: Option<Tz>,
    /// Only on these channels; empty: on all.
    pub channels: Vec<ChannelId>,
    /// Only on the channels of this customer.
    pub customer: Option<CustomerId>,
    /// Only with this tag.
    pub tag: Option<Uuid>,
    /// Only by this person.
    pub author: Option<UserId>,
    /// Only in this group of [`STATES`].
    pub state: Option<&'static str>,
    /// The page of a list, from 0.
    pub page: i64,
}

impl Asked {
    /// Reads the query of an address; without a date it is about `today`, on the clock asked for.
    pub fn read(query: &str, own: Tz, today: impl FnOnce(Tz) -> NaiveDate) -> Self {
        let pairs: Vec<(String, String)> = parse(query.as_bytes()).into_owned().collect();
        let first = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim());
        let clock = zone::parse(first("zone")).filter(|zone| *zone != own);
        let mut channels: Vec<ChannelId> =
            pairs.iter().filter(|(n, _)| n == "channel").filter_map(|(_, v)| v.parse().ok()).take(MOST_CHANNELS).collect();
        channels.sort_unstable();
        channels.dedup();
        Self {
            look: Look::parse(first("view")),
            date: read_date(first("date")).unwrap_or_else(|| today(clock.unwrap_or(own))),
            zone: clock,
            channels,
            customer: first("customer").parse().ok(),
            tag: first("tag").parse().ok(),
            author: first("author").parse().ok(),
            state: STATES.iter().map(|(value, ..)| *value).find(|value| *value == first("state")),
            page: first("page").parse().unwrap_or(0).clamp(0, 10_000),
        }
    }

    /// The states asked for; empty: all.
    pub fn states(&self) -> &'static [TargetState] {
        self.state.and_then(|asked| STATES.iter().find(|(value, ..)| *value == asked)).map_or(&[], |(.., states)| *states)
    }

    /// True when not everything is shown.
    pub fn is_narrowed(&self) -> bool {
        !self.channels.is_empty()
            || self.customer.is_some()
            || self.tag.is_some()
            || self.author.is_some()
            || self.state.is_some()
    }

    /// Its address, which says all of it.
    pub fn href(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("view", self.look.as_str()).append_pair("date", &self.date.to_string());
        for (name, value) in self.narrowing() {
            query.append_pair(name, &value);
        }
        if self.page > 0 {
            query.append_pair("page", &self.page.to_string());
        }
        format!("/calendar?{}", query.finish())
    }

    /// What an address says beyond look, date and page.
    pub fn narrowing(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.zone.map(|zone| ("zone", zone.name().to_owned())));
        pairs.extend(self.channels.iter().map(|id| ("channel", id.to_string())));
        pairs.extend(self.customer.map(|id| ("customer", id.to_string())));
        pairs.extend(self.tag.map(|id| ("tag", id.to_string())));
        pairs.extend(self.author.map(|id| ("author", id.to_string())));
        pairs.extend(self.state.map(|state| ("state", state.to_owned())));
        pairs
    }

    /// The same with something else; from the first page on.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = Self { page: 0, ..self.clone() };
        change(&mut other);
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Asked {
        Asked::read(query, Tz::Europe__Berlin, |_| "2026-11-23".parse().unwrap())
    }

    #[test]
    fn an_address_says_everything_and_reads_back() {
        let (one, two, tag) = (ChannelId::new(), ChannelId::new(), Uuid::now_v7());
        let query =
            format!("view=week&date=2027-01-02&zone=Asia/Tokyo&channel={two}&channel={one}&tag={tag}&state=failed&page=2");
        let asked = read(&query);
        assert_eq!((asked.look, asked.zone, asked.channels.len()), (Look::Week, Some(Tz::Asia__Tokyo), 2));
        assert_eq!(read(asked.href().split_once('?').unwrap().1), asked);
        assert!(asked.is_narrowed() && asked.states().contains(&TargetState::Failed));
        assert_eq!(asked.with(|a| a.look = Look::Day).page, 0);
    }

    #[test]
    fn what_makes_no_sense_is_as_if_it_had_not_been_said() {
        let odd = read("view=year&date=2026-13-01&zone=Mars&channel=x&customer=1&tag=&author=%00&state=burnt&page=-4");
        assert_eq!(odd, read(""));
        assert_eq!(odd.href(), "/calendar?view=month&date=2026-11-23");
        assert_eq!(read("zone=Europe/Berlin"), odd, "the organisation's own clock needs no word");
    }
}
