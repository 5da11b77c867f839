//! The words by which people sort their files: how they are read from what was typed. Pure.

use crate::error::{Error, Message, Result};

/// Most tags of a file.
pub const MOST: usize = 20;
/// Most characters of a tag.
pub const LONGEST: usize = 40;

/// A tag as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// By which it is the same, however it is written.
    pub key: String,
    /// As it was typed.
    pub name: String,
}

impl Tag {
    /// One tag; `None` when nothing is left of what was typed. Commas part tags, so there is none in it.
    pub fn read(typed: &str) -> Option<Self> {
        let shown: String = typed.chars().map(|c| if c.is_control() || c == ',' { ' ' } else { c }).collect();
        let name = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = name.strip_prefix('#').unwrap_or(&name).trim().to_owned();
        (!name.is_empty()).then(|| Self { key: name.to_lowercase(), name })
    }

    /// Those of a list, each once; too many or too long ones are refused naming `field`.
    pub fn read_all<'a>(typed: impl IntoIterator<Item = &'a str>, field: &str) -> Result<Vec<Self>> {
        let mut tags: Vec<Self> = Vec::new();
        for tag in typed.into_iter().flat_map(|list| list.split(',')).filter_map(Self::read) {
            if tag.name.chars().count() > LONGEST {
                return Err(Error::invalid(field, Message::new("library.error.tag_too_long").with("max", LONGEST)));
            }
            if tags.iter().all(|known| known.key != tag.key) {
                tags.push(tag);
            }
        }
        if tags.len() > MOST {
            return Err(Error::invalid(field, Message::new("library.error.too_many_tags").with("max", MOST)));
        }
        Ok(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(typed: &[&str]) -> Vec<String> {
        Tag::read_all(typed.iter().copied(), "tags").unwrap().into_iter().map(|tag| tag.name).collect()
    }

    #[test]
    fn a_list_is_cut_at_commas_and_says_each_once() {
        assert_eq!(names(&["Launch,  #Summer   2026 ,launch", "", " , ", "Über,über"]), ["Launch", "Summer 2026", "Über"]);
    }

    #[test]
    fn too_much_is_refused() {
        let refused = |typed: &str| matches!(Tag::read_all([typed], "tags"), Err(Error::Invalid(f)) if f[0].field == "tags");
        assert!(refused(&"é".repeat(LONGEST + 1)) && !refused(&"é".repeat(LONGEST)));
        let many = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert!(refused(&many(MOST + 1)) && !refused(&many(MOST)));
    }
}
