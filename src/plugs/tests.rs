//! Plugs against a platform on loopback: planned once for a post, looked at after publishing, done once whatever happens.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    look::{Outcome, following, look},
    model::{Fresh, Run, Step, Stored, past},
    *,
};
use crate::{
    App, Error,
    channels::{Channel, fake::reaching, mark_reconnect},
    db::q,
    kit::{PartId, text::Doc},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
    providers::{
        Effect,
        testing::{Answer, Fake, Seen},
    },
    queue::Job as _,
};

const NAME: &str = "forum-autoPlugPost";

/// An instance whose channel's platform answers by `answer`; likes are counted by the number that is given back.
struct Stage {
    app: App,
    channel: Channel,
    fake: Fake,
    likes: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn new(post: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        let likes = Arc::new(AtomicI64::new(0));
        let counted = likes.clone();
        let answer = move |seen: &Seen| match seen.path.as_str() {
            "/likes/7" => Answer::json(counted.load(Ordering::SeqCst).into()),
            _ => post(),
        };
        let fake = Fake::start(answer).await;
        let (app, channel, _dir) = reaching(&fake.url).await;
        Self { app, channel, fake, likes, _dir }
    }

    async fn switch(&self, active: bool, since: DateTime<Utc>) {
        let settings = json!({"likesAmount": 3, "post": "Follow us"});
        let mut tx = self.app.db.begin().await.unwrap();
        let of = (self.channel.org_id, self.channel.id);
        Stored::save(&mut tx, of, (NAME, &settings), active, since).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A post that went out so long ago.
    async fn published(&self, ago: TimeDelta) -> PartId {
        let caller = Caller::machine(self.channel.org_id, "UTC", Source::Api);
        let part = EntryPart { id: None, text: Doc::from_plain(&format!("Hello {ago}")), media: vec![], delay_seconds: 0 };
        let settings = json!({"sub": [{"sub": "/r/x", "title": "T"}]});
        let entry = Entry { target: None, channel: self.channel.id, settings, parts: vec![part] };
        let draft = Draft { when: When::Now, zone: chrono_tz::UTC, entries: vec![entry], allow_duplicate: true };
        let saved = posts::create(&self.app, &caller, &draft).await.unwrap().unwrap();
        let at = self.app.clock.now() - ago;
        let mut tx = self.app.db.begin().await.unwrap();
        let (part,): (PartId,) =
            q("SELECT id FROM parts WHERE target_id = $1").bind(saved.targets[0].0).one(&mut tx).await.unwrap();
        q("UPDATE parts SET state = 'published', published_at = $2, next_at = NULL WHERE id = $1")
            .bind(part)
            .bind(at)
            .exec(&mut tx)
            .await
            .unwrap();
        q("INSERT INTO remotes (part_id, n, org_id, remote_id, extra, created_at) VALUES ($1, 0, $2, '7', $3, $4)")
            .bind(part)
            .bind(self.channel.org_id)
            .bind(json!({}))
            .bind(at)
            .exec(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        part
    }

    /// Plans, and gives the runs with the times of their jobs.
    async fn planned(&self) -> Vec<(Uuid, DateTime<Utc>)> {
        Plan {}.run(&self.app).await.unwrap();
        let jobs: Vec<(Json, DateTime<Utc>)> =
            q("SELECT payload, run_at FROM jobs WHERE kind = 'plugs.look' AND state = 'queued' ORDER BY run_at")
                .all(&self.app.db)
                .await
                .unwrap();
        jobs.into_iter().map(|(payload, at)| (payload["run"].as_str().unwrap().parse().unwrap(), at)).collect()
    }

    /// A run of a post that went out so long ago.
    async fn run(&self, ago: TimeDelta) -> Uuid {
        self.switch(true, self.app.clock.now() - TimeDelta::hours(10)).await;
        self.published(ago).await;
        self.planned().await[0].0
    }

    async fn state(&self) -> (String, Option<Json>) {
        let past = past(&self.app.db, self.channel.org_id, self.channel.id, 10).await.unwrap();
        (past[0].state.clone(), past[0].failure.clone())
    }

    fn posts(&self) -> Vec<Json> {
        self.fake.seen().iter().filter(|seen| seen.method == "POST").map(Seen::json).collect()
    }
}

fn taken() -> Answer {
    Answer::json(json!({"id": "8"}))
}

#[tokio::test]
async fn what_is_published_from_then_on_is_looked_at_after_publishing() {
    let stage = Stage::new(taken).await;
    let now = stage.app.clock.now();
    stage.switch(false, now - TimeDelta::hours(10)).await;
    stage.published(TimeDelta::minutes(90)).await;
    assert!(stage.planned().await.is_empty(), "it is switched off");
    stage.switch(true, now - TimeDelta::minutes(30)).await;
    assert!(stage.planned().await.is_empty(), "what was published before is left alone");
    let part = stage.published(TimeDelta::minutes(10)).await;
    let planned = stage.planned().await;
    assert_eq!(planned.len(), 1);
    assert_eq!(stage.planned().await, planned, "once for a post");
    let run = Run::open(&stage.app.db, planned[0].0).await.unwrap();
    assert_eq!((run.part_id, planned[0].1), (part, run.published_at + TimeDelta::hours(1)));
    assert!(Fresh::find(&stage.app.db, now + TimeDelta::days(2), 10).await.unwrap().is_empty(), "nor is it taken up days later");
}

#[tokio::test]
async fn it_looks_at_fixed_times_until_it_is_done() {
    let stage = Stage::new(taken).await;
    let run = stage.run(TimeDelta::minutes(61)).await;
    stage.likes.store(2, Ordering::SeqCst);
    assert_eq!(look(&stage.app, run).await.unwrap(), Outcome::Planned);
    assert_eq!((stage.posts().len(), stage.state().await), (0, ("waiting".into(), None)));
    let open = Run::open(&stage.app.db, run).await.unwrap();
    assert_eq!(stage.planned().await.last().unwrap().1, open.published_at + TimeDelta::hours(2), "counted from publishing");
    stage.likes.store(3, Ordering::SeqCst);
    assert_eq!(look(&stage.app, run).await.unwrap(), Outcome::Over);
    assert_eq!(stage.posts(), [json!({"text": "Follow us", "reply_to": "7"})]);
    assert_eq!(stage.state().await, ("done".into(), None));
    assert!(matches!(look(&stage.app, run).await, Err(Error::NotFound(_))), "and never again");
    assert!(stage.posts().is_empty());
}

#[tokio::test]
async fn after_the_last_look_it_has_passed() {
    let stage = Stage::new(taken).await;
    let run = stage.run(TimeDelta::hours(4)).await;
    assert_eq!(look(&stage.app, run).await.unwrap(), Outcome::Over);
    assert_eq!((stage.state().await.0.as_str(), stage.posts().len()), ("passed", 0));
    let at: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
    let next = |hours| following(at, &[3_600, 7_200], at + TimeDelta::hours(hours));
    assert_eq!((next(0), next(1), next(2)), (Some(at + TimeDelta::hours(1)), Some(at + TimeDelta::hours(2)), None));
}

/// The platform took the write and hung up: nobody knows, and nothing is sent again.
#[tokio::test]
async fn a_lost_answer_ends_it() {
    let stage = Stage::new(|| Answer::Drop).await;
    let run = stage.run(TimeDelta::minutes(61)).await;
    stage.likes.store(9, Ordering::SeqCst);
    assert_eq!(look(&stage.app, run).await.unwrap(), Outcome::Over);
    assert_eq!((stage.state().await.0.as_str(), stage.posts().len()), ("uncertain", 1));
    assert!(matches!(look(&stage.app, run).await, Err(Error::NotFound(_))));
}

/// A process that died between its intent and the answer left the intent.
#[tokio::test]
async fn a_crash_ends_it_without_another_write() {
    let stage = Stage::new(taken).await;
    let run = stage.run(TimeDelta::minutes(61)).await;
    stage.likes.store(9, Ordering::SeqCst);
    let mut tx = stage.app.db.begin().await.unwrap();
    Step::take(&mut tx, run, ("plug", Uuid::now_v7(), Effect::Once), stage.app.clock.now()).await.unwrap();
    Step::intend(&mut tx, run, "plug").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(look(&stage.app, run).await.unwrap(), Outcome::Over);
    assert_eq!((stage.state().await.0.as_str(), stage.posts().len()), ("uncertain", 0));
}

/// Two workers at the same run: one writes.
#[tokio::test]
async fn two_at_once_do_it_once() {
    let stage = Stage::new(taken).await;
    let run = stage.run(TimeDelta::minutes(61)).await;
    stage.likes.store(9, Ordering::SeqCst);
    let both = tokio::join!(look(&stage.app, run), look(&stage.app, run));
    assert!(both.0.is_ok() || both.1.is_ok());
    assert_eq!(stage.posts().len(), 1);
}

#[tokio::test]
async fn trouble_waits_for_the_next_look_and_a_refusal_ends_it() {
    for (answer, outcome, state) in [
        (Answer::status(400, json!({"message": "no replies here"})), Outcome::Over, "failed"),
        (Answer::status(401, json!({})), Outcome::Planned, "waiting"),
        (Answer::status(429, json!({})).header("retry-after", 120), Outcome::Later(TimeDelta::seconds(120)), "waiting"),
        (Answer::status(500, json!({})), Outcome::Over, "uncertain"),
    ] {
        let stage = Stage::new({
            let answer = answer.clone();
            move || answer.clone()
        })
        .await;
        let run = stage.run(TimeDelta::minutes(61)).await;
        stage.likes.store(9, Ordering::SeqCst);
        let came = look(&stage.app, run).await.unwrap();
        match (&came, &outcome) {
            (Outcome::Later(wait), Outcome::Later(expected)) => {
                assert!((*expected - *wait).abs() < TimeDelta::seconds(5), "{wait}")
            }
            _ => assert_eq!(came, outcome, "{answer:?}"),
        }
        assert_eq!((stage.state().await.0.as_str(), stage.posts().len()), (state, 1), "{answer:?}");
    }
    let stage = Stage::new(taken).await;
    let run = stage.run(TimeDelta::minutes(61)).await;
    stage.likes.store(9, Ordering::SeqCst);
    let mut tx = stage.app.db.begin().await.unwrap();
    let of = (stage.channel.org_id, stage.channel.id);
    mark_reconnect(&mut tx, of, None, "revoked", stage.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(look(&stage.app, run).await.unwrap(), Outcome::Planned, "a channel that rests is left alone");
    assert!(stage.posts().is_empty());
}
