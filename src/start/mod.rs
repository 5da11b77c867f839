//! First steps: what somebody does who has just set an organisation up, and how far they are. Computed from what is there;
//! it only remembers who does not want to see it. Knows no guided tour and keeps no progress.

mod model;
pub mod pages;
mod steps;

use crate::{app::App, error::Result, orgs::Caller, orgs::Role};

/// How far somebody is, for the frame of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Steps that are done.
    pub done: usize,
    /// All steps.
    pub all: usize,
    /// The name of the next one: a key of the catalogue.
    pub next: &'static str,
    /// Something was published to a platform that others read, or can be: pages need not speak of it any more.
    pub settled: bool,
}

/// How far the caller is; `None` when there is nothing to show: everything is done, it was hidden, or others do these things.
pub async fn standing(app: &App, caller: &Caller) -> Result<Option<Standing>> {
    let (Some(user), true) = (caller.user, caller.role >= Role::Admin) else { return Ok(None) };
    let facts = model::facts(&app.db, caller.org, user).await?;
    let Some(next) = steps::next(&facts).filter(|_| !facts.hidden) else { return Ok(None) };
    let done = steps::Step::ALL.iter().filter(|step| step.is_done(&facts)).count();
    Ok(Some(Standing { done, all: steps::Step::ALL.len(), next: next.title(), settled: facts.published && facts.real_channel }))
}
