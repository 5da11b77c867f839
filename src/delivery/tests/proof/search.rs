//! What must hold after every step and at every end, and the search through everything that can happen.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    super::super::{PartState::*, TargetState},
    Act, Budget, Fences, Part, World,
};
use crate::providers::Effect;

impl World {
    /// I1, I2, I4 and "failed is only what is surely not live", after every step.
    pub(super) fn check(&self, effect: Effect) -> Result<(), String> {
        for (n, part) in self.parts.iter().enumerate() {
            let live: u8 = part.live.iter().sum();
            let in_flight = part.is_haunted() || self.is_under_way(n);
            if live > 1 {
                return Err(format!("I1: part {n} is live {live} times ({effect:?})"));
            }
            if part.state == Published && live == 0 && !(effect != Effect::Once && in_flight) {
                return Err(format!("I2: part {n} says published and is not live"));
            }
            if live == 1 && part.live[usize::from(self.version)] == 0 {
                return Err(format!("part {n} went out in words that had been replaced"));
            }
            if matches!(part.state, Failed | Skipped | Cancelled) && (live > 0 || part.is_haunted()) {
                return Err(format!("part {n} is {} and may be live", part.state.as_str()));
            }
            if n > 0 && live > 0 && self.parts[n - 1].live.iter().all(|n| *n == 0) {
                return Err(format!("I4: part {n} is live before the one before it"));
            }
        }
        if self.parts.iter().all(|p| p.state == Published) != (self.target == TargetState::Published) {
            return Err(format!("the target is {} with {:?}", self.target.as_str(), self.states()));
        }
        Ok(())
    }

    /// I3: where nothing can go on by itself, everything is over or waits for a person.
    pub(super) fn check_end(&self) -> Result<(), String> {
        let waits_for_person =
            matches!(self.target, TargetState::Held | TargetState::NeedsYou | TargetState::Draft | TargetState::Cancelled);
        let stuck = |p: &Part| !matches!(p.state, Published | Failed | Skipped | Cancelled | NeedsYou);
        if !waits_for_person && self.parts.iter().any(stuck) {
            return Err(format!("I3: nobody will look at {:?} of a target that is {}", self.states(), self.target.as_str()));
        }
        Ok(())
    }
}

/// Searches everything that can happen; gives the number of states, or the shortest way into a broken one.
pub(super) fn explore(left: Budget, fences: Fences, effect: Effect) -> Result<usize, String> {
    let start = World::new(left);
    // Fingerprints of 64 bits: two of some hundred thousand states share one once in a hundred million searches.
    let mut seen = HashSet::from([fingerprint(start)]);
    let mut found = vec![(start, None)];
    let mut n = 0;
    while let Some((world, _)) = found.get(n).copied() {
        let mut goes_on = false;
        for act in world.acts() {
            let next = world.after(act, fences, effect).map_err(|e| story(&found, n, Some(act), &e))?;
            goes_on |= next != world;
            if seen.insert(fingerprint(next)) {
                found.push((next, Some((n, act))));
            }
        }
        if !goes_on {
            world.check_end().map_err(|e| story(&found, n, None, &e))?;
        }
        n += 1;
    }
    Ok(found.len())
}

/// Stamps and epochs matter by their equality only, and which worker is which does not.
pub(super) fn fingerprint(mut world: World) -> u64 {
    let epoch = world.epoch;
    let stamps = world.parts.map(|p| p.next);
    // Which part it is of, if it is still that part's.
    let name = |n: usize, stamp: Option<u8>| stamp.map(|_| u8::from(stamp == stamps[n]));
    for w in 0..2 {
        world.claimed[w] = world.claimed[w].map(|e| u8::from(e == epoch));
        if let Some(job) = &mut world.jobs[w] {
            job.epoch = u8::from(job.epoch == epoch);
            job.loaded.next = name(job.n, job.loaded.next);
        }
    }
    world.parts.iter_mut().for_each(|p| p.next = p.next.map(|_| 0));
    (world.epoch, world.stamp, world.owner) = (0, 0, world.owner.map(|_| 0));
    let half = |w: usize| {
        let mut hasher = DefaultHasher::new();
        (world.claimed[w], world.jobs[w]).hash(&mut hasher);
        hasher.finish()
    };
    let (one, two) = (half(0), half(1));
    (world.claimed, world.jobs) = ([None; 2], [None; 2]);
    let mut hasher = DefaultHasher::new();
    (world, one.min(two), one.max(two)).hash(&mut hasher);
    hasher.finish()
}

type Came = (World, Option<(usize, Act)>);

pub(super) fn story(found: &[Came], mut n: usize, last: Option<Act>, broken: &str) -> String {
    let mut acts: Vec<Act> = last.into_iter().collect();
    while let Some((before, act)) = found[n].1 {
        acts.push(act);
        n = before;
    }
    acts.reverse();
    format!("{broken}: {acts:?}")
}
