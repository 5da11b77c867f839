//! What a command prints: JSON for scripts, tables for people, errors on standard error.

use std::{io::Write as _, process::ExitCode};

use serde_json::{Value as Json, json};

use super::Command;
use crate::{error::Error, web::problem};

/// What is shown of a torture, in this order.
const TORTURE: [&str; 20] = [
    "posts",
    "parts",
    "killed",
    "terminated",
    "stopped",
    "published",
    "duplicates",
    "lost",
    "told_wrong",
    "uncertain_resolved",
    "waiting_for_a_person",
    "refused",
    "still_trying",
    "unanswered_requests",
    "settled_in_s",
    "p50_ms",
    "p99_ms",
    "max_ms",
    "seed",
    "passed",
];
const BURSTS: [&str; 8] = ["posts", "p50_ms", "p95_ms", "p99_ms", "max_ms", "posts_per_s", "cpu_ms_per_post", "resident_mb"];
const SCHEDULE: [&str; 2] = ["idle_cpu_percent", "filled_in_s"];
const LISTS: [&str; 7] = ["request", "status", "bytes", "p50_ms", "p99_ms", "max_ms", "cpu_ms_per_request"];

/// An error's words; on the command line also the detail that a page would keep to itself.
pub fn words(e: &Error) -> String {
    match e {
        Error::Internal(cause) => format!("{cause:#}"),
        Error::Unavailable(cause) => cause.clone(),
        e => problem::words(e),
    }
}

/// Prints the answer.
pub fn show(command: &Command, value: &Json, json: bool) -> ExitCode {
    let text = match (json, command) {
        (false, Command::Channel { command: super::arguments::Channel::List { .. } }) => {
            table(value, &["id", "provider", "name", "handle", "state"])
        }
        (false, Command::Post { command: super::arguments::Post::List { .. } }) => {
            table(value, &["id", "channel", "state", "due_at", "excerpt", "url"])
        }
        (false, Command::Config { .. }) if value.is_array() => table(value, &["key", "value", "origin"]),
        (false, Command::Selftest(what)) if what.torture.is_some() => pairs(value, &TORTURE),
        (false, Command::Bench { .. }) if value.is_array() => table(value, &LISTS),
        (false, Command::Bench { .. }) => format!("{}\n{}", table(&value["bursts"], &BURSTS), pairs(value, &SCHEDULE)),
        (false, Command::Openapi { .. } | Command::Channel { .. } | Command::Post { .. }) => {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
        (false, Command::Selftest(_)) if value.is_string() => value.as_str().unwrap_or_default().to_owned(),
        _ => value.to_string(),
    };
    // A reader that went away (`| head`) is no error of ours.
    let _ = writeln!(std::io::stdout(), "{text}");
    // A proof that failed is told like any other answer, and by the exit code.
    if value["passed"] == false { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints an error and gives its exit code.
pub fn fail_with(code: u8, words: &str, json: bool) -> ExitCode {
    let text = if json { json!({"error": words, "code": code}).to_string() } else { format!("rostrum: {words}") };
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(code)
}

/// One line for each of these fields of an object.
fn pairs(value: &Json, names: &[&str]) -> String {
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let line = |name: &&str| format!("{:<width$}  {}", name.replace('_', " "), value[name]);
    names.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn table(value: &Json, columns: &[&str]) -> String {
    let cell = |row: &Json, name: &str| match &row[name] {
        Json::String(s) => s.clone(),
        Json::Null => "-".into(),
        other => other.to_string(),
    };
    let rows: Vec<Vec<String>> =
        value.as_array().into_iter().flatten().map(|row| columns.iter().map(|c| cell(row, c)).collect()).collect();
    let width = |n: usize| rows.iter().map(|r| r[n].chars().count()).chain([columns[n].len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(c, w)| format!("{c:<w$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head: Vec<String> = columns.iter().map(|c| c.to_uppercase()).collect();
    std::iter::once(line(&head)).chain(rows.iter().map(|r| line(r))).collect::<Vec<_>>().join("\n")
}
