//! The composer's form as it came in, and what its buttons do to it without any script. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value as Json;

use super::{
    action::Action,
    mentions::{self, Mention},
    own::OwnText,
};
use crate::{
    channels::fields,
    kit::{DraftId, MediaId, PartId, SetId, TagId, text::Doc},
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
    /// Channels with a text of their own.
    pub own: Vec<OwnText>,
    /// Its tags.
    pub tags: Vec<TagId>,
    /// By channel, settings of the post that this one is a copy of, as far as the form says nothing.
    pub settings: HashMap<String, Json>,
    /// What it was autosaved as.
    pub draft: Option<DraftId>,
    /// The set it is changed for.
    pub set: Option<SetId>,
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypedPart {
    /// The number that its fields carry.
    pub number: usize,
    /// The part it was.
    pub id: Option<PartId>,
    /// Its words: what stands in the field of a page without scripts.
    pub text: String,
    /// The same with its formatting, mentions as words; `None`: there is none, or the words were changed without it.
    pub rich: Option<Doc>,
    /// Minutes to wait before it.
    pub delay_minutes: String,
    /// Pictures and films in order.
    pub media: Vec<MediaId>,
    /// Alternative texts typed for them.
    pub alts: HashMap<MediaId, String>,
    /// Accounts chosen while writing, by what stands in the text for them.
    pub mentions: Vec<Mention>,
}

impl Typed {
    /// From the fields of a form. Parts stand in the order of their numbers.
    pub fn parse(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        let mut parts: BTreeMap<(&str, usize), TypedPart> = BTreeMap::new();
        let mut worded = HashSet::new();
        for (name, value) in &pairs {
            if let Some((base, n, field)) = part_field(name) {
                worded.extend((field == "text").then_some((base, n)));
                parts.entry((base, n)).or_insert_with(|| TypedPart { number: n, ..TypedPart::default() }).set(field, value);
            } else {
                typed.set(name, value);
            }
        }
        for ((base, n), mut part) in parts {
            part.settle(worded.contains(&(base, n)));
            match typed.own.iter_mut().find(|own| own.base() == base) {
                Some(own) => own.parts.push(part),
                None if base == COMMON => typed.parts.push(part),
                None => {}
            }
        }
        let lists = typed.own.iter_mut().map(|own| &mut own.parts).chain([&mut typed.parts]);
        lists.filter(|list| list.is_empty()).for_each(|list| list.push(TypedPart::default()));
        typed.pairs = pairs;
        typed
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "version" => self.version = value.parse().ok(),
            "target" => value.clone_into(&mut self.target),
            "channels" if !self.channels.iter().any(|id| id == value) => self.channels.push(value.to_owned()),
            "when" => value.clone_into(&mut self.when),
            "date" => value.trim().clone_into(&mut self.date),
            "time" => value.trim().clone_into(&mut self.time),
            "allow_duplicate" => self.allow_duplicate = value == "true",
            "zone" => value.trim().clone_into(&mut self.zone),
            "draft" => self.draft = value.parse().ok(),
            "set" => self.set = value.parse().ok(),
            "tags" => self.tags.extend(value.parse::<TagId>().ok().filter(|id| !self.tags.contains(id))),
            name => self.own.extend(OwnText::marked(name, value).filter(|own| self.own_at(&own.channel).is_none())),
        }
    }

    /// The button that was pressed: the last value, because a browser sends only the one pressed.
    pub fn action(&self) -> Action {
        Action::parse(self.pressed().0)
    }

    /// What the pressed button says, and the channel whose own text it means.
    fn pressed(&self) -> (&str, Option<&str>) {
        let pressed = self.pairs.iter().rev().find(|(name, _)| name == "action").map_or("save", |(_, value)| value.as_str());
        match pressed.rsplit_once('@') {
            Some((action, channel)) => (action, Some(channel)),
            None => (pressed, None),
        }
    }

    fn own_at(&self, channel: &str) -> Option<usize> {
        self.own.iter().position(|own| own.channel == channel)
    }

    /// The text of its own that a channel has, if it has one.
    pub fn own_of(&self, channel: &str) -> Option<&OwnText> {
        self.own.iter().find(|own| own.on && own.channel == channel)
    }

    /// The thread that the pressed button stands in, and its channel when that has a text of its own.
    pub fn thread(&mut self) -> (&mut Vec<TypedPart>, Option<String>) {
        let channel = self.pressed().1.map(str::to_owned);
        match channel.as_deref().and_then(|channel| self.own_at(channel)) {
            Some(at) => (&mut self.own[at].parts, channel),
            None => (&mut self.parts, None),
        }
    }

    /// Does what a button other than saving asks for; what cannot be done is left.
    pub fn apply(&mut self, action: &Action) {
        match action {
            Action::AddEntry(name) => fields::add_entry(&mut self.pairs, name),
            Action::RemoveEntry(name) => fields::remove_entry(&mut self.pairs, name),
            Action::Override(channel) => self.override_for(channel),
            Action::Common(channel) => {
                // Kept in the form, out of sight: it can be taken back.
                if let Some(at) = self.own_at(channel) {
                    self.own[at].on = false;
                }
            }
            action => change(self.thread().0, action),
        }
    }

    /// Gives a channel a text of its own: the one it had before, else the common one to begin with.
    fn override_for(&mut self, channel: &str) {
        match self.own_at(channel) {
            Some(at) => self.own[at].on = true,
            None => self.own.push(OwnText { channel: channel.to_owned(), on: true, parts: self.parts.clone() }),
        }
        if !self.channels.iter().any(|id| id == channel) {
            self.channels.push(channel.to_owned());
        }
    }

    /// All that was written, in lines: for lists and comparisons.
    pub fn words(&self) -> String {
        let own = self.own.iter().filter(|own| own.on).flat_map(|own| &own.parts);
        let texts: Vec<&str> = self.parts.iter().chain(own).map(|p| p.text.trim()).filter(|text| !text.is_empty()).collect();
        texts.join("\n\n")
    }

    /// Nothing was put in anywhere.
    pub fn is_blank(&self) -> bool {
        let own = self.own.iter().filter(|own| own.on).flat_map(|own| &own.parts);
        self.parts.iter().chain(own).all(TypedPart::is_blank)
    }
}

