//! Stores posts in groups: one task takes what waits in its queue, commits it at once and answers everybody, so that a
//! durable commit is paid once per group and not once per post.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{mpsc, oneshot};

use super::model::Post;
use crate::{
    db::Db,
    error::{Error, Result},
};

/// Posts that may wait; whoever comes then waits with them.
const QUEUE: usize = 4_096;
/// Most posts of one commit.
const GROUP: usize = 512;

struct Entry {
    post: Post,
    done: oneshot::Sender<Result<()>>,
    pending: Pending,
}

/// A write that a read might still miss; it counts until it is dropped.
pub struct Pending(Arc<AtomicUsize>);

impl Pending {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The queue's end that takes posts. The task ends with it.
pub struct Writer {
    queue: mpsc::Sender<Entry>,
    pending: Arc<AtomicUsize>,
}

impl Writer {
    /// Starts the task.
    pub fn start(db: Db) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE);
        tokio::spawn(run(db, entries));
        Self { queue, pending: Arc::default() }
    }

    /// Announces a write whose request has arrived.
    pub fn announce(&self) -> Pending {
        Pending::new(&self.pending)
    }

    /// Returns when the post is durable. It is stored also when the caller stops waiting.
    pub async fn store(&self, post: Post) -> Result<()> {
        let (done, stored) = oneshot::channel();
        let entry = Entry { post, done, pending: self.announce() };
        self.queue.send(entry).await.map_err(|_| gone())?;
        stored.await.map_err(|_| gone())?
    }

    /// True when everything announced or taken so far can be read.
    pub fn is_idle(&self) -> bool {
        self.pending.load(Ordering::SeqCst) == 0
    }
}

fn gone() -> Error {
    Error::Unavailable("the sandbox has stopped writing".into())
}

async fn run(db: Db, mut entries: mpsc::Receiver<Entry>) {
    let mut group = Vec::with_capacity(GROUP);
    while entries.recv_many(&mut group, GROUP).await > 0 {
        let written = write(&db, &group).await;
        for Entry { done, pending, .. } in group.drain(..) {
            // Before the answer: who has it must find every read complete.
            drop(pending);
            // Nobody may be waiting any more; the post is stored all the same.
            let _ = done.send(written.as_ref().copied().map_err(|e| Error::Unavailable(e.to_string())));
        }
    }
}

async fn write(db: &Db, group: &[Entry]) -> Result<()> {
    let mut tx = db.begin().await?;
    for entry in group {
        entry.post.insert(&mut tx).await?;
    }
    tx.commit().await
}
