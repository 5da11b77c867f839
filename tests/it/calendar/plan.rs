//! A month with ten thousand posts: along its index, light, and quick.

use chrono::Days;
use rostrum::{
    db::q,
    posts::{
        When,
        calendar_queries::{Which, counts_query, spots_query},
    },
};

use super::*;
use crate::{
    both_databases,
    posts::{channel, entry, saved},
};

both_databases! {
    /// Ten thousand in the month among a hundred thousand stored: each day is a short walk along `targets_cards`.
    async fn a_crowded_month_runs_along_its_index(app) {
        let owner = app.owner().await;
        let ann = channel(&app, owner.org, "Ann").await;
        let first = monday(&app);
        let like = saved(&app, &owner, When::At(at(first, "09:00")), vec![entry(ann, &["A post among many, with a text of about the usual length."])]).await;
        let mut tx = app.app.db.begin().await.unwrap();
        // A hundred thousand in ten months, each of a post of its own, four minutes apart.
        q("INSERT INTO posts (id, org_id, author_id, source, created_at)
           WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
           SELECT ")
            // Ids of sixteen bytes, made from a number.
            .dialect("CAST(lpad(to_hex(n.i), 32, '0') AS UUID)", "unhex(printf('%032x', n.i))")
            .push(", p.org_id, p.author_id, p.source, p.created_at FROM n CROSS JOIN posts p WHERE p.id = $1")
            .bind(like.post).exec(&mut tx).await.unwrap();
        q("INSERT INTO targets (id, org_id, post_id, version_id, channel_id, entry, occurrence_key, due_at, zone, state, settings, created_at)
           WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
           SELECT ")
            .dialect("CAST(lpad(to_hex(n.i), 32, '0') AS UUID)", "unhex(printf('%032x', n.i))")
            .push(", t.org_id, ")
            .dialect("CAST(lpad(to_hex(n.i), 32, '0') AS UUID)", "unhex(printf('%032x', n.i))")
            .push(", t.version_id, t.channel_id, 0, 'once', ")
            // Times are text there.
            .dialect("t.due_at + n.i * interval '4 minutes'", "strftime('%Y-%m-%dT%H:%M:%S+00:00', t.due_at, (n.i * 4) || ' minutes')")
            .push(", t.zone, 'scheduled', t.settings, t.created_at FROM n CROSS JOIN targets t WHERE t.id = $1")
            .bind(like.targets[0].0).exec(&mut tx).await.unwrap();
        q("INSERT INTO parts (id, org_id, target_id, channel_id, position, delay_seconds, content, media, state, tries, looks)
           SELECT t.id, t.org_id, t.id, t.channel_id, 0, 0, p.content, p.media, 'waiting', 0, 0
           FROM targets t CROSS JOIN parts p WHERE p.target_id = $1 AND t.id <> $1")
            .bind(like.targets[0].0).exec(&mut tx).await.unwrap();
        if app.app.db.is_postgres() {
            for table in ["ANALYZE targets", "ANALYZE posts", "ANALYZE parts"] {
                q(table).exec(&mut tx).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let month = first + Days::new(28);
        let windows: Vec<_> = (0..35).map(|n| (at(month + Days::new(n), "00:00"), at(month + Days::new(n + 1), "00:00"))).collect();
        for query in [spots_query(owner.org, &windows, &Which::default(), (4, 0)), counts_query(owner.org, &windows, &Which::default())] {
            let plan = query.plan(&app.app.db).await.unwrap();
            assert!(plan.contains("targets_cards"), "{plan}");
            assert!(!plan.contains("Seq Scan") && !plan.contains("TEMP B-TREE FOR ORDER BY") && !plan.contains("SCAN t\n"), "{plan}");
        }
        let path = format!("/calendar?view=month&date={}", month + Days::new(10));
        let page = owner.browser.get(&path).await.expect(200);
        let began = std::time::Instant::now();
        owner.browser.get(&path).await.expect(200);
        let took = began.elapsed();
        let text = page.page();
        assert!(text.matches("data-card=").count() >= 90 && text.contains("+357 more"), "{}", text.matches("data-card=").count());
        assert!(page.body.len() < 200_000, "{} bytes", page.body.len());
        // A debug build on a busy machine: far above what a release build takes, far below a walk through everything.
        assert!(took < std::time::Duration::from_millis(1_500), "{took:?}");
        for look in ["week", "day", "list"] {
            let page = owner.browser.get(&format!("/calendar?view={look}&date={}", month + Days::new(10))).await.expect(200);
            assert!(page.body.len() < 260_000, "{look}: {} bytes", page.body.len());
            eprintln!("{look}: {} bytes", page.body.len());
        }
        eprintln!("month: {} bytes, {took:?}", page.body.len());
    }
}
