//! What happens by itself: the engine's course through a part, a platform's answers, and processes that stand still or die.

use chrono::DateTime;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    super::super::{
        PartState::{self, *},
        TargetState,
        model::Step,
        plan::{self, News, Next, Standing},
        run, state,
    },
    Act, Answer, Budget, Fences, Job, PARTS, Part, Stage, World,
};
use crate::{
    error::{Failure, FailureKind},
    providers::Effect,
};

impl World {
    pub(super) fn new(left: Budget) -> Self {
        let part = |next| Part {
            state: Waiting,
            next,
            tries: 0,
            looks: 0,
            unsure: 0,
            done: false,
            version: 0,
            live: [0; 3],
            ghosts: [0; 3],
        };
        Self {
            parts: [part(Some(0)), part(None)],
            version: 0,
            target: TargetState::Scheduled,
            active: true,
            epoch: 0,
            owner: None,
            lease: false,
            claimed: [None; 2],
            jobs: [None; 2],
            stamp: 1,
            left,
        }
    }

    pub(super) fn stamp(&mut self) -> Option<u8> {
        self.stamp += 1;
        Some(self.stamp)
    }

    pub(super) fn states(&self) -> Vec<PartState> {
        self.parts.iter().map(|p| p.state).collect()
    }

    pub(super) fn settle(&mut self) {
        self.target = state::derive(&self.states());
    }

    pub(super) fn due(&self) -> Option<usize> {
        (0..PARTS).find(|n| self.parts[*n].next.is_some())
    }

    /// Traces that keep people from withdrawing: `may_be_live` of the model.
    pub(super) fn may_be_live(&self) -> bool {
        self.parts.iter().any(|p| matches!(p.state, Waiting | Retrying | Skipped | Cancelled) && (p.done || p.unsure > 0))
    }

    pub(super) fn acts(&self) -> Vec<Act> {
        use Act::*;
        let mut acts = Vec::new();
        for w in 0..2 {
            match (self.claimed[w], self.jobs[w].map(|j| j.stage)) {
                (None, _) if self.due().is_some() && (self.owner.is_none() || !self.lease) => acts.push(Claim(w)),
                (None, _) => {}
                (Some(_), None) => acts.extend([Load(w), Release(w)]),
                (Some(_), Some(stage)) => acts.extend(self.work(w, stage)),
            }
            if self.claimed[w].is_some() && self.left.crashes > 0 {
                acts.push(Crash(w));
            }
        }
        if self.owner.is_some() && self.lease && self.left.pauses > 0 {
            acts.push(LeaseEnds);
        }
        acts.extend((0..PARTS).filter(|n| self.parts[*n].is_haunted()).flat_map(|n| [Ghost(n), Fades(n)]));
        if self.left.acts > 0 {
            acts.extend([Cancel, Restore, Edit, SendNow, Retry]);
        }
        if self.parts.iter().any(|p| p.state == NeedsYou) {
            acts.push(Resolve);
        }
        if !self.active {
            acts.push(Reconnect);
        }
        acts
    }

    pub(super) fn work(&self, w: usize, stage: Stage) -> Vec<Act> {
        use Act::*;
        let job = self.jobs[w].expect("a stage belongs to a job");
        let faulty = self.left.faults > 0;
        match stage {
            Stage::Loaded if job.loaded.state == Uncertain => {
                let part = self.parts[job.n];
                let there = part.live.iter().any(|n| *n > 0);
                let truth = match there {
                    true => Answer::Found,
                    // Only a platform that has nothing of it under way can say that it is not there.
                    false if !part.is_haunted() && !self.is_under_way(job.n) => Answer::Absent,
                    false => Answer::NotSeen,
                };
                let mut acts = vec![Look(w, truth)];
                if faulty && truth != Answer::NotSeen {
                    acts.push(Look(w, Answer::NotSeen));
                }
                acts
            }
            Stage::Loaded => vec![Begin(w)],
            Stage::Sent => {
                let mut acts = vec![Deliver(w, Answer::Accepted)];
                if faulty {
                    let faults = [Answer::Refused, Answer::Unreached, Answer::Lost, Answer::Reconnect];
                    acts.extend(faults.map(|a| Deliver(w, a)));
                }
                acts
            }
            Stage::Answered(_) => vec![End(w)],
            Stage::Concluding(_) => vec![Conclude(w)],
        }
    }

    /// What is to be sent again, is: neither the target nor the channel stands in the way.
    pub(super) fn sends(&self) -> bool {
        self.active && self.target != TargetState::Cancelled
    }

    pub(super) fn is_under_way(&self, n: usize) -> bool {
        self.jobs.iter().flatten().any(|j| j.n == n && j.stage == Stage::Sent)
    }

