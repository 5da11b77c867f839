//! `listPosts`, `listTargets`, `listEvents`: pages that hold still, filters, and the plans behind them.

use chrono::{DateTime, TimeDelta, Utc};
use rostrum::{
    db::q,
    kit::{Clock, OrgId},
    tokens::Scope,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{body, code, made, robot, robot_with};
use crate::{
    both_databases,
    public_api::channel,
    support::{Client, Engine, TestApp},
};

/// Every id of a list, page by page along `Link`; between the pages something is done.
async fn walk(client: &Client, first: &str, mut between: impl AsyncFnMut()) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), Some(format!("/api/v1{first}")));
    while let Some(path) = next {
        let answer = client.get(&path).await.expect(200);
        let page = answer.json();
        ids.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        next = answer.header("link").strip_prefix('<').and_then(|l| l.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
        assert_eq!(next.is_some(), page["next_cursor"].is_string());
        between().await;
    }
    ids
}

async fn holds_still(engine: Engine) {
    // A clock that stands still: all have the same time, so only their ids tell them apart.
    let clock = Clock::manual(Utc::now());
    let app = TestApp::with(engine, clock.clone(), |_| {}).await;
    let owner = app.owner().await;
    let robot = robot(&app, &owner).await;
    let id = channel(&app, owner.org, "A").await;
    let (mut posts, mut targets) = (Vec::new(), Vec::new());
    for n in 0..7 {
        let post = made(&robot, &body(&app, 2, id, &[&format!("{n}")])).await;
        posts.push(post["id"].as_str().unwrap().to_owned());
        targets.push(post["targets"][0]["id"].as_str().unwrap().to_owned());
    }
    let more = async || {
        clock.advance(TimeDelta::seconds(1));
        made(&robot, &body(&app, 1, id, &["in between"])).await;
    };
    let newest_first: Vec<String> = posts.iter().rev().cloned().collect();
    assert_eq!(walk(&robot, "/posts?limit=3", more).await, newest_first);
    let due = (clock.now() + TimeDelta::minutes(90)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(walk(&robot, &format!("/targets?limit=3&from={due}&state=scheduled"), more).await, targets);
    let all = walk(&robot, &format!("/targets?limit=2&channel={id}"), async || {}).await;
    assert_eq!(all.len(), 13);
    assert_eq!(walk(&robot, "/events?limit=4", async || {}).await.len(), 27);
}

/// What is made between two pages shifts none, equal times included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_still_while_more_is_made() {
    holds_still(Engine::Sqlite).await;
    holds_still(Engine::Postgres).await;
}

