//! What a seed means: channels, posts, what people do and when, how bad the weather on the network is, when the process
//! dies and when somebody sets the clock. Nothing here is done; it is only decided, from the seed alone.

use std::time::Duration;

use crate::kit::Dice;

/// Which dialect an account is spoken to in, and by which provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The real sandbox provider: `Repeatable` uploads, one `Once` write, reading back.
    Sandbox,
    /// The real Bluesky provider: a write under an id of ours (`ClientId`), sessions that end.
    Bluesky,
    /// Writes with an idempotency key (`Keyed`) that is forgotten after an hour.
    Keyed,
    /// `Once`, and nothing can be read back.
    Blind,
}

impl Dialect {
    const ALL: [Self; 4] = [Self::Sandbox, Self::Bluesky, Self::Keyed, Self::Blind];

    /// The provider's id.
    pub fn provider(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Bluesky => "bluesky",
            Self::Keyed => "simulated-keyed",
            Self::Blind => "simulated-blind",
        }
    }
}

/// A post of one or more parts to one or more channels.
#[derive(Debug, Clone)]
pub struct PostPlan {
    /// When somebody saves it.
    pub saved: Duration,
    /// When it is due, after the beginning; not before it is saved.
    pub due: Duration,
    /// Which channels.
    pub channels: Vec<usize>,
    /// Wait before each part; the first is ignored.
    pub delays: Vec<u64>,
    /// Uploads before each part, on the simulated providers.
    pub uploads: u64,
    /// What goes wrong inside our own code with it, on the simulated providers.
    pub trouble: Trouble,
}

/// Faults of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// None.
    None,
    /// The provider panics.
    Panics,
    /// The provider never returns.
    Hangs,
    /// The process dies of it, every time.
    Kills,
}

impl Trouble {
    /// As the provider's setting.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Panics => "panics",
            Self::Hangs => "hangs",
            Self::Kills => "kills",
        }
    }
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Saves the post with this number.
    Save(usize),
    /// Withdraws a target.
    Cancel(usize, usize),
    /// Brings it back.
    Restore(usize, usize),
    /// Writes other words, and another time so many seconds from then.
    Edit(usize, usize, u64),
    /// Sends it at once.
    SendNow(usize, usize),
    /// Tries again what failed.
    Retry(usize, usize),
    /// Says what became of a part, after looking.
    Resolve(usize, usize),
    /// Removes the post.
    Remove(usize),
    /// Pauses a channel.
    Pause(usize),
    /// Resumes it.
    Resume(usize),
    /// Connects it again.
    Reconnect(usize),
    /// Removes it.
    RemoveChannel(usize),
}

/// What happens at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody does something, after the engine had so many turns at the database first.
    Deed(Deed, u64),
    /// The process dies.
    Crash,
    /// Somebody sets the clock by so many minutes.
    SetClock(i64),
    /// The platform takes an account's access away.
    Revoke(usize),
}

/// Where a process dies by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Not.
    Never,
    /// Before its turn at the database with this number.
    Before(u64),
    /// After that turn is committed.
    After(u64),
    /// When its request with this number leaves.
    Leaving(u64),
    /// When the answer to it arrives.
    Answered(u64),
}

/// One process from start to death.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// Where it ends.
    pub death: Death,
    /// The database is away for these turns.
    pub away: (u64, u64),
    /// Workers on it: one, unless the database takes more.
    pub workers: u64,
}

