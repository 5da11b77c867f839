//! Nobody waits behind somebody else's backlog: places are shared between organisations.

use chrono::TimeDelta;
use rostrum::{
    channels,
    kit::{ChannelId, Clock},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
};
use serde_json::{Value as Json, json};

use super::Rig;
use crate::support::{Engine as Database, Owner, map};

/// Channels of the organisation with the backlog, and posts due on each.
const CHANNELS: usize = 8;
const BACKLOG: usize = 20;

fn draft(when: When, channel: ChannelId, text: &str) -> Draft {
    let part = EntryPart { id: None, text: rostrum::kit::text::Doc::from_plain(text), media: vec![], delay_seconds: 0 };
    let entry = Entry { target: None, channel, settings: json!({}), parts: vec![part] };
    Draft { when, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true }
}

/// An organisation of its own with some channels on the rig's platform.
async fn organisation(rig: &Rig, name: &str, channels: usize) -> (Owner, Vec<ChannelId>) {
    let owner = rig.app.owner().await;
    let mut ids = Vec::new();
    for n in 0..channels {
        let handle = format!("{name}-{n}");
        let answers = map(&[("server", &rig.platform.url), ("handle", &handle)]);
        ids.push(channels::connect(&rig.app.app, owner.org, "sandbox", &answers).await.unwrap().id);
    }
    (owner, ids)
}

/// Many posts due at once on many channels, in one transaction.
async fn flood(rig: &Rig, owner: &Owner, channels: &[ChannelId]) {
    let due = When::At(rig.now() - TimeDelta::minutes(1));
    let drafts: Vec<Draft> = (0..CHANNELS * BACKLOG).map(|n| draft(due, channels[n % CHANNELS], &format!("noise {n}"))).collect();
    let caller = Caller::machine(owner.org, "UTC", Source::Api);
    posts::create_all(&rig.app.app, &caller, &drafts).await.unwrap().unwrap();
}

/// The texts that arrived, in their order.
async fn arrived(rig: &Rig) -> Vec<String> {
    rig.live().await.iter().map(|post: &Json| post["text"].as_str().unwrap().to_owned()).collect()
}

/// With `places` places, a post of an organisation that had nothing to send overtakes nearly all of the backlog of
/// `noisy` others.
async fn a_backlog_does_not_delay_others(database: Database, places: usize, noisy: usize) {
    let mut rig = Rig::with(database, Clock::system(), |c| c.delivery.lanes = places).await;
    rig.crash().await;
    for n in 0..noisy {
        let (owner, channels) = organisation(&rig, &format!("noisy{n}"), CHANNELS).await;
        flood(&rig, &owner, &channels).await;
    }
    rig.platform.behave(json!({"delay_ms": 20})).await;
    rig.restart();
    rig.app.until("the noise has begun", async || (rig.platform.count().await >= 8).then_some(())).await;
    let (quiet, channels) = organisation(&rig, "quiet", 1).await;
    let before = rig.platform.count().await as usize;
    let caller = Caller::machine(quiet.org, "UTC", Source::Api);
    posts::create(&rig.app.app, &caller, &draft(When::Now, channels[0], "quiet")).await.unwrap().unwrap();
    let at = rig.app.until("the quiet post", async || arrived(&rig).await.iter().position(|text| text == "quiet")).await;
    // What was under way when it became due, with a batch of each place at most.
    let waited = at.saturating_sub(before);
    assert!(waited <= places * 8 + 8, "{waited} posts of others went out before it");
    assert!(at < noisy * CHANNELS * BACKLOG / 2, "it came only when the noise was nearly over: {at}");
}

macro_rules! on_both {
    ($($name:ident: $places:expr, $noisy:expr;)*) => {$(
        mod $name {
            use super::*;
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                a_backlog_does_not_delay_others(Database::Sqlite, $places, $noisy).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                a_backlog_does_not_delay_others(Database::Postgres, $places, $noisy).await;
            }
        }
    )*};
}

on_both! {
    one_organisation_with_a_backlog_leaves_a_place_for_others: 4, 1;
    several_organisations_with_backlogs_make_way_for_another: 4, 2;
    two_places_are_shared_as_well: 2, 1;
}
