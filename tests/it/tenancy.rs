//! Every route of the instance, called with another organisation's ids, without a session and without a key.
//!
//! The table of pages is held against the sources and that of the API is derived from its document, so a new route
//! without an entry fails here.

use std::path::Path;

use reqwest::Method;
use rostrum::{
    channels,
    db::q,
    kit::{SessionId, text::Doc},
    media,
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
    providers::MediaRef,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    both_databases,
    media::samples,
    support::{Answer, Client, Owner, TestApp, fields, map},
};

/// Who may call a page.
#[derive(Clone, Copy, PartialEq)]
enum Door {
    /// Anybody.
    Open,
    /// Whoever is signed in; no id of an organisation is in its path.
    Signed,
    /// Whoever is signed in, for ids of their own organisation.
    Own,
}
use Door::{Open, Own, Signed};

/// Every page with its methods.
const PAGES: &[(&str, &str, Door)] = &[
    ("get", "/", Open),
    ("get", "/manifest.webmanifest", Open),
    ("get post", "/setup", Open),
    ("get post", "/login", Open),
    ("post", "/logout", Open),
    ("get", "/openapi.json", Open),
    ("get", "/docs", Open),
    ("get", "/design", Open),
    ("get", "/search", Signed),
    ("get", "/start", Signed),
    ("get post", "/start/channel", Signed),
    ("get post", "/start/hiding", Signed),
    ("get post", "/start/return", Signed),
    ("get", "/docs/v1", Open),
    ("get", "/docs/errors", Open),
    ("get", "/api/v1/openapi.json", Open),
    ("get post", "/settings/tokens", Signed),
    ("delete", "/settings/tokens/:id", Own),
    ("get", "/assets/:hash/*path", Open),
    ("get", "/media/file/*path", Open),
    ("get post", "/admin/resume", Signed),
    ("get", "/settings", Signed),
    ("get put", "/settings/account", Signed),
    ("get put", "/settings/password", Signed),
    ("get put", "/settings/language", Signed),
    ("delete", "/settings/sessions/:id", Own),
    ("get put", "/settings/email", Signed),
    ("get delete", "/settings/sessions", Signed),
    ("get", "/settings/members", Signed),
    ("put delete", "/settings/members/:user", Own),
    ("post", "/settings/members/:user/restoration", Own),
    ("get post", "/settings/invites", Signed),
    ("delete", "/settings/invites/:invite", Own),
    ("post", "/settings/invites/:invite/restoration", Own),
    ("post", "/settings/invites/:invite/renewal", Own),
    ("get post", "/join/:token", Open),
    ("get post", "/organisations", Signed),
    ("post", "/organisations/entry", Signed),
    ("delete", "/organisations/:org/membership", Own),
    ("get put", "/settings/organisation", Signed),
    ("get post", "/settings/api-key", Signed),
    ("get put", "/settings/delivery", Signed),
    ("get", "/calendar", Signed),
    ("get", "/live", Signed),
    ("get", "/notices/menu", Signed),
    ("get post", "/posts", Signed),
    ("get", "/posts/new", Signed),
    ("get post put delete", "/posts/:id", Own),
    ("get", "/posts/recurrence", Signed),
    ("get", "/posts/:id/edit", Own),
    ("get", "/posts/:id/history", Own),
    ("post", "/posts/new/autosave", Signed),
    ("post", "/posts/new/looks", Signed),
    ("post", "/posts/new/pieces", Signed),
    ("delete", "/posts/drafts/:draft", Own),
    ("post", "/posts/drafts/:draft/restoration", Own),
    ("get post", "/settings/tags", Signed),
    ("put delete", "/settings/tags/:tag", Own),
    ("post", "/settings/tags/:tag/restoration", Own),
    ("get post", "/settings/signatures", Signed),
    ("put delete", "/settings/signatures/:snippet", Own),
    ("post", "/settings/signatures/:snippet/restoration", Own),
    ("get", "/settings/sets", Signed),
    ("put delete", "/settings/sets/:set", Own),
    ("post", "/settings/sets/:set/restoration", Own),
    ("post", "/posts/:id/recurrence/pause", Own),
    ("post", "/posts/:id/recurrence/resumption", Own),
    ("post", "/posts/:id/targets/:target/removal", Own),
    ("post", "/posts/:id/move", Own),
    ("post", "/posts/:id/move/reversal", Own),
    ("post", "/posts/:id/restoration", Own),
    ("post delete", "/posts/:id/review", Own),
    ("post", "/posts/:id/review/answer", Own),
    ("post", "/posts/:id/comments", Own),
    ("post", "/posts/:id/comments/:comment/resolution", Own),
    ("post", "/posts/:id/comments/:comment/reopening", Own),
    ("post", "/posts/:id/shares", Own),
    ("delete", "/posts/:id/shares/:share", Own),
    ("get", "/reviews", Signed),
    ("post", "/reviews/approval", Signed),
    ("post", "/reviews/shares", Signed),
    ("delete", "/reviews/shares/:customer/:share", Own),
    ("get put", "/settings/reviews", Signed),
    ("get post", "/r/:token", Open),
    ("post", "/r/:token/pin", Open),
    ("post delete", "/posts/:id/targets/:target/cancellation", Own),
    ("post", "/posts/:id/targets/:target/restoration", Own),
    ("post", "/posts/:id/targets/:target/retry", Own),
    ("post delete", "/posts/:id/targets/:target/takedown", Own),
    ("post", "/posts/:id/targets/:target/numbers", Own),
    ("post", "/posts/:id/targets/:target/publication", Own),
    ("post", "/posts/:id/targets/:target/parts/:part/resolution", Own),
    ("get post", "/inbox", Signed),
    ("post", "/inbox/parts/:part/resolution", Own),
    ("post", "/inbox/parts/:part/candidates", Own),
    ("get", "/inbox/downtime/:outage", Own),
    ("post", "/inbox/downtime/:outage/dismissal", Own),
    ("get", "/admin", Signed),
    ("get", "/channels", Signed),
    ("get", "/channels/connect", Signed),
    ("get post", "/channels/connect/:provider", Signed),
    ("get", "/integrations/social/:provider", Signed),
    ("get post delete", "/channels/connections/:id", Own),
    ("post", "/channels/connections/:id/check", Own),
    ("post", "/channels/connections/:id/restart", Own),
    ("get", "/channels/connections/:id/pictures/:n", Own),
    ("get", "/channels/pictures/:file", Open),
    ("get post", "/channels/customers", Signed),
    ("put delete", "/channels/customers/:customer", Own),
    ("get", "/settings/apps", Signed),
    ("get put delete", "/settings/apps/:provider", Signed),
    ("post", "/settings/apps/:provider/trial", Signed),
    ("get", "/admin/apps", Signed),
    ("get put delete", "/admin/apps/:provider", Signed),
    ("post", "/admin/apps/:provider/trial", Signed),
    ("get put delete", "/channels/:id/app", Own),
    ("post", "/channels/:id/app/trial", Own),
    ("put", "/channels/:id/customer", Own),
    ("post", "/channels/:id/customer/reversal", Own),
    ("post", "/channels/:id/test", Own),
    ("get put delete", "/channels/:id", Own),
    ("put", "/channels/:id/late", Own),
    ("get", "/channels/:id/lookups/:name", Own),
    ("get", "/channels/:id/mentions", Own),
    ("get", "/channels/:id/plugs", Own),
    ("put", "/channels/:id/plugs/:name", Own),
    ("post delete", "/channels/:id/pause", Own),
    ("post", "/channels/:id/slots", Own),
    ("post", "/channels/:id/slots/restoration", Own),
    ("put delete", "/channels/:id/slots/:slot", Own),
    ("get post", "/media", Signed),
    ("get", "/media/picker", Signed),
    ("get", "/media/design", Signed),
    ("post", "/media/bulk", Signed),
    ("post", "/media/restorations/:moment", Own),
    ("get put delete", "/media/:id", Own),
    ("post delete", "/media/:id/cover", Own),
    ("post", "/media/:id/replacement", Own),
    ("post", "/media/:id/restoration", Own),
    ("get", "/notices", Signed),
    ("get post", "/notices/reading", Signed),
    ("post delete", "/notices/:id/reading", Own),
    ("get put", "/settings/notices", Signed),
    ("get", "/mail/leave/:token", Open),
    ("get", "/admin/jobs", Signed),
    ("post", "/admin/jobs/replay", Signed),
    ("post", "/admin/jobs/discard", Signed),
    ("post", "/admin/jobs/:id/replay", Own),
    ("delete", "/admin/jobs/:id", Own),
    ("get", "/sandbox", Signed),
    ("put", "/sandbox/behaviour", Signed),
    ("get", "/sandbox/media/:id", Signed),
    ("get", "/sandbox/:account", Signed),
];

