//! What a status says: its text, its settings, its poll; and what the server would refuse of it.

use serde_json::{Value as Json, json};

use super::{ABOUT, Call, Draft, Failure, Problem, account, rules::Rules};
use crate::{
    error::{FailureKind, Message},
    kit::text::Doc,
};

/// The words of one status and how they are shown.
pub struct Words {
    /// The text as the server reads it: mentions by name and host.
    pub text: String,
    /// The settings, in the API's names.
    fields: Json,
}

/// The text with mentions as the server finds them: `@user@host`.
fn text(doc: &Doc) -> String {
    doc.render_with(ABOUT.text, &|id, _| format!("@{}", id.trim_start_matches('@')))
}

fn word<'j>(settings: &'j Json, name: &str) -> Option<&'j str> {
    settings[name].as_str().map(str::trim).filter(|word| !word.is_empty())
}

fn is_set(settings: &Json, name: &str) -> bool {
    settings[name].as_bool().unwrap_or(false) || settings[name].as_str() == Some("true")
}

/// The options of a poll, empty ones left out.
fn options<'j>(settings: &'j Json) -> Vec<&'j str> {
    let entries = settings["poll_options"].as_array().map_or(&[][..], Vec::as_slice);
    let option = |entry: &'j Json| entry.as_str().or_else(|| entry["option"].as_str());
    entries.iter().filter_map(option).map(str::trim).filter(|option| !option.is_empty()).collect()
}

/// In seconds; a day when nothing is said.
fn lasts(settings: &Json) -> u64 {
    let given = &settings["poll_expires_in"];
    given.as_u64().or_else(|| given.as_str()?.parse().ok()).unwrap_or(86_400)
}

/// `en`, `pt-BR`.
fn is_language(word: &str) -> bool {
    let (base, region) = word.split_once('-').unwrap_or((word, "XX"));
    (2..=3).contains(&base.len())
        && base.chars().all(|c| c.is_ascii_lowercase())
        && (2..=4).contains(&region.len())
        && region.chars().all(|c| c.is_ascii_alphabetic())
}

impl Words {
    /// Of a part; a poll belongs to the first one.
    pub fn of(call: &Call<'_>) -> Result<Self, Failure> {
        let settings = call.settings;
        let mut fields = json!({"visibility": word(settings, "visibility").unwrap_or("public")});
        for name in ["spoiler_text", "language", "quote_approval_policy"] {
            if let Some(value) = word(settings, name) {
                fields[name] = value.into();
            }
        }
        if is_set(settings, "sensitive") {
            fields["sensitive"] = true.into();
        }
        let options = options(settings);
        if call.position == 0 && !options.is_empty() {
            fields["poll"] = json!({
                "options": options,
                "expires_in": lasts(settings),
                "multiple": is_set(settings, "poll_multiple"),
                "hide_totals": is_set(settings, "poll_hide_totals"),
            });
        }
        if let Some(parent) = call.parent() {
            fields["in_reply_to_id"] = parent.id.clone().into();
        }
        Ok(Self { text: text(call.text), fields })
    }

    /// A field of the settings as it is sent.
    pub fn field(&self, name: &str) -> &Json {
        &self.fields[name]
    }

    /// As the API takes it, with these media.
    pub fn json(&self, media: &[String]) -> Json {
        let mut json = self.fields.clone();
        json["status"] = self.text.clone().into();
        if !media.is_empty() {
            json["media_ids"] = json!(media);
        }
        json
    }

    /// What the ledger is told is sent: files by our own ids, because uploads may have to be made again.
    pub fn sent(&self, call: &Call<'_>) -> Vec<u8> {
        let files: Vec<String> = call.media.iter().map(|file| file.id.to_string()).collect();
        self.json(&files).to_string().into_bytes()
    }

    /// Refuses what the server would, before anything is sent. A server that took less when the account was connected is
    /// asked once more.
    pub async fn fit(&self, call: &Call<'_>) -> Result<(), Failure> {
        let credentials = call.tokens.current();
        let kept = self.within(call, &Rules::kept(&credentials));
        match kept {
            Err(failure) if failure.kind == FailureKind::Rejected && credentials["rules"].is_object() => {
                let today = account::rules(&call.access).await.map_err(|_| failure)?;
                self.within(call, &today)
            }
            kept => kept,
        }
    }

