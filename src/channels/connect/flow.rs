//! One account being connected: from what was given to a stored channel, or to what has to be waited for.

use std::time::Duration;

use chrono::TimeDelta;
use url::Url;

use super::Connecting;
use crate::{
    app::App,
    channels::{
        apps::Reach,
        fields,
        model::{Channel, Connection, DeveloperApp, Found, Invited, Kept, NewConnection, Owner, Set, Stage},
        picture,
    },
    error::{Error, FieldError, Message, Result},
    kit::{
        ConnectionId, UserId,
        crypto::{random_token, sha256},
    },
    providers::{Account, Answers, Auth, Connected, Descriptor, Failure, FailureKind, FieldKind, Fut, Page, Provider},
    queue,
    render::text,
};

/// How long the platform may take altogether.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a consent page may stay open, and a choice be thought about.
pub(super) const LASTS: TimeDelta = TimeDelta::minutes(15);
/// Least and most seconds of an invitation, whatever the provider says.
const INVITATION: std::ops::RangeInclusive<u64> = 60..=3_600;

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// It is done.
    Connected(Box<Channel>),
    /// The platform's consent page is to be opened.
    Consent {
        /// Its address.
        url: String,
    },
    /// The person goes on at the page of this connection.
    Page(ConnectionId),
}

/// What was given at the beginning.
pub struct Given<'a> {
    /// The connect form.
    pub answers: &'a Answers,
    /// The developer app of this channel alone; empty: none.
    pub app: &'a Answers,
}

/// One account being connected.
pub struct Flow<'a> {
    app: &'a App,
    who: Connecting,
    provider: &'a dyn Provider,
    expected: Option<Channel>,
    kept: Kept,
}

impl<'a> Flow<'a> {
    /// From what was given, which is checked.
    pub async fn new(app: &'a App, who: Connecting, provider: &'a dyn Provider, given: Given<'_>) -> Result<Self> {
        let about = provider.about();
        let expected = who.expected(app, about).await?;
        let mut errors = Vec::new();
        let answers = checked(about.connect, given.answers, "", &mut errors);
        let own = if given.app.values().all(|v| v.trim().is_empty()) {
            Answers::new()
        } else {
            checked(about.app, given.app, "app", &mut errors)
        };
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        Ok(Self { app, who, provider, expected, kept: Kept { answers, app: own, ..Kept::default() } })
    }

    /// From what was kept.
    pub async fn resume(app: &'a App, provider: &'a dyn Provider, connection: &Connection) -> Result<Self> {
        let who = Connecting { org: connection.org_id, by: Some(connection.user_id), again: connection.channel_id };
        let expected = who.expected(app, provider.about()).await?;
        Ok(Self { app, who, provider, expected, kept: connection.open(&app.key)? })
    }

    /// Keeps what a person gave, and nothing of the platform.
    pub fn forget(&mut self) {
        let Kept { answers, app, .. } = std::mem::take(&mut self.kept);
        self.kept = Kept { answers, app, ..Kept::default() };
    }

