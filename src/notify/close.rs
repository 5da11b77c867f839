//! When a notice has gathered enough: who gets a mail of it, and the daily mails.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};

use super::{Digest, How, Kind, Mail, model};
use crate::{
    app::App,
    error::Result,
    kit::{NoticeId, zone},
    queue,
};

/// The hour on the organisation's clock from which daily mails go out.
const MORNING: u32 = 8;

/// What is told now may not be committed yet: daily mails end so long before, and the next one begins there.
const SETTLED: TimeDelta = TimeDelta::minutes(2);

/// Closes a notice and has its mails sent, all in one transaction; does nothing the second time.
pub async fn close(app: &App, notice: NoticeId) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(closed) = model::close(&mut tx, notice).await? else { return Ok(()) };
    let org = closed.org_id;
    if let Some(kind) = Kind::parse(&closed.kind).filter(|_| !closed.resolved && app.mail.is_on()) {
        for recipient in model::recipients(&mut tx, org, kind).await? {
            if closed.user_id.is_none_or(|user| user == recipient.user_id) && recipient.how() == How::AtOnce {
                queue::enqueue(&mut tx, &Mail { org, notice, user: recipient.user_id }, now).await?;
            }
        }
    }
    tx.commit().await
}

/// Has the daily mails made of everybody for whom it is morning and who had none today.
pub async fn digests(app: &App) -> Result<()> {
    let now = app.clock.now();
    if !app.mail.is_on() {
        return Ok(());
    }
    let until = now - SETTLED;
    for daily in model::digest_due(&app.db).await? {
        if !is_due(daily.digest_at, &daily.zone, now) {
            continue;
        }
        let since = daily.digest_at.unwrap_or(until - TimeDelta::days(1));
        let mut tx = app.db.begin().await?;
        model::digested(&mut tx, daily.org_id, daily.user_id, until).await?;
        queue::enqueue(&mut tx, &Digest { org: daily.org_id, user: daily.user_id, since, until }, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// True when it is morning there, and the last one was made on an earlier day.
fn is_due(last: Option<DateTime<Utc>>, zone_name: &str, now: DateTime<Utc>) -> bool {
    let zone = zone::parse(zone_name).unwrap_or_default();
    let (here, last) = (now.with_timezone(&zone), last.map(|at| at.with_timezone(&zone).date_naive()));
    here.hour() >= MORNING && last.is_none_or(|day| day < here.date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_daily_mail_each_morning_of_the_organisation() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let last = Some(at("2026-11-22T07:10:00Z"));
        assert!(!is_due(last, "Europe/Berlin", at("2026-11-23T06:59:00Z")));
        assert!(is_due(last, "Europe/Berlin", at("2026-11-23T07:00:00Z")));
        assert!(!is_due(Some(at("2026-11-23T07:00:00Z")), "Europe/Berlin", at("2026-11-23T20:00:00Z")));
        assert!(is_due(None, "America/New_York", at("2026-11-23T13:00:00Z")));
        assert!(!is_due(None, "America/New_York", at("2026-11-23T12:59:00Z")));
    }
}
