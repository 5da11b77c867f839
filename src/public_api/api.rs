//! The operations of the REST API. Each is a few lines over functions of this module and of the features; documentation
//! for people is their doc comments.

mod answers;
mod key;
mod payload;
mod surround;

use poem::{Endpoint, EndpointExt as _, Response};
use poem_openapi::{
    OpenApi, OpenApiService, Tags,
    param::{Path, Query},
};

use self::{
    answers::{
        Absent, AbsentOrBusy, Address, Answer, Ask, Candidates, Changed, Connected, Created, Groups, Integrations, Looked, Named,
        NoOthers, Posts, Query as InQuery, Removed, Settings, Slot, Take, Uploaded, Write,
    },
    key::Key,
    payload::{Body, FileUpload, Wire},
};
use super::{
    create, date,
    group::Group,
    list,
    objects::{
        ConnectAddress, Connection, Customer, Deleted, FetchUrl, FreeSlot, Integration, IntegrationSettings, NewPost, NewStatus,
        Trigger, UploadedMedia,
    },
    refusal::Refusal,
    remove, settings, social, status, trigger,
    window::Asked,
};
use crate::{
    app::App,
    channels::{Channel, ChannelState, Customer as Customers, public_picture},
    error::{Error, Result},
    kit::{ChannelId, OrgId, TargetId},
    media, posts,
};

/// Most channels for which one time is looked for.
const MAX_TOGETHER: usize = 100;

/// What the operations are about.
#[derive(Tags)]
enum About {
    /// The accounts that you can publish to. Postiz's word for one is integration.
    Channels,
    /// What goes out, and when.
    Posts,
    /// Pictures and films for your posts.
    Media,
}

/// The operations.
pub struct Api;

/// The API with everything around it, to be mounted below a prefix.
pub fn endpoint() -> impl Endpoint<Output = Response> + 'static {
    service().around(surround::call)
}

/// The operations with their documentation.
pub(super) fn service() -> OpenApiService<Api, ()> {
    OpenApiService::new(Api, "Rostrum", env!("CARGO_PKG_VERSION"))
}

#[OpenApi]
impl Api {
    /// Check the key
    #[oai(path = "/is-connected", method = "get", operation_id = "isConnected", tag = "About::Channels")]
    async fn is_connected(&self, _key: Key) -> Answer<Connected, NoOthers> {
        Ok(Connection { connected: true }.into())
    }

    /// List the channels
    #[oai(path = "/integrations", method = "get", operation_id = "listIntegrations", tag = "About::Channels")]
    async fn integrations(
        &self,
        app: App,
        key: Key,
        /// Only channels of the group with this id.
        group: Query<Option<String>>,
    ) -> Answer<Integrations, NoOthers> {
        let groups = Customers::list(&app.db, key.0.org).await?;
        let wanted = Group::read(group.as_deref());
        let channels = Channel::list(&app.db, key.0.org).await?;
        let listed = channels.into_iter().filter(|channel| wanted.takes(channel.customer_id));
        Ok(listed.map(|channel| integration(&app, channel, &groups)).collect::<Vec<_>>().into())
    }

    /// Show what a channel accepts
    ///
    /// Its limits in words and numbers, and a JSON schema of the settings that a post for it may have.
    #[oai(path = "/integration-settings/:id", method = "get", operation_id = "integrationSettings", tag = "About::Channels")]
    async fn integration_settings(
        &self,
        app: App,
        key: Key,
        /// The id of the channel.
        id: Path<String>,
    ) -> Answer<Settings, Absent> {
        let channel = channel(&app, key.0.org, &id).await?;
        let provider = channel.provider().ok_or(Refusal::NO_CHANNEL)?;
        Ok(IntegrationSettings { output: settings::of(provider.about()) }.into())
    }

    /// Ask a channel's platform
    ///
    /// Makes one of the look-ups that the channel's settings name in `tools`: which channels, boards or tags there are.
    #[oai(path = "/integration-trigger/:id", method = "post", operation_id = "triggerIntegration", tag = "About::Channels")]
    async fn trigger(
        &self,
        app: App,
        key: Key,
        /// The id of the channel.
        id: Path<String>,
        body: Body<Trigger>,
    ) -> Answer<Looked, Ask> {
        let channel = channel(&app, key.0.org, &id).await?;
        Ok(trigger::ask(&app, &channel, &body.json).await?.into())
    }

