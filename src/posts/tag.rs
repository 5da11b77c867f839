//! Tags by their names, and their colours: a palette of our own, and what colour of it comes nearest to one that a script brought.

use super::model::Tag;
use crate::{
    app::App,
    error::Result,
    kit::{OrgId, PostId, TagId},
};

/// What a post carries from now on; names of no tag are passed over.
pub async fn label(app: &App, org: OrgId, post: PostId, names: &[&str]) -> Result<()> {
    let tags = Tag::list(&app.db, org).await?;
    let wanted: Vec<TagId> = tags.iter().filter(|tag| names.contains(&tag.name.as_str())).map(|tag| tag.id).collect();
    let mut tx = app.db.begin().await?;
    Tag::set(&mut tx, org, post, &wanted).await?;
    tx.commit().await
}

/// Words of the palette and about which colour each is.
pub const PALETTE: [(&str, [i32; 3]); 9] = [
    ("grey", [110, 114, 125]),
    ("red", [200, 50, 50]),
    ("orange", [215, 110, 30]),
    ("yellow", [190, 150, 20]),
    ("green", [50, 145, 80]),
    ("teal", [30, 145, 150]),
    ("blue", [60, 100, 220]),
    ("purple", [135, 80, 205]),
    ("pink", [205, 70, 145]),
];

/// A colour as it may be stored: a word of the palette, or `#rrggbb`.
pub fn colour(given: &str) -> Option<String> {
    let given = given.trim().to_ascii_lowercase();
    (PALETTE.iter().any(|(word, _)| *word == given) || hex(&given).is_some()).then_some(given)
}

/// The word of the palette that comes nearest: what pages show, for they have no other colours.
pub fn tone(colour: &str) -> &'static str {
    let known = PALETTE.iter().find(|(word, _)| *word == colour);
    let nearest = |rgb: [i32; 3]| PALETTE.iter().min_by_key(|(_, theirs)| distance(rgb, *theirs));
    known.or_else(|| nearest(hex(colour)?)).map_or("grey", |&(word, _)| word)
}

/// As scripts of Postiz expect it: `#rrggbb`.
pub fn hexadecimal(colour: &str) -> String {
    match PALETTE.iter().find(|(word, _)| *word == colour) {
        Some((_, [r, g, b])) => format!("#{r:02x}{g:02x}{b:02x}"),
        None => colour.to_owned(),
    }
}

fn hex(text: &str) -> Option<[i32; 3]> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let channel = |n: usize| i32::from_str_radix(digits.get(n..n + 2)?, 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

fn distance(a: [i32; 3], b: [i32; 3]) -> i32 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_has_a_tone() {
        for (word, _) in PALETTE {
            assert_eq!((tone(word), tone(&hexadecimal(word))), (word, word));
        }
        for (given, expected) in
            [("#ff0000", "red"), ("#1144ff", "blue"), ("#808080", "grey"), ("nonsense", "grey"), ("", "grey")]
        {
            assert_eq!(tone(given), expected, "{given}");
        }
    }

    #[test]
    fn what_is_stored_is_a_word_or_six_digits() {
        assert_eq!(colour(" Blue "), Some("blue".into()));
        assert_eq!(colour("#A1B2C3"), Some("#a1b2c3".into()));
        for wrong in ["", "mauve", "#abc", "#ggggggg", "red; background: url(x)", "#é00000"] {
            assert_eq!(colour(wrong), None, "{wrong}");
        }
    }
}