    /// Does it; an error names what was broken.
    pub(super) fn after(mut self, act: Act, fences: Fences, effect: Effect) -> Result<Self, String> {
        match act {
            Act::Claim(w) => {
                self.epoch += 1;
                (self.owner, self.lease) = (Some(w as u8), true);
                self.claimed[w] = Some(self.epoch);
            }
            Act::Load(w) => self.load(w),
            Act::Begin(w) => self.begin(w, fences, effect),
            Act::Deliver(w, answer) => self.deliver(w, answer, effect),
            Act::End(w) => self.end(w, fences),
            Act::Look(w, answer) => {
                let truth = self.work(w, Stage::Loaded)[0];
                self.left.faults -= u8::from(truth != Act::Look(w, answer));
                let arrives = truth == Act::Look(w, Answer::NotSeen) && effect == Effect::ClientId;
                let answer = if arrives && self.sends() { Answer::NotYet } else { answer };
                self.stage(w, Stage::Concluding(answer));
            }
            Act::Conclude(w) => self.conclude(w, fences),
            Act::Release(w) => self.release(w),
            Act::Ghost(n) => {
                let version = self.parts[n].exorcise();
                self.accept(n, version, effect);
            }
            Act::Fades(n) => drop(self.parts[n].exorcise()),
            Act::Crash(w) => self.crash(w),
            Act::LeaseEnds => {
                self.lease = false;
                self.left.pauses -= 1;
            }
            _ => self.person(act),
        }
        self.check(effect).map(|()| self)
    }

    pub(super) fn load(&mut self, w: usize) {
        let epoch = self.claimed[w].expect("it has the lane");
        match self.due() {
            None => self.release(w),
            Some(n) if !self.active && self.parts[n].state != Uncertain => self.hold(),
            Some(n) => {
                self.jobs[w] =
                    Some(Job { epoch, n, loaded: self.parts[n], version: self.version, stage: Stage::Loaded, counted: false });
            }
        }
    }

    pub(super) fn hold(&mut self) {
        for part in &mut self.parts {
            if matches!(part.state, Sending | Retrying) {
                part.state = Waiting;
            }
            part.next = None;
        }
        self.target = TargetState::Held;
    }

    pub(super) fn is_ours(&self, job: &Job, from: PartState, fences: Fences) -> bool {
        let part = &self.parts[job.n];
        (!fences.epoch || job.epoch == self.epoch)
            && (!fences.state || part.state == from)
            && (!fences.version || job.version == self.version)
    }

    pub(super) fn begin(&mut self, w: usize, fences: Fences, effect: Effect) {
        let job = self.jobs[w].expect("it has a job");
        if job.loaded.done {
            return self.stage(w, Stage::Concluding(Answer::Accepted));
        }
        if run::refuse_unsafe_repeat(&step(&job.loaded, effect), effect, DateTime::UNIX_EPOCH).is_err() {
            return self.stage(w, Stage::Concluding(Answer::CutOff));
        }
        let unchanged = !fences.state || self.parts[job.n].next == job.loaded.next;
        if !unchanged || !self.is_ours(&job, job.loaded.state, fences) {
            return self.release(w);
        }
        self.parts[job.n].state = Sending;
        self.target = TargetState::Sending;
        if fences.intent {
            self.parts[job.n].unsure += 1;
        }
        let job = self.jobs[w].as_mut().expect("it has a job");
        job.loaded.unsure += 1;
        job.loaded.state = Sending;
        job.counted = true;
        job.stage = Stage::Sent;
    }

    pub(super) fn deliver(&mut self, w: usize, answer: Answer, effect: Effect) {
        let job = self.jobs[w].expect("it has a job");
        self.left.faults -= u8::from(answer != Answer::Accepted);
        match answer {
            Answer::Accepted => self.accept(job.n, job.version, effect),
            // It may have arrived, may be on its way, or never arrive.
            Answer::Lost => self.parts[job.n].ghosts[usize::from(job.version)] += 1,
            _ => {}
        }
        self.stage(w, Stage::Answered(answer));
    }

    pub(super) fn accept(&mut self, n: usize, version: u8, effect: Effect) {
        let live = &mut self.parts[n].live;
        if effect == Effect::Once || live.iter().all(|n| *n == 0) {
            live[usize::from(version)] += 1;
        }
    }

