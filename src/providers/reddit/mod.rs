//! Reddit: one submission for each subreddit of the settings, comments below all of them.
//! <https://www.reddit.com/dev/api>
//!
//! Reddit knows no key against repetitions. A submission has a natural one (account, subreddit, title, time), so after a
//! lost answer the account's own list is read before anything is sent again.

mod api;
mod entry;
mod gallery;
mod lists;
mod media;
mod own;
mod submit;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Access, Account, Auth, Call, Can, Candidate, Choice, Connected, Cost, Descriptor, Draft, Failure, Field, Found, Fut, Granted,
    Group, Identity, Item, Limits, Link, Lookup, Metric, OAuth2, Outcome, Problem, Provider, Rate, Remote, Scope, StepKey, Text,
    oauth,
};
use crate::{
    http::Reply,
    kit::text::{Doc, Style, Unit},
};

/// Characters of a comment; a submission's own text may have four times as many.
const COMMENT: usize = 10_000;

const TYPES: &[Choice] = &[
    Choice { value: "self", label: "provider.reddit.self" },
    Choice { value: "link", label: "provider.reddit.link" },
    Choice { value: "media", label: "provider.reddit.media" },
    Choice { value: "image", label: "provider.reddit.image" },
    Choice { value: "video", label: "provider.reddit.video" },
];

const ENTRY: &[Field] = &[
    Field::pick("subreddit", "provider.reddit.subreddit", "subreddits"),
    Field::text("title", "provider.reddit.title").most(300),
    Field::choice("type", "provider.reddit.type", TYPES).default("self"),
    Field::url("url", "provider.reddit.url").when("type", "link"),
    Field::bool("is_flair_required", "provider.reddit.is_flair_required"),
    Field::pick("flair", "provider.reddit.flair", "flairs").labelled().optional(),
];

const ABOUT: Descriptor = Descriptor {
    id: "reddit",
    name: "Reddit",
    group: Group::Community,
    auth: Auth::OAuth2(OAuth2 {
        authorize: "{site}/api/v1/authorize",
        token: "{site}/api/v1/access_token",
        scopes: &["read", "identity", "submit", "flair", "edit", "history"],
        proof: oauth::Proof::Basic,
        extra: &[("duration", "permanent")],
        all_scopes: true,
        ..OAuth2::CODE
    }),
    app: Field::CLIENT,
    settings: &[Field::list("subreddit", "provider.reddit.subreddits", ENTRY, 20).labelled()],
    lookups: &[
        Lookup { name: "subreddits", fresh: 600, searches: true, with: &[] },
        Lookup { name: "restrictions", fresh: 600, searches: false, with: &["subreddit"] },
        Lookup { name: "flairs", fresh: 600, searches: false, with: &["subreddit"] },
    ],
    // Uploads go where Reddit's answer says, unless it is configured.
    hosts: &[("site", "https://www.reddit.com"), ("api", "https://oauth.reddit.com"), ("uploads", "")],
    text: Style::Markdown { underline: "" },
    can: Can {
        thread: true,
        find: true,
        candidates: true,
        edit: true,
        delete: true,
        metrics: true,
        refresh: true,
        ..Can::PUBLISH
    },
    limits: Limits {
        text: Text::chars(40_000),
        images: gallery::MOST,
        videos: 1,
        media: gallery::MOST,
        mixed: true,
        image_bytes: media::PICTURE.max_bytes,
        video_bytes: 1_000_000_000,
        video_seconds: 900,
        ..Limits::NONE
    },
    // https://support.reddithelp.com/hc/en-us/articles/16160319875092
    rates: &[Rate { scope: Scope::App, cost: Cost::Request, n: 100, seconds: 60, rolling: false }],
    docs: "https://www.reddit.com/dev/api",
    ..Descriptor::EMPTY
};

/// The provider.
pub struct Reddit;

#[derive(Deserialize)]
struct Me {
    id: String,
    name: String,
    #[serde(default)]
    icon_img: String,
}

