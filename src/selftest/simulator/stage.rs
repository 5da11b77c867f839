//! Plays one story: process after process over one database, with the time moved only while all of them stand still.
//!
//! A process is a runtime of one thread; it dies by being dropped, whatever it was doing. What it had sent stays on its
//! way ([`super::platform`]), what it had committed stays in the database, and nothing else stays.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    deeds::{Cast, Person},
    model,
    platform::World,
    story::{Death, Deed, Dialect, Event, Life, Story},
    wire::Line,
};
use crate::{
    app::App,
    db::{
        Db,
        gate::{Fate, Gate, Still},
    },
    delivery::{Conditions, Engine, Handle},
    error::{Error, Result},
    kit::{Clock, Dice},
};

/// After so much true time it is over, come what may.
const END: Duration = Duration::from_secs(4 * 24 * 3_600);
/// A story that takes more steps than this goes round in circles.
const MOST_STEPS: u32 = 20_000;

/// What is the same for all stories of a run.
#[derive(Clone)]
pub struct Set {
    /// Everything but database, clock and network.
    pub app: App,
    /// The database of the story.
    pub url: String,
    /// Several workers may share it.
    pub shared: bool,
}

/// One story being played.
pub struct Stage {
    pub set: Set,
    pub seed: u64,
    pub story: Story,
    pub clock: Clock,
    pub world: Arc<World>,
    pub cast: Arc<tokio::sync::Mutex<Cast>>,
    pub log: Log,
    /// What went wrong on the way.
    pub broken: Arc<Mutex<Vec<String>>>,
    events: VecDeque<(Duration, Event)>,
    steps: u32,
    closing: bool,
}

/// How a process ended.
enum Ending {
    Died,
    Over,
}

/// What the processes logged.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// When all stories begin: far from any change of summer time, which delivery does not know anyway.
fn beginning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_000_000, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

impl Stage {
    /// Before the beginning.
    pub fn new(mut set: Set, seed: u64) -> Self {
        set.app.life = set.app.life.beside();
        let story = Story::of(seed);
        let world = Arc::new(World::new(seed, &story, beginning()));
        Self {
            set,
            seed,
            clock: Clock::manual(beginning()),
            world,
            cast: Arc::default(),
            log: Log::default(),
            broken: Arc::default(),
            events: story.events.iter().copied().collect(),
            steps: 0,
            closing: false,
            story,
        }
    }

    /// Plays it to its end and hands the last process's database over to `look`.
    pub fn play<T>(&mut self, look: impl AsyncFnOnce(&Db, &Cast) -> Result<T>) -> Result<T> {
        let log = self.log.clone();
        let writer = tracing_subscriber::fmt().with_writer(move || log.clone()).with_ansi(false).with_target(false);
        let subscriber = writer.without_time().with_max_level(tracing::Level::INFO).finish();
        tracing::subscriber::with_default(subscriber, || {
            let mut lives: VecDeque<Option<Life>> = self.story.lives.clone().into_iter().map(Some).collect();
            self.live(0, None)?;
            let mut number = 0;
            loop {
                let life = lives.pop_front().flatten();
                number += 1;
                match self.live(number, life)? {
                    Ending::Died => self.world.lock().orphan(self.clock.ran()),
                    Ending::Over => break,
                }
            }
            let runtime = runtime(None)?;
            runtime.block_on(async {
                let db = Db::open(&self.set.url).await?;
                let cast = self.cast.lock().await.clone();
                let result = look(&db, &cast).await;
                db.close().await;
                result
            })
        })
    }

    fn note(&self, who: &str, what: impl Into<String>) {
        self.world.lock().timeline.add(self.clock.ran(), who, what);
    }

    /// One process from its start to its death, or to the end of the story.
    fn live(&mut self, number: u64, life: Option<Life>) -> Result<Ending> {
        let calm = (self.clock.clone(), self.story.calm);
        let gate = Gate::new(Box::new(move |turn, writes| judge(life, turn, writes, calm.0.ran() >= calm.1)));
        let runtime = runtime(Some(gate.clone()))?;
        if number == 0 {
            return runtime.block_on(self.direct(gate, number, life));
        }
        self.note("process", format!("starts ({})", life.map_or("to stay".into(), |l| format!("{:?}", l.death))));
        let ending = runtime.block_on(self.direct(gate, number, life));
        // Tasks are dropped wherever they stand.
        runtime.shutdown_background();
        if matches!(ending, Ok(Ending::Died)) {
            self.note("process", "is dead");
        }
        ending
    }

