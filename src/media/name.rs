//! Names of files: what a person sees, never a place on a disk.

/// Most characters kept.
const MAX: usize = 200;

/// A sender's file name without directories and characters that cannot be shown; `file.<extension>` when nothing is left.
pub fn clean(given: &str, extension: &str) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = base.chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(MAX).collect();
    let shown = shown.trim().trim_start_matches('.');
    if shown.is_empty() { format!("file.{extension}") } else { shown.to_owned() }
}

/// A name that somebody chose for a file that lies at `place`, whose extension it keeps; `None` when nothing is left of it.
pub fn renamed(given: &str, place: &str) -> Option<String> {
    let extension = place.rsplit('.').next().unwrap_or_default();
    let name = clean(given, "");
    let lower = name.to_lowercase();
    if lower == "file." {
        return None;
    }
    let has = lower.ends_with(&format!(".{extension}")) || (extension == "jpg" && lower.ends_with(".jpeg"));
    Some(if has { name } else { format!("{}.{extension}", name.chars().take(MAX - 5).collect::<String>()) })
}

/// The name at the end of an address.
pub fn of_url(url: &url::Url) -> String {
    let last = url.path_segments().and_then(|mut s| s.next_back()).unwrap_or_default();
    percent_decoded(last)
}

/// `Content-Disposition` that shows the file in the browser and saves it under its name (RFC 6266).
pub fn disposition(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' }).collect();
    format!("inline; filename=\"{plain}\"; filename*=UTF-8''{}", percent_encoded(name))
}

/// Marks that turn the direction of text or have no width: a name must not look like another one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn percent_encoded(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_place() {
        assert_eq!(clean("../../etc/passwd", "png"), "passwd");
        assert_eq!(clean("C:\\pictures\\a.png", "png"), "a.png");
        assert_eq!(clean("a\r\nb\u{202e}gnp.exe", "png"), "abgnp.exe");
        assert_eq!(clean(" .. ", "png"), "file.png");
        assert_eq!(clean(&"ä".repeat(500), "png").chars().count(), MAX);
    }

    #[test]
    fn a_chosen_name_keeps_the_extension() {
        let named = |given: &str| renamed(given, "2026/11/5f2b.jpg");
        assert_eq!(named(" Summer "), Some("Summer.jpg".into()));
        assert_eq!((named("a.JPEG"), named("v1.2")), (Some("a.JPEG".into()), Some("v1.2.jpg".into())));
        assert_eq!((named(" . "), named("")), (None, None));
        assert!(named(&"é".repeat(500)).unwrap().chars().count() <= MAX);
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(disposition("a\"b;é.png"), "inline; filename=\"a_b;_.png\"; filename*=UTF-8''a%22b%3B%C3%A9.png");
    }

    #[test]
    fn an_address_gives_its_last_segment() {
        let of = |u: &str| of_url(&url::Url::parse(u).unwrap());
        assert_eq!(of("https://x.org/a/sun%20set.jpg?w=1"), "sun set.jpg");
        assert_eq!(of("https://x.org/"), "");
        assert_eq!(of("https://x.org/100%"), "100%");
    }
}
