//! What must hold at the end of every story: docs/GUARANTEES.md in the form of checks.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    deeds::{Cast, same},
    model::Row,
    platform::{Account, Copy, Inner, SECRET},
    story::{Dialect, Event, Story},
};
use crate::{
    delivery::{ON_TIME, PartState, TargetState},
    kit::text::Doc,
};

/// All that is looked at.
pub struct Evidence<'a> {
    /// What was planned.
    pub story: &'a Story,
    /// What people know.
    pub cast: &'a Cast,
    /// What the platforms have.
    pub world: &'a Inner,
    /// What the database says.
    pub rows: &'a [Row],
    /// Every stored text in which a secret could be.
    pub texts: &'a [String],
    /// What was logged.
    pub log: &'a str,
}

/// Everything that is broken, in words.
pub fn judge(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    broken.extend(duplicates(evidence.world));
    for row in evidence.rows {
        broken.extend(evidence.truth(row).map(|words| evidence.named(row, &words)));
        broken.extend(evidence.rest(row).map(|words| evidence.named(row, &words)));
        broken.extend(evidence.intents(row).map(|words| evidence.named(row, &words)));
    }
    broken.extend(evidence.confirmed());
    broken.extend(evidence.threads());
    broken.extend(evidence.order());
    broken.extend(evidence.secrets());
    broken.extend(evidence.log_lines());
    broken
}

/// I1: nothing is live twice.
fn duplicates(world: &Inner) -> Vec<String> {
    let mut count: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for account in &world.accounts {
        for copy in &account.copies {
            *count.entry((account.handle.as_str(), copy.text.split(' ').next().unwrap_or_default())).or_default() += 1;
        }
    }
    let more = count.into_iter().filter(|(_, n)| *n > 1);
    more.map(|((account, name), n)| format!("I1 duplicate: {name} is live {n} times on {account}")).collect()
}

