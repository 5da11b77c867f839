//! From events to notices: told when it is still so, gathered by kind and channel, settled when it is over.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::{
    Close, Kind,
    kind::{Meaning, meaning},
    model::{self, Gathering, Told},
};
use crate::{
    config::Notices,
    db::Tx,
    delivery::TargetState,
    error::Result,
    kit::{EventId, NoticeId, OrgId, UserId, text::Doc},
    queue,
};

/// Characters of a post that are shown with a notice.
const EXCERPT: usize = 80;
/// A notice of the same group within this time makes the next one gather longer.
const RECENT: TimeDelta = TimeDelta::hours(1);

/// What the events of one group brought.
struct Group {
    gathering: Gathering,
    notice: NoticeId,
    last: Told,
}

/// Tells what these events of one organisation mean now. Once for each event, however often it is called.
pub async fn raise(tx: &mut Tx, org: OrgId, events: &[EventId], config: &Notices, now: DateTime<Utc>) -> Result<()> {
    let mut groups: Vec<Group> = Vec::new();
    let counted = model::counted(tx, org, events).await?;
    for event in model::told(&mut *tx, org, events).await? {
        settle(tx, org, &event, now).await?;
        let reason = event.data.get("reason").and_then(Json::as_str);
        let kind = match meaning(&event.kind, reason) {
            Some(Meaning::Raise(kind)) => kind,
            Some(Meaning::Tell(lists)) if !counted.contains(&event.id) => {
                tell(tx, org, (lists, &event), config, now).await?;
                continue;
            }
            _ => continue,
        };
        let told = counted.contains(&event.id) || !kind.is_true(&event.standing());
        let Some(channel) = event.channel_id.filter(|_| !told) else { continue };
        let gathering = Gathering { org, kind, channel };
        let known = groups.iter().position(|g| g.gathering.kind == kind && g.gathering.channel == channel);
        let notice = match known {
            Some(n) => groups[n].notice,
            None => join(tx, gathering, config, now).await?,
        };
        if !model::add_item(tx, (org, notice), event.id, event.target_id).await? {
            continue;
        }
        match known {
            Some(n) => groups[n].last = event,
            None => groups.push(Group { gathering, notice, last: event }),
        }
    }
    for group in groups {
        model::count_items(tx, (org, group.notice), group.last.post_id, data(&group.last), now).await?;
    }
    Ok(())
}

/// Tells the members whom an event names in these lists, each for themselves.
async fn tell(
    tx: &mut Tx,
    org: OrgId,
    (lists, event): (&[(&str, Kind)], &Told),
    config: &Notices,
    now: DateTime<Utc>,
) -> Result<()> {
    let until = now + TimeDelta::seconds(config.gather_seconds.into());
    let mut last = None;
    for (list, kind) in lists {
        let named = event.data.get(*list).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for user in named.iter().filter_map(|id| id.as_str()?.parse::<UserId>().ok()) {
            let (notice, made) = model::tell(tx, (org, user, *kind), (event.post_id, data(event)), until, now).await?;
            if made {
                queue::enqueue_at(tx, &Close { notice }, until, now).await?;
            }
            last = Some(notice);
        }
    }
    match last {
        // So that the event is told once, however often this runs.
        Some(notice) => model::add_item(tx, (org, notice), event.id, None).await.map(drop),
        None => Ok(()),
    }
}

/// The group's notice that still grows, or a new one and the end of its gathering.
async fn join(tx: &mut Tx, group: Gathering, config: &Notices, now: DateTime<Utc>) -> Result<NoticeId> {
    if let Some(notice) = model::gathering(tx, group).await? {
        return Ok(notice);
    }
    let again = model::recent(tx, group, now - RECENT).await?;
    let wait = match again {
        true => TimeDelta::minutes(config.gather_again_minutes.into()),
        false => TimeDelta::seconds(config.gather_seconds.into()),
    };
    let (notice, made) = model::open(tx, group, now + wait, now).await?;
    if made {
        queue::enqueue_at(tx, &Close { notice }, now + wait, now).await?;
    }
    Ok(notice)
}

/// Whatever was told of these things and is no longer so is over.
async fn settle(tx: &mut Tx, org: OrgId, event: &Told, now: DateTime<Utc>) -> Result<()> {
    let standing = event.standing();
    if let Some(post) = event.post_id.filter(|_| event.kind.starts_with("review.")) {
        model::settle_post(tx, org, post, Kind::ReviewAsked, now).await?;
    }
    if let Some(target) = event.target_id {
        let over: Vec<&'static str> =
            Kind::ALL.into_iter().filter(|k| *k != Kind::ChannelReconnect && !k.is_true(&standing)).map(Kind::as_str).collect();
        model::settle_items(tx, org, target, &over, now).await?;
    }
    match event.channel_id {
        Some(channel) if event.kind.starts_with("channel.") && !standing.channel_broken => {
            model::settle_channel(tx, org, channel, Kind::ChannelReconnect, now).await
        }
        _ => Ok(()),
    }
}

/// What its text needs, of the newest event.
fn data(event: &Told) -> Json {
    let field = |name: &str| event.data.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    json!({
        "message": field("message"),
        "reason": field("reason"),
        "begun": event.state == Some(TargetState::PublishedIncomplete),
        "excerpt": event.content.as_deref().map_or_else(|| field("excerpt").map(str::to_owned), |html| Some(Doc::from_html(html).excerpt(EXCERPT))),
        "event": event.kind,
        "who": field("guest").or(event.who.as_deref()),
        "late": event.data.get("late").and_then(Json::as_bool),
    })
}
