//! Connecting an account with a form: the answers are checked here, then at the platform, and only then stored.

use std::time::Duration;

use super::{
    apps, fields,
    model::{Channel, Found},
};
use crate::{
    app::App,
    error::{Error, FieldError, Message, OrNotFound as _, Result},
    kit::{ChannelId, OrgId, UserId},
    providers::{self, Account, Answers, Connected, Descriptor, Failure, FailureKind, FieldKind, Provider},
};

/// How long the platform may take altogether.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects an account for an organisation, or reconnects it when the organisation has it already.
///
/// Fails with [`Error::NotFound`] for an unknown provider, [`Error::Invalid`] naming the fields for answers that we or
/// the platform refuse (the field is empty when it is none in particular), and [`Error::Provider`] when the platform
/// could not be asked. Then nothing was changed.
pub async fn connect(app: &App, org: OrgId, provider_id: &str, answers: &Answers) -> Result<Channel> {
    Connecting { org, by: None, again: None }.run(app, provider_id, answers).await
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
    /// As [`connect`]; [`Error::NotFound`] also when the channel to reconnect is unknown or of another provider.
    pub async fn run(&self, app: &App, provider_id: &str, answers: &Answers) -> Result<Channel> {
        let provider = providers::find(provider_id).ok_or(Error::NotFound("provider"))?;
        self.with(app, provider, answers).await
    }

    pub(super) async fn with(&self, app: &App, provider: &dyn Provider, answers: &Answers) -> Result<Channel> {
        let about = provider.about();
        let expected = self.expected(app, about).await?;
        let account = ask(app, self.org, provider, &checked(about, answers)?).await?;
        if let Some(expected) = expected.filter(|channel| channel.remote_id != account.id) {
            return Err(Error::invalid("", other_account(&expected, &account)));
        }
        let found = Found { org: self.org, provider: about.id, account: &account, by: self.by };
        let mut tx = app.db.begin().await?;
        let channel = Channel::store(&mut tx, &app.key, &found, app.clock.now()).await?;
        tx.commit().await?;
        Ok(channel)
    }

    /// The channel to reconnect.
    async fn expected(&self, app: &App, about: &Descriptor) -> Result<Option<Channel>> {
        let Some(id) = self.again else { return Ok(None) };
        let channel = Channel::find(&app.db, self.org, id).await?;
        Ok(Some(channel).filter(|c| c.provider == about.id)).or_not_found("channel").map(Some)
    }
}

/// All answers that are wrong, and all names that no field has.
fn checked(about: &Descriptor, answers: &Answers) -> Result<Answers> {
    let mut errors = fields::unknown(about.connect, answers);
    match fields::read(about.connect, answers, "") {
        Ok(answers) if errors.is_empty() => return Ok(answers),
        Ok(_) => {}
        Err(wrong) => errors.extend(wrong),
    }
    Err(Error::Invalid(errors))
}

async fn ask(app: &App, org: OrgId, provider: &dyn Provider, answers: &Answers) -> Result<Account> {
    let about = provider.about();
    let reach = apps::Reach::of(app, (org, None), about).await?;
    let link = reach.link();
    let asked = tokio::time::timeout(PATIENCE, provider.connect(&link, answers)).await;
    let asked = asked.unwrap_or_else(|_| Err(Failure::unavailable(format!("{} did not answer in time", about.name))));
    match asked.map_err(|failure| refused(about, failure))? {
        Connected::Account(account) => Ok(*account),
        Connected::Choose { .. } => Err(Error::Provider(Failure::unsupported("choosing a page"))),
    }
}

/// What the platform does not accept is for the person at the form; everything else is the platform's state.
fn refused(about: &Descriptor, failure: Failure) -> Error {
    let field = match failure.kind {
        FailureKind::Reconnect => about.connect.iter().find(|f| f.kind == FieldKind::Password).map_or("", |f| f.name),
        FailureKind::Rejected => "",
        _ => return Error::Provider(failure),
    };
    let message = Message::new("connect.refused").with("provider", about.name).with("words", failure.message);
    Error::Invalid(vec![FieldError::new(field, message)])
}

