//! The clean-up of logins, and the mail of an invitation.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{limit, model::session};
use crate::{
    app::App,
    error::{Error, OrNotFound as _, Result},
    kit::{InviteId, OrgId},
    mail::{self, Letter, Outgoing, Trouble},
    orgs::{Role, invite},
    queue::{Job, Policy, Stop},
    render::text,
};

/// Removes sessions that are over and counters that mean nothing any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    type Context = App;
    const NAME: &'static str = "identity.prune";

    fn key(&self) -> Option<String> {
        Some(String::new())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        limit::prune(app).await?;
        let mut tx = app.db.begin().await?;
        session::prune(&mut tx, app.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}

/// Sends the link of an invitation to the address it was made for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InviteMail {
    /// Whose invitation.
    pub org: OrgId,
    /// Which.
    pub invite: InviteId,
    /// Its token, sealed for [`InviteMail::place`], in base64url: the tables know its hash only.
    pub sealed: String,
}

impl InviteMail {
    /// What the token is sealed for.
    pub(super) fn place(id: InviteId) -> String {
        format!("invites/{id}")
    }

    fn token(&self, app: &App) -> Result<String> {
        let sealed = URL_SAFE_NO_PAD.decode(&self.sealed).map_err(Error::internal)?;
        let token = app.key.open(&Self::place(self.invite), &sealed).map_err(Error::internal)?;
        String::from_utf8(token).map_err(Error::internal)
    }

    async fn send(&self, app: &App) -> Result<std::result::Result<(), Trouble>> {
        let now = app.clock.now();
        let offer = invite::find_by_id(&app.db, self.org, self.invite, now).await.or_not_found("invitation")?;
        let to = offer.email.ok_or(Error::NotFound("invitation"))?;
        let letter = InviteLetter {
            instance: app.url.to_string(),
            organisation: offer.organisation,
            inviter: offer.inviter,
            role: text(&Role::parse(&offer.role).words().0.into()),
            link: app.link(&format!("/join/{}", self.token(app)?)),
            days: (offer.expires_at - now).num_days().max(1),
        };
        let content = mail::write(&app.pages, &letter)?;
        let id = format!("invite.{}", self.invite.0.simple());
        Ok(app.mail.send(&Outgoing { to: &to, name: "", id: &id, content: &content, unsubscribe: None }).await)
    }
}

/// `templates/mail/invite`.
#[derive(Debug, Serialize)]
struct InviteLetter {
    instance: String,
    organisation: String,
    inviter: Option<String>,
    role: String,
    link: String,
    days: i64,
}

impl Letter for InviteLetter {
    const NAME: &'static str = "invite";
}

impl Job for InviteMail {
    type Context = App;
    const NAME: &'static str = "identity.invite";
    const POLICY: Policy =
        Policy { tries: 15, first_wait: 30, longest_wait: 6 * 3_600, limit: Duration::from_secs(600), at_once: 2 };

    fn key(&self) -> Option<String> {
        Some(self.invite.to_string())
    }

    async fn run(&self, app: &App) -> Result<(), Stop> {
        match self.send(app).await? {
            Ok(()) => Ok(()),
            Err(Trouble::Off) => Err(Stop::cancel("mail is off")),
            Err(Trouble::Later(why)) => Err(Stop::retry(why)),
            Err(Trouble::Refused(why)) => Err(Stop::dead(why)),
        }
    }
}
