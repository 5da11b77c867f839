//! `rostrum channel`: its words, and what it does with channels that exist.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{arguments::answers, commands::Request};
use crate::{
    app::App,
    channels,
    error::{Error, Result},
    kit::{ChannelId, OrgId},
};

/// `rostrum channel`
#[derive(Debug, Subcommand)]
pub enum Channel {
    /// Connect an account; prints id, name and handle
    Add {
        /// The provider's id (see `channel providers`)
        provider: String,
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
        /// Of several accounts that the answers open, the one with this id
        #[arg(long, value_name = "ID")]
        page: Option<String>,
        /// An answer of the connect form: k=v, k=@file, or k=- for standard input
        #[arg(long = "field", value_name = "K=V")]
        fields: Vec<String>,
    },
    /// Ask the platform whether the access works, and whose it is
    Test(Of),
    /// Remove it: what is planned for it is cancelled, what is live stays live
    Remove(Of),
    /// Print the address at which it is connected again, with everything planned for it kept
    Reconnect(Of),
    /// Choose what becomes of its late posts; what is left out is as the organisation has it
    Late {
        /// The channel's id
        id: String,
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
        /// So many minutes after its time a post is sent all the same
        #[arg(long, default_value = "")]
        minutes: String,
        /// What becomes of a later one: hold, next_free_slot or skip
        #[arg(long, default_value = "")]
        policy: String,
    },
    /// The platforms: connect fields, settings, limits, abilities
    Providers,
    /// The connected accounts
    List {
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
    },
}

/// A channel, and whose.
#[derive(Debug, Args)]
pub struct Of {
    /// The channel's id
    id: String,
    /// Organisation; may be left out when there is only one
    #[arg(long)]
    organisation: Option<String>,
}

impl Of {
    fn request(&self, act: Act) -> Request {
        Request::ChannelAct { id: self.id.clone(), organisation: self.organisation.clone(), act }
    }
}

impl Channel {
    /// What the instance is asked; an error for what needs none.
    pub fn request(&self) -> Result<Request> {
        Ok(match self {
            Self::Add { provider, organisation, page, fields } => Request::ChannelAdd {
                provider: provider.clone(),
                organisation: organisation.clone(),
                page: page.clone(),
                fields: answers(fields)?,
            },
            Self::Test(of) => of.request(Act::Test),
            Self::Remove(of) => of.request(Act::Remove),
            Self::Reconnect(of) => of.request(Act::Reconnect),
            Self::List { organisation } => Request::ChannelList { organisation: organisation.clone() },
            Self::Late { id, organisation, minutes, policy } => Request::ChannelLate {
                id: id.clone(),
                organisation: organisation.clone(),
                minutes: minutes.clone(),
                policy: policy.clone(),
            },
            Self::Providers => return Err(Error::invalid("command", "cli.not_here")),
        })
    }
}

/// One of them, as it crosses the socket.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Act {
    /// Ask the platform whether the access works.
    Test,
    /// Remove it.
    Remove,
    /// Where to connect it again.
    Reconnect,
}

/// Does it.
pub async fn act(app: &App, org: OrgId, id: &str, act: Act) -> Result<Json> {
    let id: ChannelId = id.parse().map_err(|_| Error::invalid("id", "cli.not_an_id"))?;
    let channel = channels::Channel::find(&app.db, org, id).await?;
    match act {
        Act::Test => test(app, &channel).await,
        Act::Remove => remove(app, &channel).await,
        Act::Reconnect => Ok(json!({"id": channel.id, "name": channel.name, "open": address(app, &channel)})),
    }
}

/// The page that connects it again.
fn address(app: &App, channel: &channels::Channel) -> String {
    app.link(&format!("/channels/connect/{}?channel={}", channel.provider, channel.id))
}

async fn test(app: &App, channel: &channels::Channel) -> Result<Json> {
    let health = channels::test(app, channel).await?;
    let account = &health.identity;
    Ok(json!({
        "id": channel.id, "works": health.same, "account": account.id, "name": account.name, "handle": account.handle,
        "connected_as": channel.remote_id, "state": channel.state.as_str(),
    }))
}

async fn remove(app: &App, channel: &channels::Channel) -> Result<Json> {
    let mut tx = app.db.begin().await?;
    channel.remove(&mut tx, None, app.clock.now()).await?;
    tx.commit().await?;
    Ok(json!({"id": channel.id, "name": channel.name, "removed": true}))
}
