//! A notice in words: first whether something may be live, then whose move it is, and where to make it. Pure.

use serde::Serialize;
use serde_json::Value as Json;

use super::{Group, Kind, Notice};
use crate::{error::Message, providers, render::text};

/// What pages and mails show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// One line.
    pub title: String,
    /// Whether it may be live, and what to do.
    pub body: String,
    /// The platform's words.
    pub quote: Option<String>,
    /// The beginning of the post.
    pub excerpt: Option<String>,
    /// A path of ours.
    pub url: String,
    /// What is behind it.
    pub action: String,
    /// A sign of the sprite.
    pub icon: &'static str,
}

/// The words of a notice; `None` for a kind of a newer program.
pub fn words(notice: &Notice) -> Option<Words> {
    let kind = Kind::parse(&notice.kind)?;
    let channel = notice.channel_name.as_deref().unwrap_or_default();
    let provider = notice.provider.as_deref().unwrap_or_default();
    let provider_name = providers::find(provider).map_or(provider, |p| p.about().name);
    let field = |name: &str| notice.data.get(name).and_then(Json::as_str).map(str::to_owned);
    let who = field("who").unwrap_or_else(|| text(&"notice.somebody".into()));
    let say = |key: &'static str| {
        let message = Message::new(key).with("count", notice.count).with("channel", channel).with("provider", provider_name);
        text(&message.with("who", &who))
    };
    let one = notice.count <= 1;
    let begun = notice.data.get("begun").and_then(Json::as_bool).unwrap_or_default();
    let (title, body, icon, list) = match kind {
        Kind::PostFailed if one && begun => ("notice.failed.title", "notice.failed.begun", "circle-alert", "failed"),
        Kind::PostFailed => ("notice.failed.title", "notice.failed.body", "circle-alert", "failed"),
        Kind::PostNeedsYou => ("notice.needs_you.title", "notice.needs_you.body", "circle-help", "needs_you"),
        Kind::PostHeld => ("notice.held.title", held(field("reason").as_deref()), "pause", "needs_you"),
        Kind::ChannelReconnect => ("notice.reconnect.title", "notice.reconnect.body", "unplug", ""),
        Kind::PostNotApproved => ("notice.not_approved.title", "notice.not_approved.body", "hourglass", "needs_you"),
        Kind::ReviewAsked => ("notice.asked.title", "notice.asked.body", "list-checks", ""),
        Kind::ReviewDecided => decided(field("event").as_deref(), notice.data.get("late") == Some(&Json::Bool(true))),
        Kind::Mention => ("notice.mention.title", "notice.mention.body", "message-square", ""),
        Kind::Comment => ("notice.comment.title", "notice.comment.body", "message-square", ""),
    };
    let (url, action) = match (kind, notice.channel_id, notice.post_id) {
        (Kind::ChannelReconnect, Some(channel), _) => (format!("/channels/{channel}"), "notice.open_channel"),
        (Kind::ReviewAsked, _, _) if !one => ("/reviews".to_owned(), "notice.open_reviews"),
        // Of several, what is said is that of the last one, and so is the way there.
        (Kind::Mention | Kind::Comment, _, Some(post)) => (format!("/posts/{post}#talk"), "notice.open_post"),
        (Kind::ReviewDecided, _, Some(post)) => (format!("/posts/{post}"), "notice.open_post"),
        (_, _, Some(post)) if one => (format!("/posts/{post}"), "notice.open_post"),
        _ => (format!("/posts?state={list}"), "notice.open_posts"),
    };
    Some(Words {
        title: say(title),
        body: say(body),
        quote: if kind == Kind::ChannelReconnect {
            field("reason")
        } else {
            field("message").filter(|_| matches!(kind, Kind::PostFailed | Kind::ReviewDecided | Kind::Mention | Kind::Comment))
        },
        excerpt: field("excerpt").filter(|text| one && !text.is_empty()),
        url,
        action: say(action),
        icon,
    })
}

/// Of several, what is said is that of the last one.
fn decided(event: Option<&str>, late: bool) -> (&'static str, &'static str, &'static str, &'static str) {
    match (event, late) {
        (Some("review.approved"), false) => ("notice.approved.title", "notice.approved.body", "circle-check", ""),
        (Some("review.approved"), true) => ("notice.approved.title", "notice.approved.late", "circle-check", ""),
        _ => ("notice.changes.title", "notice.changes.body", "pen-line", ""),
    }
}

fn held(reason: Option<&str>) -> &'static str {
    match reason {
        Some("late") => "notice.held.late",
        Some("paused") => "notice.held.paused",
        _ => "notice.held.body",
    }
}

/// A kind's name in the settings and at the end of a mail.
pub fn kind_name(kind: Kind) -> String {
    text(&Message::new(match kind {
        Kind::PostFailed => "notices.kind_failed",
        Kind::PostNeedsYou => "notices.kind_needs_you",
        Kind::PostHeld => "notices.kind_held",
        Kind::ChannelReconnect => "notices.kind_reconnect",
        Kind::PostNotApproved => "notices.kind_not_approved",
        Kind::ReviewAsked => "notices.kind_asked",
        Kind::ReviewDecided => "notices.kind_decided",
        Kind::Mention => "notices.kind_mention",
        Kind::Comment => "notices.kind_comment",
    }))
}

/// What a kind is about, in a sentence.
pub fn kind_text(kind: Kind) -> String {
    text(&Message::new(match kind {
        Kind::PostFailed => "notices.kind_failed_text",
        Kind::PostNeedsYou => "notices.kind_needs_you_text",
        Kind::PostHeld => "notices.kind_held_text",
        Kind::ChannelReconnect => "notices.kind_reconnect_text",
        Kind::PostNotApproved => "notices.kind_not_approved_text",
        Kind::ReviewAsked => "notices.kind_asked_text",
        Kind::ReviewDecided => "notices.kind_decided_text",
        Kind::Mention => "notices.kind_mention_text",
        Kind::Comment => "notices.kind_comment_text",
    }))
}

/// A group's name in the filter of the list.
pub fn group_name(group: Group) -> String {
    text(&Message::new(match group {
        Group::Posts => "notices.group_posts",
        Group::Reviews => "notices.group_reviews",
        Group::Comments => "notices.group_comments",
        Group::Channels => "notices.group_channels",
    }))
}

/// The daily mail's name.
pub fn daily_name() -> String {
    text(&Message::new("notices.kind_daily"))
}