    /// Begin to connect a channel
    ///
    /// Gives the address of the page on which a person connects an account of this provider, or connects a channel again.
    /// Whoever opens it signs in first.
    #[oai(path = "/social/:integration", method = "get", operation_id = "connectIntegration", tag = "About::Channels")]
    async fn social(
        &self,
        app: App,
        key: Key,
        /// The provider's id, for example `bluesky`.
        integration: Path<String>,
        /// The account's id at the platform, or the id of its channel, to connect that one again.
        refresh: Query<Option<String>>,
    ) -> Answer<Address, Named> {
        let url = social::address(&app, key.0.org, &integration, refresh.as_deref()).await?;
        Ok(ConnectAddress { url }.into())
    }

    /// Find a channel's next free posting time
    ///
    /// With several ids and commas between them, a time that is free on all these channels.
    #[oai(path = "/find-slot/:id", method = "get", operation_id = "findSlot", tag = "About::Channels")]
    async fn find_slot(
        &self,
        app: App,
        key: Key,
        /// The id of the channel, or several with commas, at most 100.
        id: Path<String>,
    ) -> Answer<Slot, AbsentOrBusy> {
        let (org, now, mut channels) = (key.0.org, app.clock.now(), Vec::new());
        for id in id.split(',').take(MAX_TOGETHER) {
            channels.push(channel(&app, org, id.trim()).await?.id);
        }
        let free = match channels[..] {
            [one] => posts::slots::next_free(&app, org, one, now).await?,
            _ => posts::next_common(&app, org, &channels, now).await?,
        };
        let at = free.ok_or_else(|| Error::conflict("api.no_slot"))?;
        Ok(FreeSlot { date: date::minute(at) }.into())
    }

    /// List the groups of channels
    ///
    /// By name. Whom channels are run for; our pages call one a customer.
    #[oai(path = "/groups", method = "get", operation_id = "listGroups", tag = "About::Channels")]
    async fn groups(&self, app: App, key: Key) -> Answer<Groups, NoOthers> {
        let groups = Customers::list(&app.db, key.0.org).await?;
        Ok(groups.into_iter().map(group).collect::<Vec<_>>().into())
    }

    /// List the posts of a time
    ///
    /// Either `startDate` and `endDate`, or `display` with what it needs: `day`, `week` and `year`; `week` and `year`; or
    /// `month` and `year`, in UTC and two hours wider on both sides. Cancelled posts and drafts without a date are left
    /// out.
    #[oai(path = "/posts", method = "get", operation_id = "listPosts", tag = "About::Posts")]
    #[allow(clippy::too_many_arguments, reason = "one per parameter of the query")]
    async fn posts(
        &self,
        app: App,
        key: Key,
        /// From when, ISO 8601; without a zone it is UTC.
        #[oai(name = "startDate")]
        start_date: Query<Option<String>>,
        /// Until when, inclusive.
        #[oai(name = "endDate")]
        end_date: Query<Option<String>>,
        /// `day`, `week` or `month`.
        display: Query<Option<String>>,
        /// The day of the week, from 0 for Sunday to 6.
        day: Query<Option<i64>>,
        /// The ISO week, from 1 to 53.
        week: Query<Option<i64>>,
        /// The month, from 1 to 12.
        month: Query<Option<i64>>,
        /// The year, from 2022 to ten years ahead; for weeks the ISO year.
        year: Query<Option<i64>>,
        /// Only posts for channels of the group with this id.
        customer: Query<Option<String>>,
    ) -> Answer<Posts, InQuery> {
        let (start, end, display) = (start_date.0, end_date.0, display.0);
        let asked = Asked { start, end, display, day: day.0, week: week.0, month: month.0, year: year.0 };
        let window = asked.window(app.clock.now())?;
        let wanted = Group::read(customer.as_deref());
        Ok(Posts::Ok(Wire::written(list::list(&app, key.0.org, window, &wanted).await?)))
    }

    /// Create or change posts
    ///
    /// Makes one post for each entry of `posts`, all or none. An entry whose `value[0].id` is the id of a post changes that
    /// one, as long as nothing of it has gone out. Unknown properties are ignored.
    #[oai(path = "/posts", method = "post", operation_id = "createPosts", tag = "About::Posts")]
    async fn create_posts(&self, app: App, key: Key, body: Body<NewPost>) -> Answer<Created, Write> {
        Ok(create::create(&app, &key.0, &body.json).await?.into())
    }

