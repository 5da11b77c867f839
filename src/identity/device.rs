//! What a session remembers of the browser that opened it.

use crate::{error::Message, render::text};

/// Most characters of a User-Agent that are kept.
const AGENT_MAX: usize = 200;

/// Who knocks, as far as the connection tells.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its User-Agent, cut.
    pub agent: String,
    /// Its address.
    pub address: String,
}

impl Device {
    /// From the header `User-Agent` and the peer's address.
    pub fn new(agent: &str, address: String) -> Self {
        Self { agent: agent.chars().filter(|c| !c.is_control()).take(AGENT_MAX).collect(), address }
    }
}

/// Word in a User-Agent and the browser it means. Most browsers also name those they descend from, so order decides.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`; other programs by the name they give.
pub fn describe(agent: &str) -> String {
    let known = |table: &[(&str, &'static str)]| table.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => text(&Message::new("account.device").with("browser", browser).with("system", system)),
        _ => match agent.split_whitespace().next() {
            Some(program) => program.chars().take(60).collect(),
            None => text(&Message::new("account.device_unknown")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_by_name_and_system() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "Unknown device"),
        ] {
            assert_eq!(describe(agent), expected);
        }
    }

    #[test]
    fn an_agent_is_cut_and_keeps_no_control_characters() {
        assert_eq!(Device::new(&"é".repeat(500), String::new()).agent.chars().count(), 200);
        assert_eq!(Device::new("a\tb", String::new()).agent, "ab");
    }
}
