//! The media library: taking files in, serving them, changing them, making them fit.

mod filter;
mod fit;
mod item;
mod library;
mod resolve;
pub mod samples;
mod serving;
mod upload;

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use rostrum::{media::Media, orgs::Caller, orgs::Source};

use crate::support::{Answer, Client, Owner, TestApp};

/// A file of the form's field `file`.
fn part(name: &str, bytes: impl Into<Vec<u8>>) -> Part {
    Part::bytes(bytes.into()).file_name(name.to_owned()).mime_str("image/png").unwrap()
}

/// Sends one file as the page's script does.
async fn send(browser: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let form = Form::new().part("file", part(name, bytes));
    let origin = browser.request(Method::GET, "/").build().unwrap().url().origin().ascii_serialization();
    let request = browser.request(Method::POST, "/media").header("origin", origin).header("accept", "application/json");
    browser.send(request.header("x-csrf-token", browser.csrf()).multipart(form)).await
}

/// A page with the slashes that templates escape.
fn html(answer: Answer) -> String {
    answer.text().replace("&#x2f;", "/")
}

/// Puts a file into the owner's library.
async fn stored(app: &TestApp, owner: &Owner, name: &str, bytes: &[u8]) -> Media {
    let caller = Caller::machine(owner.org, "UTC", Source::Api);
    rostrum::media::upload(&app.app, &caller, name, bytes).await.unwrap()
}

/// Every file in the store but its marker, partial ones included.
fn files(app: &TestApp) -> Vec<String> {
    let (mut found, mut dirs) = (vec![], vec![app.app.data.join("media")]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                dirs.push(entry.path());
            } else if entry.file_name() != rostrum::store::MARKER {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}
