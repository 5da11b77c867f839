//! What the composer's buttons ask for, out of their values. Pure.

use crate::kit::{MediaId, SnippetId};

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
    /// One with the part before it.
    Merge(usize),
    /// All parts as one.
    MergeAll,
    /// A part as several that fit everywhere it goes.
    Split(usize),
    /// A part without one of its media.
    RemoveMedia(usize, MediaId),
    /// A part with so many of its first media.
    KeepMedia(usize, usize),
    /// A channel gets a text of its own.
    Override(String),
    /// A channel gets the common text again.
    Common(String),
    /// Words of ours at the end of the last part.
    Insert(SnippetId),
    /// Kept as a set, not as a post.
    SaveSet,
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
        match value.split_once(':') {
            Some(("override", channel)) => return Self::Override(channel.to_owned()),
            Some(("common", channel)) => return Self::Common(channel.to_owned()),
            Some(("insert", snippet)) => return snippet.parse().map_or(Self::Upload, Self::Insert),
            _ => {}
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
            ("merge", Some(n)) => Self::Merge(n),
            ("merge_all", _) => Self::MergeAll,
            ("split", Some(n)) => Self::Split(n),
            ("save_set", _) => Self::SaveSet,
            ("keep_media", Some(n)) => id.and_then(|id| id.parse().ok()).map_or(Self::Upload, |count| Self::KeepMedia(n, count)),
            ("remove_media", Some(n)) => id.and_then(|id| id.parse().ok()).map_or(Self::Upload, |id| Self::RemoveMedia(n, id)),
            _ => Self::Upload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_never_sends() {
        for value in ["sve", "merge", "split:x", "insert:x", "keep_media:0:x", "remove_media:0:x", "drop:settings[0192][sub]"] {
            assert_eq!(Action::parse(value), Action::Upload, "{value}");
        }
        assert_eq!((Action::parse(""), Action::parse("save")), (Action::Save, Action::Save));
    }

    #[test]
    fn buttons_name_what_they_mean() {
        let name = "settings[0192][sub]".to_owned();
        assert_eq!(Action::parse("add_entry:settings[0192][sub]"), Action::AddEntry(name));
        assert_eq!(Action::parse("override:0192"), Action::Override("0192".into()));
        assert_eq!(Action::parse("keep_media:1:4"), Action::KeepMedia(1, 4));
        assert_eq!((Action::parse("merge:2"), Action::parse("merge_all")), (Action::Merge(2), Action::MergeAll));
    }
}