/// What a button does to a thread.
fn change(parts: &mut Vec<TypedPart>, action: &Action) {
    let last = parts.len().saturating_sub(1);
    match *action {
        Action::AddPart if parts.len() < MAX_PARTS => parts.push(TypedPart::default()),
        Action::RemovePart(n) if n <= last && last > 0 => drop(parts.remove(n)),
        Action::MoveUp(n) if n > 0 && n <= last => parts.swap(n, n - 1),
        Action::MoveDown(n) if n < last => parts.swap(n, n + 1),
        Action::Merge(n) if n > 0 && n <= last => {
            let part = parts.remove(n);
            parts[n - 1].take_in(part);
        }
        Action::MergeAll => {
            let rest = parts.split_off(1);
            rest.into_iter().for_each(|part| parts[0].take_in(part));
        }
        Action::RemoveMedia(n, id) => {
            if let Some(part) = parts.get_mut(n) {
                part.media.retain(|m| *m != id);
            }
        }
        Action::KeepMedia(n, count) => {
            if let Some(part) = parts.get_mut(n) {
                part.media.truncate(count);
            }
        }
        _ => {}
    }
}

impl TypedPart {
    fn set(&mut self, field: &str, value: &str) {
        match field {
            "id" => self.id = value.parse().ok(),
            "text" => self.text = value.replace("\r\n", "\n"),
            "html" if !value.is_empty() => self.rich = Some(mentions::as_words(&Doc::from_html(value)).trim_end()),
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

    /// An editor sends formatted text alone; a page without scripts sends the words as well, and where they were changed they
    /// are what counts.
    fn settle(&mut self, has_words: bool) {
        let Some(doc) = &self.rich else { return };
        let words = doc.to_plain();
        if !has_words {
            self.text = words;
        } else if self.text.trim_end() != words {
            self.rich = None;
        }
    }

    /// The text as it may be formatted.
    pub fn doc(&self) -> Doc {
        self.rich.clone().unwrap_or_else(|| Doc::from_plain(&self.text))
    }

    /// Gives it another text.
    pub fn write(&mut self, doc: Doc) {
        self.text = doc.to_plain();
        self.rich = doc.is_rich().then_some(doc);
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

    /// The part after it becomes one with it.
    fn take_in(&mut self, next: Self) {
        let joined = self.doc().join(next.doc());
        self.write(joined);
        let news: Vec<MediaId> = next.media.into_iter().filter(|id| !self.media.contains(id)).collect();
        self.media.extend(news);
        self.alts.extend(next.alts);
        self.mentions.extend(next.mentions);
    }

    /// Becomes several: the pieces take its place, what else it carries stays with the first.
    pub fn in_pieces(self, pieces: Vec<Doc>) -> Vec<Self> {
        let mentions = self.mentions.clone();
        let mut first = Some(self);
        let piece = |doc: Doc| {
            let mut part = first.take().unwrap_or_else(|| Self { mentions: mentions.clone(), ..Self::default() });
            part.write(doc);
            part
        };
        pieces.into_iter().map(piece).collect()
    }
}

/// What the names of the common text's parts begin with.
pub const COMMON: &str = "parts";

/// Base, number and field of a name such as `parts[2][text]`, or `own[0192…][2][alt][0192…]` of a channel's own text.
pub fn part_field(name: &str) -> Option<(&str, usize, &str)> {
    let base = match name.strip_prefix("own[") {
        Some(rest) => name.get(..rest.find(']')? + "own[]".len())?,
        None => COMMON,
    };
    let (n, field) = name.strip_prefix(base)?.strip_prefix('[')?.strip_suffix(']')?.split_once("][")?;
    Some((base, n.parse().ok()?, field))
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
    }

    #[test]
    fn a_channel_gets_a_text_of_its_own_and_gives_it_back() {
        let mut form = typed(&[("channels", "a"), ("parts[0][text]", "common"), ("action", "override:b")]);
        form.apply(&form.action());
        assert_eq!(form.channels, ["a", "b"]);
        assert_eq!(form.own_of("b").unwrap().parts[0].text, "common");
        let pairs = [
            ("own[b]", "on"),
            ("own[b][1][text]", "two"),
            ("own[b][0][text]", "one"),
            ("parts[0][text]", "common"),
            ("own[c][0][text]", "no marker"),
        ];
        let mut form = typed(&pairs);
        let texts: Vec<&str> = form.own_of("b").unwrap().parts.iter().map(|p| p.text.as_str()).collect();
        assert_eq!((texts, form.own_of("c"), form.parts.len()), (vec!["one", "two"], None, 1));
        assert_eq!(form.words(), "common\n\none\n\ntwo");
        form.apply(&Action::Common("b".into()));
        assert_eq!((form.own_of("b"), form.words()), (None, "common".into()));
        form.apply(&Action::Override("b".into()));
        assert_eq!(form.own_of("b").unwrap().parts.len(), 2, "what was put aside comes back");
    }

    #[test]
    fn buttons_of_an_own_text_change_that_one_only() {
        let mut form = typed(&[
            ("own[b]", "on"),
            ("own[b][0][text]", "x"),
            ("own[b][1][text]", "y"),
            ("parts[0][text]", "c"),
            ("action", "merge:1@b"),
        ]);
        form.apply(&form.action());
        assert_eq!((form.own_of("b").unwrap().parts[0].text.as_str(), form.parts[0].text.as_str()), ("x\n\ny", "c"));
        let (thread, channel) = form.thread();
        assert_eq!((thread.len(), channel.as_deref()), (1, Some("b")));
    }

    #[test]
    fn parts_become_one_and_several() {
        let id = MediaId::new().to_string();
        let mut form = typed(&[
            ("parts[0][text]", "a "),
            ("parts[0][media]", &id),
            ("parts[1][text]", ""),
            ("parts[2][text]", "b"),
            ("parts[2][media]", &id),
            ("action", "merge_all"),
        ]);
        form.apply(&form.action());
        assert_eq!((form.parts.len(), form.parts[0].text.as_str(), form.parts[0].media.len()), (1, "a\n\nb", 1));
        let pieces = form.parts.remove(0).in_pieces(["a", "b"].map(Doc::from_plain).into());
        assert_eq!((pieces[0].media.len(), pieces[1].media.len(), pieces[1].text.as_str()), (1, 0, "b"));
    }

    #[test]
    fn formatting_counts_while_its_words_do() {
        let html = "<p>a <strong>b</strong></p><ul><li>c</li></ul>";
        let part = |text: &str| typed(&[("parts[0][html]", html), ("parts[0][text]", text)]).parts.remove(0);
        let alone = typed(&[("parts[0][html]", html)]).parts.remove(0);
        assert_eq!((alone.text.as_str(), alone.doc().to_html().as_str()), ("a b\n- c", html), "an editor sends no words");
        assert_eq!(part("a b\r\n- c\r\n").doc().to_html(), html, "nothing was changed");
        assert_eq!((part("a b\n- d").rich, part("a b\n- d").text.as_str()), (None, "a b\n- d"), "words were changed without it");
        assert_eq!((part("").rich, part("").is_blank()), (None, true), "words were taken out");
    }

    #[test]
    fn formatted_parts_become_one() {
        let fields = [("parts[0][html]", "<p><em>a</em></p>"), ("parts[1][text]", "b"), ("action", "merge:1")];
        let mut form = typed(&fields);
        form.apply(&form.action());
        assert_eq!(form.parts[0].doc().to_html(), "<p><em>a</em></p><p></p><p>b</p>");
        assert_eq!(form.parts[0].text, "a\n\nb");
    }

    #[test]
    fn a_wait_that_is_no_number_is_never_taken_for_none() {
        let wait = |text: &str| TypedPart { delay_minutes: text.into(), ..TypedPart::default() }.delay_seconds();
        assert_eq!((wait(""), wait("5"), wait("soon"), wait("99999999999999999999")), (0, 300, -1, -1));
    }
}
