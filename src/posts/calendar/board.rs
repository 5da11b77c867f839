//! What is drawn: the cards of a period, cut into days or hours and folded where there are many.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use uuid::Uuid;

use super::{
    asked::Asked,
    period::{Look, Period},
};
use crate::{
    app::App,
    channels::{Channel, Customer, Slot},
    delivery::TargetState,
    error::Result,
    kit::{MediaId, OrgId, PostId, UserId, zone},
    media::Media,
    posts::{
        model::calendar::{self as model, Beginning, Spot, Standing, TagRow, Which, Window},
        recurrence::{self, Upcoming},
    },
};

/// Cards of a day of a month before the others are folded.
const IN_MONTH: usize = 3;
/// Cards of a day that are read where hours are drawn.
const IN_HOURS: usize = 400;
/// Cards on a page of a list.
pub const PAGE: usize = 100;
/// Cards that hours may show together: beyond, every hour shows fewer.
const ROOM: usize = 140;
/// How many an hour shows, from roomy to crowded.
const FOLDS: [usize; 7] = [40, 12, 6, 4, 3, 2, 1];

/// What a calendar is drawn from beside posts.
pub struct Surroundings {
    /// Every channel.
    pub channels: Vec<Channel>,
    /// Posting times.
    pub slots: Vec<(crate::kit::ChannelId, Slot)>,
    /// For whom channels are run.
    pub customers: Vec<Customer>,
    /// Tags by name.
    pub tags: Vec<TagRow>,
    /// People by name.
    pub authors: Vec<(UserId, String)>,
}

impl Surroundings {
    /// Reads them.
    pub async fn read(app: &App, org: OrgId) -> Result<Self> {
        let db = &app.db;
        let (channels, slots, customers, tags, authors) = tokio::try_join!(
            Channel::list(db, org),
            Slot::of_organisation(db, org),
            Customer::list(db, org),
            model::tags(db, org),
            model::authors(db, org)
        )?;
        Ok(Self { channels, slots, customers, tags, authors })
    }

    /// The channels that a view is about.
    pub fn shown(&self, asked: &Asked) -> Vec<&Channel> {
        let of_customer = |c: &&Channel| asked.customer.is_none() || c.customer_id == asked.customer;
        let chosen = |c: &&Channel| asked.channels.is_empty() || asked.channels.contains(&c.id);
        self.channels.iter().filter(of_customer).filter(chosen).collect()
    }

    /// The same as a question to the tables. Removed channels have posts, too: without a filter they are not named.
    pub fn which(&self, asked: &Asked) -> Which {
        let narrowed = asked.customer.is_some() || !asked.channels.is_empty();
        Which {
            channels: narrowed.then(|| self.shown(asked).iter().map(|c| c.id).collect()),
            states: asked.states().to_vec(),
            tag: asked.tag,
            author: asked.author,
        }
    }
}

/// Something at an instant.
#[derive(Debug, Clone)]
pub enum Item {
    /// Targets of a post.
    Card(Spot),
    /// An occurrence that is no target yet.
    Projected(Upcoming),
}

impl Item {
    /// When.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Card(spot) => spot.due_at,
            Self::Projected(one) => one.at,
        }
    }

    /// The post.
    pub fn post(&self) -> PostId {
        match self {
            Self::Card(spot) => spot.post_id,
            Self::Projected(one) => one.post,
        }
    }
}

/// A day, or an hour of it.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What is shown of it, in order.
    pub items: Vec<Item>,
    /// How many more there are.
    pub more: i64,
}

/// Everything drawn of a period.
pub struct Board {
    /// Per day and, where hours are drawn, per hour of its clock; else under the hour 0.
    pub cells: BTreeMap<(NaiveDate, u32), Cell>,
    /// Of days with more than can be read: how many are beyond.
    pub beyond: HashMap<NaiveDate, i64>,
    /// A list goes on.
    pub next_page: bool,
    /// Targets of the cards shown.
    pub standing: HashMap<Spot, Vec<Standing>>,
    /// How the shown ones begin.
    pub beginnings: HashMap<crate::kit::TargetId, Beginning>,
    /// Tags of the posts shown.
    pub tags: HashMap<PostId, Vec<Uuid>>,
    /// Posts that recur.
    pub series: HashSet<PostId>,
    /// Addresses of the first pictures.
    pub pictures: HashMap<MediaId, String>,
}