    fn within(&self, call: &Call<'_>, rules: &Rules) -> Result<(), Failure> {
        let limits = rules.limits();
        call.fits_in(&ABOUT, &limits)?;
        let warning = self.fields["spoiler_text"].as_str().unwrap_or_default();
        let long = limits.text.count(&self.text) + limits.text.count(warning);
        let films = call.media.iter().filter(|file| file.is_video()).count();
        let large = call.media.iter().find(|file| file.is_video() && file.bytes > rules.video_bytes);
        let poll = self.fields["poll"]["options"].as_array().map_or(&[][..], Vec::as_slice);
        let refusal = match () {
            () if self.text.trim().is_empty() && call.media.is_empty() => "the status has neither text nor media".to_owned(),
            () if long > limits.text.max => {
                format!("text and content warning have {long} characters; the server takes {}", limits.text.max)
            }
            () if films > 0 && call.media.len() > films => "a video cannot go along with pictures".to_owned(),
            () if large.is_some() => format!("the video is larger than {} bytes, which the server takes", rules.video_bytes),
            () if !poll.is_empty() && !call.media.is_empty() => "a poll cannot go along with media".to_owned(),
            () => match wrong_poll(&poll.iter().filter_map(Json::as_str).collect::<Vec<_>>(), rules) {
                Some(Wrong::Few) => "a poll needs at least two options".to_owned(),
                Some(Wrong::Many) => format!("the poll has more than {} options", rules.poll_options),
                Some(Wrong::Long) => format!("an option of the poll is longer than {} characters", rules.poll_characters),
                Some(Wrong::Twice) => "an option of the poll is there twice".to_owned(),
                None => return Ok(()),
            },
        };
        Err(Failure::rejected(refusal))
    }
}

enum Wrong {
    Few,
    Many,
    Long,
    Twice,
}

fn wrong_poll(options: &[&str], rules: &Rules) -> Option<Wrong> {
    let twice = || options.iter().enumerate().any(|(n, option)| options[..n].contains(option));
    match options.len() {
        0 => None,
        1 => Some(Wrong::Few),
        n if n > rules.poll_options => Some(Wrong::Many),
        _ if options.iter().any(|option| option.chars().count() > rules.poll_characters) => Some(Wrong::Long),
        _ if twice() => Some(Wrong::Twice),
        _ => None,
    }
}

/// What the form cannot say: the warning counts as text, and a poll has rules of its own.
pub fn review(draft: &Draft) -> Vec<Problem> {
    let (settings, limits) = (draft.settings, draft.limits);
    let mut found = Vec::new();
    let mut add = |part, field, message: Message| found.push(Problem { part, field, message });
    if word(settings, "language").is_some_and(|language| !is_language(language)) {
        add(None, "language", "provider.mastodon.language.wrong".into());
    }
    let warning = limits.text.count(word(settings, "spoiler_text").unwrap_or_default());
    for (n, part) in draft.parts.iter().enumerate() {
        let long = limits.text.count(&text(&part.text));
        if warning > 0 && long <= limits.text.max && long + warning > limits.text.max {
            let message = Message::new("provider.mastodon.too_long").with("count", long + warning).with("max", limits.text.max);
            add(Some(n), "content", message);
        }
    }
    let options = options(settings);
    if !options.is_empty() && draft.parts.first().is_some_and(|part| !part.media.is_empty()) {
        add(Some(0), "image", "provider.mastodon.poll_media".into());
    }
    let rules = Rules::default();
    match wrong_poll(&options, &Rules { poll_options: usize::MAX, poll_characters: usize::MAX, ..rules }) {
        Some(Wrong::Few) => add(None, "poll_options", "provider.mastodon.poll_few".into()),
        Some(Wrong::Twice) => add(None, "poll_options", "provider.mastodon.poll_twice".into()),
        Some(Wrong::Many | Wrong::Long) | None => {}
    }
    found
}
