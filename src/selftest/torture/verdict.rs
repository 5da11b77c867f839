//! The verdict: what the instance says of each part, against how often the platform received it. Pure.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::{Blows, load::Sent};
use crate::{
    delivery::{Part, PartState, TargetState},
    fleet::Lateness,
    kit::{TargetId, text::Doc},
    posts::Listed,
};

/// What came of a run. It is passed when nothing was sent twice, lost or told wrongly.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Nothing was sent twice, lost or told wrongly.
    pub passed: bool,
    /// Of the random faults.
    pub seed: u64,
    /// Targets: one post on one channel.
    pub posts: usize,
    /// Their parts.
    pub parts: usize,
    /// How the workers ended or stood still.
    #[serde(flatten)]
    pub blows: Blows,
    /// Parts that the platform received once and the instance calls live.
    pub published: usize,
    /// Parts that the platform received more than once: each time beyond the first.
    pub duplicates: usize,
    /// Parts that were promised and are neither published nor waiting with a reason, or called live and are not.
    pub lost: usize,
    /// Parts that are said not to be live and are.
    pub told_wrong: usize,
    /// Parts that were uncertain until the platform was asked.
    pub uncertain_resolved: i64,
    /// Parts that only a person can decide on.
    pub waiting_for_a_person: usize,
    /// Parts that the platform refused, and what would have followed them.
    pub refused: usize,
    /// Parts that are still being tried, with the time of the next try.
    pub still_trying: usize,
    /// Requests to the API that were not answered, because a worker was struck.
    pub unanswered_requests: u32,
    /// From the last fault until nothing was under way.
    pub settled_in_s: u64,
    /// How late first parts arrived, all faults included.
    #[serde(flatten)]
    pub lateness: Lateness,
}

/// What the platform received, by text.
#[derive(Debug, Clone, Default)]
pub struct Wall(HashMap<String, Vec<i64>>);

impl Wall {
    /// Adds an answer of the platform's `GET /posts`.
    pub fn read(&mut self, answer: &Json) {
        for post in answer["posts"].as_array().into_iter().flatten() {
            let text = post["text"].as_str().unwrap_or_default().to_owned();
            self.0.entry(text).or_default().push(post["arrived_at"].as_i64().unwrap_or_default());
        }
    }

    /// When a part was received, each time.
    fn of(&self, part: &Part) -> &[i64] {
        self.0.get(&Doc::from_html(&part.content).to_plain()).map_or(&[], Vec::as_slice)
    }
}

/// Compares.
pub fn compare(told: &[Listed], sent: &[Sent], wall: &Wall) -> Report {
    let duplicates = wall.0.values().map(|times| times.len() - 1).sum();
    let mut report = Report { posts: told.len(), duplicates, ..Report::default() };
    let mut late = Vec::new();
    for listed in told {
        for part in &listed.parts {
            judge(listed, part, wall.of(part), &mut report);
        }
        late.extend(lateness(listed, wall));
    }
    let known: HashSet<TargetId> = told.iter().map(|l| l.target.id).collect();
    report.lost += sent.iter().filter(|s| !known.contains(&s.target)).map(|s| s.parts).sum::<usize>();
    report.lateness = Lateness::of(late);
    report.passed = report.duplicates == 0 && report.lost == 0 && report.told_wrong == 0 && report.posts > 0;
    report
}

fn judge(listed: &Listed, part: &Part, received: &[i64], report: &mut Report) {
    use PartState::*;
    report.parts += 1;
    let live = !received.is_empty();
    let count = match part.state {
        Published if live => &mut report.published,
        NeedsYou => &mut report.waiting_for_a_person,
        Waiting if matches!(listed.target.state, TargetState::Held | TargetState::NeedsYou) => &mut report.waiting_for_a_person,
        Failed | Skipped | Cancelled if live => &mut report.told_wrong,
        Failed if part.failure.is_some() => &mut report.refused,
        Skipped | Cancelled => &mut report.refused,
        Retrying | Uncertain | Processing if part.next_at.is_some() => &mut report.still_trying,
        Waiting if part.position > 0 && listed.parts.iter().any(|p| p.state.is_under_way()) => &mut report.still_trying,
        // Called live and nowhere, failed without a word, or forgotten.
        Published | Failed | Waiting | Sending | Retrying | Uncertain | Processing => &mut report.lost,
    };
    *count += 1;
}

/// Microseconds between the moment from which the first part could go out and its arrival.
fn lateness(listed: &Listed, wall: &Wall) -> Option<i64> {
    let arrived = wall.of(listed.parts.first()?).iter().min()?;
    Some(arrived - listed.target.due_at?.max(listed.target.created_at).timestamp_micros())
}

#[cfg(test)]
mod tests;
