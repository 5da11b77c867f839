//! What the network and a platform's front door do to one request.

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    http::{Answer, Broken, HeaderMap, HeaderValue, Method, Sent},
    kit::Dice,
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// When it reaches the platform, if it does, after it left.
    pub arrives: Option<Duration>,
    /// When the caller knows its end.
    pub ends: Duration,
    /// Its end.
    pub end: End,
}

/// How a request ends for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the platform's answer.
    Answer,
    /// With this status in its place, in one of several forms.
    Instead(u16, u8),
    /// With an answer that nobody can read.
    Garbled,
    /// With none.
    Broken(Broken),
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.arrives {
            Some(after) => write!(f, "arrives after {after:?}, ")?,
            None => write!(f, "never arrives, ")?,
        }
        write!(f, "{:?} after {:?}", self.end, self.ends)
    }
}

/// Decides, from luck and the percentage of bad weather.
pub fn course(luck: u64, bad: u64, sent: &Sent) -> Course {
    let dice = Dice::seeded(luck);
    let millis = |from: u64, to: u64| Duration::from_millis(from + dice.below(to - from));
    let (there, back) = (millis(1, 400), millis(1, 400));
    let fine = Course { arrives: Some(there), ends: there + back, end: End::Answer };
    if !dice.percent(bad) {
        return fine;
    }
    let lost = Course { arrives: None, ..fine };
    let late = sent.timeout.as_millis().try_into().unwrap_or(30_000);
    match dice.below(15) {
        0 => Course { ends: there + millis(5_000, late), ..fine },
        1 => Course { end: End::Broken(Broken::Unreached), ..lost },
        2 => Course { end: End::Broken(Broken::Cut), ..lost },
        3 | 4 => Course { end: End::Broken(Broken::Cut), ..fine },
        5 => Course { ends: sent.timeout, end: End::Broken(Broken::TimedOut), ..lost },
        6 | 7 => Course { ends: sent.timeout, end: End::Broken(Broken::TimedOut), ..fine },
        // It arrives after everybody has given it up.
        8 => Course { arrives: Some(sent.timeout + millis(1, 90_000)), ends: sent.timeout, end: End::Broken(Broken::TimedOut) },
        9 => Course { end: End::Instead(500, 0), ..lost },
        10 => Course { end: End::Instead(503, 0), ..fine },
        11 | 12 => Course { end: End::Instead(429, u8::try_from(dice.below(6)).unwrap_or(0)), ..lost },
        13 if sent.method == Method::POST && dice.percent(40) => Course { end: End::Instead(422, 0), ..lost },
        13 => Course { end: End::Instead(401, 0), ..lost },
        _ => Course { end: End::Garbled, ..fine },
    }
}

/// An answer that says no, with the header of its form.
pub fn refusal(status: u16, form: u8, now: DateTime<Utc>) -> Answer {
    let mut headers = HeaderMap::new();
    let mut header = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    match (status, form) {
        (429, 0) => header("retry-after", "90".into()),
        (429, 1) => header("retry-after", (now + TimeDelta::minutes(3)).to_rfc2822()),
        (429, 2) => header("ratelimit-reset", (now + TimeDelta::minutes(2)).timestamp().to_string()),
        (429, 3) => header("x-ratelimit-reset", "45".into()),
        // Nonsense must not end a channel.
        (429, 4) => header("retry-after", "99999999999".into()),
        _ => {}
    }
    let error = if status == 401 { "ExpiredToken" } else { "Simulated" };
    let body = format!(r#"{{"error": "{error}", "message": "simulated {status}"}}"#);
    (status, headers, body.into())
}
