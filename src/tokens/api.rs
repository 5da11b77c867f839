//! The frame of `/api/v1` that every feature's operations share, and its own: who am I, the tokens, the audit trail.

mod access;
mod documented;
mod once;
pub mod problem;
mod reply;
mod surround;

use chrono::{DateTime, Utc};
use poem_openapi::{
    Object, OpenApi, Tags,
    param::{Path, Query},
    types::{Any, Example},
};
use serde::Serialize;
use serde_json::{Value as Json, json};

pub use self::{
    access::Bearer,
    documented::{Answer, Read, Refused, Write},
    once::Once,
    reply::{Page, Reply, is_current, required, tag, version_of},
    surround::{Allowed, call},
};
use super::{Cursor, Refusal, Scope, Token, limit, list, revoke};
use crate::{
    app::App,
    error::{Error, Result},
    events,
    kit::{EventId, OrgId, TokenId},
    orgs::{Organisation, Role},
};

/// What the operations are about.
#[derive(Tags)]
pub enum About {
    /// What people write: the content for one or more channels, in versions.
    Posts,
    /// What goes out: a post on one channel at one time, its parts, and what became of them.
    Targets,
    /// What has to be approved before it goes out, and what people say about it.
    Reviews,
    /// Connected accounts and their weekly posting times.
    Channels,
    /// Pictures and films for your posts.
    Media,
    /// Your organisation, the tokens of this API, and the audit trail.
    Organisation,
}

/// An id of the path: what is no id is nothing that exists.
pub fn id<T: std::str::FromStr>(text: &str, thing: &'static str) -> Result<T> {
    text.parse().map_err(|_| Error::NotFound(thing))
}

/// The operations of this feature.
pub struct Api;

/// Who a token acts for.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct Me {
    /// The organisation.
    organisation: Org,
    /// The token.
    token: TokenAtHand,
    /// The id of the person it acts for; null when it acts for the organisation.
    user: Option<String>,
    /// `owner`, `admin` or `member`: what that person may do.
    role: String,
}

/// An organisation.
#[derive(Object, Serialize)]
struct Org {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// The IANA zone of new channels and of times without a zone of their own.
    zone: String,
}

/// The token of this request.
#[derive(Object, Serialize)]
struct TokenAtHand {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// When it ends; null: it does not.
    expires_at: Option<DateTime<Utc>>,
}

impl Example for Me {
    fn example() -> Self {
        Self {
            organisation: Org {
                id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a01".into(),
                name: "Analytical Press".into(),
                zone: "Europe/London".into(),
            },
            token: TokenAtHand {
                id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a02".into(),
                name: "Publishing robot".into(),
                scopes: vec!["posts:read".into(), "posts:write".into()],
                expires_at: None,
            },
            user: Some("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a03".into()),
            role: "admin".into(),
        }
    }
}

/// A token as it may be seen: never its secret.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct TokenView {
    /// Its id.
    id: String,
    /// What it is for.
    name: String,
    /// Its first characters, to recognise it by.
    prefix: String,
    /// What it may do.
    scopes: Vec<String>,
    /// The id of the person it acts for; null when it acts for the organisation.
    user: Option<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    used_at: Option<DateTime<Utc>>,
    /// When it ends; null: it does not.
    expires_at: Option<DateTime<Utc>>,
    /// When it was revoked; null: it was not.
    revoked_at: Option<DateTime<Utc>>,
}

impl TokenView {
    fn new(token: Token) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            prefix: token.prefix,
            scopes: token.scopes.split(' ').map(str::to_owned).collect(),
            user: token.user_id.map(|id| id.to_string()),
            created_at: token.created_at,
            used_at: token.used_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl Example for TokenView {
    fn example() -> Self {
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a02".into(),
            name: "Publishing robot".into(),
            prefix: "rst_7Hq2Zk".into(),
            scopes: vec!["posts:read".into(), "posts:write".into()],
            user: None,
            created_at: "2026-11-23T08:00:00Z".parse().unwrap_or_default(),
            used_at: None,
            expires_at: None,
            revoked_at: None,
        }
    }
}

/// A line of the audit trail.
#[derive(Object, Serialize)]
#[oai(example)]
pub struct EventView {
    /// Its id.
    id: String,
    /// What happened, as `noun.verb`: `post.created`, `target.cancelled`, `part.published`.
    kind: String,
    /// When.
    at: DateTime<Utc>,
    /// The id of who did it; null: the engine, a key or the command line.
    user: Option<String>,
    /// The post concerned.
    post: Option<String>,
    /// The target concerned.
    target: Option<String>,
    /// The part concerned.
    part: Option<String>,
    /// The channel concerned.
    channel: Option<String>,
    /// What else is known; depends on the kind.
    data: Any<Json>,
}

