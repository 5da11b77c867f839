//! Topics between processes, by Postgres's NOTIFY: sent inside the transaction, so that they arrive after its commit and
//! never without it; heard on one connection of their own, which is made again when it is lost.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use uuid::Uuid;

use super::{
    ACQUIRE, Topic,
    bus::{Bus, Word},
};
use crate::kit::Seldom;

/// Where they are sent.
const CHANNEL: &str = "rostrum";
/// What Postgres lists the listening connection as.
const NAME: &str = "rostrum listener";
/// Most bytes of one notification, with room below Postgres's own 8,000.
const MOST: usize = 7_000;
/// Silence after which the connection is asked whether it still stands: a dead network tells nobody.
const QUIET: Duration = Duration::from_secs(30);
/// Between two tries to connect.
const PAUSE: Duration = Duration::from_secs(1);

static DEAF: Seldom = Seldom::new();

/// What a transaction sends: all its topics in as few notifications as they fit into, each begun by who sends.
pub(super) fn payloads(sender: Uuid, topics: &[Topic]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for topic in topics.iter().map(ToString::to_string) {
        match all.last_mut() {
            Some(last) if last.len() + topic.len() < MOST => {
                last.push(' ');
                last.push_str(&topic);
            }
            _ => all.push(format!("{sender} {topic}")),
        }
    }
    all
}

/// Sends them when the transaction commits.
pub(super) async fn send(tx: &mut sqlx::PgConnection, sender: Uuid, topics: &[Topic]) -> sqlx::Result<()> {
    for payload in payloads(sender, topics) {
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Tells this process what the others published, until the database is closed. After every gap everything may have
/// changed.
pub(super) async fn follow(pool: PgPool, sender: Uuid, bus: Bus) {
    let options = (*pool.connect_options()).clone().application_name(NAME);
    let own = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect_lazy_with(options);
    let closed = pool.close_event();
    let listening = async {
        loop {
            let Err(e) = hear(&own, sender, &bus).await;
            if let Some(more) = DEAF.word() {
                tracing::warn!(error = %e, more, "what other processes do is not heard for the moment");
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = closed => {}
        () = listening => {}
    }
    own.close().await;
}

/// Listens until the connection is lost.
async fn hear(pool: &PgPool, sender: Uuid, bus: &Bus) -> sqlx::Result<std::convert::Infallible> {
    let lost = || sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionAborted));
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // Whatever was said before this connection stood.
    bus.say(Word::Everything);
    loop {
        match tokio::time::timeout(QUIET, listener.try_recv()).await {
            Ok(Ok(Some(word))) => tell(bus, sender, word.payload()),
            // Not the listener's own reconnection: it would not say when it stands again.
            Ok(Ok(None)) => return Err(lost()),
            Ok(Err(e)) => return Err(e),
            Err(_) => {
                let asked = sqlx::query("SELECT 1").execute(&mut listener);
                tokio::time::timeout(ACQUIRE, asked).await.map_err(|_| lost())??;
            }
        }
    }
}

/// Our own transactions told their listeners when they committed.
fn tell(bus: &Bus, sender: Uuid, payload: &str) {
    let (from, topics) = payload.split_once(' ').unwrap_or((payload, ""));
    if from.parse() == Ok(sender) {
        return;
    }
    for word in topics.split(' ') {
        // A word of a newer program: whatever it means, it may concern us.
        bus.say(word.parse().map_or(Word::Everything, Word::Topic));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::OrgId;

    #[test]
    fn many_topics_travel_in_few_notifications_and_none_is_lost() {
        let topics: Vec<Topic> = (0..500).map(|_| Topic::Posts(OrgId::new())).chain([Topic::Schedule]).collect();
        let sender = Uuid::new_v4();
        let sent = payloads(sender, &topics);
        assert!(sent.len() > 1 && sent.iter().all(|p| p.len() < 8_000 && p.starts_with(&sender.to_string())));
        let heard: Vec<Topic> = sent.iter().flat_map(|p| p.split(' ').skip(1)).map(|w| w.parse().unwrap()).collect();
        assert_eq!(heard, topics);
        assert_eq!(payloads(sender, &[]), Vec::<String>::new());
    }

    #[tokio::test]
    async fn ours_are_not_told_twice_and_unknown_words_wake_everybody() {
        let (bus, us) = (Bus::new(None), Uuid::new_v4());
        let mut listener = bus.listen();
        tell(&bus, us, &format!("{us} schedule"));
        tell(&bus, us, &format!("{} channels something-new", Uuid::new_v4()));
        let heard = |wanted: Topic| move |topic| topic == wanted;
        listener.heard(heard(Topic::Channels)).await;
        listener.heard(heard(Topic::Schedule)).await;
        let more = tokio::time::timeout(Duration::from_millis(20), listener.heard(|_| true)).await;
        assert!(more.is_err());
    }
}
