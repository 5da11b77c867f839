//! What people do, by the same functions as the pages and the API.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use serde_json::json;

use super::{
    model::{self, Row},
    platform::World,
    providers::text,
    story::{Deed, Dialect, PostPlan},
};
use crate::{
    app::App,
    channels::{self, Channel},
    delivery::{self, PartState, Resolution},
    error::{Error, Result},
    kit::{ChannelId, OrgId, PostId, TargetId, text::Doc},
    orgs::{Caller, Source},
    posts::{self, Draft, Entry, EntryPart, When},
};

/// What people know: who they work for, which channels there are, which posts were confirmed.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// The organisation.
    pub org: Option<OrgId>,
    /// By number.
    pub channels: Vec<ChannelId>,
    /// By number of the post: its id and its target on each channel.
    pub posts: BTreeMap<usize, (PostId, BTreeMap<usize, TargetId>)>,
    /// Versions written of a post.
    pub versions: BTreeMap<(usize, usize), u64>,
    /// Targets that a person touched.
    pub touched: Vec<TargetId>,
}

/// A person at work.
pub struct Person<'a> {
    /// The instance.
    pub app: &'a App,
    /// The world, to look at.
    pub world: &'a Arc<World>,
    /// What is known.
    pub cast: &'a mut Cast,
    /// What was planned.
    pub plans: &'a [PostPlan],
}

