//! The tables of delivery, for everything but the engine's own writes (those are in `ledger.rs`).

/// SQL: true of a row of `parts` when the platform has accepted a write of it, or may have.
macro_rules! may_be_live {
    () => {
        "EXISTS (SELECT 1 FROM steps s WHERE s.part_id = parts.id AND s.effect <> 'repeatable'
         AND (s.state = 'done' OR s.unsure > 0))"
    };
}

mod approval;
mod candidate;
mod lane;
mod late;
mod level;
mod lookup;
mod occurrence;
mod outage;
mod part;
mod part_media;
mod reading;
mod removal;
mod resolution;
mod same;
mod slot;
mod step;
mod takedown;
mod target;
mod withdrawal;

pub use approval::{
    APPROVED_LATE, CHANGES, IN_REVIEW, NOT_APPROVED, approve, await_approval, in_review, is_unapproved, mark, miss_unapproved,
    overdue_reviews, set_reason, wait_anew,
};
pub use candidate::{Looked, Match, candidates_of, keep_candidates};
pub use lane::{Candidate, Lane, candidates, claim, extend_leases, forget_leases, next_wake, refresh, release, survived};
pub use late::{
    Late, date_draft, has_begun, late, miss, plan_anew, push_back, push_posts_back, put_off, rules, show_held, space_out,
    stand_as,
};
pub use level::{StoredLevel, heed, levels, lock_levels, set_levels};
pub use lookup::{LookUp, Overdue, hold_blind, look_first, overdue, overdue_batch};
pub use occurrence::{Planned, attach, detach, forget, hold_series, occurrences_of, pass_over, release_series, set_occurrence};
pub use outage::{Outage, OutageNote, dismiss_outage, find_outage, last_sign, newest_outage, record_outage, silent_since};
pub use part::{Due, Part, due, find_part, parts_of, remotes_before, take};
pub use part_media::fill_part_media;
pub use reading::{Reading, keep_reading, readings_of};
pub use removal::{bring_back, hold_removed, remove_one, stop_removed, withdraw_unsent};
pub use resolution::{Resolution, give_up, known_remotes, resolve};
pub use same::{content_hash, find_same};
pub use slot::{lock_channels, minute, planned};
pub use step::{Step, absolve, distrust_keys, shorten_waits, steps_of};
pub use takedown::{
    Standing, Takedown, ask_takedown, begin_takedown, end_deletion, intend_deletion, standing, stop_rest, takedowns_of,
    withdraw_takedown,
};
pub use target::{
    NewPart, NewTarget, Target, TargetChange, WAITING_FOR_PERSON, add, add_occurrence, changed, find_target, held_for_channels,
    hold, is_under_way, let_go, may_be_live, replace, resume, settle, target_even_removed, waiting_for_person,
};
pub use withdrawal::{withdraw_lane, withdraw_removed};
