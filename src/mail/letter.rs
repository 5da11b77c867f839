//! What a letter says: three templates of `templates/mail/<name>`, and rules for the lines of its head.

use lettre::{
    Address,
    message::{Mailbox, Message as Mime, MultiPart, header::HeaderName, header::HeaderValue},
};
use serde::Serialize;

use crate::{
    error::{Error, FieldError, Message, Result},
    render::Pages,
};

/// Most characters of a subject.
const SUBJECT_MAX: usize = 150;

/// What the templates of one letter are given. `templates/mail/NAME` holds `subject.txt`, `body.txt` and `body.html`.
pub trait Letter: Serialize {
    /// The folder.
    const NAME: &'static str;
}

/// A letter's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// One line.
    pub subject: String,
    /// For programs that show no HTML.
    pub text: String,
    /// For all others.
    pub html: String,
}

/// Renders a letter.
pub fn write<L: Letter>(pages: &Pages, letter: &L) -> Result<Content> {
    let part = |file: &str| pages.render_template(&format!("mail/{}/{file}", L::NAME), letter, &());
    Ok(Content { subject: one_line(&part("subject.txt")?), text: part("body.txt")?, html: part("body.html")? })
}

/// A letter with whom it is for.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// Checked by [`address`].
    pub to: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// What stays the same however often it is sent: the part before the `@` of its Message-ID.
    pub id: &'a str,
    /// What it says.
    pub content: &'a Content,
    /// Where a mail program unsubscribes with one POST.
    pub unsubscribe: Option<&'a str>,
}

/// The address, when a mail can go there; an error of `field` otherwise. Only plain addresses, without a name around them.
pub fn address(field: &str, given: &str) -> Result<Address, FieldError> {
    let wrong = || FieldError::new(field, Message::new("mail.address").with("given", one_line(given)));
    let given = given.trim();
    if given.len() > 254 || given.chars().any(char::is_control) {
        return Err(wrong());
    }
    given.parse().map_err(|_| wrong())
}

impl Outgoing<'_> {
    /// As it crosses the wire. `domain` is the part of the Message-ID after the `@`.
    pub(super) fn mime(&self, from: &Mailbox, reply_to: Option<&Mailbox>, domain: &str) -> Result<Mime> {
        let to = address("to", self.to).map_err(|e| Error::Invalid(vec![e]))?;
        let name = Some(one_line(self.name)).filter(|name| !name.is_empty());
        let mut mime = Mime::builder()
            .from(from.clone())
            .to(Mailbox::new(name, to))
            .subject(one_line(&self.content.subject))
            .message_id(Some(format!("<{}@{domain}>", self.id)))
            // Nobody's holiday answer shall come back.
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = reply_to {
            mime = mime.reply_to(reply_to.clone());
        }
        if let Some(url) = self.unsubscribe {
            mime = mime
                .raw_header(header("List-Unsubscribe", &format!("<{}>", one_line(url))))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let body = MultiPart::alternative_plain_html(self.content.text.clone(), self.content.html.clone());
        mime.multipart(body).map_err(Error::internal)
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// What stands in the head of a letter is one line, whatever people named their things.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(SUBJECT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, subject: &str) -> String {
        let content = Content { subject: subject.into(), text: "Grüße".into(), html: "<p>Grüße</p>".into() };
        let letter = Outgoing { to: "ann@example.org", name, id: "a.b", content: &content, unsubscribe: Some("https://h/u/1") };
        let from = "Rostrum <r@example.org>".parse().unwrap();
        String::from_utf8(letter.mime(&from, None, "h").unwrap().formatted()).unwrap()
    }

    #[test]
    fn nothing_in_a_name_or_subject_becomes_a_header() {
        let raw = sent("Ann\r\nBcc: eve@example.org", "Hello\r\nX-Evil: yes\u{2028}\0there");
        let head = raw.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|l| l.starts_with("Bcc") || l.starts_with("X-Evil")), "{head}");
        assert!(head.contains("Message-ID: <a.b@h>"), "{head}");
        assert!(head.contains("List-Unsubscribe: <https://h/u/1>"), "{head}");
        assert!(head.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        assert!(head.contains("\r\nSubject: "), "{head}");
    }

    #[test]
    fn addresses_are_checked() {
        for good in ["ann@example.org", "a.b+c@sub.example.org", " ann@example.org "] {
            assert!(address("to", good).is_ok(), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        for bad in ["", "ann", "@example.org", "ann@", "a@b@c", "a\r\nBcc: x@y.z@example.org", "Ann <ann@example.org>", &long] {
            assert_eq!(address("to", bad).unwrap_err().field, "to", "{bad:?}");
        }
    }
}