    /// Delete a post
    ///
    /// What has not gone out never will; what is live stays live and is no longer listed. Of a post that repeats, this
    /// occurrence and all that follow are deleted.
    #[oai(path = "/posts/:id", method = "delete", operation_id = "deletePost", tag = "About::Posts")]
    async fn delete_post(
        &self,
        app: App,
        key: Key,
        /// The id of the post, or of an item of its thread.
        id: Path<String>,
    ) -> Answer<Removed, Absent> {
        let id = remove::remove(&app, &key.0, &id).await?;
        Ok(Deleted { id: id.to_string() }.into())
    }

    /// Delete a thread
    ///
    /// The same as deleting the post: its `group` is its id.
    #[oai(path = "/posts/group/:group", method = "delete", operation_id = "deletePostGroup", tag = "About::Posts")]
    async fn delete_group(
        &self,
        app: App,
        key: Key,
        /// The `group` of the post.
        group: Path<String>,
    ) -> Answer<Removed, Absent> {
        let id = remove::remove(&app, &key.0, &group).await?;
        Ok(Deleted { id: id.to_string() }.into())
    }

    /// Make a post a draft, or schedule it
    ///
    /// A draft is scheduled at the date it has; a date that has passed is refused.
    #[oai(path = "/posts/:id/status", method = "put", operation_id = "changePostStatus", tag = "About::Posts")]
    async fn change_status(
        &self,
        app: App,
        key: Key,
        /// The id of the post.
        id: Path<String>,
        body: Body<NewStatus>,
    ) -> Answer<Changed, Write> {
        let id: TargetId = id.parse().map_err(|_| Error::NotFound("post"))?;
        Ok(status::change(&app, &key.0, id, &body.json).await?.into())
    }

    /// List what a lost post may be
    ///
    /// Always empty: a post whose outcome is unknown is looked up by the server itself.
    #[oai(path = "/posts/:id/missing", method = "get", operation_id = "missingPosts", tag = "About::Posts")]
    async fn missing(
        &self,
        app: App,
        key: Key,
        /// The id of the post.
        id: Path<String>,
    ) -> Answer<Candidates, Absent> {
        let id: TargetId = id.parse().map_err(|_| Error::NotFound("post"))?;
        crate::delivery::find_target(&app.db, key.0.org, id).await?;
        Ok(Vec::new().into())
    }

    /// Upload a file
    #[oai(path = "/upload", method = "post", operation_id = "uploadFile", tag = "About::Media")]
    async fn upload(&self, app: App, key: Key, upload: FileUpload) -> Answer<Uploaded, Take> {
        let mut upload = upload.form.ok_or(Refusal::NO_FILE)?;
        while let Some(field) = upload.next().await? {
            let Some(name) = field.file_name().filter(|_| field.name() == Some("file")).map(str::to_owned) else { continue };
            let media = media::upload(&app, &key.0, &name, field.into_async_read()).await?;
            return Ok(UploadedMedia::new(&app, media).into());
        }
        Err(Refusal::NO_FILE.into())
    }

    /// Add a file from an address
    #[oai(path = "/upload-from-url", method = "post", operation_id = "uploadFromUrl", tag = "About::Media")]
    async fn upload_from_url(&self, app: App, key: Key, body: Body<FetchUrl>) -> Answer<Uploaded, Take> {
        let url = super::input::single_text(&body.json, "url")?;
        let media = media::import(&app, key.0.org, &url, "url").await?;
        Ok(UploadedMedia::new(&app, media).into())
    }
}

/// Clients send an empty text where they have nothing to say.
async fn channel(app: &App, org: OrgId, id: &str) -> Result<Channel, Refusal> {
    let id: ChannelId = id.parse().map_err(|_| Refusal::NO_CHANNEL)?;
    match Channel::find(&app.db, org, id).await {
        Err(Error::NotFound(_)) => Err(Refusal::NO_CHANNEL),
        found => Ok(found?),
    }
}

fn integration(app: &App, channel: Channel, groups: &[Customers]) -> Integration {
    let of = groups.iter().find(|one| Some(one.id) == channel.customer_id);
    Integration {
        id: channel.id.to_string(),
        name: channel.name,
        identifier: channel.provider,
        picture: channel.picture.map(|picture| public_picture(app, &picture)),
        disabled: channel.state == ChannelState::Paused,
        profile: channel.handle,
        customer: of.cloned().map(group),
    }
}

fn group(of: Customers) -> Customer {
    Customer { id: of.id.to_string(), name: of.name }
}
