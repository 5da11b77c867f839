//! Which limits a part comes under, and whether they leave room for an attempt: asked and used up in the transaction that
//! writes the attempt down, so that neither a crash nor another worker spends the same token twice.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    bucket::{Level, Rule},
    model::{self, StoredLevel},
};
use crate::{
    db::Tx,
    error::Result,
    http::RateHint,
    kit::{ChannelId, OrgId},
    providers::{Cost, Rate, Scope},
};

/// Longest that a platform's word keeps a channel waiting before it is asked again.
const LONGEST_BLOCK: TimeDelta = TimeDelta::hours(24);

/// One limit that a part comes under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its row.
    pub key: String,
    /// Whose it is; `None`: the whole instance's.
    pub org: Option<OrgId>,
    /// Other workers may use it at the same time.
    pub shared: bool,
    /// How much it allows.
    pub rule: Rule,
    /// What is counted.
    pub counts: Counts,
    /// Why it is there.
    pub cause: Cause,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Every attempt.
    Requests,
    /// Attempts that others could see.
    Publishes,
    /// The first of those of a post.
    Posts,
}

/// Why something waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The platform takes no more for now.
    Platform,
    /// The channel has had its posts of the hour.
    Hour,
    /// A backlog is worked off at walking pace.
    Backlog,
}

/// Not yet, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// When there is room.
    pub until: DateTime<Utc>,
    /// Why.
    pub cause: Cause,
}

/// An attempt that is about to be written down.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What its part comes under.
    pub limits: &'a [Limit],
    /// The first of a run: nothing is uploaded for a post that cannot go out.
    pub is_first: bool,
    /// Others could see it.
    pub is_visible: bool,
    /// Its step was never attempted.
    pub is_new: bool,
    /// When.
    pub now: DateTime<Utc>,
}

impl Ask<'_> {
    fn is_counted(&self, counts: Counts) -> bool {
        match counts {
            Counts::Requests => true,
            Counts::Publishes => self.is_visible,
            Counts::Posts => self.is_visible && self.is_new,
        }
    }
}

/// The limits of a platform for one channel.
pub fn of_platform(rates: &[Rate], provider: &str, org: OrgId, channel: ChannelId) -> Vec<Limit> {
    let limit = |(n, rate): (usize, &Rate)| {
        let (key, owner) = match rate.scope {
            Scope::App => (format!("app/{provider}/{n}"), None),
            Scope::Organisation => (format!("organisation/{org}/{provider}/{n}"), Some(org)),
            Scope::Account => (format!("channel/{channel}/{n}"), Some(org)),
        };
        let (count, per) = (rate.n.max(1), TimeDelta::seconds(rate.seconds.max(1).into()));
        Limit {
            key,
            org: owner,
            shared: rate.scope != Scope::Account,
            rule: if rate.rolling { Rule::Rolling { n: count, per } } else { Rule::Refill { capacity: count, per } },
            counts: if rate.cost == Cost::Request { Counts::Requests } else { Counts::Publishes },
            cause: Cause::Platform,
        }
    };
    rates.iter().enumerate().map(limit).collect()
}

/// At most `n` posts an hour.
pub fn hourly(n: u32, org: OrgId, channel: ChannelId) -> Limit {
    own(format!("channel/{channel}/hour"), org, Rule::Rolling { n, per: TimeDelta::hours(1) }, Cause::Hour)
}

/// The pace of a backlog.
pub fn pace(per_minute: u32, org: OrgId, channel: ChannelId) -> Limit {
    own(format!("channel/{channel}/pace"), org, Rule::Refill { capacity: 1, per: spacing(per_minute) }, Cause::Backlog)
}

/// How far the posts of a backlog are apart.
pub fn spacing(per_minute: u32) -> TimeDelta {
    TimeDelta::microseconds(60_000_000 / i64::from(per_minute.max(1)))
}

fn own(key: String, org: OrgId, rule: Rule, cause: Cause) -> Limit {
    Limit { key, org: Some(org), shared: false, rule, counts: Counts::Posts, cause }
}

/// The levels of all limits that a group of attempts comes under. Read, asked, and written back in one transaction.
#[derive(Default, Clone)]
pub struct Budget(BTreeMap<String, Held>);

#[derive(Clone)]
struct Held {
    org: Option<OrgId>,
    level: Level,
    is_changed: bool,
}