fn other_account(expected: &Channel, account: &Account) -> Message {
    Message::new("connect.other_account").with("expected", &expected.handle).with("given", &account.handle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channels::{
            ChannelState, Slot, Vault,
            fake::{Fake, instance},
            mark_reconnect,
        },
        db::q,
        providers::Tokens as _,
    };

    fn answers(pairs: &[(&str, &str)]) -> Answers {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn connecting(org: OrgId) -> Connecting {
        Connecting { org, by: None, again: None }
    }

    fn wrong(result: Result<Channel>) -> Vec<(String, Message)> {
        match result {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|e| (e.field, e.message)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_new_channel_has_the_organisations_zone_slots_a_lane_and_sealed_credentials() {
        let (app, org, _dir) = instance().await;
        let good = answers(&[("identifier", " ann "), ("password", "pw")]);
        let channel = connecting(org).with(&app, &Fake::default(), &good).await.unwrap();
        assert_eq!((channel.name.as_str(), channel.handle.as_str(), channel.state), ("Name of ann", "ann", ChannelState::Active));
        assert_eq!((channel.provider.as_str(), channel.zone.as_str()), ("fake", "Europe/Berlin"));
        let slots = Slot::list(&app.db, org, channel.id).await.unwrap();
        assert_eq!(slots.iter().map(|s| (s.minute, s.weekdays)).collect::<Vec<_>>(), [(560, 127), (850, 127), (1140, 127)]);
        let (epoch,): (i64,) = q("SELECT epoch FROM lanes WHERE channel_id = $1").bind(channel.id).one(&app.db).await.unwrap();
        assert_eq!(epoch, 0);
        let (sealed,): (Vec<u8>,) = q("SELECT credentials FROM channels").one(&app.db).await.unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("pw"));
        assert_eq!(Vault::open(&app, org, channel.id).await.unwrap().current()["password"], "pw");
    }

    #[tokio::test]
    async fn the_same_account_again_is_the_same_channel_also_after_it_was_removed() {
        let (app, org, _dir) = instance().await;
        let good = answers(&[("identifier", "ann"), ("password", "pw")]);
        let first = connecting(org).with(&app, &Fake::default(), &good).await.unwrap();
        let now = app.clock.now();
        let mut tx = app.db.begin().await.unwrap();
        let slots = Slot::list(&mut tx, org, first.id).await.unwrap();
        Slot::remove(&mut tx, org, first.id, slots[0].id).await.unwrap();
        let change = crate::channels::ChannelChange { name: "Ours".into(), zone: chrono_tz::Asia::Tokyo };
        first.change(&mut tx, &change, None, now).await.unwrap();
        mark_reconnect(&mut tx, (org, first.id), None, "revoked", now).await.unwrap();
        tx.commit().await.unwrap();
        let again = connecting(org).with(&app, &Fake::default(), &good).await.unwrap();
        assert_eq!((again.id, again.state, again.reason.clone()), (first.id, ChannelState::Active, None));
        assert_eq!((again.name.as_str(), again.zone.as_str()), ("Ours", "Asia/Tokyo"));
        assert_eq!(Slot::list(&app.db, org, first.id).await.unwrap().len(), 2);

        let mut tx = app.db.begin().await.unwrap();
        again.remove(&mut tx, None, now).await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(Vault::open(&app, org, first.id).await, Err(Error::NotFound("channel"))));
        let back = connecting(org).with(&app, &Fake::default(), &good).await.unwrap();
        assert_eq!((back.id, back.name.as_str()), (first.id, "Name of ann"));
        let kinds: Vec<(String,)> = q("SELECT kind FROM events ORDER BY id").all(&app.db).await.unwrap();
        let expected = ["connected", "changed", "broken", "reconnected", "removed", "reconnected"];
        assert_eq!(kinds.into_iter().map(|k| k.0).collect::<Vec<_>>(), expected.map(|k| format!("channel.{k}")));
    }

    #[tokio::test]
    async fn wrong_answers_are_named_and_the_platform_is_not_asked() {
        let (app, org, _dir) = instance().await;
        let fake = Fake::default();
        let errors = wrong(connecting(org).with(&app, &fake, &answers(&[("identifier", "ann"), ("passwort", "pw")])).await);
        assert_eq!(errors.iter().map(|e| e.0.as_str()).collect::<Vec<_>>(), ["passwort", "password"]);
        assert_eq!(fake.asked(), 0);
        assert!(matches!(connect(&app, org, "nothing-of-the-kind", &Answers::new()).await, Err(Error::NotFound("provider"))));
    }

    #[tokio::test]
    async fn what_the_platform_says_reaches_the_person() {
        let (app, org, _dir) = instance().await;
        let given = answers(&[("identifier", "ann"), ("password", "pw")]);
        let failing = |kind| Fake { fails: Some(Failure::new(kind, "no way")), ..Fake::default() };
        let words = Message::new("connect.refused").with("provider", "Fake").with("words", "no way");
        let errors = wrong(connecting(org).with(&app, &failing(FailureKind::Reconnect), &given).await);
        assert_eq!(errors, [("password".to_owned(), words.clone())]);
        let errors = wrong(connecting(org).with(&app, &failing(FailureKind::Rejected), &given).await);
        assert_eq!(errors, [(String::new(), words)]);
        let away = connecting(org).with(&app, &failing(FailureKind::Unavailable), &given).await;
        assert!(matches!(away, Err(Error::Provider(f)) if f.message == "no way"));
        assert!(Channel::list(&app.db, org).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn reconnecting_refuses_another_account_and_another_organisations_channel() {
        let (app, org, _dir) = instance().await;
        let good = answers(&[("identifier", "ann"), ("password", "pw")]);
        let channel = connecting(org).with(&app, &Fake::default(), &good).await.unwrap();
        let again = Connecting { again: Some(channel.id), ..connecting(org) };
        assert_eq!(again.with(&app, &Fake::default(), &good).await.unwrap().id, channel.id);
        let other = answers(&[("identifier", "bob"), ("password", "pw")]);
        let expected = Message::new("connect.other_account").with("expected", "ann").with("given", "bob");
        assert_eq!(wrong(again.with(&app, &Fake::default(), &other).await), [(String::new(), expected)]);
        assert_eq!(Channel::list(&app.db, org).await.unwrap().len(), 1);
        let stranger = Connecting { org: OrgId::new(), ..again };
        assert!(matches!(stranger.with(&app, &Fake::default(), &good).await, Err(Error::NotFound("channel"))));
    }
}
