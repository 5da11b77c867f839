//! Connecting an account: what is typed is checked here, then at the platform, and only then stored.
//!
//! A form connects at once. A consent page, a choice of pages and a word to a bot take several requests, between which a
//! [`super::model::Connection`] keeps what is needed, sealed. All of them end in [`flow::Flow::store`].

mod choose;
mod flow;
mod invited;
mod returned;
#[cfg(test)]
mod tests;

pub use choose::choose;
pub use flow::Step;
pub(super) use flow::in_time;
use flow::{Flow, Given};
pub use invited::look;
pub use returned::{Landing, Returned, returned};

use super::{
    apps::is_offered,
    model::{Channel, Connection},
};
use crate::{
    app::App,
    error::{Error, OrNotFound as _, Result},
    kit::{ChannelId, OrgId, UserId},
    providers::{self, Answers, Descriptor, Provider},
};

/// Connects an account with a form for an organisation, or reconnects it when the organisation has it already.
///
/// Fails with [`Error::NotFound`] for an unknown provider, [`Error::Invalid`] naming the fields for answers that we or
/// the platform refuse (the field is empty when it is none in particular), and [`Error::Provider`] when the platform
/// could not be asked. Then nothing was changed.
pub async fn connect(app: &App, org: OrgId, provider_id: &str, answers: &Answers) -> Result<Channel> {
    connect_page(app, org, (provider_id, None), answers).await
}

/// As [`connect`]; of several pages that the answers open, the one with this id.
pub async fn connect_page(
    app: &App,
    org: OrgId,
    (provider_id, page): (&str, Option<&str>),
    answers: &Answers,
) -> Result<Channel> {
    let provider = offered(app, provider_id)?;
    Connecting { org, by: None, again: None }.at_once(app, provider, (answers, page)).await
}

/// A provider that can be connected here, by its id or alias; [`Error::NotFound`] for any other.
pub fn offered(app: &App, id: &str) -> Result<&'static dyn Provider> {
    let found = providers::find(id).filter(|p| is_offered(app, p.about()));
    found.ok_or(Error::NotFound("provider"))
}

/// Who connects an account, and which channel it must be.
#[derive(Debug, Clone, Copy)]
pub struct Connecting {
    /// For whom.
    pub org: OrgId,
    /// The person; `None`: the command line.
    pub by: Option<UserId>,
    /// The channel that is reconnected: any other account is then refused.
    pub again: Option<ChannelId>,
}

impl Connecting {
    /// Begins, with the answers of the connect form and perhaps a developer app for this channel alone. Errors as
    /// [`connect`]; [`Error::NotFound`] also when the channel to reconnect is unknown or of another provider.
    pub async fn begin(&self, app: &App, provider: &dyn Provider, answers: &Answers, own_app: &Answers) -> Result<Step> {
        Flow::new(app, *self, provider, Given { answers, app: own_app }).await?.begin().await
    }

    /// Connects with a form, without a person to ask anything further.
    pub(super) async fn at_once(
        &self,
        app: &App,
        provider: &dyn Provider,
        (answers, page): (&Answers, Option<&str>),
    ) -> Result<Channel> {
        let given = Given { answers, app: &Answers::new() };
        Flow::new(app, *self, provider, given).await?.at_once(page).await
    }

    #[cfg(test)]
    pub(super) async fn with(&self, app: &App, provider: &dyn Provider, answers: &Answers) -> Result<Channel> {
        self.at_once(app, provider, (answers, None)).await
    }

    /// The channel to reconnect.
    async fn expected(&self, app: &App, about: &Descriptor) -> Result<Option<Channel>> {
        let Some(id) = self.again else { return Ok(None) };
        let channel = Channel::find(&app.db, self.org, id).await?;
        Ok(Some(channel).filter(|c| c.provider == about.id)).or_not_found("channel").map(Some)
    }
}

/// Begins anew with the same answers, whatever became of the first try.
pub async fn restart(app: &App, connection: &Connection) -> Result<Step> {
    let provider = offered(app, &connection.provider)?;
    let mut flow = Flow::resume(app, provider, connection).await?;
    flow.forget();
    flow.begin().await
}

/// Gives it up.
pub async fn cancel(app: &App, connection: &Connection) -> Result<()> {
    let mut tx = app.db.begin().await?;
    connection.remove(&mut tx).await?;
    tx.commit().await
}