    fn app(&self, db: Db, gate: &Arc<Gate>, life: Option<Life>) -> App {
        let line = Line { world: self.world.clone(), clock: self.clock.clone(), gate: gate.clone(), life };
        let app = self.set.app.clone();
        let mut config = (*app.config).clone();
        config.delivery.lease_seconds = self.story.lease;
        App { db, clock: self.clock.clone(), http: app.http.clone().over(Arc::new(line)), config: Arc::new(config), ..app }
    }

    async fn direct(&mut self, gate: Arc<Gate>, number: u64, life: Option<Life>) -> Result<Ending> {
        // A worker that has just died may still hold the file for a moment.
        let db = Db::open(&self.set.url).await?.gated(gate.clone());
        let app = self.app(db, &gate, life);
        if number == 0 {
            return self.prepare(&app, &gate).await.map(|()| Ending::Over);
        }
        let workers = if self.set.shared { life.map_or(2, |l| l.workers) } else { 1 };
        let heartbeat = Duration::from_secs((self.story.lease / 4).max(1));
        let dice = Dice::seeded(self.seed.rotate_left(17) ^ number);
        let start = |_| Engine::start_under(&app, Conditions { dice: dice.clone(), heartbeat });
        let engines: Vec<Handle> = (0..workers).map(start).collect();
        let ending = self.follow(&app, &gate).await;
        drop(engines);
        ending
    }

    /// The organisation, its channels, and the beginning of bad weather.
    async fn prepare(&mut self, app: &App, gate: &Arc<Gate>) -> Result<()> {
        let (story, cast, world, task) = (self.story.clone(), self.cast.clone(), self.world.clone(), app.clone());
        let preparing = tokio::spawn(async move {
            let mut tx = task.db.begin().await?;
            let mut cast = cast.lock().await;
            cast.org = Some(model::begin(&mut tx, task.clock.now()).await?);
            tx.commit().await?;
            for (n, dialect) in story.channels.iter().enumerate() {
                let id = Person { app: &task, world: &world, cast: &mut cast, plans: &story.posts }.connect(n, *dialect).await?;
                cast.channels.push(id);
            }
            Ok::<(), Error>(())
        });
        while !preparing.is_finished() {
            gate.still().await;
            if preparing.is_finished() {
                break;
            }
            self.advance(self.clock.until_next().unwrap_or(Duration::from_millis(1)));
        }
        preparing.await.map_err(Error::internal)??;
        // All times of the story count from here.
        let begun = self.clock.ran();
        self.events.iter_mut().for_each(|(at, _)| *at += begun);
        let mut world = self.world.lock();
        world.calm += begun;
        self.story.calm += begun;
        world.begin(self.story.weather);
        Ok(())
    }

    fn advance(&self, by: Duration) {
        // Whatever is due at that instant has arrived by then.
        self.clock.advance(TimeDelta::from_std(by).unwrap_or_default());
        self.world.lock().deliver(self.clock.ran());
    }

    /// Moves the time from one thing that happens to the next, always when everything stands still.
    async fn follow(&mut self, app: &App, gate: &Arc<Gate>) -> Result<Ending> {
        let mut looked_at = Duration::ZERO;
        loop {
            if gate.still().await == Still::Dead {
                return Ok(Ending::Died);
            }
            self.steps += 1;
            let now = self.clock.ran();
            if now > END || self.steps > MOST_STEPS {
                self.broken("lost: the story does not come to rest".into());
                return Ok(Ending::Over);
            }
            if self.events.front().is_some_and(|(at, _)| *at <= now) {
                let event = self.events.pop_front().map(|(_, event)| event);
                if event.is_some_and(|event| self.happens(app, event)) {
                    return Ok(Ending::Died);
                }
                continue;
            }
            if self.events.is_empty() && now >= self.story.calm && now >= looked_at {
                looked_at = now + Duration::from_secs(60);
                if !self.closing {
                    self.closing = self.ask(app, gate, Errand::ClearUp).await?.is_none();
                    continue;
                }
                match self.ask(app, gate, Errand::Pending).await? {
                    None if self.world.lock().next_arrival().is_none() => return Ok(Ending::Over),
                    None => {}
                    Some(at) => looked_at += (at - self.clock.now()).to_std().unwrap_or_default(),
                }
                continue;
            }
            let event = self.events.front().map(|(at, _)| *at);
            let arrival = self.world.lock().next_arrival();
            let fixed = [event, arrival, Some(self.story.calm.max(looked_at))].into_iter().flatten().filter(|at| *at > now);
            let next = fixed.map(|at| at - now).chain(self.clock.until_next()).min();
            self.advance(next.unwrap_or(Duration::from_secs(1)).max(Duration::from_micros(1)));
        }
    }