impl Budget {
    /// Reads them; the shared ones stay locked until the transaction ends, in one order for all workers.
    pub async fn load<'a>(tx: &mut Tx, limits: impl Iterator<Item = &'a Limit>) -> Result<Self> {
        let (mut shared, mut own, mut budget) = (BTreeMap::new(), Vec::new(), Self::default());
        for limit in limits {
            let unused = Held { org: limit.org, level: Level::UNUSED, is_changed: false };
            if budget.0.insert(limit.key.clone(), unused).is_none() {
                if limit.shared {
                    shared.insert(limit.key.clone(), limit.org);
                } else {
                    own.push(limit.key.clone());
                }
            }
        }
        let mut stored = Vec::new();
        if !shared.is_empty() {
            stored.extend(model::lock_levels(tx, shared).await?);
        }
        if !own.is_empty() {
            stored.extend(model::levels(tx, own).await?);
        }
        for StoredLevel { key, full_at, taken } in stored {
            if let Some(held) = budget.0.get_mut(&key) {
                held.level = Level { full_at, taken: taken.0 };
            }
        }
        Ok(budget)
    }

    /// Brings levels back that a clock that was set back left in the future: what an attempt is told to wait for must
    /// come, and a refusal alone would write nothing down.
    pub fn correct(&mut self, ask: &Ask<'_>) {
        for limit in ask.limits {
            if let Some(held) = self.0.get_mut(&limit.key) {
                held.is_changed |= limit.rule.correct(&mut held.level, ask.now);
            }
        }
    }

    /// Why the attempt must wait, and how long; `None`: it need not.
    pub fn wait(&self, ask: &Ask<'_>) -> Option<Wait> {
        let asked = ask.limits.iter().filter(|l| ask.is_first || ask.is_counted(l.counts));
        let waits = asked.filter_map(|limit| {
            let until = limit.rule.wait(&self.0.get(&limit.key)?.level, ask.now)?;
            Some(Wait { until, cause: limit.cause })
        });
        waits.max_by_key(|wait| wait.until)
    }

    /// Uses up what the attempt costs.
    pub fn take(&mut self, ask: &Ask<'_>) {
        for limit in ask.limits.iter().filter(|l| ask.is_counted(l.counts)) {
            if let Some(held) = self.0.get_mut(&limit.key) {
                limit.rule.take(&mut held.level, ask.now);
                held.is_changed = true;
            }
        }
    }

    /// Writes back what was used.
    pub async fn store(self, tx: &mut Tx) -> Result<()> {
        let changed = self.0.into_iter().filter(|(_, held)| held.is_changed);
        let rows: Vec<_> = changed.map(|(key, held)| (key, held.org, held.level)).collect();
        if rows.is_empty() { Ok(()) } else { model::set_levels(tx, rows).await }
    }
}

/// What follows from a platform's word about one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heeded {
    /// Nothing is sent to the channel before.
    pub blocked_until: Option<DateTime<Utc>>,
    /// Limits that are lowered: at most so many are left of them.
    pub lowered: Vec<(Limit, u64)>,
}

/// Draws the consequences of what the headers of the last answer said.
pub fn heed(limits: &[Limit], hint: RateHint, now: DateTime<Utc>) -> Heeded {
    if hint.resets_at <= now {
        return Heeded::default();
    }
    let of_account = limits.iter().filter(|l| l.cause == Cause::Platform && !l.shared);
    let refills = of_account.filter(|l| matches!(l.rule, Rule::Refill { capacity, .. } if hint.remaining < capacity.into()));
    Heeded {
        blocked_until: (hint.remaining == 0).then(|| hint.resets_at.min(now + LONGEST_BLOCK)),
        lowered: refills.map(|l| (l.clone(), hint.remaining)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(limits: &[Limit], is_first: bool, is_visible: bool, is_new: bool) -> Ask<'_> {
        Ask { limits, is_first, is_visible, is_new, now: DateTime::UNIX_EPOCH + TimeDelta::days(20_000) }
    }

    fn budget(limits: &[Limit]) -> Budget {
        let held = |l: &Limit| (l.key.clone(), Held { org: l.org, level: Level::UNUSED, is_changed: false });
        Budget(limits.iter().map(held).collect())
    }

    #[test]
    fn each_limit_counts_what_it_counts_and_uploads_wait_for_room_to_publish() {
        let (org, channel) = (OrgId::new(), ChannelId::new());
        let rates = [Rate { cost: Cost::Request, ..Rate::account(3, 60) }, Rate::account(1, 600)];
        let mut limits = of_platform(&rates, "x", org, channel);
        limits.push(hourly(1, org, channel));
        let mut budget = budget(&limits);
        let (upload, write) = (ask(&limits, true, false, true), ask(&limits, false, true, true));
        assert_eq!(budget.wait(&upload), None);
        budget.take(&upload);
        assert_eq!(budget.wait(&write), None);
        budget.take(&write);
        // Another run's upload costs a request only, but there is no room for what it is for.
        let wait = budget.wait(&upload).unwrap();
        assert_eq!((wait.cause, wait.until - upload.now), (Cause::Hour, TimeDelta::hours(1)));
        assert_eq!(budget.wait(&ask(&limits, false, false, true)), None);
        // The post was counted when it was new.
        let again = budget.wait(&ask(&limits, false, true, false)).unwrap();
        assert_eq!((again.cause, again.until - upload.now), (Cause::Platform, TimeDelta::minutes(10)));
    }

    #[test]
    fn nothing_left_blocks_and_little_left_lowers() {
        let (org, channel) = (OrgId::new(), ChannelId::new());
        let rates = [Rate::account(100, 60), Rate { scope: Scope::App, ..Rate::account(100, 60) }, Rate::daily(5)];
        let limits = of_platform(&rates, "x", org, channel);
        let now = DateTime::UNIX_EPOCH;
        let hint = |remaining, seconds| RateHint { remaining, resets_at: now + TimeDelta::seconds(seconds) };
        let little = heed(&limits, hint(7, 30), now);
        assert_eq!((little.blocked_until, little.lowered.len(), little.lowered[0].1), (None, 1, 7));
        let nothing = heed(&limits, hint(0, 30), now);
        assert_eq!(nothing.blocked_until, Some(now + TimeDelta::seconds(30)));
        assert_eq!(heed(&limits, hint(0, 86_400 * 30), now).blocked_until, Some(now + LONGEST_BLOCK));
        assert_eq!(heed(&limits, hint(0, 0), now), Heeded::default());
        assert_eq!(heed(&limits, hint(500, 30), now), Heeded::default());
    }
}
