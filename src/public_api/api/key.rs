//! Who calls: the organisation's key in `Authorization`, without a scheme as Postiz's clients send it, or as `Bearer`.

use poem::Request;
use poem_openapi::{SecurityScheme, auth::ApiKey};

use super::super::refusal::Refusal;
use crate::{
    app::App,
    orgs::{self, Caller},
};

/// The key of your organisation, as it is: `Authorization: KEY`. `Authorization: Bearer KEY` works as well.
#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_name = "Authorization", key_in = "header", rename = "apiKey", checker = "check")]
pub struct Key(pub Caller);

async fn check(req: &Request, key: ApiKey) -> poem::Result<Caller> {
    let app = req.data::<App>().expect("the handle is put into every request");
    let key = key.key.trim();
    let key = match key.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => key,
    };
    if key.is_empty() {
        return Err(Refusal::NO_KEY.into());
    }
    Ok(orgs::by_api_key(app, key).await?.ok_or(Refusal::WRONG_KEY)?)
}