    /// Evidence is written whoever has the lane by now.
    pub(super) fn end(&mut self, w: usize, fences: Fences) {
        let mut job = self.jobs[w].expect("it has a job");
        let Stage::Answered(answer) = job.stage else { unreachable!("it ends what was answered") };
        let failure = failure(answer);
        let result: Result<&Json, &Failure> = failure.as_ref().map_or(Ok(&Json::Null), Err);
        let counts = job.counted || result.is_ok() || !fences.counted;
        let in_ledger = Some(&mut self.parts[job.n]).filter(|_| counts);
        for part in in_ledger.into_iter().chain([&mut job.loaded]) {
            let mut known = step(part, Effect::Once);
            run::note(&mut known, result);
            (part.unsure, part.done) = (known.unsure, known.state == "done");
        }
        job.stage = Stage::Concluding(answer);
        self.jobs[w] = Some(job);
    }

    pub(super) fn conclude(&mut self, w: usize, fences: Fences) {
        let job = self.jobs[w].take().expect("it has a job");
        let Stage::Concluding(answer) = job.stage else { unreachable!("it concludes what has ended") };
        if !self.is_ours(&job, job.loaded.state, fences) {
            return self.release(w);
        }
        let looking = job.loaded.state == Uncertain;
        let tries = job.loaded.tries + i64::from(!looking);
        let unsure = job.loaded.unsure > 0 && !job.loaded.done;
        let standing = Standing {
            tries,
            looks: job.loaded.looks,
            due_at: DateTime::UNIX_EPOCH,
            unsure,
            accepted: job.loaded.done,
            jitter: 0.5,
        };
        let next = plan::next(standing, &news(answer), DateTime::UNIX_EPOCH);
        let stamp = self.stamp();
        let part = &mut self.parts[job.n];
        part.tries = tries;
        if answer == Answer::Absent {
            part.unsure = 0;
            self.absolve(job.n);
        }
        let part = &mut self.parts[job.n];
        part.next = None;
        match next {
            Next::Publish => part.state = Published,
            Next::Later { state, .. } => {
                (part.state, part.next) = (state, stamp);
                part.looks += i64::from(state == Uncertain);
            }
            Next::Reconnect(state) => {
                part.state = state;
                self.active = false;
                return self.hold();
            }
            Next::Stop(state) => part.state = state,
        }
        let follower = job.n + 1;
        match self.parts[job.n].state {
            Published if follower < PARTS && self.parts[follower].state == Waiting => self.parts[follower].next = self.stamp(),
            Failed => self.skip_after(job.n),
            _ => {}
        }
        self.settle();
    }

    pub(super) fn absolve(&mut self, n: usize) {
        self.jobs.iter_mut().flatten().filter(|j| j.n == n).for_each(|j| j.counted = false);
    }

    pub(super) fn skip_after(&mut self, n: usize) {
        for part in &mut self.parts[n + 1..] {
            if part.state == Waiting {
                (part.state, part.next) = (Skipped, None);
            }
        }
    }

    pub(super) fn release(&mut self, w: usize) {
        self.jobs[w] = None;
        if self.claimed[w].take() == Some(self.epoch) {
            self.owner = None;
        }
    }

    pub(super) fn crash(&mut self, w: usize) {
        self.left.crashes -= 1;
        if let Some(job) = self.jobs[w].take().filter(|j| j.stage == Stage::Sent) {
            self.parts[job.n].ghosts[usize::from(job.version)] += 1;
        }
        if self.claimed[w].take() == Some(self.epoch) {
            self.lease = false;
        }
    }

    pub(super) fn stage(&mut self, w: usize, stage: Stage) {
        self.jobs[w].as_mut().expect("it has a job").stage = stage;
    }
}

pub(super) fn step(part: &Part, effect: Effect) -> Step {
    Step {
        name: "send".into(),
        key: Uuid::nil(),
        effect: run::word(effect).into(),
        state: if part.done { "done" } else { "open" }.into(),
        begun_at: DateTime::UNIX_EPOCH,
        unsure: part.unsure,
        last_at: None,
        result: part.done.then(|| json!([null])),
    }
}

pub(super) fn failure(answer: Answer) -> Option<Failure> {
    let kind = match answer {
        Answer::Refused => FailureKind::Rejected,
        Answer::Unreached => FailureKind::Unavailable,
        Answer::Lost | Answer::CutOff => FailureKind::Uncertain,
        Answer::Reconnect => FailureKind::Reconnect,
        _ => return None,
    };
    Some(Failure::new(kind, "x"))
}

pub(super) fn news(answer: Answer) -> News {
    match (answer, failure(answer)) {
        (_, Some(failure)) => News::Failed(failure),
        (Answer::Found, _) => News::Found,
        (Answer::Absent, _) => News::Absent,
        (Answer::NotYet, _) => News::NotYet,
        (Answer::NotSeen, _) => News::NotSeen,
        _ => News::Live,
    }
}
