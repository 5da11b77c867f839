//! The objects of the wire with their documentation: what `/openapi.json` and `/docs` say comes from here.

mod channel;
mod media;
mod new_post;
mod post;
mod refusal;

pub use channel::{
    ConnectAddress, Connection, Customer, FreeSlot, Integration, IntegrationSettings, SettingsOutput, Tool, ToolField, Trigger,
    Triggered,
};
pub use media::{FetchUrl, UploadForm, UploadedMedia};
pub use new_post::NewPost;
pub use post::{CreatedPost, Deleted, Missing, NewStatus, Post, PostIntegration, PostList, PostState, StatusChange, Tagged};
pub use refusal::{BadRequest, NotThere, Refused, Said};
