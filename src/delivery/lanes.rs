//! The places of one worker: how many lanes it works at the same time, and how they are shared between organisations.
//!
//! No organisation gets more than its share, so that there is always a place for one that had nothing to send before.

use std::{collections::HashMap, panic::AssertUnwindSafe};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use crate::kit::OrgId;

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

    /// Most that may be claimed at once: few enough that no organisation can take the last places in one go.
    pub fn most(&self) -> usize {
        self.free().min((self.places / 8).max(1))
    }

    /// An organisation's share.
    fn share(&self) -> usize {
        self.places - self.places / 4
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

    #[tokio::test]
    async fn one_organisation_never_takes_the_last_places() {
        for places in [1, 2, 4, 5, 8, 100, 1_024] {
            let (mut lanes, greedy) = (Lanes::new(places), OrgId::new());
            while lanes.full().is_empty() {
                (0..lanes.most()).for_each(|_| lanes.spawn(greedy, std::future::pending()));
            }
            assert_eq!(lanes.full(), [greedy]);
            assert!(lanes.free() > 0 || places < 4, "{places} places");
        }
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
