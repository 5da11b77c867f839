//! The token of a request. `surround.rs` has looked it up before any operation is reached.

use poem::Request;
use poem_openapi::{SecurityScheme, auth};

use crate::{
    error::Error,
    orgs::Caller,
    tokens::{Access, Refusal, Scope},
};

/// An access token: `Authorization: Bearer rst_…`. Cookies of the pages are not looked at, so no other site can make a
/// browser call this API.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", rename = "token", checker = "check")]
pub struct Bearer(pub Access);

impl Bearer {
    /// The caller, if the token has this scope.
    pub fn may(&self, scope: Scope) -> Result<&Caller, Refusal> {
        self.0.may(scope)
    }
}

async fn check(req: &Request, _: auth::Bearer) -> poem::Result<Access> {
    Ok(req.data::<Access>().cloned().ok_or(Error::Unauthorized)?)
}
