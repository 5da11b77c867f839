//! Entering, replacing, removing and trying a developer app, and what that means for the channels that use it.

use super::{Reach, configured, redirect};
use crate::{
    app::App,
    channels::{
        fields,
        model::{DeveloperApp, Owner, Set, User, mark_reconnect, nearest, users},
    },
    db::{Tx, is_unique_violation},
    error::{Error, FieldError, Message, Result},
    events::{self, Event},
    kit::UserId,
    providers::{Answers, Auth, Descriptor, FieldKind, Provider, Trial, oauth::Client},
    render::text,
};

/// What somebody changes.
pub struct Change<'a> {
    /// The instance.
    pub app: &'a App,
    /// Whose developer app.
    pub owner: Owner,
    /// Of which platform.
    pub provider: &'static dyn Provider,
    /// Who changes it.
    pub by: Option<UserId>,
}

impl Change<'_> {
    fn about(&self) -> &'static Descriptor {
        self.provider.about()
    }

    /// Enters it, or replaces what was there. A secret left empty keeps the old one, as long as nothing else that names the
    /// app changed. Tells how many channels must be connected again. Fails with [`Error::Invalid`] naming the fields.
    pub async fn set(&self, given: &Answers) -> Result<usize> {
        let fields = self.completed(given).await?;
        let set = Set { at: self.app.clock.now(), user: self.by };
        let mut tx = self.app.db.begin().await?;
        let before = self.in_force(&mut tx).await?;
        let put = DeveloperApp::put(&mut tx, &self.app.key, (self.owner, self.about().id), &fields, set).await;
        put.map_err(|e| if is_unique_violation(&e) { Error::conflict("apps.meanwhile") } else { e })?;
        self.end(tx, before).await
    }

    /// Removes it; the next further one counts. Tells how many channels must be connected again. [`Error::NotFound`] when
    /// there is none.
    pub async fn remove(&self) -> Result<usize> {
        let mut tx = self.app.db.begin().await?;
        let before = self.in_force(&mut tx).await?;
        if !DeveloperApp::remove(&mut tx, self.owner, self.about().id).await? {
            return Err(Error::NotFound("app"));
        }
        self.end(tx, before).await
    }

    /// Asks the platform whether it knows the developer app.
    pub async fn trial(&self) -> Result<Trial> {
        let entered = DeveloperApp::find(&self.app.db, self.owner, self.about().id).await?;
        let keys = match (&entered, self.owner) {
            (Some(entered), _) => entered.open(&self.app.key)?,
            (None, Owner::Instance) => configured(self.app, self.about()).cloned().unwrap_or_default(),
            (None, _) => Answers::new(),
        };
        if keys.is_empty() {
            return Err(Error::NotFound("app"));
        }
        let reach = Reach {
            app: self.app,
            keys: std::borrow::Cow::Owned(keys),
            redirect: redirect(self.app, self.about()),
            about: self.about().id,
        };
        Ok(self.provider.try_app(&reach.link()).await?)
    }

    async fn completed(&self, given: &Answers) -> Result<Answers> {
        let (about, mut given) = (self.about(), given.clone());
        let old = match DeveloperApp::find(&self.app.db, self.owner, about.id).await? {
            Some(old) => old.open(&self.app.key)?,
            None => Answers::new(),
        };
        let is_secret = |name: &str| about.app.iter().any(|f| f.name == name && f.kind == FieldKind::Password);
        let is_empty = |answers: &Answers, name: &str| answers.get(name).is_none_or(|v| v.trim().is_empty());
        let same = about.app.iter().filter(|f| !is_secret(f.name)).all(|f| {
            let trimmed = |answers: &Answers| answers.get(f.name).map(|v| v.trim().to_owned()).unwrap_or_default();
            trimmed(&old) == trimmed(&given)
        });
        // With nothing but secrets there is nothing that names the app, so an empty one keeps it as well.
        for (name, value) in old.iter().filter(|(name, _)| same && is_secret(name)) {
            if is_empty(&given, name) {
                given.insert(name.clone(), value.clone());
            }
        }
        let mut errors: Vec<FieldError> = fields::unknown(about.app, &given);
        match fields::read(about.app, &given, "") {
            Ok(fields) if errors.is_empty() => Ok(fields),
            Ok(_) => Err(Error::Invalid(errors)),
            Err(wrong) => {
                errors.extend(wrong);
                Err(Error::Invalid(errors))
            }
        }
    }

    /// The channels concerned, each with the public name of the app that it uses now.
    async fn in_force(&self, tx: &mut Tx) -> Result<Vec<(User, Option<String>)>> {
        let about = self.about();
        let apps = DeveloperApp::of_provider(&mut *tx, self.owner, about.id).await?;
        let configured = configured(self.app, about).and_then(|fields| fields.get("client_id"));
        let name = |user: &User| match nearest(&apps, user.org_id, Some(user.id)) {
            Some(app) => Some(app.client_id.clone()),
            None => configured.cloned(),
        };
        Ok(users(tx, self.owner, about.id).await?.into_iter().map(|user| (name(&user), user)).map(|(n, u)| (u, n)).collect())
    }

    /// Marks the channels whose access belongs to an app that they no longer use.
    async fn end(&self, mut tx: Tx, before: Vec<(User, Option<String>)>) -> Result<usize> {
        let (now, about, mut marked) = (self.app.clock.now(), self.about(), 0);
        let after = self.in_force(&mut tx).await?;
        let reason = text(&Message::new("apps.changed_reason").with("provider", about.name));
        for ((user, old), (_, new)) in before.iter().zip(&after).filter(|_| belongs_to_app(about)) {
            if old != new {
                mark_reconnect(&mut tx, (user.org_id, user.id), None, &reason, now).await?;
                marked += 1;
            }
        }
        if let Owner::Organisation(org) | Owner::Channel(org, _) = self.owner {
            let channel = if let Owner::Channel(_, id) = self.owner { Some(id) } else { None };
            let data = Some(serde_json::json!({"provider": about.id}));
            let event = Event { kind: "app.changed", channel, user: self.by, data, ..Event::default() };
            events::record(&mut tx, org, event, now).await?;
        }
        tx.commit().await?;
        Ok(marked)
    }
}

/// True when an access of the platform can only be renewed by the app it was given to (RFC 6749 section 6).
fn belongs_to_app(about: &Descriptor) -> bool {
    matches!(about.auth, Auth::OAuth2(how) if how.client == Client::Developer) && about.can.refresh
}