/// Their GET only leads to another page of the table.
const DETOURS: [&str; 10] = [
    "/start/channel",
    "/start/hiding",
    "/start/return",
    "/settings/language",
    "/settings/password",
    "/settings/email",
    "/settings/sessions",
    "/settings/invites",
    "/settings/api-key",
    "/notices/reading",
];

/// The routes that the sources mount: those of the instance, not of the sandbox served alone, and no API.
fn mounted() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            let name = entry.display().to_string();
            if entry.is_dir() {
                dirs.push(entry);
            } else if (name.contains("/pages") || name.ends_with("src/routes.rs")) && !name.ends_with("/alone.rs") {
                found.extend(routes_of(&std::fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// `.at("/path", get(a).post(b))` as `get /path` and `post /path`; the path may be the file's constant `PATH`.
fn routes_of(source: &str) -> Vec<(String, String)> {
    let constant = source.split_once("const PATH: &str = \"").and_then(|(_, rest)| rest.split_once('"')).map(|(path, _)| path);
    let mut found = Vec::new();
    for call in source.split(".at(").skip(1) {
        let (path, handlers) = call.split_once(',').unwrap_or((call, ""));
        let path = if path.trim() == "PATH" { constant.unwrap_or_default() } else { path.trim().trim_matches('"') };
        if !path.starts_with('/') {
            continue;
        }
        let handlers = handlers.lines().next().unwrap_or_default();
        for method in ["get", "post", "put", "delete", "patch"] {
            let is_there = |lead: &str| handlers.contains(&format!("{lead}{method}("));
            if [" ", ".", "::"].iter().any(|lead| is_there(lead)) {
                found.push((method.to_owned(), path.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_page_is_in_the_table() {
    let mut table: Vec<(String, String)> = Vec::new();
    for (methods, path, _) in PAGES {
        table.extend(methods.split(' ').map(|method| (method.to_owned(), (*path).to_owned())));
    }
    table.sort();
    assert_eq!(mounted(), table, "a route without an entry in PAGES, or an entry without a route");
}

/// What an organisation has, one id of each kind.
struct Belongings {
    post: Uuid,
    target: Uuid,
    part: Uuid,
    channel: Uuid,
    slot: Uuid,
    media: Uuid,
    session: Uuid,
    outage: Uuid,
    user: Uuid,
    org: Uuid,
    invite: Uuid,
    comment: Uuid,
    share: Uuid,
    draft: Uuid,
    tag: Uuid,
    snippet: Uuid,
    set: Uuid,
    path: String,
}

impl Belongings {
    async fn of(app: &TestApp, owner: &Owner) -> Self {
        let caller = Caller::machine(owner.org, "UTC", Source::Api);
        let answers = map(&[("handle", "bob")]);
        let channel = channels::connect(&app.app, owner.org, "sandbox", &answers).await.unwrap();
        let picture = media::upload(&app.app, &caller, "secret-name.png", &samples::png(4, 4)[..]).await.unwrap();
        let media = vec![MediaRef { id: picture.id, alt: "secret alt".into() }];
        let part = EntryPart { id: None, text: Doc::from_plain("secret words"), media, delay_seconds: 0 };
        let entry = Entry { target: None, channel: channel.id, settings: json!({}), parts: vec![part] };
        let when = When::At(app.app.clock.now() + chrono::TimeDelta::hours(1));
        let draft = Draft { when, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
        let saved = posts::create(&app.app, &caller, &draft).await.unwrap().unwrap();
        let target = saved.targets[0].0;
        let one = async |sql: &'static str| -> Uuid {
            let (id,): (Uuid,) = q(sql).bind(owner.org).one(&app.app.db).await.unwrap();
            id
        };
        Self {
            post: saved.post.0,
            target: target.0,
            part: one("SELECT id FROM parts WHERE org_id = $1").await,
            channel: channel.id.0,
            slot: one("SELECT id FROM slots WHERE org_id = $1 ORDER BY minute LIMIT 1").await,
            media: picture.id.0,
            session: one("SELECT id FROM sessions WHERE org_id = $1").await,
            outage: outage(app, owner, target.0).await,
            user: owner.user.0,
            org: owner.org.0,
            invite: invite(app, owner).await,
            comment: comment(app, owner, saved.post).await,
            share: share(app, owner, saved.post).await,
            draft: desk(app, owner, "INSERT INTO autosaves (id, org_id, user_id, draft_id, form, words, begun_at, saved_at) VALUES ($1, $2, $3, $1, '[]', 'secret', $4, $4)").await,
            tag: desk(app, owner, "INSERT INTO tags (id, org_id, name, colour, created_at) SELECT $1, $2, 'secret', 'red', $4 FROM users WHERE id = $3").await,
            snippet: desk(app, owner, "INSERT INTO snippets (id, org_id, kind, name, content, auto, created_at) SELECT $1, $2, 'signature', 'secret', 'secret', FALSE, $4 FROM users WHERE id = $3").await,
            set: desk(app, owner, "INSERT INTO sets (id, org_id, name, form, words, created_at, updated_at) SELECT $1, $2, 'secret', '[]', 'secret', $4, $4 FROM users WHERE id = $3").await,
            path: picture.path().to_string(),
        }
    }

    /// Ids of which nothing exists.
    fn nobodys() -> Self {
        let id = Uuid::now_v7;
        Self {
            post: id(),
            target: id(),
            part: id(),
            channel: id(),
            slot: id(),
            media: id(),
            session: SessionId::new().0,
            outage: id(),
            user: id(),
            org: id(),
            invite: id(),
            comment: id(),
            share: id(),
            draft: id(),
            tag: id(),
            snippet: id(),
            set: id(),
            path: "2026/01/nothing.png".into(),
        }
    }

    /// A page's path with these ids.
    fn fill(&self, path: &str) -> String {
        let id = match path.split('/').nth(1).unwrap_or_default() {
            "posts" => self.post,
            "channels" => self.channel,
            "media" => self.media,
            _ => self.session,
        };
        let ids = [
            (":outage", self.outage),
            (":target", self.target),
            (":part", self.part),
            (":slot", self.slot),
            (":user", self.user),
            (":org", self.org),
            (":invite", self.invite),
            (":comment", self.comment),
            (":share", self.share),
            (":draft", self.draft),
            (":snippet", self.snippet),
            (":tag", self.tag),
            (":set", self.set),
            (":id", id),
        ];
        // The longer name first: `:part` is no part of another.
        ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, &id.to_string()))
    }

    fn all(&self) -> Vec<Uuid> {
        vec![
            self.post,
            self.target,
            self.part,
            self.channel,
            self.slot,
            self.media,
            self.session,
            self.outage,
            self.user,
            self.org,
            self.invite,
            self.comment,
            self.share,
            self.draft,
            self.tag,
            self.snippet,
            self.set,
        ]
    }
}

/// A link by which somebody could join.
async fn invite(app: &TestApp, owner: &Owner) -> Uuid {
    let mut tx = app.app.db.begin().await.unwrap();
    let caller = Caller { role: rostrum::orgs::Role::Owner, ..owner.caller() };
    let made = rostrum::orgs::invite::create(&mut tx, &caller, rostrum::orgs::Role::Member, None, app.app.clock.now()).await;
    tx.commit().await.unwrap();
    made.unwrap().0.0
}

/// Something said about a post.
async fn comment(app: &TestApp, owner: &Owner, post: rostrum::kit::PostId) -> Uuid {
    posts::comment::say(&app.app, &owner.caller(), post, "secret comment", false).await.unwrap().0
}

/// A link to a post.
async fn share(app: &TestApp, owner: &Owner, post: rostrum::kit::PostId) -> Uuid {
    let wanted = posts::share::Wanted {
        subject: posts::share::Subject::Post(post),
        decides: true,
        label: "secret label".into(),
        days: 7,
        pin: rostrum::kit::Secret::default(),
    };
    posts::share::create(&app.app, &owner.caller(), &wanted).await.unwrap();
    let (id,): (Uuid,) = q("SELECT id FROM shares WHERE org_id = $1").bind(owner.org).one(&app.app.db).await.unwrap();
    id
}

/// Something of the composer's, written by an INSERT of id, organisation, person and time.
async fn desk(app: &TestApp, owner: &Owner, sql: &'static str) -> Uuid {
    let id = Uuid::now_v7();
    let mut tx = app.app.db.begin().await.unwrap();
    q(sql).bind(id).bind(owner.org).bind(owner.user).bind(app.app.clock.now()).exec(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A time without a sign of life in which the target was due, which its people have not seen yet.
async fn outage(app: &TestApp, owner: &Owner, target: Uuid) -> Uuid {
    let (id, now) = (Uuid::now_v7(), app.app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    q("INSERT INTO outages (id, began_at, ended_at, due) VALUES ($1, $2, $2, 1)").bind(id).bind(now).exec(&mut tx).await.unwrap();
    for sql in [
        "INSERT INTO outage_targets (outage_id, org_id, due_at, target_id) VALUES ($1, $2, $3, $4)",
        "INSERT INTO outage_notes (outage_id, org_id, due) SELECT $1, $2, 1 FROM targets WHERE due_at > $3 AND id = $4",
    ] {
        q(sql).bind(id).bind(owner.org).bind(now).bind(target).exec(&mut tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}

/// Everything of an organisation that a stranger could change, as text.
async fn state(app: &TestApp, owner: &Owner) -> Vec<String> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT id, state FROM targets WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id",
        "SELECT id, state || content FROM parts WHERE org_id = $1 ORDER BY id",
        "SELECT id, state || name || zone || COALESCE(late_policy, '') FROM channels WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id",
        "SELECT id, CAST(minute AS TEXT) FROM slots WHERE org_id = $1 ORDER BY id",
        "SELECT id, name || alt FROM media WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id",
        "SELECT id, source FROM posts WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id",
        "SELECT id, address FROM sessions WHERE org_id = $1 ORDER BY id",
        "SELECT user_id, role FROM memberships WHERE org_id = $1 ORDER BY user_id",
        "SELECT id, body || CASE WHEN resolved_at IS NULL THEN '' ELSE ' resolved' END FROM comments WHERE org_id = $1 ORDER BY id",
        "SELECT id, label || CASE WHEN revoked_at IS NULL THEN '' ELSE ' revoked' END FROM shares WHERE org_id = $1 ORDER BY id",
        "SELECT id, CASE WHEN revoked_at IS NULL THEN 'open' ELSE 'revoked' END FROM invites WHERE org_id = $1 ORDER BY id",
        "SELECT id, name || zone || COALESCE(late_policy, '') FROM organisations WHERE id = $1",
        "SELECT id, kind FROM events WHERE org_id = $1 ORDER BY id",
        "SELECT org_id, hint FROM api_keys WHERE org_id = $1",
        "SELECT outage_id, CASE WHEN dismissed_at IS NULL THEN 'new' ELSE 'seen' END FROM outage_notes WHERE org_id = $1",
        "SELECT id, words || CASE WHEN settled_at IS NULL THEN '' ELSE 'settled' END FROM autosaves WHERE org_id = $1 ORDER BY id",
        "SELECT id, name || colour FROM tags WHERE org_id = $1 ORDER BY id",
        "SELECT id, name || content FROM snippets WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id",
        "SELECT id, name || words FROM sets WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id",
        "SELECT user_id, CAST(count(*) AS TEXT) FROM notice_marks WHERE org_id = $1 GROUP BY user_id",
    ] {
        let found: Vec<(Uuid, String)> = q(sql).bind(owner.org).all(&app.app.db).await.unwrap();
        rows.extend(found.into_iter().map(|row| format!("{row:?}")));
    }
    rows
}

/// A form that would do something everywhere if the ids were one's own.
fn form<'a>(method: &'a str, theirs: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = theirs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    match method {
        "put" => fields.push(("_method", "PUT")),
        "delete" => fields.push(("_method", "DELETE")),
        _ => {}
    }
    fields
}

const FORM: &[(&str, &str)] = &[
    ("name", "Taken over"),
    ("zone", "UTC"),
    ("time", "03:07"),
    ("weekday", "0"),
    ("alt", "taken over"),
    ("content", "taken over"),
    ("colour", "blue"),
    ("answer", "drop"),
    ("when", "now"),
    ("late_minutes", "5"),
    ("late_policy", "skip"),
    ("role", "member"),
    ("body", "taken over"),
    ("label", "taken over"),
    ("days", "7"),
];

async fn call(browser: &Client, method: &str, path: &str) -> Answer {
    let takes_files = ["/posts", "/media"].contains(&path) || (path.starts_with("/posts/") && path.matches('/').count() == 2);
    match method {
        "get" => browser.get(path).await,
        "post" | "put" if takes_files && !(method == "put" && path.starts_with("/media")) => {
            let start = reqwest::multipart::Form::new().text("csrf", browser.csrf());
            let parts = FORM.iter().fold(start, |f, (name, value)| f.text(*name, *value));
            let request = browser.request(method.to_uppercase().parse().unwrap(), path);
            browser.send(request.header("sec-fetch-site", "same-origin").multipart(parts)).await
        }
        _ => browser.submit(path, &form(method, &fields(FORM))).await,
    }
}

/// What an answer tells, without what differs in every answer: its number and the ids asked for.
fn told(answer: &Answer, ids: &Belongings) -> (u16, String) {
    let number = answer.header("x-request-id").to_owned();
    let text = answer.text().replace(&number, "NUMBER");
    (answer.status, ids.all().iter().fold(text, |text, id| text.replace(&id.to_string(), "ID")))
}

both_databases! {
    /// 404, in the same words as for an id that nobody has, and nothing is changed.
    async fn pages_know_nothing_of_another_organisation(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let (bobs, nobodys) = (Belongings::of(&app, &bob).await, Belongings::nobodys());
        let before = state(&app, &bob).await;
        for (methods, path, _) in PAGES.iter().filter(|(.., door)| *door == Own) {
            for method in methods.split(' ') {
                let theirs = call(&ann.browser, method, &bobs.fill(path)).await;
                let missing = call(&ann.browser, method, &nobodys.fill(path)).await;
                assert!(matches!(theirs.status, 400 | 403 | 404), "{method} {path}: {} {}", theirs.status, theirs.text());
                assert_eq!(told(&theirs, &bobs), told(&missing, &nobodys), "{method} {path} tells that the id exists");
            }
        }
        assert_eq!(state(&app, &bob).await, before);
        // The same with Bob's own hands works, so the refusals above are about whose ids they are.
        bob.browser.get(&bobs.fill("/posts/:id")).await.expect(200);
        bob.browser.get(&bobs.fill("/channels/:id")).await.expect(200);
    }

    /// Ids of others in a form or a query are as unknown as those in a path, and lists show nothing of others.
    async fn forms_and_lists_know_nothing_of_another_organisation(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let bobs = Belongings::of(&app, &bob).await;
        let before = (state(&app, &ann).await.len(), state(&app, &bob).await);
        let channel = bobs.channel.to_string();
        ann.browser.get(&format!("/channels/connect/sandbox?channel={channel}")).await.expect(404);
        ann.browser.submit("/channels/connect/sandbox", &[("channel", &channel), ("handle", "bob")]).await.expect(404);
        let names = ["secret words", "secret alt", "secret-name", &channel, &bobs.target.to_string(), &bobs.media.to_string()];
        for page in ["/calendar", "/calendar?view=week", "/calendar?view=list", "/posts", "/posts/new", "/channels", "/media", "/settings/account", "/settings/organisation"] {
            let shown = ann.browser.get(page).await.expect(200).text();
            assert!(names.iter().all(|name| !shown.contains(name)), "{page} shows something of another organisation");
        }
        for query in [format!("channel={channel}"), format!("media={}", bobs.media), format!("after={}", bobs.media)] {
            for page in ["/calendar", "/posts", "/posts/new", "/media"] {
                let shown = ann.browser.get(&format!("{page}?{query}")).await;
                assert!(shown.status < 500, "{page}?{query}: {}", shown.status);
                assert!(["secret words", "secret alt", "secret-name"].iter().all(|n| !shown.text().contains(n)), "{page}?{query}");
            }
        }
        assert_eq!((state(&app, &ann).await.len(), state(&app, &bob).await), before);
    }

    /// Pages lead to the login; everything that changes something is refused.
    async fn pages_do_nothing_for_visitors(app) {
        let bob = app.owner().await;
        let bobs = Belongings::of(&app, &bob).await;
        let before = state(&app, &bob).await;
        for (methods, path, _) in PAGES.iter().filter(|(.., door)| *door != Open) {
            for method in methods.split(' ').filter(|m| *m != "get" || !DETOURS.contains(path)) {
                let path = bobs.fill(path).replace(":provider", "sandbox").replace(":account", "@bob");
                let answer = call(&app.visitor(), method, &path).await;
                match method {
                    "get" => {
                        assert_eq!(answer.status, 303, "get {path}");
                        assert!(answer.header("location").starts_with("/login?next=%2F"), "{path} {}", answer.header("location"));
                    }
                    _ => assert!(matches!(answer.status, 401 | 403), "{method} {path}: {}", answer.status),
                }
                // A form with a session that has ended, or was never one.
                let stale = Client::browser(app.address, Some("x".repeat(43)));
                assert!(matches!(call(&stale, method, &path).await.status, 303 | 401 | 403), "{method} {path}");
            }
        }
        assert_eq!(state(&app, &bob).await, before);
    }

    /// Signed in, but the form is another site's or has another session's token: refused on every route.
    async fn no_page_is_changed_by_another_site(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let bobs = Belongings::of(&app, &bob).await;
        let before = state(&app, &bob).await;
        for (methods, path, _) in PAGES.iter().filter(|(.., door)| *door != Open) {
            for method in methods.split(' ').filter(|m| *m != "get") {
                let path = bobs.fill(path).replace(":provider", "sandbox");
                let all = fields(FORM);
                let typed = form(method, &all);
                let (own, foreign) = (format!("http://{}", app.address), "https://evil.example".to_owned());
                for (origin, token) in [(&foreign, bob.browser.csrf()), (&own, String::new()), (&own, ann.browser.csrf())] {
                    let start = || bob.browser.request(Method::POST, &path).header("origin", origin);
                    let raw = bob.browser.request(method.to_uppercase().parse().unwrap(), &path).header("origin", origin);
                    let parts = reqwest::multipart::Form::new().text("csrf", token.clone());
                    assert_eq!(bob.browser.send(raw.multipart(parts)).await.status, 403, "{method} {path} with files");
                    let mut pairs = typed.clone();
                    pairs.push(("csrf", &token));
                    let sent = bob.browser.send(start().form(&pairs)).await;
                    assert_eq!(sent.status, 403, "{method} {path} from {origin}");
                    if method == "post" {
                        let parts = pairs.iter().fold(reqwest::multipart::Form::new().text("csrf", token.clone()), |f, (n, v)| {
                            f.text((*n).to_owned(), (*v).to_owned())
                        });
                        let sent = bob.browser.send(start().multipart(parts)).await;
                        assert_eq!(sent.status, 403, "multipart {path} from {origin}");
                        let plain = start().header("content-type", "text/plain").body("a=b");
                        assert_eq!(bob.browser.send(plain).await.status, 403, "text {path} from {origin}");
                    }
                }
            }
        }
        assert_eq!(state(&app, &bob).await, before);
    }

    /// Every operation of the document: the exact words without and with a wrong key, 404 for ids of others.
    async fn the_api_knows_nothing_of_another_organisation(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let (bobs, nobodys) = (Belongings::of(&app, &bob).await, Belongings::nobodys());
        let before = state(&app, &bob).await;
        let operations = operations();
        assert!(operations.len() >= 13);
        let wrong = Client::script(app.address, &"f".repeat(64));
        for (method, template) in &operations {
            for prefix in ["/public/v1", "/api/public/v1"] {
                let path = format!("{prefix}{}", with_id(template, bobs.target));
                let none = send(&app.visitor(), method, &path).await;
                assert_eq!((none.status, none.text().as_str()), (401, r#"{"msg":"No API Key found"}"#), "{method} {path}");
                let wrong = send(&wrong, method, &path).await;
                assert_eq!((wrong.status, wrong.text().as_str()), (401, r#"{"msg":"Invalid API key"}"#), "{method} {path}");
                let session = send(&bob.browser, method, &path).await;
                assert_eq!(session.status, 401, "{method} {path} with a session");
            }
            if !template.contains('{') {
                continue;
            }
            for id in bobs.all() {
                let theirs = send(&ann.api, method, &format!("/public/v1{}", with_id(template, id))).await;
                let missing = send(&ann.api, method, &format!("/public/v1{}", with_id(template, nobodys.post))).await;
                assert!(matches!(theirs.status, 400 | 404), "{method} {template}: {} {}", theirs.status, theirs.text());
                assert_eq!(told(&theirs, &bobs), told(&missing, &nobodys), "{method} {template}");
            }
        }
        for list in ["/integrations", "/posts?startDate=2020-01-01&endDate=2090-01-01"] {
            let shown = send(&ann.api, "get", &format!("/public/v1{list}")).await.expect(200).text();
            assert!(bobs.all().iter().all(|id| !shown.contains(&id.to_string())), "{list}");
        }
        assert_eq!(state(&app, &bob).await, before);
    }

    /// A picture of another organisation cannot be taken by its id or its path, and a post cannot be taken over.
    async fn the_api_takes_no_foreign_ids_in_a_body(app) {
        let (ann, bob) = (app.owner().await, app.owner().await);
        let bobs = Belongings::of(&app, &bob).await;
        let own = channels::connect(&app.app, ann.org, "sandbox", &map(&[("handle", "ann")])).await.unwrap().id;
        let before = state(&app, &bob).await;
        let body = |channel: Uuid, value: Json| {
            json!({"type": "now", "shortLink": false, "date": "2030-01-01T00:00:00.000Z", "tags": [],
                   "posts": [{"integration": {"id": channel.to_string()}, "value": [value]}]})
        };
        let link = app.app.link(&format!("/media/file/{}", bobs.path));
        let to_bobs = ann.api.post_json("/public/v1/posts", &body(bobs.channel, json!({"content": "x", "image": []}))).await;
        to_bobs.expect(400);
        for image in [
            json!({"id": bobs.media.to_string(), "path": ""}),
            json!({"id": bobs.media.to_string()}),
            json!({"id": bobs.media.to_string(), "path": "https://127.0.0.1/x.png"}),
        ] {
            let taken = ann.api.post_json("/public/v1/posts", &body(own.0, json!({"content": "x", "image": [image]}))).await;
            assert_eq!(taken.status, 400, "{image}: {}", taken.text());
        }
        assert!(link.contains("/media/file/"));
        assert_eq!(state(&app, &bob).await, before);
        let own_posts: Vec<(Uuid,)> = q("SELECT id FROM targets WHERE org_id = $1").bind(ann.org).all(&app.app.db).await.unwrap();
        assert!(own_posts.is_empty());
    }
}

/// Method and path of every operation of the document.
fn operations() -> Vec<(String, String)> {
    let document: Json = serde_json::from_str(&rostrum::public_api::document("http://localhost")).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
        })
        .collect()
}

fn with_id(template: &str, id: Uuid) -> String {
    let (start, end) = match (template.find('{'), template.find('}')) {
        (Some(start), Some(end)) => (start, end + 1),
        _ => return template.to_owned(),
    };
    with_id(&format!("{}{id}{}", &template[..start], &template[end..]), id)
}

/// With a body that every operation could take.
async fn send(client: &Client, method: &str, path: &str) -> Answer {
    let request = client.request(method.to_uppercase().parse().unwrap(), path);
    let body = json!({"status": "draft", "url": "https://example.org/a.png"});
    client.send(if method == "get" { request } else { request.json(&body) }).await
}
