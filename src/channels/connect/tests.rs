//! Connecting with a form, on a SQLite file of its own.

use super::*;
use crate::{
    channels::{
        ChannelState, Slot, Vault,
        fake::{Fake, instance},
        mark_reconnect,
        model::Channel,
    },
    db::q,
    error::Message,
    providers::{Failure, FailureKind, Tokens as _},
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
