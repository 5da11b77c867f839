//! A text in pieces that a section takes. Pure.

/// Characters of a section: <https://docs.slack.dev/reference/block-kit/blocks/section-block>
const SECTION: usize = 3_000;

/// Cut at line ends where that is possible, else at spaces, and never within `<…>` or `&…;`.
pub fn sections(text: &str) -> Vec<String> {
    cut(text, SECTION)
}

fn cut(text: &str, most: usize) -> Vec<String> {
    let (mut pieces, mut rest) = (Vec::new(), text.trim_matches('\n'));
    while length(rest) > most {
        let at = place(rest, most);
        pieces.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start_matches(['\n', ' ']);
    }
    pieces.push(rest.to_owned());
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The best place not after `most`.
fn place(text: &str, most: usize) -> usize {
    let (mut line, mut space, mut any, mut counted, mut open) = (0, 0, 0, 0, None);
    for (at, c) in text.char_indices() {
        if counted > most {
            break;
        }
        if open.is_none() {
            any = at;
            match c {
                '\n' => line = at,
                ' ' => space = at,
                _ => {}
            }
        }
        match (c, open) {
            ('<', None) => open = Some('>'),
            ('&', None) => open = Some(';'),
            (c, Some(close)) if c == close => open = None,
            _ => {}
        }
        counted += c.len_utf16();
    }
    // Something without any place to cut: between characters, wherever.
    let anywhere =
        text.char_indices().map(|(at, _)| at).take_while(|at| length(&text[..*at]) <= most).last().unwrap_or(text.len());
    [line, space, any].into_iter().find(|at| *at > 0).unwrap_or(anywhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_at_lines_then_at_spaces() {
        assert_eq!(cut("one\ntwo three\nfour", 10), ["one", "two three", "four"]);
        assert_eq!(cut("aaaa bbbb cccc", 9), ["aaaa bbbb", "cccc"]);
        assert_eq!(cut("short", 10), ["short"]);
        assert!(cut("", 10).is_empty());
    }

    #[test]
    fn links_and_signs_stay_whole() {
        assert_eq!(cut("see <https://x.org/a b c|the page>", 20), ["see", "<https://x.org/a b c", "|the page>"]);
        assert_eq!(cut("see <https://x.org|page>", 22), ["see", "<https://x.org|page>"]);
        assert_eq!(cut("aaaaaaaa&amp;b", 10), ["aaaaaaaa", "&amp;b"]);
    }

    #[test]
    fn what_has_no_spaces_is_cut_between_characters() {
        let pieces = sections(&"🙂".repeat(4_000));
        assert_eq!(pieces.iter().map(|p| length(p)).collect::<Vec<_>>(), [3_000, 3_000, 2_000]);
    }
}
