//! People who keep writing: single posts and threads, for one channel or several, due at once or in some seconds, sent to
//! whichever worker answers.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use super::Scene;
use crate::{fleet::Dice, http::Method, kit::TargetId};

/// A target that the instance has promised to send: it answered with its id.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its id.
    pub target: TargetId,
    /// How many parts it has.
    pub parts: usize,
}

/// The tasks that write.
pub struct Load {
    writers: JoinSet<Vec<Sent>>,
    unanswered: Arc<AtomicU32>,
}

impl Load {
    /// Begins to write.
    pub fn start(scene: &Arc<Scene>, writers: usize, dice: &mut Dice) -> Self {
        let unanswered = Arc::new(AtomicU32::new(0));
        let mut tasks = JoinSet::new();
        for number in 0..writers {
            let writer = Writer { scene: scene.clone(), number, written: 0, unanswered: unanswered.clone() };
            tasks.spawn(writer.write(dice.split()));
        }
        Self { writers: tasks, unanswered }
    }

    /// Waits until the writers have stopped. Gives what was promised, and how many requests had no answer.
    pub async fn end(self) -> (Vec<Sent>, u32) {
        let sent = self.writers.join_all().await.into_iter().flatten().collect();
        (sent, self.unanswered.load(Ordering::Relaxed))
    }
}

struct Writer {
    scene: Arc<Scene>,
    number: usize,
    written: usize,
    unanswered: Arc<AtomicU32>,
}

impl Writer {
    async fn write(mut self, mut dice: Dice) -> Vec<Sent> {
        let mut sent = Vec::new();
        while !self.scene.is_over() {
            self.scene.pause(dice.millis(20, 120)).await;
            let Some(base) = self.scene.addresses.any(&mut dice) else { continue };
            let (body, parts) = self.body(&mut dice);
            let (url, key) = (format!("{base}/public/v1/posts"), self.scene.stock.api_key.clone());
            let reply = self.scene.client.send(Method::POST, &url, &[("authorization", &key)], Some(&body)).await;
            match reply.map(|r| (r.status, r.json::<Json>().unwrap_or_default())) {
                // Saved only when we were told so; whether the others were, the comparison does not need to know.
                Ok((200 | 201, answer)) => sent.extend(promised(&answer, &parts)),
                Ok((status, answer)) => tracing::warn!(status, %answer, "a post was not taken"),
                Err(_) => drop(self.unanswered.fetch_add(1, Ordering::Relaxed)),
            }
        }
        sent
    }

    /// The request, and how many parts each of its targets has.
    fn body(&mut self, dice: &mut Dice) -> (Json, Vec<usize>) {
        let entries = if dice.percent(25) { 3 } else { 1 };
        let first = dice.between(0, self.scene.stock.channels.len() as u64) as usize;
        let parts: Vec<usize> = (0..entries).map(|_| if dice.percent(25) { dice.between(2, 4) as usize } else { 1 }).collect();
        let posts: Vec<Json> = (parts.iter().enumerate())
            .map(|(n, parts)| {
                let (channel, _) = self.scene.stock.channels[(first + n) % self.scene.stock.channels.len()];
                json!({"integration": {"id": channel}, "value": self.thread(*parts), "settings": {}})
            })
            .collect();
        let late = if dice.percent(30) { 0 } else { dice.between(0, 4_000) as i64 };
        let due = (self.scene.clock.now() + TimeDelta::milliseconds(late)).to_rfc3339_opts(SecondsFormat::Millis, true);
        (json!({"type": "schedule", "shortLink": false, "tags": [], "date": due, "posts": posts}), parts)
    }

    /// Texts that exist once in the world.
    fn thread(&mut self, parts: usize) -> Vec<Json> {
        self.written += 1;
        let text = |part: usize| format!("torture {} {} part {part}", self.number, self.written);
        (0..parts).map(|part| json!({"content": text(part), "image": []})).collect()
    }
}

fn promised(answer: &Json, parts: &[usize]) -> Vec<Sent> {
    let targets = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let target = |entry: &Json| entry["postId"].as_str().and_then(|id| id.parse().ok());
    targets.iter().zip(parts).filter_map(|(entry, parts)| Some(Sent { target: target(entry)?, parts: *parts })).collect()
}