impl Evidence<'_> {
    fn account(&self, row: &Row) -> &Account {
        let n = self.cast.channels.iter().position(|c| *c == row.channel_id).unwrap_or(0);
        &self.world.accounts[n]
    }

    fn named(&self, row: &Row, words: &str) -> String {
        let (state, target) = (row.state.as_str(), row.target_state.as_str());
        format!("{words}: {} on {} ({state}, target {target})", plain(row), self.account(row).handle)
    }

    fn copies(&self, row: &Row) -> Vec<&Copy> {
        let text = plain(row);
        self.account(row).copies.iter().filter(|c| same(&c.text, &text)).collect()
    }

    /// I2: what the database says is so.
    fn truth(&self, row: &Row) -> Option<String> {
        use PartState::*;
        let copies = self.copies(row);
        match (row.state, copies.first()) {
            (Published, None) => Some("I2 says published and is not live".into()),
            (Published, Some(copy)) if copy.text != plain(row) => Some(format!("I2 live in other words, \"{}\"", copy.text)),
            (Published, Some(copy)) => {
                let id = row.remote.as_deref().unwrap_or_default();
                let known = if self.account(row).dialect == Dialect::Bluesky { id.ends_with(&copy.key) } else { id == copy.id };
                (!known && id != "missing").then(|| format!("I2 live as {} and known as \"{id}\"", copy.id))
            }
            (Failed | Cancelled | Skipped | Waiting | Retrying, Some(copy)) => {
                Some(format!("I2 live as {} and not known", copy.id))
            }
            _ => None,
        }
    }

    /// I3: everything is over, or waits visibly with a reason.
    fn rest(&self, row: &Row) -> Option<String> {
        use PartState::*;
        let held = row.target_state == TargetState::Held && row.reason.is_some() && !row.removed;
        let before = self.rows.iter().filter(|r| r.target_id == row.target_id && r.position < row.position);
        let follows = before.clone().any(|r| r.state != Published);
        let drafted = row.target_state == TargetState::Draft;
        match row.state {
            _ if row.next_at.is_some() => Some("I3 is still to be looked at".into()),
            _ if row.target_state == TargetState::Held && row.reason.is_none() => Some("I3 held without a reason".into()),
            Failed | NeedsYou if row.failure.is_none() => Some("I3 nobody is told why".into()),
            Published | Failed | Skipped | Cancelled | NeedsYou => None,
            Waiting if held || follows || drafted => None,
            // Also of one that was removed: the notice of its channel stands for it.
            Uncertain | Processing if row.target_state == TargetState::Held && row.reason.is_some() => None,
            _ => Some("I3 lost: nobody will look at it again".into()),
        }
    }

    /// G1: no request without an intent on disk. Bluesky sends a write again after it has renewed its session.
    fn intents(&self, row: &Row) -> Option<String> {
        if self.cast.touched.contains(&row.target_id) {
            return None;
        }
        let each = if self.account(row).dialect == Dialect::Bluesky { 2 } else { 1 };
        let asked =
            self.account(row).asked.iter().filter(|(text, ..)| *text == plain(row)).map(|(_, n, _)| i64::from(*n)).sum::<i64>();
        (asked > each * row.attempts).then(|| format!("G1 {asked} requests and {} intents", row.attempts))
    }

    /// G3: what was confirmed is there.
    fn confirmed(&self) -> Vec<String> {
        let known = |id| self.rows.iter().any(|r| r.target_id == id);
        let all = self.cast.posts.iter().flat_map(|(post, (_, targets))| targets.values().map(move |t| (post, *t)));
        all.filter(|(_, t)| !known(*t)).map(|(post, _)| format!("G3 lost: post {post} was confirmed and is gone")).collect()
    }

    fn is_clock_set(&self) -> bool {
        self.story.events.iter().any(|(_, e)| matches!(e, Event::SetClock(_)))
    }

    /// I4: a part replies to the one before it, after it, and not before its delay.
    fn threads(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for row in self.rows.iter().filter(|r| r.position > 0) {
            let Some(copy) = self.copies(row).first().copied() else { continue };
            let before = self.rows.iter().find(|r| r.target_id == row.target_id && r.position == row.position - 1);
            let Some(parent) = before.and_then(|r| self.copies(r).first().copied()) else {
                broken.push(self.named(row, "I4 live without the part before it"));
                continue;
            };
            // A person said that it is live and not where, so nothing could be told to reply to it.
            if before.is_some_and(|r| r.remote.as_deref() == Some("missing")) {
                continue;
            }
            let delay = std::time::Duration::from_secs(u64::try_from(row.delay_seconds).unwrap_or(0));
            if copy.parent.as_ref() != Some(&parent.id) || copy.at < parent.at {
                broken.push(self.named(row, "I4 does not follow the part before it"));
            } else if copy.at < parent.at + delay && !self.is_clock_set() {
                broken.push(self.named(row, "I4 came before its delay was over"));
            }
        }
        broken
    }

    /// I4: what nobody touched is first sent in the order of its times. What was kept back goes out at walking pace, and what
    /// is on time does not wait for it.
    fn order(&self) -> Vec<String> {
        let interrupted = self.story.lives.iter().any(|l| l.away.1 > 0);
        if self.is_clock_set() || interrupted {
            return Vec::new();
        }
        let mut by_account: HashMap<&str, Vec<First<'_>>> = HashMap::new();
        for row in self
            .rows
            .iter()
            .filter(|r| r.position == 0 && !self.cast.touched.contains(&r.target_id) && !r.held && self.is_simple(r))
        {
            let account = self.account(row);
            if let Some(n) = account.asked.iter().position(|(text, ..)| *text == plain(row)) {
                let at = self.world.began() + account.asked[n].2;
                by_account.entry(account.handle.as_str()).or_default().push(First { n, at, row });
            }
        }
        let mut broken = Vec::new();
        for list in by_account.values_mut() {
            list.sort_by_key(|first| first.n);
            let early = list.windows(2).filter(|w| w[1].row.due_at < w[0].row.due_at && !w[0].may_overtake(w[1].row));
            broken.extend(early.map(|w| self.named(w[1].row, "I4 was due earlier and first sent later")));
        }
        broken
    }

    /// Its first request is its write.
    fn is_simple(&self, row: &Row) -> bool {
        let number = plain(row).trim_start_matches('p').split('.').next().and_then(|n| n.parse::<usize>().ok());
        number.and_then(|n| self.story.posts.get(n)).is_some_and(|p| p.uploads == 0)
    }

    /// I5: no secret where people or logs can show it.
    fn secrets(&self) -> Vec<String> {
        let stored = self.texts.iter().find(|t| t.contains(SECRET)).map(|t| format!("I5 a secret is stored: {t}"));
        let logged = self.log.lines().find(|l| l.contains(SECRET)).map(|l| format!("I5 a secret is logged: {l}"));
        stored.into_iter().chain(logged).collect()
    }

    /// A fault of ours that nothing in the story explains.
    fn log_lines(&self) -> Option<String> {
        let away = self.story.lives.iter().any(|l| l.away.1 > 0);
        let line = self.log.lines().find(|l| l.contains("a lane stopped") && (!away || l.contains("panic")))?;
        Some(format!("an internal fault: {line}"))
    }
}

/// The first time that a post was asked for.
struct First<'a> {
    /// Its place among those of its account.
    n: usize,
    /// What the clock said.
    at: DateTime<Utc>,
    row: &'a Row,
}

impl First<'_> {
    /// What is on time when it is sent does not wait for what is overdue by then.
    fn may_overtake(&self, other: &Row) -> bool {
        let late_by = |row: &Row| row.due_at.map_or(TimeDelta::zero(), |due| self.at - due);
        late_by(self.row) <= ON_TIME && late_by(other) > ON_TIME
    }
}

fn plain(row: &Row) -> String {
    Doc::from_html(&row.content).to_plain()
}
