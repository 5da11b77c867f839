//! Reads the composer's form with its files: each file goes straight into the library.

use super::typed::{Typed, part_field};
use crate::{
    app::App,
    error::{Error, FieldError, Message, Result},
    media::{self, Media},
    orgs::Caller,
    web::{Upload, form, problem::size},
};

/// Most text fields of a form: a thread of fifty parts with its pictures stays far below.
const MAX_FIELDS: usize = 5_000;
/// Most bytes of all of them together.
const MAX_TEXTS: usize = 4 * 1024 * 1024;

/// The form, its new files among the media of their parts.
pub struct Received {
    /// What was typed.
    pub typed: Typed,
    /// Files that could not be taken.
    pub errors: Vec<FieldError>,
}

/// Reads it to its end. A file that is refused does not stop the others, and what was typed is kept. A form that names no
/// zone means the organisation's.
pub async fn read(app: &App, caller: &Caller, mut upload: Upload) -> Result<Received> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut refused: Vec<(Place, Message)> = Vec::new();
    let mut texts = 0;
    while let Some(field) = upload.next().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(place) = Place::of(&name) else {
            if pairs.len() >= MAX_FIELDS {
                return Err(Error::invalid(name, "compose.too_many_fields"));
            }
            let text = form::text(field).await?;
            texts += name.len() + text.len();
            if texts > MAX_TEXTS {
                return Err(Error::TooLarge(MAX_TEXTS as u64));
            }
            pairs.push((name, text));
            continue;
        };
        let file = field.file_name().unwrap_or_default().to_owned();
        // A browser sends a nameless, empty file when none was chosen.
        if file.is_empty() {
            continue;
        }
        match media::upload(app, caller, &file, Box::pin(field.into_async_read())).await {
            Ok(media) => pairs.push(place.taken(app, &media)),
            Err(Error::Invalid(errors)) => refused.extend(errors.into_iter().map(|e| (place.clone(), e.message))),
            Err(Error::TooLarge(limit)) => {
                refused.push((place, Message::new("compose.file_too_large").with("name", file).with("limit", size(limit))));
            }
            Err(e) => return Err(e),
        }
    }
    let mut typed = Typed::parse(pairs);
    if typed.zone.is_empty() {
        caller.zone.name().clone_into(&mut typed.zone);
    }
    let errors = refused.into_iter().map(|(place, message)| FieldError::new(place.shown(&typed), message));
    Ok(Received { errors: errors.collect(), typed })
}

/// Where a file of the form belongs.
#[derive(Clone)]
enum Place {
    /// To the part of this base that carries this number.
    Part(String, usize),
    /// To the setting of this name.
    Setting(String),
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        if let Some((base, n, _)) = part_field(name).filter(|(_, _, field)| *field == "files") {
            return Some(Self::Part(base.to_owned(), n));
        }
        let setting = name.strip_suffix("[file]").filter(|setting| setting.starts_with("settings["));
        setting.map(|setting| Self::Setting(setting.to_owned()))
    }

    /// What stands in the form for a file that was taken.
    fn taken(&self, app: &App, media: &Media) -> (String, String) {
        match self {
            Self::Part(base, n) => (format!("{base}[{n}][media]"), media.id.to_string()),
            Self::Setting(name) => (name.clone(), format!("{}\t{}", media.id, media.url(app))),
        }
    }

    /// The field that says what is wrong with it.
    fn shown(self, typed: &Typed) -> String {
        match self {
            Self::Part(base, n) => {
                let own = typed.own.iter().find(|own| own.base() == base).map_or(&typed.parts, |own| &own.parts);
                let place = own.iter().position(|p| p.number == n).unwrap_or(0);
                format!("{base}[{place}][files]")
            }
            Self::Setting(name) => name,
        }
    }
}