    /// The platform.
    pub fn provider(&self) -> &'a dyn Provider {
        self.provider
    }

    /// What is kept.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The channel that is reconnected.
    pub fn expected(&self) -> Option<&Channel> {
        self.expected.as_ref()
    }

    /// Begins.
    pub async fn begin(self) -> Result<Step> {
        match self.about().auth {
            _ if self.is_form() => {
                let connected = self.ask().await?;
                self.settle(connected).await
            }
            Auth::Form | Auth::OAuth2(_) => self.consent().await,
            Auth::Await => self.invite().await,
        }
    }

    /// The form is all that is needed: also where a person brought the access token of a platform that has a consent page.
    fn is_form(&self) -> bool {
        let about = self.about();
        let brought =
            about.connect.iter().any(|f| f.name == "token") && self.kept.answers.get("token").is_some_and(|t| !t.is_empty());
        about.auth == Auth::Form || (brought && matches!(about.auth, Auth::OAuth2(_)))
    }

    /// With a form, without anybody to ask.
    pub async fn at_once(mut self, page: Option<&str>) -> Result<Channel> {
        if !self.is_form() {
            let address = self.app.link(&format!("/channels/connect/{}", self.about().id));
            let message = Message::new("connect.in_browser").with("provider", self.about().name).with("url", address);
            return Err(Error::invalid("provider", message));
        }
        let account = match self.ask().await? {
            Connected::Account(account) => *account,
            Connected::Choose { pages, kept } => {
                let only = if pages.len() == 1 { pages.first() } else { None };
                let wanted = page.map_or(only, |id| pages.iter().find(|p| p.id == id));
                let Some(page) = wanted else { return Err(Error::invalid("page", which(&pages))) };
                self.kept.own = kept;
                self.account(&page.id).await?
            }
        };
        self.store(&account).await
    }

    fn about(&self) -> &'static Descriptor {
        self.provider.about()
    }

    /// This instance's side of the calls.
    pub async fn reach(&self) -> Result<Reach<'_>> {
        let of = (self.who.org, self.expected.as_ref().map(|c| c.id));
        let reach = Reach::of(self.app, of, self.about()).await?.using(&self.kept.app);
        if reach.is_complete(self.about()) {
            return Ok(reach);
        }
        Err(Error::invalid("", Message::new("connect.no_app").with("provider", self.about().name)))
    }

    async fn ask(&self) -> Result<Connected> {
        let reach = self.reach().await?;
        patient(self.about(), self.provider.connect(&reach.link(), &self.kept.answers)).await
    }

    async fn consent(mut self) -> Result<Step> {
        let state = random_token();
        let consent = {
            let reach = self.reach().await?;
            patient(self.about(), self.provider.consent(&reach.link(), &self.kept.answers, &state)).await?
        };
        // The address goes into a link: nothing but a page may stand there.
        let url = Url::parse(&consent.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| Error::Provider(Failure::unexpected("the consent page has no address")))?;
        self.kept.own = consent.kept;
        self.wait(Stage::Consent, Some(sha256(state.as_bytes())), LASTS).await?;
        Ok(Step::Consent { url: url.into() })
    }

    async fn invite(mut self) -> Result<Step> {
        let invitation = {
            let reach = self.reach().await?;
            patient(self.about(), self.provider.invite(&reach.link(), &self.kept.answers)).await?
        };
        let link = invitation.link.filter(|link| ["https://", "http://", "tg://"].iter().any(|s| link.starts_with(s)));
        self.kept.invitation = Some(Invited { text: text(&invitation.text), word: invitation.word, link });
        self.kept.own = invitation.kept;
        let lasts = invitation.lasts.clamp(*INVITATION.start(), *INVITATION.end());
        let lasts = TimeDelta::try_seconds(i64::try_from(lasts).unwrap_or(60)).unwrap_or(LASTS);
        Ok(Step::Page(self.wait(Stage::Invitation, None, lasts).await?))
    }

    /// What came of asking: stored, or offered for a choice. One page is no choice, nor is the one that is reconnected.
    pub async fn settle(mut self, connected: Connected) -> Result<Step> {
        let (pages, kept) = match connected {
            Connected::Account(account) => return Ok(Step::Connected(Box::new(self.store(&account).await?))),
            Connected::Choose { pages, kept } => (pages, kept),
        };
        self.kept.own = kept;
        let known = self.expected.as_ref().and_then(|c| pages.iter().find(|p| p.id == c.remote_id));
        let only = if pages.len() == 1 { pages.first() } else { None };
        if let Some(page) = known.or(only) {
            let account = self.account(&page.id).await?;
            return Ok(Step::Connected(Box::new(self.store(&account).await?)));
        }
        if pages.is_empty() {
            return Err(Error::invalid("", Message::new("connect.no_pages").with("provider", self.about().name)));
        }
        self.kept.pages = pages;
        Ok(Step::Page(self.wait(Stage::Choice, None, LASTS).await?))
    }

    /// The account behind a page that is offered.
    pub async fn account(&self, page: &str) -> Result<Account> {
        let reach = self.reach().await?;
        patient(self.about(), self.provider.choose(&reach.link(), &self.kept.own, page)).await
    }

    async fn wait(&self, stage: Stage, state_hash: Option<[u8; 32]>, lasts: TimeDelta) -> Result<ConnectionId> {
        let user: UserId = self.who.by.ok_or(Error::Unauthorized)?;
        let new = NewConnection {
            of: (self.who.org, user),
            provider: self.about().id,
            channel: self.who.again,
            stage,
            state_hash,
            kept: &self.kept,
            lasts,
        };
        let mut tx = self.app.db.begin().await?;
        let id = Connection::insert(&mut tx, &self.app.key, &new, self.app.clock.now()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Stores the account as a channel, unless another one was to be reconnected.
    pub async fn store(&self, account: &Account) -> Result<Channel> {
        if let Some(expected) = self.expected.as_ref().filter(|channel| channel.remote_id != account.id) {
            return Err(Error::invalid("", other_account(expected, account)));
        }
        let (app, now, about) = (self.app, self.app.clock.now(), self.about());
        let found = Found { org: self.who.org, provider: about.id, account, by: self.who.by };
        let mut tx = app.db.begin().await?;
        let channel = Channel::store(&mut tx, &app.key, &found, now).await?;
        if !self.kept.app.is_empty() {
            let owner = Owner::Channel(channel.org_id, channel.id);
            DeveloperApp::put(&mut tx, &app.key, (owner, about.id), &self.kept.app, Set { at: now, user: self.who.by }).await?;
        }
        if account.picture.is_some() {
            queue::enqueue(&mut tx, &picture::Copy { org: channel.org_id, channel: channel.id, ask: false }, now).await?;
        }
        tx.commit().await?;
        Ok(channel)
    }
}

/// The answers as they are kept; what is wrong with them, and names that no field has, go into `errors`.
fn checked(form: &[crate::providers::Field], given: &Answers, prefix: &str, errors: &mut Vec<FieldError>) -> Answers {
    errors.extend(fields::unknown(form, given));
    fields::read(form, given, prefix).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Answers::new()
    })
}

