//! The inbox from the outside: what is listed, what its buttons do, what an outage leaves behind.

mod asks;
mod downtime;
mod list;

use chrono::TimeDelta;
use rostrum::{
    delivery::{PartState, TargetState},
    kit::{Clock, PartId, TargetId},
    posts::When,
};
use serde_json::json;

use crate::{delivery::Rig, support::Engine};

/// Runs each of these functions on both databases.
#[macro_export]
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() { Box::pin(super::super::$name($crate::support::Engine::Sqlite)).await; }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() { Box::pin(super::super::$name($crate::support::Engine::Postgres)).await; }
        }
    )*};
}

/// The platform took it and shows nothing yet: after all looks a person is asked about the first part.
async fn unknown(database: Engine, texts: &[&str]) -> (Rig, TargetId, PartId) {
    let rig = Rig::with(database, Clock::manual(chrono::Utc::now()), |_| {}).await;
    let (target, part) = asked(&rig, texts).await;
    (rig, target, part)
}

async fn asked(rig: &Rig, texts: &[&str]) -> (TargetId, PartId) {
    rig.platform.behave(json!({"mode": "drop_after", "times": 1, "read_delay_ms": 600_000})).await;
    let id = rig.post(When::Now, texts).await;
    rig.part_reaches(id, PartState::Uncertain).await;
    rig.app
        .until("all looks are done", async || {
            rig.app.app.clock.advance(TimeDelta::minutes(1));
            (rig.target(id).await.state == TargetState::NeedsYou).then_some(())
        })
        .await;
    // It looked for candidates by itself, and saw as little.
    let part = rig.parts(id).await[0].id;
    rig.app.until("candidates were looked for", async || looked(rig, part).await).await;
    (id, part)
}

/// How many candidates the last look found.
async fn looked(rig: &Rig, part: PartId) -> Option<usize> {
    let looked = rostrum::delivery::candidates_of(&rig.app.app.db, rig.owner.org, &[part]).await.unwrap();
    looked.get(&part).map(|l| l.found.len())
}

/// What the platform has is visible to readers from now on.
async fn show_all(rig: &Rig) {
    rig.platform.behave(json!({"mode": "ok"})).await;
}
