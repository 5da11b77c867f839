//! Stored credentials: opened for their organisation only, renewed once, kept when the renewal brings less.

use rostrum::{
    Error,
    channels::Vault,
    error::FailureKind,
    providers::{Refresh, Tokens as _},
};
use serde_json::json;

use super::unknown_channel;
use crate::both_databases;

both_databases! {
    /// One renewal serves everybody who saw the old access, and is stored before it is used.
    async fn access_is_renewed_once(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let vault = Vault::open(&app.app, owner.org, id).await.unwrap();
        let late = Vault::open(&app.app, owner.org, id).await.unwrap();
        let seen = vault.current();
        let refresh: Refresh<'_> = Box::new(|old| Box::pin(async move { Ok(json!({"access": "a1", "refresh": old["refresh"]})) }));
        let renewed = vault.renew(&seen, refresh).await.unwrap();
        assert_eq!(renewed, json!({"access": "a1", "refresh": "r0"}));
        let never: Refresh<'_> = Box::new(|_| panic!("renewed twice"));
        assert_eq!(late.renew(&seen, never).await.unwrap(), renewed);
        assert_eq!(late.current(), renewed);
        assert_eq!(Vault::open(&app.app, owner.org, id).await.unwrap().current(), renewed);
    }

    /// An empty token is refused, and the stored one stays.
    async fn an_emptied_token_is_not_stored(app) {
        let owner = app.owner().await;
        let id = unknown_channel(&app, owner.org).await;
        let vault = Vault::open(&app.app, owner.org, id).await.unwrap();
        let seen = vault.current();
        let refresh: Refresh<'_> = Box::new(|_| Box::pin(async { Ok(json!({"access": "a1", "refresh": ""})) }));
        assert_eq!(vault.renew(&seen, refresh).await.unwrap_err().kind, FailureKind::Unexpected);
        assert_eq!(Vault::open(&app.app, owner.org, id).await.unwrap().current(), seen);
    }

    /// Another organisation cannot open them.
    async fn credentials_belong_to_their_organisation(app) {
        let (owner, other) = (app.owner().await, app.owner().await);
        let id = unknown_channel(&app, owner.org).await;
        assert!(matches!(Vault::open(&app.app, other.org, id).await, Err(Error::NotFound("channel"))));
    }
}