impl Board {
    /// Reads it: two or three queries for any number of posts, and five for the cards that are shown.
    pub async fn read(app: &App, org: OrgId, period: &Period, (asked, which): (&Asked, &Which)) -> Result<Self> {
        let found = find(app, org, period, (asked, which)).await?;
        let shown: Vec<&Item> = found.cells.values().flat_map(|cell| &cell.items).collect();
        let cards: Vec<Spot> =
            shown.iter().filter_map(|item| if let Item::Card(spot) = item { Some(*spot) } else { None }).collect();
        let posts: Vec<PostId> = shown.iter().map(|item| item.post()).collect::<HashSet<_>>().into_iter().collect();
        let (standing, tags, series) = tokio::try_join!(
            model::standing(&app.db, org, &cards),
            model::tags_of(&app.db, org, &posts),
            model::series_among(&app.db, org, &posts)
        )?;
        let mut by_card: HashMap<Spot, Vec<Standing>> = HashMap::new();
        for one in standing {
            by_card.entry(Spot { due_at: one.due_at, post_id: one.post_id }).or_default().push(one);
        }
        let leads: Vec<_> = by_card.values().filter_map(|targets| Some(targets.first()?.id)).collect();
        let beginnings = model::beginnings(&app.db, org, &leads).await?;
        let pictures = pictures(app, org, &beginnings, &shown).await?;
        let mut tags_of: HashMap<PostId, Vec<Uuid>> = HashMap::new();
        for (post, tag) in tags {
            tags_of.entry(post).or_default().push(tag);
        }
        Ok(Self {
            standing: by_card,
            beginnings: beginnings.into_iter().map(|b| (b.target_id, b)).collect(),
            tags: tags_of,
            series: series.into_iter().map(|(post,)| post).collect(),
            pictures,
            ..found
        })
    }

    fn empty() -> Self {
        Self {
            cells: BTreeMap::new(),
            beyond: HashMap::new(),
            next_page: false,
            standing: HashMap::new(),
            beginnings: HashMap::new(),
            tags: HashMap::new(),
            series: HashSet::new(),
            pictures: HashMap::new(),
        }
    }
}

/// The cells with what is shown of them.
async fn find(app: &App, org: OrgId, period: &Period, (asked, which): (&Asked, &Which)) -> Result<Board> {
    if period.look == Look::List {
        return list(app, org, period, (asked, which)).await;
    }
    let take = if period.look.has_hours() { IN_HOURS } else { IN_MONTH + 1 };
    let windows: Vec<Window> = period.days.iter().map(|day| period.window(*day)).collect();
    let spots = model::spots(&app.db, org, &windows, which, (take as i64, 0)).await?;
    let projected = projected(app, org, period.whole(), which).await?;
    let mut by_day: BTreeMap<NaiveDate, Vec<Item>> = BTreeMap::new();
    for item in spots.into_iter().map(Item::Card) {
        by_day.entry(zone::wall(period.zone, item.at()).date()).or_default().push(item);
    }
    let full: Vec<NaiveDate> = by_day.iter().filter(|(_, items)| items.len() >= take).map(|(day, _)| *day).collect();
    let counted: Vec<Window> = full.iter().map(|day| period.window(*day)).collect();
    let counts = model::counts(&app.db, org, &counted, which).await?;
    let beyond: HashMap<NaiveDate, i64> = full.into_iter().zip(counts).map(|(day, n)| (day, (n - take as i64).max(0))).collect();
    for item in projected.into_iter().map(Item::Projected) {
        by_day.entry(zone::wall(period.zone, item.at()).date()).or_default().push(item);
    }
    for items in by_day.values_mut() {
        items.sort_by_key(|item| (item.at(), item.post()));
    }
    Ok(if period.look.has_hours() { by_hour(by_day, beyond, period) } else { by_date(by_day, beyond) })
}

/// A month: what is beyond what was read is folded with the rest.
fn by_date(by_day: BTreeMap<NaiveDate, Vec<Item>>, beyond: HashMap<NaiveDate, i64>) -> Board {
    let folded = by_day.into_iter().map(|(day, items)| {
        let unread = beyond.get(&day).copied().unwrap_or(0);
        ((day, 0), fold(items, unread, IN_MONTH))
    });
    Board { cells: folded.collect(), ..Board::empty() }
}

fn by_hour(by_day: BTreeMap<NaiveDate, Vec<Item>>, mut beyond: HashMap<NaiveDate, i64>, period: &Period) -> Board {
    beyond.retain(|_, n| *n > 0);
    let mut hours: BTreeMap<(NaiveDate, u32), Vec<Item>> = BTreeMap::new();
    for (day, items) in by_day {
        for item in items {
            hours.entry((day, zone::wall(period.zone, item.at()).hour())).or_default().push(item);
        }
    }
    let shown =
        |limit: usize| hours.values().map(|items| if items.len() <= limit + 1 { items.len() } else { limit }).sum::<usize>();
    let limit = FOLDS.into_iter().find(|limit| shown(*limit) <= ROOM).unwrap_or(1);
    let cells = hours.into_iter().map(|(place, items)| (place, fold(items, 0, limit))).collect();
    Board { cells, beyond, ..Board::empty() }
}

/// A line that says "1 more" is as long as the one it hides, so one more is shown instead.
fn fold(mut items: Vec<Item>, unread: i64, limit: usize) -> Cell {
    let total = items.len() as i64 + unread;
    if total > limit as i64 + 1 {
        items.truncate(limit);
    }
    Cell { more: total - items.len() as i64, items }
}

