//! The composer's form as it came in, and what its buttons do to it without any script. Pure.

use std::collections::{BTreeMap, HashMap};

use super::mentions::Mention;
use crate::{
    channels::fields,
    kit::{MediaId, PartId},
    posts::check::MAX_PARTS,
};

/// Mentions of a part that are looked for.
const MAX_MENTIONS: usize = 100;

/// What was typed, kept as it is: it is shown again when something is wrong.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Every field and its value, in order: settings are read from here.
    pub pairs: Vec<(String, String)>,
    /// The version that was edited.
    pub version: Option<i64>,
    /// The target whose content was edited, when a post has several.
    pub target: String,
    /// Ids of the channels chosen.
    pub channels: Vec<String>,
    /// The thread.
    pub parts: Vec<TypedPart>,
    /// `slot`, `together`, `at`, `now` or `draft`.
    pub when: String,
    /// `2026-11-24`.
    pub date: String,
    /// `09:30`.
    pub time: String,
    /// An IANA name.
    pub zone: String,
    /// The same content may go out again.
    pub allow_duplicate: bool,
}

/// One part as it was typed.
#[derive(Debug, Clone, Default)]
pub struct TypedPart {
    /// The number that its fields carry.
    pub number: usize,
    /// The part it was.
    pub id: Option<PartId>,
    /// Its text.
    pub text: String,
    /// Minutes to wait before it.
    pub delay_minutes: String,
    /// Pictures and films in order.
    pub media: Vec<MediaId>,
    /// Alternative texts typed for them.
    pub alts: HashMap<MediaId, String>,
    /// Accounts chosen while writing, by what stands in the text for them.
    pub mentions: Vec<Mention>,
}

/// What a button asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Save it.
    Save,
    /// Show the form again, with the files that came.
    Upload,
    /// One more part.
    AddPart,
    /// One part less.
    RemovePart(usize),
    /// Before the one before it.
    MoveUp(usize),
    /// After the one after it.
    MoveDown(usize),
    /// A part without one of its media.
    RemoveMedia(usize, MediaId),
    /// One more entry of the settings' list of this name.
    AddEntry(String),
    /// Without the entry of this name.
    RemoveEntry(String),
    /// The list behind the field of this name, asked for anew.
    Reload(String),
}

impl Action {
    /// From a button's value; anything unknown only shows the form again, so that a typo never sends.
    pub fn parse(value: &str) -> Self {
        if let Some((name, field)) = value.split_once(':').filter(|(_, field)| field.starts_with("settings[")) {
            return match name {
                "add_entry" => Self::AddEntry(field.to_owned()),
                "remove_entry" => Self::RemoveEntry(field.to_owned()),
                "reload" => Self::Reload(field.to_owned()),
                _ => Self::Upload,
            };
        }
        let mut words = value.splitn(3, ':');
        let (name, n, id) = (words.next().unwrap_or_default(), words.next(), words.next());
        let n = n.and_then(|n| n.parse().ok());
        match (name, n) {
            ("" | "save", _) => Self::Save,
            ("add_part", _) => Self::AddPart,
            ("remove_part", Some(n)) => Self::RemovePart(n),
            ("move_up", Some(n)) => Self::MoveUp(n),
            ("move_down", Some(n)) => Self::MoveDown(n),
            ("remove_media", Some(n)) => id.and_then(|id| id.parse().ok()).map_or(Self::Upload, |id| Self::RemoveMedia(n, id)),
            _ => Self::Upload,
        }
    }
}

impl Typed {
    /// From the fields of a form. Parts stand in the order of their numbers.
    pub fn parse(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        let mut parts: BTreeMap<usize, TypedPart> = BTreeMap::new();
        for (name, value) in &pairs {
            match name.as_str() {
                "version" => typed.version = value.parse().ok(),
                "target" => value.clone_into(&mut typed.target),
                "channels" if !typed.channels.contains(value) => typed.channels.push(value.clone()),
                "when" => value.clone_into(&mut typed.when),
                "date" => value.trim().clone_into(&mut typed.date),
                "time" => value.trim().clone_into(&mut typed.time),
                "allow_duplicate" => typed.allow_duplicate = value == "true",
                "zone" => value.trim().clone_into(&mut typed.zone),
                name => {
                    if let Some((n, field)) = part_field(name) {
                        parts.entry(n).or_insert_with(|| TypedPart { number: n, ..TypedPart::default() }).set(field, value);
                    }
                }
            }
        }
        typed.parts = parts.into_values().collect();
        if typed.parts.is_empty() {
            typed.parts.push(TypedPart::default());
        }
        typed.pairs = pairs;
        typed
    }

