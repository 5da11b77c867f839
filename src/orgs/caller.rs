//! Who is calling, for which organisation, and what they may do.

use chrono_tz::Tz;
use poem::{FromRequest, Request, RequestBody};

use crate::{
    error::{Error, Result},
    kit::{OrgId, SessionId, UserId, zone},
};

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Writes and schedules posts.
    Member,
    /// And manages channels and settings.
    Admin,
    /// And everything else.
    Owner,
}

impl Role {
    /// From the table; an unknown word is the least role.
    pub fn parse(word: &str) -> Self {
        match word {
            "owner" => Self::Owner,
            "admin" => Self::Admin,
            _ => Self::Member,
        }
    }

    /// Every one, the least first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// From a form; `None` for an unknown word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Its name and what it may do: keys of the catalogue.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Owner => ("role.owner", "role.owner_text"),
            Self::Admin => ("role.admin", "role.admin_text"),
            Self::Member => ("role.member", "role.member_text"),
        }
    }

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

/// Through which door a request came; stored with what it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A page.
    Web,
    /// The REST API.
    Api,
    /// The command line.
    Cli,
}

impl Source {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Cli => "cli",
        }
    }
}

/// Who is calling: every query of a feature is scoped by `org`.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The organisation worked for.
    pub org: OrgId,
    /// Its zone.
    pub zone: Tz,
    /// The person; `None` for an API key and the command line.
    pub user: Option<UserId>,
    /// The session; only of pages.
    pub session: Option<SessionId>,
    /// What they may do.
    pub role: Role,
    /// Which door.
    pub source: Source,
    /// They run this instance.
    pub operator: bool,
}

impl Caller {
    /// A key or command that acts for a whole organisation.
    pub fn machine(org: OrgId, zone_name: &str, source: Source) -> Self {
        let zone = zone::parse(zone_name).unwrap_or(Tz::UTC);
        Self { org, zone, user: None, session: None, role: Role::Admin, source, operator: false }
    }

    /// The person who calls; [`Error::Unauthorized`] for a key or a command.
    pub fn person(&self) -> Result<UserId> {
        self.user.ok_or(Error::Unauthorized)
    }

    /// Refuses everybody but the instance's operator, as if the page did not exist.
    pub fn require_operator(&self) -> Result<()> {
        if self.operator { Ok(()) } else { Err(Error::NotFound("page")) }
    }

    /// Refuses callers below `role`.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.role >= role { Ok(()) } else { Err(Error::forbidden("error.role")) }
    }
}

/// The caller whom L5 found; [`Error::Unauthorized`] when nobody is signed in, which pages turn into the login page.
impl<'a> FromRequest<'a> for Caller {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(req.data::<Caller>().cloned().ok_or(Error::Unauthorized)?)
    }
}
