//! The places of one worker: how many lanes it works at the same time, and how they are shared between organisations.
//!
//! No organisation gets more than its share, so that there is always a place for one that had nothing to send before.

use std::{collections::HashMap, panic::AssertUnwindSafe};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::model::Candidate;
use crate::kit::{ChannelId, OrgId};

/// Lanes being worked.
pub struct Lanes {
    places: usize,
    tasks: JoinSet<OrgId>,
    taken: HashMap<OrgId, usize>,
}

impl Lanes {
    /// So many places, at least one.
    pub fn new(places: usize) -> Self {
        Self { places: places.max(1), tasks: JoinSet::new(), taken: HashMap::new() }
    }

    /// Places that nobody has.
    pub fn free(&self) -> usize {
        self.places.saturating_sub(self.tasks.len())
    }

    /// Most that are claimed at once: several workers are to share what becomes due at the same instant.
    fn most(&self) -> usize {
        self.free().min((self.places / 8).max(1))
    }

    /// How many candidates to choose from.
    pub fn widely(&self) -> usize {
        4 * self.most()
    }

    /// An organisation's share: all but a quarter, and never the last place.
    fn share(&self) -> usize {
        (self.places - (self.places / 4).max(1)).max(1)
    }

    /// Whose lanes are worked next: of the organisation that has the fewest places, its longest due one, and so on until
    /// every organisation has its share or no more are claimed at once. The candidates of each stand in their turn.
    pub fn choose(&self, candidates: Vec<Candidate>) -> Vec<ChannelId> {
        let taken = |c: &Candidate| self.taken.get(&c.org_id).copied().unwrap_or(0) + usize::try_from(c.turn).unwrap_or(0);
        let share = self.share();
        let mut fair: Vec<(usize, Candidate)> =
            candidates.into_iter().map(|c| (taken(&c), c)).filter(|(n, _)| *n <= share).collect();
        // Stable: of those that are equal, the longest due one.
        fair.sort_by_key(|(n, _)| *n);
        fair.into_iter().take(self.most()).map(|(_, c)| c.channel_id).collect()
    }

    /// Organisations that have their share.
    pub fn full(&self) -> Vec<OrgId> {
        let share = self.share();
        self.taken.iter().filter(|(_, taken)| **taken >= share).map(|(org, _)| *org).collect()
    }

    /// Works a lane.
    pub fn spawn(&mut self, org: OrgId, work: impl Future<Output = ()> + Send + 'static) {
        *self.taken.entry(org).or_default() += 1;
        self.tasks.spawn(async move {
            // A panic must not keep the place.
            let _ = AssertUnwindSafe(work).catch_unwind().await;
            org
        });
    }

    /// Returns when at least one place has become free; never while nobody has one.
    pub async fn one_ends(&mut self) {
        match self.tasks.join_next().await {
            Some(ended) => self.free_place(ended),
            None => std::future::pending().await,
        }
        while let Some(ended) = self.tasks.try_join_next() {
            self.free_place(ended);
        }
    }

    /// Returns when every place is free.
    pub async fn all_end(&mut self) {
        while self.tasks.join_next().await.is_some() {}
        self.taken.clear();
    }

    fn free_place(&mut self, ended: Result<OrgId, tokio::task::JoinError>) {
        let Ok(org) = ended else { return };
        if let Some(taken) = self.taken.get_mut(&org) {
            *taken -= 1;
            if *taken == 0 {
                self.taken.remove(&org);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(org: OrgId, lanes: i64) -> Vec<Candidate> {
        (1..=lanes).map(|turn| Candidate { channel_id: ChannelId::new(), org_id: org, turn }).collect()
    }

    #[tokio::test]
    async fn one_organisation_never_takes_the_last_place_and_is_never_refused_all() {
        for places in [1, 2, 3, 4, 5, 8, 100, 1_024] {
            let (mut lanes, greedy) = (Lanes::new(places), OrgId::new());
            while lanes.full().is_empty() {
                let chosen = lanes.choose(due(greedy, 5_000));
                assert!(!chosen.is_empty(), "{places} places");
                chosen.iter().for_each(|_| lanes.spawn(greedy, std::future::pending()));
            }
            assert_eq!(lanes.full(), [greedy]);
            assert!(lanes.free() > 0 || places == 1, "{places} places");
            assert!(places < 4 || lanes.free() <= places / 4, "{places} places");
        }
    }

    #[tokio::test]
    async fn the_next_place_is_for_who_has_the_fewest() {
        let (mut lanes, [a, b, c]) = (Lanes::new(16), [OrgId::new(), OrgId::new(), OrgId::new()]);
        (0..12).for_each(|_| lanes.spawn(a, std::future::pending()));
        (0..3).for_each(|_| lanes.spawn(b, std::future::pending()));
        let (of_a, of_b, of_c) = (due(a, 20), due(b, 20), due(c, 1));
        // In the order in which they come from the database: by turn, then the longest due.
        let mut all = [of_a, of_b, of_c.clone()].concat();
        all.sort_by_key(|candidate| candidate.turn);
        assert_eq!(lanes.choose(all), [of_c[0].channel_id]);
    }

    #[tokio::test]
    async fn places_come_back_even_after_a_panic() {
        let (mut lanes, org) = (Lanes::new(2), OrgId::new());
        lanes.spawn(org, async { panic!("a bug") });
        lanes.spawn(org, async {});
        assert_eq!((lanes.free(), lanes.full()), (0, vec![org]));
        while lanes.free() < 2 {
            lanes.one_ends().await;
        }
        assert!(lanes.full().is_empty());
    }
}
