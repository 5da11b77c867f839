//! How often a password may be tried: counters with windows of a quarter of an hour.
//!
//! A counter rises before the password is looked at, so that tries at the same time cannot slip through together.

use std::{net::IpAddr, time::Duration};

use chrono::TimeDelta;

use super::model::throttle;
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    kit::{UserId, crypto::sha256},
};

/// From the first try until the counter starts anew.
const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Counts a try; [`Error::RateLimited`] when `most` were made in this window already.
pub async fn attempt(app: &App, key: &str, most: u32) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (count, resets_at) = throttle::raise(&mut tx, key, now, now + WINDOW).await?;
    tx.commit().await?;
    if count <= i64::from(most) {
        return Ok(());
    }
    Err(Error::RateLimited((resets_at - now).to_std().unwrap_or(Duration::from_secs(1))))
}

/// Starts the counter anew.
pub async fn forget(tx: &mut Tx, key: &str) -> Result<()> {
    throttle::clear(tx, key).await
}

/// Takes back the try that turned out right, without forgiving the wrong ones.
pub async fn take_back(tx: &mut Tx, key: &str) -> Result<()> {
    throttle::lower(tx, key).await
}

/// Removes counters whose window is over.
pub async fn prune(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    throttle::prune(&mut tx, app.clock.now()).await?;
    tx.commit().await
}

/// The counter of logins from one place: an address, or the network of an IPv6 address, as one household has
/// all of a /64.
pub fn of_address(address: &str) -> String {
    let place = match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    };
    format!("login address {place}")
}

/// The counter of logins to one account, existing or not. The address is hashed: people type passwords there, too.
pub fn of_account(email: &str) -> String {
    format!("login account {}", hex::encode(sha256(email.as_bytes())))
}

/// The counter of a signed-in person's tries at their present password.
pub fn of_password(user: UserId) -> String {
    format!("password {user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_counts_as_one_place() {
        assert_eq!(of_address("2001:db8:1:2::1"), of_address("2001:db8:1:2:ffff::9"));
        assert_ne!(of_address("2001:db8:1:2::1"), of_address("2001:db8:1:3::1"));
        assert_eq!(of_address("::ffff:192.0.2.7"), of_address("192.0.2.7"));
        assert_ne!(of_address("192.0.2.7"), of_address("192.0.2.8"));
    }
}