both_databases! {
    /// By state, channel, time; drafts without a date apart.
    async fn targets_are_filtered(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        let (a, b) = (channel(&app, owner.org, "A").await, channel(&app, owner.org, "B").await);
        for (hours, id, text) in [(1, a, "a1"), (2, b, "b2"), (3, a, "a3")] {
            made(&robot, &body(&app, hours, id, &[text])).await;
        }
        let mut draft = body(&app, 4, a, &["d4"]);
        draft["when"] = json!("draft");
        made(&robot, &draft).await;
        let undated = json!({"when": "draft", "parts": [{"content": "undated"}], "entries": [{"channel": a.to_string()}]});
        made(&robot, &undated).await;
        let at = |minutes: i64| (app.app.clock.now() + TimeDelta::minutes(minutes)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        for (query, expected) in [
            (String::new(), "a1 b2 a3 d4"),
            ("state=scheduled".into(), "a1 b2 a3"),
            ("state=draft".into(), "d4"),
            ("state=draft&undated=true".into(), "undated"),
            ("undated=true".into(), "undated"),
            (format!("channel={a}"), "a1 a3 d4"),
            (format!("channel={a}&state=scheduled"), "a1 a3"),
            (format!("from={}&to={}", at(90), at(210)), "b2 a3"),
            (format!("channel={b}&from={}", at(150)), ""),
            ("state=published".into(), ""),
        ] {
            let list = robot.get(&format!("/api/v1/targets?{query}")).await.expect(200).json();
            let texts: Vec<&str> = list["data"].as_array().unwrap().iter().map(|t| t["parts"][0]["content"].as_str().unwrap()).collect();
            assert_eq!(texts.join(" ").replace("<p>", "").replace("</p>", ""), expected, "{query}");
        }
        let later = robot.get(&format!("/api/v1/posts?from={}", at(5))).await.expect(200).json();
        assert_eq!(later["data"], json!([]));
    }

    /// Every parameter that cannot be read is named.
    async fn wrong_parameters_are_named(app) {
        let owner = app.owner().await;
        let robot = robot(&app, &owner).await;
        for (query, field) in [
            ("/posts?limit=0", "limit"),
            ("/posts?limit=101", "limit"),
            ("/posts?limit=x", "limit"),
            ("/posts?limit=99999999999999999999", "limit"),
            ("/posts?cursor=x", "cursor"),
            ("/posts?cursor=%00", "cursor"),
            ("/posts?from=yesterday", "from"),
            ("/posts?to=%2B262142-12-31T23:59:59Z", "to"),
            ("/targets?state=gone", "state"),
            ("/targets?state=%00", "state"),
            ("/targets?channel=x", "channel"),
            ("/targets?undated=perhaps", "undated"),
            ("/events?target=x", "target"),
            ("/media?cursor=", "cursor"),
            ("/channels?limit=-1", "limit"),
        ] {
            let answer = robot.get(&format!("/api/v1{query}")).await;
            assert!(matches!(answer.status, 400 | 422), "{query} {}", answer.text());
            assert!(["invalid", "invalid_parameter"].contains(&code(&answer).as_str()), "{query}");
            assert_eq!(crate::api_v1::named(&answer), [field], "{query}");
        }
    }
}

/// So many posts, each on one channel, straight into the tables.
async fn fill(app: &TestApp, org: OrgId, posts: i64) {
    let id = channel(app, org, "A").await;
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let states = ["published", "published", "published", "published", "scheduled", "failed"];
    for chunk in 0..posts / 500 {
        let mut tx = app.app.db.begin().await.unwrap();
        let ids: Vec<[Uuid; 4]> = (0..500).map(|_| std::array::from_fn(|_| Uuid::now_v7())).collect();
        let at = |n: i64| start + TimeDelta::minutes(chunk * 500 + n);
        let rows = ids.iter().zip(0_i64..);
        let rows_of_posts = rows.clone().map(|([post, ..], n)| vec![(*post).into(), org.into(), "api".into(), at(n).into()]);
        q("INSERT INTO posts (id, org_id, source, created_at)").rows(" VALUES ", rows_of_posts).exec(&mut tx).await.unwrap();
        let versions = rows.clone().map(|([post, version, ..], n)| {
            vec![(*version).into(), org.into(), (*post).into(), 1_i64.into(), json!({"entries": []}).into(), at(n).into()]
        });
        let insert = q("INSERT INTO post_versions (id, org_id, post_id, number, content, created_at)");
        insert.rows(" VALUES ", versions).exec(&mut tx).await.unwrap();
        let targets = rows.clone().map(|([post, version, target, _], n)| {
            vec![
                (*target).into(),
                org.into(),
                (*post).into(),
                (*version).into(),
                id.into(),
                0_i64.into(),
                "once".into(),
                at(n).into(),
                "UTC".into(),
                states[usize::try_from(n).unwrap() % states.len()].into(),
                json!({}).into(),
                at(n).into(),
            ]
        });
        let insert = "INSERT INTO targets (id, org_id, post_id, version_id, channel_id, entry, occurrence_key, due_at, zone, state, settings, created_at)";
        q(insert).rows(" VALUES ", targets).exec(&mut tx).await.unwrap();
        let parts = rows.map(|([.., target, part], _)| {
            vec![
                (*part).into(),
                org.into(),
                (*target).into(),
                id.into(),
                0_i64.into(),
                0_i64.into(),
                "<p>Words of a post</p>".into(),
                json!([]).into(),
                "published".into(),
                0_i64.into(),
                0_i64.into(),
            ]
        });
        let insert =
            "INSERT INTO parts (id, org_id, target_id, channel_id, position, delay_seconds, content, media, state, tries, looks)";
        q(insert).rows(" VALUES ", parts).exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn explain(app: &TestApp, sql: &'static str, org: OrgId) -> String {
    if app.app.db.is_postgres() {
        let rows: Vec<(String,)> = q("EXPLAIN ").push(sql).bind(org).all(&app.app.db).await.unwrap();
        return rows.into_iter().map(|(line,)| line).collect::<Vec<_>>().join("\n");
    }
    let rows: Vec<(i64, i64, i64, String)> = q("EXPLAIN QUERY PLAN ").push(sql).bind(org).all(&app.app.db).await.unwrap();
    rows.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("\n")
}

/// The page that each list cuts out, as `posts/model/page.rs` asks for it, and the index it must walk along.
const PLANS: [(&str, &str); 7] = [
    (
        "targets",
        "SELECT id FROM targets WHERE deleted_at IS NULL AND CASE WHEN org_id = $1 THEN TRUE END AND post_id IN ('01900000-0000-7000-8000-000000000000', '01900000-0000-7000-8000-000000000001')",
    ),
    ("posts_org", "SELECT id FROM posts WHERE deleted_at IS NULL AND org_id = $1 ORDER BY created_at DESC, id DESC LIMIT 101"),
    (
        "posts_org",
        "SELECT id FROM posts WHERE deleted_at IS NULL AND org_id = $1 AND (created_at, id) < ('2026-02-01T00:00:00+00:00', '01900000-0000-7000-8000-000000000000') ORDER BY created_at DESC, id DESC LIMIT 101",
    ),
    (
        "targets_calendar",
        "SELECT id FROM targets WHERE deleted_at IS NULL AND org_id = $1 AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 101",
    ),
    (
        "targets_calendar",
        "SELECT id FROM targets WHERE deleted_at IS NULL AND org_id = $1 AND due_at >= '2026-02-01T00:00:00+00:00' AND (due_at, id) > ('2026-02-01T00:00:00+00:00', '01900000-0000-7000-8000-000000000000') ORDER BY due_at, id LIMIT 101",
    ),
    (
        "targets_state",
        "SELECT id FROM targets WHERE deleted_at IS NULL AND org_id = $1 AND state = 'failed' AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 101",
    ),
    (
        "targets_calendar",
        "SELECT id FROM targets WHERE deleted_at IS NULL AND org_id = $1 AND due_at IS NULL ORDER BY due_at, id LIMIT 101",
    ),
];

both_databases! {
    /// Every list is cut out along its index, without a sort of everything.
    async fn lists_walk_along_their_indexes(app) {
        let posts = std::env::var("ROSTRUM_TEST_POSTS").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
        let owner = app.owner().await;
        fill(&app, owner.org, posts).await;
        let mut tx = app.app.db.begin().await.unwrap();
        q("ANALYZE").exec(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        for (index, sql) in PLANS {
            let plan = explain(&app, sql, owner.org).await;
            println!("{sql}\n{plan}\n");
            assert!(plan.contains(index), "{sql}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{sql}\n{plan}");
            assert_eq!(plan.contains("post_id"), sql.contains("post_id"), "not looked up by post: {plan}");
        }
        let robot = robot_with(&app, &owner, &[Scope::PostsRead]).await;
        for path in ["/posts?limit=100", "/targets?limit=100", "/targets?limit=100&state=failed"] {
            let begun = std::time::Instant::now();
            let list: Json = robot.get(&format!("/api/v1{path}")).await.expect(200).json();
            println!("{path} {:?}", begun.elapsed());
            assert_eq!(list["data"].as_array().unwrap().len(), 100, "{path}");
        }
    }
}