    /// The button that was pressed: the last value, because a browser sends only the one pressed.
    pub fn action(&self) -> Action {
        let pressed = self.pairs.iter().rev().find(|(name, _)| name == "action");
        pressed.map_or(Action::Save, |(_, value)| Action::parse(value))
    }

    /// Does what a button other than saving asks for; what cannot be done is left.
    pub fn apply(&mut self, action: &Action) {
        let last = self.parts.len().saturating_sub(1);
        match *action {
            Action::AddPart if self.parts.len() < MAX_PARTS => self.parts.push(TypedPart::default()),
            Action::RemovePart(n) if n <= last && last > 0 => drop(self.parts.remove(n)),
            Action::MoveUp(n) if n > 0 && n <= last => self.parts.swap(n, n - 1),
            Action::MoveDown(n) if n < last => self.parts.swap(n, n + 1),
            Action::RemoveMedia(n, id) => {
                if let Some(part) = self.parts.get_mut(n) {
                    part.media.retain(|m| *m != id);
                }
            }
            Action::AddEntry(ref name) => fields::add_entry(&mut self.pairs, name),
            Action::RemoveEntry(ref name) => fields::remove_entry(&mut self.pairs, name),
            _ => {}
        }
    }
}

impl TypedPart {
    fn set(&mut self, field: &str, value: &str) {
        match field {
            "id" => self.id = value.parse().ok(),
            "text" => self.text = value.replace("\r\n", "\n"),
            "delay_minutes" => value.trim().clone_into(&mut self.delay_minutes),
            "media" => {
                if let Ok(id) = value.parse()
                    && !self.media.contains(&id)
                {
                    self.media.push(id);
                }
            }
            "mention" if self.mentions.len() < MAX_MENTIONS => self.mentions.extend(Mention::read(value)),
            field => {
                if let Some(id) = field.strip_prefix("alt][").and_then(|id| id.parse().ok()) {
                    self.alts.insert(id, value.trim().replace("\r\n", "\n"));
                }
            }
        }
    }

    /// Seconds to wait; -1, which no check lets pass, for what is no number.
    pub fn delay_seconds(&self) -> i64 {
        if self.delay_minutes.is_empty() {
            return 0;
        }
        self.delay_minutes.parse::<i64>().ok().and_then(|m| m.checked_mul(60)).unwrap_or(-1)
    }

    /// Nothing was put in.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.media.is_empty()
    }
}

/// Number and field of a name such as `parts[2][text]` or `parts[2][alt][0192…]`.
pub fn part_field(name: &str) -> Option<(usize, &str)> {
    let (n, field) = name.strip_prefix("parts[")?.strip_suffix(']')?.split_once("][")?;
    Some((n.parse().ok()?, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed::parse(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn parts_are_read_in_the_order_of_their_numbers() {
        let id = MediaId::new();
        let alt = format!("parts[0][alt][{id}]");
        let form =
            typed(&[("parts[3][text]", "b"), ("parts[0][text]", "a\r\nb"), ("parts[0][media]", &id.to_string()), (&alt, " x ")]);
        let texts: Vec<&str> = form.parts.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(texts, ["a\nb", "b"]);
        assert_eq!((form.parts[0].media.as_slice(), form.parts[0].alts[&id].as_str()), ([id].as_slice(), "x"));
    }

    #[test]
    fn buttons_change_the_thread_and_nothing_else() {
        let mut form = typed(&[("parts[0][text]", "a"), ("parts[1][text]", "b"), ("action", "move_up:1")]);
        let texts = |form: &Typed| form.parts.iter().map(|p| p.text.clone()).collect::<Vec<_>>();
        form.apply(&form.action());
        assert_eq!(texts(&form), ["b", "a"]);
        form.apply(&Action::parse("remove_part:0"));
        form.apply(&Action::parse("remove_part:0"));
        assert_eq!(texts(&form), ["a"], "the last part stays");
        form.apply(&Action::parse("add_part"));
        form.apply(&Action::parse("move_up:9"));
        assert_eq!(texts(&form), ["a", ""]);
        assert_eq!(Action::parse("sve"), Action::Upload, "a typo never sends");
        let name = "settings[0192][sub]".to_owned();
        assert_eq!(Action::parse("add_entry:settings[0192][sub]"), Action::AddEntry(name));
        assert_eq!(Action::parse("drop:settings[0192][sub]"), Action::Upload);
    }

    #[test]
    fn a_wait_that_is_no_number_is_never_taken_for_none() {
        let wait = |text: &str| TypedPart { delay_minutes: text.into(), ..TypedPart::default() }.delay_seconds();
        assert_eq!((wait(""), wait("5"), wait("soon"), wait("99999999999999999999")), (0, 300, -1, -1));
    }
}
