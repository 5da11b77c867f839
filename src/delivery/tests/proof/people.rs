//! What people do meanwhile.

use super::{
    super::super::{PartState::*, TargetState},
    Act, PARTS, Part, World,
};

impl World {
    /// What people may do, under the conditions of `actions.rs` and `model::replace`.
    pub(super) fn person(&mut self, act: Act) {
        if !matches!(act, Act::Resolve | Act::Reconnect) {
            self.left.acts -= 1;
        }
        let open = self.parts.iter().any(|p| matches!(p.state, Sending | Processing | Uncertain | NeedsYou));
        match act {
            Act::Cancel if !open && !self.may_be_live() => {
                let withdrawn = self.each(|p| matches!(p.state, Waiting | Retrying), |p| (p.state, p.next) = (Cancelled, None));
                if withdrawn {
                    self.settle();
                }
            }
            Act::Restore if self.target == TargetState::Cancelled => {
                let stamp = self.stamp();
                self.each(|p| p.state == Cancelled, |p| (p.state, p.tries) = (Waiting, 0));
                self.parts[0].next = stamp;
                self.target = TargetState::Scheduled;
            }
            Act::Edit if self.target.is_editable() && !self.may_be_live() => self.edit(),
            Act::SendNow if matches!(self.target, TargetState::Scheduled | TargetState::Held) => self.resume(),
            Act::Retry
                if self.each(|p| matches!(p.state, Failed | Skipped), |p| (p.state, p.tries, p.looks) = (Waiting, 0, 0)) =>
            {
                self.resume();
            }
            Act::Resolve => self.resolve(),
            Act::Reconnect => {
                self.active = true;
                if self.target == TargetState::Held {
                    self.resume();
                }
            }
            _ => {}
        }
    }

    pub(super) fn each(&mut self, which: impl Fn(&Part) -> bool, change: impl Fn(&mut Part)) -> bool {
        let mut any = false;
        for part in self.parts.iter_mut().filter(|p| which(p)) {
            change(part);
            any = true;
        }
        any
    }

    pub(super) fn edit(&mut self) {
        if !self.parts.iter().all(|p| matches!(p.state, Waiting | Failed | Skipped | Cancelled)) || self.version == 2 {
            return;
        }
        self.version += 1;
        (0..PARTS).for_each(|n| self.absolve(n));
        let stamp = self.stamp();
        for (n, part) in self.parts.iter_mut().enumerate() {
            let next = stamp.filter(|_| n == 0);
            *part = Part { state: Waiting, next, tries: 0, looks: 0, unsure: 0, done: false, version: self.version, ..*part };
        }
        self.target = TargetState::Scheduled;
    }

    pub(super) fn resume(&mut self) {
        let stamp = self.stamp();
        let first = self.parts.iter_mut().find(|p| p.state != Published);
        if let Some(part) = first.filter(|p| matches!(p.state, Waiting | Retrying | Uncertain | Processing)) {
            part.next = stamp;
        }
        self.settle();
    }

    /// A person who looks says the truth, and does not guess while something may still arrive.
    pub(super) fn resolve(&mut self) {
        let Some(n) = self.parts.iter().position(|p| p.state == NeedsYou) else { return };
        if self.parts[n].is_haunted() || self.is_under_way(n) {
            return;
        }
        let stamp = self.stamp();
        let part = &mut self.parts[n];
        if part.live.iter().any(|n| *n > 0) {
            (part.state, part.next) = (Published, None);
            self.skip_after(n);
        } else {
            (part.state, part.next, part.unsure, part.tries, part.looks) = (Waiting, stamp, 0, 0, 0);
            self.absolve(n);
        }
        self.settle();
    }
}