async fn list(app: &App, org: OrgId, period: &Period, (asked, which): (&Asked, &Which)) -> Result<Board> {
    let skip = asked.page * PAGE as i64;
    let whole = period.whole();
    let mut spots = model::spots(&app.db, org, &[whole], which, (PAGE as i64 + 1, skip)).await?;
    spots.sort_unstable();
    let next_page = spots.len() > PAGE;
    spots.truncate(PAGE);
    // Drawn between what is on this page, and after the last of all.
    let from = if asked.page == 0 { whole.0 } else { spots.first().map_or(whole.1, |s| s.due_at) };
    let to = if next_page { spots.last().map_or(whole.1, |s| s.due_at) } else { whole.1 };
    let mut items: Vec<Item> =
        projected(app, org, (from, to), which).await?.into_iter().take(PAGE).map(Item::Projected).collect();
    items.extend(spots.into_iter().map(Item::Card));
    items.sort_by_key(|item| (item.at(), item.post()));
    let mut cells: BTreeMap<(NaiveDate, u32), Cell> = BTreeMap::new();
    for item in items {
        cells.entry((zone::wall(period.zone, item.at()).date(), 0)).or_default().items.push(item);
    }
    Ok(Board { cells, next_page, ..Board::empty() })
}

/// What recurrences will add, as far as it fits.
async fn projected(app: &App, org: OrgId, (from, to): Window, which: &Which) -> Result<Vec<Upcoming>> {
    let now = app.clock.now();
    if to <= now || from >= to || !(which.states.is_empty() || which.states.contains(&TargetState::Scheduled)) {
        return Ok(Vec::new());
    }
    let mut drawn = recurrence::upcoming(&app.db, org, (from.max(now), to)).await?;
    if let Some(channels) = &which.channels {
        drawn.retain(|one| one.entries.iter().any(|e| channels.contains(&e.channel)));
    }
    if drawn.is_empty() || (which.tag.is_none() && which.author.is_none()) {
        return Ok(drawn);
    }
    let posts: Vec<PostId> = drawn.iter().map(|one| one.post).collect::<HashSet<_>>().into_iter().collect();
    if let Some(tag) = which.tag {
        let tagged = model::tags_of(&app.db, org, &posts).await?;
        drawn.retain(|one| tagged.contains(&(one.post, tag)));
    }
    if let Some(author) = which.author {
        let theirs = model::written_by(&app.db, org, author, &posts).await?;
        drawn.retain(|one| theirs.contains(&(one.post,)));
    }
    Ok(drawn)
}

/// Addresses of the first picture of each; films have their cover.
async fn pictures(app: &App, org: OrgId, beginnings: &[Beginning], shown: &[&Item]) -> Result<HashMap<MediaId, String>> {
    let stored = beginnings.iter().filter_map(|b| Some(b.media.first()?.id));
    let drawn = shown.iter().filter_map(|item| match item {
        Item::Projected(one) => Some(one.entries.first()?.parts.first()?.media.first()?.id),
        Item::Card(_) => None,
    });
    let ids: Vec<MediaId> = stored.chain(drawn).collect::<HashSet<_>>().into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let media = Media::find_many(&app.db, org, &ids).await?;
    Ok(media.into_iter().filter_map(|m| Some((m.id, m.still()?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(n: usize) -> Vec<Item> {
        let at = DateTime::UNIX_EPOCH;
        (0..n).map(|_| Item::Card(Spot { due_at: at, post_id: PostId::new() })).collect()
    }

    #[test]
    fn one_more_is_shown_rather_than_told() {
        let folded = |n: usize, unread: i64| {
            let cell = fold(items(n), unread, 3);
            (cell.items.len(), cell.more)
        };
        assert_eq!([folded(0, 0), folded(4, 0), folded(5, 0), folded(4, 12)], [(0, 0), (4, 0), (3, 2), (3, 13)]);
    }

    #[test]
    fn a_crowded_week_shows_fewer_of_each_hour() {
        let period = Period::new(Look::Week, "2026-11-23".parse().unwrap(), chrono_tz::Tz::UTC, chrono::Weekday::Mon);
        let crowd = |hours: u32, each: usize| {
            let mut by_day = BTreeMap::new();
            for day in &period.days {
                let hour = |h: u32| {
                    let at = day.and_hms_opt(h, 0, 0).unwrap().and_utc();
                    (0..each).map(move |_| Item::Card(Spot { due_at: at, post_id: PostId::new() }))
                };
                by_day.insert(*day, (0..hours).flat_map(hour).collect::<Vec<_>>());
            }
            let board = by_hour(by_day, HashMap::new(), &period);
            let shown: usize = board.cells.values().map(|c| c.items.len()).sum();
            let more: i64 = board.cells.values().map(|c| c.more).sum();
            assert_eq!(shown as i64 + more, i64::from(7 * hours) * each as i64, "nothing is lost");
            shown
        };
        assert_eq!(crowd(3, 2), 42);
        assert!(crowd(24, 15) <= 168);
        assert!(crowd(4, 15) <= ROOM);
    }
}
