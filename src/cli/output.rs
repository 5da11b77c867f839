//! What a command prints: JSON for scripts, tables for people, errors on standard error.

use std::{io::Write as _, process::ExitCode};

use serde_json::{Value as Json, json};

use super::Command;
use crate::{error::Error, web::problem};

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
        (false, Command::Openapi | Command::Channel { .. } | Command::Post { .. }) => {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
        (false, Command::Selftest(_)) if value.is_string() => value.as_str().unwrap_or_default().to_owned(),
        _ => value.to_string(),
    };
    // A reader that went away (`| head`) is no error of ours.
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

/// Prints an error and gives its exit code.
pub fn fail_with(code: u8, words: &str, json: bool) -> ExitCode {
    let text = if json { json!({"error": words, "code": code}).to_string() } else { format!("rostrum: {words}") };
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(code)
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