impl EventView {
    fn new(e: events::Trace) -> Self {
        Self {
            id: e.id.to_string(),
            kind: e.kind,
            at: e.created_at,
            user: e.user_id.map(|id| id.to_string()),
            post: e.post_id.map(|id| id.to_string()),
            target: e.target_id.map(|id| id.to_string()),
            part: e.part_id.map(|id| id.to_string()),
            channel: e.channel_id.map(|id| id.to_string()),
            data: Any(e.data),
        }
    }
}

impl Example for EventView {
    fn example() -> Self {
        let id = |n: u8| Some(format!("019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a{n:02x}"));
        Self {
            id: "019aaf3e-5b0a-7c11-9f3e-2f6c1d7e8a04".into(),
            kind: "target.scheduled".into(),
            at: "2026-11-23T08:00:00Z".parse().unwrap_or_default(),
            user: None,
            post: id(5),
            target: id(6),
            part: None,
            channel: id(7),
            data: Any(json!({"due": "2026-11-24T08:20:00Z", "zone": "Europe/London"})),
        }
    }
}

#[OpenApi]
impl Api {
    /// Who am I
    ///
    /// The organisation, the token and the person it acts for. Needs no scope.
    #[oai(path = "/me", method = "get", operation_id = "getMe", tag = "About::Organisation")]
    async fn me(&self, app: App, token: Bearer) -> Answer<Reply<Me>, Read> {
        let access = token.0;
        let org = Organisation::find(&app.db, access.caller.org).await?;
        let me = Me {
            organisation: Org { id: org.id.to_string(), name: org.name, zone: org.zone },
            token: TokenAtHand {
                id: access.token.to_string(),
                name: access.name,
                scopes: access.scopes.iter().map(|s| s.as_str().to_owned()).collect(),
                expires_at: access.expires_at,
            },
            user: access.caller.user.map(|id| id.to_string()),
            role: access.caller.role.as_str().to_owned(),
        };
        Ok(Reply::new(&me))
    }

    /// List the tokens
    ///
    /// Newest first, revoked and expired ones included. Tokens are made on the settings page or the command line, never by a
    /// token. Needs `tokens:read`.
    #[oai(path = "/tokens", method = "get", operation_id = "listTokens", tag = "About::Organisation")]
    async fn tokens(
        &self,
        app: App,
        token: Bearer,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Answer<Reply<Page<TokenView>>, Read> {
        let caller = token.may(Scope::TokensRead)?;
        caller.require(Role::Admin)?;
        let (take, after) = (self::limit(limit.0)?, Cursor::read(cursor.0.as_deref())?);
        let all = list(&app, caller.org).await?;
        let rest = all.into_iter().filter(|t| after.is_none_or(|c| t.id.0 < c.id));
        Ok(Page::of(rest.collect(), take, |t: &Token| Cursor::new(t.created_at, t.id), TokenView::new))
    }

    /// Revoke a token
    ///
    /// At once and for good; a token may revoke itself. Needs `tokens:write`.
    #[oai(path = "/tokens/:id", method = "delete", operation_id = "revokeToken", tag = "About::Organisation")]
    async fn revoke(
        &self,
        app: App,
        token: Bearer,
        once: Once,
        /// The id of the token.
        id: Path<String>,
    ) -> Answer<Reply<TokenView>, Write> {
        let caller = token.may(Scope::TokensWrite)?;
        caller.require(Role::Admin)?;
        let id: TokenId = self::id(&id, "token")?;
        let mut tx = app.db.begin().await?;
        let revoked = revoke(&mut tx, (caller.org, caller.user), id, app.clock.now()).await?;
        Ok(once.commit(tx, Reply::new(&TokenView::new(revoked))).await?)
    }

    /// List the audit trail
    ///
    /// What people and the engine did, newest first. Needs `events:read`.
    #[oai(path = "/events", method = "get", operation_id = "listEvents", tag = "About::Organisation")]
    async fn events(
        &self,
        app: App,
        token: Bearer,
        /// Only what concerns this target.
        target: Query<Option<String>>,
        /// How many, 1 to 100; 50 when nothing is said.
        limit: Query<Option<i64>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Answer<Reply<Page<EventView>>, Read> {
        let org: OrgId = token.may(Scope::EventsRead)?.org;
        let (take, after) = (self::limit(limit.0)?, Cursor::read(cursor.0.as_deref())?);
        let target = target.0.map(|id| id.parse().map_err(|_| Refusal::parameter("target", "not an id"))).transpose()?;
        let before = after.map(|c| EventId(c.id));
        let found = events::page(&app.db, org, target, before, take + 1).await?;
        Ok(Page::of(found, take, |e: &events::Trace| Cursor::new(e.created_at, e.id), EventView::new))
    }
}
