//! What of the library somebody asks to see: read from an address, and written into one. Pure.

use super::tag::Tag;
use crate::search::folded;

/// Words of a question that count.
const WORDS: usize = 6;
/// Characters of a question.
const LONGEST: usize = 200;

/// A part of a library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// As typed, for the form.
    pub q: String,
    /// Name or description has each of these somewhere.
    pub words: Vec<String>,
    /// Of this kind.
    pub kind: Option<Shape>,
    /// Carries this tag, by its key.
    pub tag: Option<String>,
    /// What it lacks.
    pub only: Option<Only>,
}

/// Kinds of files as people tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A picture that does not move.
    Picture,
    /// A GIF.
    Gif,
    /// A film.
    Film,
}

/// What a file lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// No post shows it.
    Unused,
    /// It has no alternative text.
    Undescribed,
}

impl Shape {
    /// All, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Picture, Self::Gif, Self::Film];

    /// As addresses and the API name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Gif => "gif",
            Self::Film => "film",
        }
    }

    /// From such a name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }
}

impl Only {
    /// Both, in the order of the page.
    pub const ALL: [Self; 2] = [Self::Unused, Self::Undescribed];

    /// As addresses and the API name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Undescribed => "no_alt",
        }
    }

    /// From such a name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|only| only.name() == name)
    }
}

impl Filter {
    /// From the values of an address; what means nothing asks for nothing.
    pub fn read(q: &str, kind: &str, tag: &str, only: &str) -> Self {
        let q: String = q.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let q = q.trim().to_owned();
        Self {
            words: folded(&q).into_iter().take(WORDS).collect(),
            q,
            kind: Shape::read(kind),
            tag: Tag::read(tag).map(|tag| tag.key),
            only: Only::read(only),
        }
    }

    /// It leaves nothing out.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.kind.is_none() && self.tag.is_none() && self.only.is_none()
    }

    /// The address of `page` with this filter, and `more` values.
    pub fn url(&self, page: &str, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let own = [
            ("q", self.q.as_str()),
            ("kind", self.kind.map(Shape::name).unwrap_or_default()),
            ("tag", self.tag.as_deref().unwrap_or_default()),
            ("only", self.only.map(Only::name).unwrap_or_default()),
        ];
        query.extend_pairs(own.into_iter().chain(more.iter().copied()).filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_filter() {
        let filter = Filter::read(" Café <b>", "film", "Launch, now", "no_alt");
        assert_eq!(filter.words, ["cafe", "b"]);
        assert_eq!(
            filter.url("/media", &[("after", "x")]),
            "/media?q=Caf%C3%A9+%3Cb%3E&kind=film&tag=launch+now&only=no_alt&after=x"
        );
        let nothing = Filter::read("\0", "song", " ", "all");
        assert!(nothing.is_empty() && nothing.url("/media", &[("after", "")]) == "/media");
    }
}