impl Person<'_> {
    fn org(&self) -> OrgId {
        self.cast.org.expect("the organisation is made first")
    }

    fn caller(&self) -> Caller {
        Caller::machine(self.org(), "UTC", Source::Api)
    }

    /// Connects a channel, again or for the first time.
    pub async fn connect(&mut self, n: usize, dialect: Dialect) -> Result<ChannelId> {
        let answers = match dialect {
            Dialect::Sandbox => vec![("server", "https://sandbox.sim".to_owned()), ("handle", format!("c{n}"))],
            Dialect::Bluesky => vec![
                ("service", "https://bsky.sim".to_owned()),
                ("identifier", format!("c{n}")),
                ("password", format!("{}-password", super::platform::SECRET)),
            ],
            Dialect::Keyed | Dialect::Blind => vec![("handle", format!("c{n}"))],
        };
        self.world.lock().accept_password(n);
        let answers = answers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(channels::connect(self.app, self.org(), dialect.provider(), &answers).await?.id)
    }

    /// Does it; [`Error::Conflict`] and the like are answers, too.
    pub async fn does(&mut self, deed: Deed, dialects: &[Dialect]) -> Result<()> {
        match deed {
            Deed::Save(post) => self.save(post).await,
            Deed::Edit(post, channel, wait) => self.edit(post, channel, wait).await,
            Deed::Cancel(post, channel)
            | Deed::Restore(post, channel)
            | Deed::SendNow(post, channel)
            | Deed::Retry(post, channel) => {
                let id = self.target(post, channel)?;
                self.cast.touched.push(id);
                let (org, now) = (self.org(), self.app.clock.now());
                let mut tx = self.app.db.begin().await?;
                match deed {
                    Deed::Cancel(..) => delivery::cancel(&mut tx, org, id, None, now).await?,
                    Deed::Restore(..) => delivery::restore(&mut tx, org, id, None, now).await?,
                    Deed::SendNow(..) => delivery::publish_now(&mut tx, org, id, None, now).await?,
                    _ => delivery::retry(&mut tx, org, id, None, now).await?,
                }
                tx.commit().await
            }
            Deed::Resolve(post, channel) => {
                let id = self.target(post, channel)?;
                self.resolve(id, channel).await
            }
            Deed::Remove(post) => {
                let (id, targets) = self.cast.posts.get(&post).cloned().ok_or(Error::NotFound("post"))?;
                self.cast.touched.extend(targets.values());
                let mut tx = self.app.db.begin().await?;
                delivery::remove(&mut tx, self.org(), id, None, self.app.clock.now()).await?;
                tx.commit().await
            }
            Deed::Reconnect(n) => self.connect(n, dialects[n]).await.map(drop),
            Deed::Pause(n) | Deed::Resume(n) | Deed::RemoveChannel(n) => self.set(deed, n).await,
        }
    }

    fn target(&self, post: usize, channel: usize) -> Result<TargetId> {
        self.cast.posts.get(&post).and_then(|(_, targets)| targets.get(&channel)).copied().ok_or(Error::NotFound("post"))
    }

    async fn set(&self, deed: Deed, n: usize) -> Result<()> {
        let channel = Channel::find(&self.app.db, self.org(), self.cast.channels[n]).await?;
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        match deed {
            Deed::Pause(_) => channel.pause(&mut tx, None, now).await?,
            Deed::Resume(_) => channel.resume(&mut tx, None, now).await?,
            _ => channel.remove(&mut tx, None, now).await?,
        }
        tx.commit().await
    }

    fn entry(&self, post: usize, channel: usize, version: u64) -> Entry {
        let plan = &self.plans[post];
        let part = |(n, delay): (usize, &u64)| EntryPart {
            id: None,
            text: text(post, n, version, channel),
            media: vec![],
            delay_seconds: i64::try_from(*delay).unwrap_or(0),
        };
        Entry {
            target: None,
            channel: self.cast.channels[channel],
            settings: json!({"uploads": plan.uploads.to_string(), "trouble": plan.trouble.word()}),
            parts: plan.delays.iter().enumerate().map(part).collect(),
        }
    }

    async fn save(&mut self, post: usize) -> Result<()> {
        let plan = &self.plans[post];
        let wait = TimeDelta::from_std(plan.due - plan.saved).unwrap_or_default();
        let when = if wait.is_zero() { When::Now } else { When::At(self.app.clock.now() + wait) };
        let entries = plan.channels.iter().map(|c| self.entry(post, *c, 1)).collect();
        let draft = Draft { when, zone: chrono_tz::Tz::UTC, entries, allow_duplicate: true };
        let saved = posts::create(self.app, &self.caller(), &draft).await?.map_err(refused)?;
        let targets = plan.channels.iter().copied().zip(saved.targets.iter().map(|(id, _)| *id)).collect();
        self.cast.posts.insert(post, (saved.post, targets));
        Ok(())
    }

    async fn edit(&mut self, post: usize, channel: usize, wait: u64) -> Result<()> {
        let target = self.target(post, channel)?;
        self.cast.touched.push(target);
        let version = self.cast.versions.entry((post, channel)).or_insert(1);
        *version += 1;
        let version = *version;
        let parts = delivery::parts_of(&self.app.db, self.org(), &[target]).await?;
        let mut entry = Entry { target: Some(target), ..self.entry(post, channel, version) };
        entry.parts.iter_mut().zip(&parts).for_each(|(new, old)| new.id = Some(old.id));
        let at = self.app.clock.now() + TimeDelta::seconds(i64::try_from(wait).unwrap_or(0));
        let when = if wait == 0 { When::Now } else { When::At(at) };
        let draft = Draft { when, zone: chrono_tz::Tz::UTC, entries: vec![entry], allow_duplicate: true };
        let id = self.cast.posts[&post].0;
        posts::amend(self.app, &self.caller(), id, &draft).await?.map_err(refused).map(drop)
    }

    /// Looks at the platform and says the truth, as soon as nothing can arrive any more.
    async fn resolve(&mut self, target: TargetId, channel: usize) -> Result<()> {
        let parts = delivery::parts_of(&self.app.db, self.org(), &[target]).await?;
        let waiting = parts.iter().find(|p| p.state == PartState::NeedsYou).ok_or(Error::NotFound("part"))?;
        let text = Doc::from_html(&waiting.content).to_plain();
        let now = self.app.clock.now();
        let answer = {
            let world = self.world.lock();
            if world.is_expecting(channel) {
                return Err(Error::conflict("error.nothing_to_resolve"));
            }
            let live = world.accounts[channel].copies.iter().find(|c| same(&c.text, &text));
            match live {
                Some(copy) => Resolution::Live { url: Some(format!("https://plain.sim/{}", copy.id)) },
                None if self.plans.iter().any(|p| p.trouble == super::story::Trouble::Kills) => Resolution::Drop,
                None => Resolution::Resend,
            }
        };
        self.cast.touched.push(target);
        let mut tx = self.app.db.begin().await?;
        delivery::resolve(&mut tx, self.org(), waiting.id, &answer, (None, now)).await?;
        tx.commit().await
    }

    /// In the end: pauses are over, broken channels are connected again, and a tidy person deals with what was left. False
    /// when a platform did not let it be done yet.
    pub async fn clears_up(&mut self, dialects: &[Dialect], tidy: bool) -> Result<bool> {
        for (n, id) in self.cast.channels.clone().into_iter().enumerate() {
            match Channel::find(&self.app.db, self.org(), id).await {
                Ok(channel) if channel.state != channels::ChannelState::Active => {
                    drop(self.does(Deed::Resume(n), dialects).await);
                    match self.does(Deed::Reconnect(n), dialects).await {
                        Err(e @ Error::Internal(_)) => return Err(e),
                        Err(_) => return Ok(false),
                        Ok(()) => {}
                    }
                }
                Ok(_) | Err(Error::NotFound(_)) => {}
                Err(e) => return Err(e),
            }
        }
        if !tidy {
            return Ok(true);
        }
        let rows: Vec<Row> = model::rows(&self.app.db).await?.into_iter().filter(|r| !r.removed).collect();
        for row in rows.iter().filter(|r| r.position == 0) {
            if row.target_state == delivery::TargetState::Held {
                self.cast.touched.push(row.target_id);
                let (org, now) = (self.org(), self.app.clock.now());
                let mut tx = self.app.db.begin().await?;
                if delivery::publish_now(&mut tx, org, row.target_id, None, now).await.is_ok() {
                    tx.commit().await?;
                }
            }
        }
        for row in rows.iter().filter(|r| r.state == PartState::NeedsYou) {
            let channel = self.cast.channels.iter().position(|c| *c == row.channel_id).unwrap_or(0);
            drop(self.resolve(row.target_id, channel).await);
        }
        Ok(true)
    }
}

fn refused(problems: Vec<posts::Problem>) -> Error {
    Error::Invalid(problems.into_iter().map(|p| crate::error::FieldError::new(p.field, p.message)).collect())
}

/// The same part of the same post on the same channel, in whatever version.
pub fn same(one: &str, other: &str) -> bool {
    let name = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    name(one) == name(other)
}