/// Asks the platform, but not for ever; what it refuses is for the person at the form.
pub async fn patient<T>(about: &Descriptor, asked: Fut<'_, T>) -> Result<T> {
    in_time(about, asked).await.map_err(|failure| refused(about, failure))
}

/// Asks the platform, but not for ever.
pub async fn in_time<T>(about: &Descriptor, asked: Fut<'_, T>) -> Result<T, Failure> {
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    asked.unwrap_or_else(|_| Err(Failure::unavailable(format!("{} did not answer in time", about.name))))
}

/// What the platform does not accept is for the person at the form; everything else is the platform's state.
fn refused(about: &Descriptor, failure: Failure) -> Error {
    let field = match failure.kind {
        FailureKind::Reconnect => about.connect.iter().find(|f| f.kind == FieldKind::Password).map_or("", |f| f.name),
        FailureKind::Rejected => "",
        _ => return Error::Provider(failure),
    };
    let message = Message::new("connect.refused").with("provider", about.name).with("words", failure.message);
    Error::Invalid(vec![FieldError::new(field, message)])
}

fn other_account(expected: &Channel, account: &Account) -> Message {
    let called = |handle: &str, name: &str| if handle.is_empty() { name.to_owned() } else { handle.to_owned() };
    Message::new("connect.other_account")
        .with("expected", called(&expected.handle, &expected.name))
        .with("given", called(&account.handle, &account.name))
}

fn which(pages: &[Page]) -> Message {
    let all: Vec<String> = pages.iter().take(50).map(|page| format!("{} ({})", page.id, page.name)).collect();
    Message::new("connect.which_page").with("pages", all.join(", "))
}
