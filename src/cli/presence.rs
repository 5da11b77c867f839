//! Shows in the database that a process without an engine lives.

use tokio::{sync::watch, task::JoinHandle, time::MissedTickBehavior};

use crate::{app::App, delivery, error::Result, instance, instance::Worker, kit::Seldom};

static SILENT: Seldom = Seldom::new();

/// The running task.
pub struct Handle {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Says that the process ends.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Begins to show life.
pub fn start(app: &App) -> Handle {
    let (stop, stopping) = watch::channel(false);
    Handle { stop, task: tokio::spawn(show(app.clone(), stopping)) }
}

async fn show(app: App, mut stopping: watch::Receiver<bool>) {
    let server = &app.config.server;
    let worker = Worker::new(server.role, server.label.as_deref(), app.clock.now());
    let mut beats = tokio::time::interval(delivery::HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stopping.borrow() {
        tokio::select! {
            _ = stopping.changed() => {}
            _ = beats.tick() => if let (Err(e), Some(more)) = (beat(&app, &worker).await, SILENT.word()) {
                tracing::error!(error = format!("{e:#}"), more, "this process could not show life");
            },
        }
    }
    if let Err(e) = retire(&app, &worker).await {
        tracing::warn!(error = format!("{e:#}"), "the end of this process could not be noted");
    }
}

async fn beat(app: &App, worker: &Worker) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let beats = instance::beat(&mut tx, &app.life, worker, app.clock.now()).await?;
    tx.commit().await?;
    app.life.noted(beats);
    Ok(())
}

async fn retire(app: &App, worker: &Worker) -> Result<()> {
    let mut tx = app.db.begin().await?;
    instance::retire(&mut tx, worker.id, app.clock.now()).await?;
    tx.commit().await
}