impl Me {
    /// Without the signature that ends.
    fn picture(&self) -> Option<String> {
        self.icon_img.split('?').next().filter(|url| !url.is_empty()).map(str::to_owned)
    }
}

impl Provider for Reddit {
    fn about(&self) -> &'static Descriptor {
        &ABOUT
    }

    fn profile<'a>(&'a self, link: &'a Link<'a>, granted: &'a Granted) -> Fut<'a, Connected> {
        Box::pin(async move {
            let me: Me = api::ask(link, &granted.access, "api/v1/me").await?;
            let url = format!("{}/user/{}", super::call::host(link.hosts, &ABOUT, "site"), me.name);
            let credentials = granted.credentials(json!({"handle": me.name}));
            let (picture, url) = (me.picture(), Some(url));
            Ok(Account { id: me.id, name: me.name.clone(), handle: me.name, picture, url, credentials }.into())
        })
    }

    fn explain(&self, reply: &Reply, failure: Failure) -> Failure {
        api::explain(reply, failure)
    }

    fn refused(&self, reply: &Reply, now: DateTime<Utc>) -> Option<Failure> {
        api::refused(reply, now)
    }

    fn whoami<'a>(&'a self, access: &'a Access<'a>) -> Fut<'a, Identity> {
        Box::pin(async move {
            let me: Me = api::get(access, "api/v1/me", &[]).await?;
            let picture = me.picture();
            Ok(Identity { id: me.id, name: me.name.clone(), handle: me.name, picture })
        })
    }

    fn lookup<'a>(&'a self, access: &'a Access<'a>, name: &'a str, with: &'a Json) -> Fut<'a, Vec<Item>> {
        Box::pin(lists::lookup(access, name, with))
    }

    fn publish<'a>(&'a self, call: &'a Call<'a>) -> Fut<'a, Outcome> {
        Box::pin(submit::publish(call))
    }

    fn find<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Found> {
        Box::pin(own::find(call, step))
    }

    fn candidates<'a>(&'a self, call: &'a Call<'a>, step: &'a StepKey) -> Fut<'a, Vec<Candidate>> {
        Box::pin(own::recent(call, step))
    }

    fn recognise<'a>(&'a self, call: &'a Call<'a>, words: &'a str) -> Fut<'a, Option<Candidate>> {
        Box::pin(own::named(call, words))
    }

    fn metrics<'a>(&'a self, access: &'a Access<'a>, remote: &'a Remote) -> Fut<'a, Vec<Metric>> {
        Box::pin(own::metrics(access, remote))
    }

    fn edit<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, Remote> {
        Box::pin(submit::edit(call, remote))
    }

    fn delete<'a>(&'a self, call: &'a Call<'a>, remote: &'a Remote) -> Fut<'a, ()> {
        Box::pin(submit::delete(call, remote))
    }

    fn review(&self, draft: &Draft) -> Vec<Problem> {
        let mut problems = entry::review(draft);
        for (n, part) in draft.parts.iter().enumerate().skip(1) {
            if Unit::Chars.count(&markdown(&part.text)) > COMMENT {
                problems.push(Problem { part: Some(n), field: "content", message: "provider.reddit.comment".into() });
            }
            if !part.media.is_empty() {
                problems.push(Problem { part: Some(n), field: "image", message: "provider.reddit.comment_media".into() });
            }
        }
        problems
    }
}

/// Reddit's Markdown joins neighbouring lines, so their ends are written out.
fn markdown(text: &Doc) -> String {
    let words = ABOUT.words(text);
    let is_item = |line: &str| {
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        line.starts_with("- ") || (digits.len() < line.len() && digits.starts_with(". "))
    };
    let (mut out, mut before) = (String::with_capacity(words.len() + 16), None);
    for line in words.lines() {
        match before {
            None => {}
            Some(last) if str::is_empty(last) || line.is_empty() || (is_item(last) && is_item(line)) => out.push('\n'),
            Some(last) if is_item(last) || is_item(line) || last.starts_with('#') => out.push_str("\n\n"),
            Some(_) => out.push_str("  \n"),
        }
        out.push_str(line);
        before = Some(line);
    }
    out
}
