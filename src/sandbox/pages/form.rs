//! The form of the switches: its fields with their choices, and what a sent one means.

use serde::Serialize;

use crate::{
    error::{Error, Message, Result},
    render::text,
    sandbox::behaviour::{Behaviour, Mode, Requests},
    web::Form,
};

const MODES: [(Mode, &str, &str); 10] = [
    (Mode::Ok, "ok", "wall.answers.ok"),
    (Mode::RateLimit, "rate_limit", "wall.answers.rate_limit"),
    (Mode::Reject, "reject", "wall.answers.reject"),
    (Mode::Unauthorized, "unauthorized", "wall.answers.unauthorized"),
    (Mode::ServerErrorBefore, "server_error_before", "wall.answers.server_error_before"),
    (Mode::ServerErrorAfter, "server_error_after", "wall.answers.server_error_after"),
    (Mode::DropBefore, "drop_before", "wall.answers.drop_before"),
    (Mode::DropAfter, "drop_after", "wall.answers.drop_after"),
    (Mode::Hang, "hang", "wall.answers.hang"),
    (Mode::Processing, "processing", "wall.answers.processing"),
];
const TIMES: [u64; 3] = [1, 3, 10];
const DELAYS: [u64; 4] = [0, 1, 5, 60];
const READ_DELAYS: [u64; 4] = [0, 5, 30, 120];

/// One field.
#[derive(Debug, Serialize)]
pub struct Select {
    name: &'static str,
    label: String,
    value: String,
    choices: Vec<Offer>,
}

#[derive(Debug, Serialize)]
struct Offer {
    value: String,
    label: String,
}

/// The fields, set to what applies now; a value that only the API can give is among its choices.
pub fn fields(now: &Behaviour) -> Vec<Select> {
    let mode = MODES.iter().find(|(mode, ..)| *mode == now.mode).map_or("ok", |(_, value, _)| value);
    let modes = MODES.iter().map(|(_, value, label)| choice(value, Message::new(label)));
    let idle = now.times == Some(0) || now.on != Requests::Posts;
    vec![
        select("answer", "wall.answer", if idle { "ok" } else { mode }.into(), modes.collect()),
        times(now.times.filter(|n| *n > 0)),
        seconds("delay", "wall.delay", now.delay_ms, &DELAYS),
        seconds("read_delay", "wall.read_delay", now.read_delay_ms, &READ_DELAYS),
    ]
}

/// What a sent form sets.
pub fn read(form: &Form) -> Result<Behaviour> {
    let mode = MODES.iter().find(|(_, value, _)| *value == form.get("answer")).map(|(mode, ..)| *mode);
    let times = match form.get("times") {
        "" => None,
        n => Some(n.parse().map_err(|_| unknown("times"))?),
    };
    let milliseconds = |name: &str| form.get(name).parse::<u64>().map_err(|_| unknown(name));
    Ok(Behaviour {
        mode: mode.ok_or_else(|| unknown("answer"))?,
        times,
        delay_ms: milliseconds("delay")?,
        read_delay_ms: milliseconds("read_delay")?,
        ..Behaviour::default()
    })
}

fn unknown(field: &str) -> Error {
    Error::invalid(field, "wall.unknown_choice")
}

fn times(now: Option<u32>) -> Select {
    let mut counts = TIMES.to_vec();
    counts.extend(now.map(u64::from).filter(|n| !TIMES.contains(n)));
    let counted = counts.into_iter().map(|n| choice(&n.to_string(), Message::new("wall.requests").with("count", n)));
    let choices = std::iter::once(choice("", Message::new("wall.always"))).chain(counted);
    select("times", "wall.times", now.map(|n| n.to_string()).unwrap_or_default(), choices.collect())
}

fn seconds(name: &'static str, label: &'static str, now_ms: u64, known: &[u64]) -> Select {
    let mut all: Vec<u64> = known.iter().map(|s| s * 1_000).collect();
    if !all.contains(&now_ms) {
        all.push(now_ms);
    }
    let choices = all.into_iter().map(|ms| match ms {
        0 => choice("0", Message::new("wall.at_once")),
        ms => choice(&ms.to_string(), Message::new("wall.seconds").with("count", ms as f64 / 1_000.0)),
    });
    select(name, label, now_ms.to_string(), choices.collect())
}

fn select(name: &'static str, label: &'static str, value: String, choices: Vec<Offer>) -> Select {
    Select { name, label: text(&label.into()), value, choices }
}

fn choice(value: &str, label: Message) -> Offer {
    Offer { value: value.to_owned(), label: text(&label) }
}