/// All that a seed decides.
#[derive(Debug, Clone)]
pub struct Story {
    /// The accounts.
    pub channels: Vec<Dialect>,
    /// The posts.
    pub posts: Vec<PostPlan>,
    /// What happens, by time.
    pub events: Vec<(Duration, Event)>,
    /// Percent of requests that something happens to.
    pub weather: u64,
    /// From then on nothing goes wrong any more.
    pub calm: Duration,
    /// The processes that die; the one after them lives.
    pub lives: Vec<Life>,
    /// Seconds a lane belongs to a worker without a sign of life.
    pub lease: u64,
    /// In the end somebody sends what was held as late, and answers what waits for a person.
    pub tidy: bool,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Story {
    /// The story of a seed.
    pub fn of(seed: u64) -> Self {
        let dice = Dice::seeded(seed);
        let channels: Vec<Dialect> = (0..=dice.below(3)).map(|_| dice.pick(&Dialect::ALL)).collect();
        let posts: Vec<PostPlan> =
            (0..1 + dice.below(4) + dice.below(2) * dice.below(8)).map(|_| post(&dice, channels.len())).collect();
        let calm = MINUTE * u32::try_from(20 + dice.below(60)).unwrap_or(20);
        let mut events: Vec<_> = (0..).zip(&posts).map(|(n, p)| (p.saved, Event::Deed(Deed::Save(n), 0))).collect();
        let deeds = dice.pick(&[0, 0, 2, 5, 12]);
        events.extend((0..dice.below(deeds + 1)).map(|_| (instant(&dice, calm, &posts), deed(&dice, &posts, channels.len()))));
        if dice.percent(25) {
            events.extend((0..1 + dice.below(2)).map(|_| (instant(&dice, calm, &posts), set_clock(&dice))));
        }
        if dice.percent(20) {
            let channel = number(&dice, channels.len());
            events.push((instant(&dice, calm, &posts), Event::Revoke(channel)));
            events.push((instant(&dice, calm, &posts), Event::Deed(Deed::Reconnect(channel), 0)));
        }
        let crashes = dice.pick(&[0, 0, 1, 2, 3, 6]);
        events.extend((0..dice.below(crashes + 1)).map(|_| (instant(&dice, calm, &posts), Event::Crash)));
        events.sort_by_key(|(at, _)| *at);
        let lives = (0..crashes).map(|_| life(&dice)).collect();
        // Days pass until such a story is over, and every sign of life costs.
        let slow = events.iter().any(|(_, e)| matches!(e, Event::SetClock(_)));
        let weather = dice.pick(&[0, 10, 30, 30, 60, 90]);
        Self {
            channels,
            posts,
            events,
            weather,
            calm,
            lives,
            lease: if slow { 7_200 } else { dice.pick(&[600, 7_200]) },
            tidy: dice.percent(50),
        }
    }
}

fn number(dice: &Dice, end: usize) -> usize {
    usize::try_from(dice.below(end as u64)).unwrap_or(0)
}

fn post(dice: &Dice, channels: usize) -> PostPlan {
    let saved = if dice.percent(80) { Duration::ZERO } else { Duration::from_secs(dice.below(900)) };
    // Many at the same instant, some at once, the rest somewhere in the hour.
    let wait = match dice.below(4) {
        0 => 0,
        1 => 60,
        _ => dice.below(2_400),
    };
    let first = number(dice, channels);
    let mut list = vec![first];
    if dice.percent(30) {
        list.extend((0..channels).filter(|c| *c != first));
    }
    let parts = if dice.percent(60) { 1 } else { 2 + dice.below(2) };
    let trouble = if dice.percent(94) { Trouble::None } else { dice.pick(&[Trouble::Panics, Trouble::Hangs, Trouble::Kills]) };
    PostPlan {
        saved,
        due: saved + Duration::from_secs(wait),
        channels: list,
        delays: (0..parts).map(|_| dice.pick(&[0, 0, 1, 30, 600])).collect(),
        uploads: dice.pick(&[0, 0, 1, 2]),
        trouble,
    }
}

/// Somewhere, but rather where something is going on.
fn instant(dice: &Dice, calm: Duration, posts: &[PostPlan]) -> Duration {
    if dice.percent(60) {
        let post = &posts[number(dice, posts.len())];
        return post.due + Duration::from_millis(dice.pick(&[0, 0, 1, 300, 2_000, 31_000]));
    }
    Duration::from_millis(dice.below(u64::try_from(calm.as_millis()).unwrap_or(1)))
}

fn deed(dice: &Dice, posts: &[PostPlan], channels: usize) -> Event {
    let post = number(dice, posts.len());
    let channel = posts[post].channels[number(dice, posts[post].channels.len())];
    let any = number(dice, channels);
    let deed = match dice.below(20) {
        0..=3 => Deed::Cancel(post, channel),
        4..=5 => Deed::Restore(post, channel),
        6..=8 => Deed::Edit(post, channel, dice.pick(&[0, 1, 60, 600])),
        9..=10 => Deed::SendNow(post, channel),
        11..=12 => Deed::Retry(post, channel),
        13..=14 => Deed::Resolve(post, channel),
        15 => Deed::Remove(post),
        16 => Deed::Pause(any),
        17 => Deed::Resume(any),
        18 => Deed::Reconnect(any),
        _ if dice.percent(30) => Deed::RemoveChannel(any),
        _ => Deed::Retry(post, channel),
    };
    Event::Deed(deed, dice.below(8))
}

fn set_clock(dice: &Dice) -> Event {
    Event::SetClock(dice.pick(&[60, -60, 24 * 60, -24 * 60, 3, -3]))
}

fn life(dice: &Dice) -> Life {
    let death = match dice.below(6) {
        0 => Death::Before(3 + dice.below(60)),
        1 => Death::After(3 + dice.below(60)),
        2 => Death::Leaving(dice.below(8)),
        3 => Death::Answered(dice.below(8)),
        _ => Death::Never,
    };
    let from = 3 + dice.below(80);
    let away = if dice.percent(15) { (from, from + 1 + dice.below(6)) } else { (0, 0) };
    Life { death, away, workers: 1 + dice.below(3) }
}