    /// True when the process dies of it.
    fn happens(&mut self, app: &App, event: Event) -> bool {
        match event {
            Event::Crash => return true,
            Event::SetClock(minutes) => {
                self.note("clock", format!("is set by {minutes} min"));
                self.clock.set_by(TimeDelta::minutes(minutes));
            }
            Event::Revoke(channel) => {
                self.note(&format!("c{channel}"), "access is taken away");
                self.world.lock().revoke(channel);
            }
            Event::Deed(deed, turns) => self.spawn(app, deed, turns),
        }
        false
    }

    /// Somebody does something while the engine goes on.
    fn spawn(&self, app: &App, deed: Deed, turns: u64) {
        let (app, world, cast, broken) = (app.clone(), self.world.clone(), self.cast.clone(), self.broken.clone());
        let (plans, dialects) = (self.story.posts.clone(), self.story.channels.clone());
        tokio::spawn(async move {
            for _ in 0..turns {
                drop(model::pending(&app.db).await);
            }
            let mut cast = cast.lock().await;
            let done = Person { app: &app, world: &world, cast: &mut cast, plans: &plans }.does(deed, &dialects).await;
            let words = match &done {
                Ok(()) => "done".into(),
                Err(e @ Error::Internal(_)) => {
                    broken.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{deed:?} failed: {e:#}"));
                    "an internal fault".into()
                }
                Err(Error::Conflict(m)) => format!("conflict ({})", m.key),
                Err(e) => e.to_string(),
            };
            world.lock().timeline.add(app.clock.ran(), "person", format!("{deed:?}: {words}"));
        });
    }

    /// Something for which the story waits; the time goes on meanwhile. Gives when more is to be done, or nothing.
    async fn ask(&mut self, app: &App, gate: &Arc<Gate>, errand: Errand) -> Result<Option<DateTime<Utc>>> {
        let (app, world, cast) = (app.clone(), self.world.clone(), self.cast.clone());
        let (story, before) = (self.story.clone(), self.clock.ran());
        let asked = tokio::spawn(async move {
            match errand {
                Errand::Pending => model::pending(&app.db).await,
                Errand::ClearUp => {
                    let mut cast = cast.lock().await;
                    let mut person = Person { app: &app, world: &world, cast: &mut cast, plans: &story.posts };
                    let done = person.clears_up(&story.channels, story.tidy).await?;
                    Ok(Some(app.clock.now()).filter(|_| !done))
                }
            }
        });
        while !asked.is_finished() {
            if gate.still().await == Still::Dead || self.clock.ran() > before + Duration::from_secs(600) {
                break;
            }
            if !asked.is_finished() {
                let arrival = self.world.lock().next_arrival().map(|at| at.saturating_sub(self.clock.ran()));
                let next = [self.clock.until_next(), arrival].into_iter().flatten().min();
                self.advance(next.unwrap_or(Duration::from_millis(1)).max(Duration::from_micros(1)));
            }
        }
        if !asked.is_finished() {
            return Ok(Some(self.clock.now()));
        }
        asked.await.map_err(Error::internal)?
    }

    fn broken(&self, words: String) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(words);
    }
}

enum Errand {
    Pending,
    ClearUp,
}

fn judge(life: Option<Life>, turn: u64, writes: bool, calm: bool) -> Fate {
    let Some(life) = life.filter(|_| !calm) else { return Fate::Runs };
    match life.death {
        Death::Before(n) if n == turn => Fate::DiesBefore,
        // A read is over without a commit: then before is the same as after.
        Death::After(n) if n == turn => {
            if writes {
                Fate::DiesAfter
            } else {
                Fate::DiesBefore
            }
        }
        _ if (life.away.0..life.away.1).contains(&turn) => Fate::Away,
        _ => Fate::Runs,
    }
}

fn runtime(gate: Option<Arc<Gate>>) -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    if let Some(gate) = gate {
        builder.on_thread_park(move || gate.parked());
    }
    Ok(builder.build()?)
}

/// Which dialects a story speaks, for its head line.
pub fn cast_of(story: &Story) -> String {
    let name = |(n, d): (usize, &Dialect)| format!("c{n}={}", d.provider());
    story.channels.iter().enumerate().map(name).collect::<Vec<_>>().join(" ")
}
