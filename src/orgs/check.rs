//! Rules for the names and zones that people give.

use crate::{
    error::{FieldError, Message},
    kit::zone,
};

/// Most characters of a name.
pub const NAME_MAX: usize = 100;

/// The name without spaces around it, or what is wrong with it: 1 to [`NAME_MAX`] characters on one line.
pub fn name(field: &str, given: &str) -> Result<String, FieldError> {
    let name = given.trim();
    match name.chars().count() {
        0 => Err(FieldError::new(field, "org.name_missing")),
        n if n > NAME_MAX => Err(FieldError::new(field, Message::new("org.name_long").with("most", NAME_MAX))),
        _ if name.chars().any(char::is_control) => Err(FieldError::new(field, "org.name_control")),
        _ => Ok(name.to_owned()),
    }
}

/// The IANA name, or that it is none.
pub fn zone(field: &str, given: &str) -> Result<String, FieldError> {
    match zone::parse(given.trim()) {
        Some(zone) => Ok(zone.name().to_owned()),
        None => Err(FieldError::new(field, "org.zone_unknown")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(name("f", "  Ann & Co ").unwrap(), "Ann & Co");
        assert_eq!(name("f", &"é".repeat(100)).unwrap().chars().count(), 100);
        for wrong in ["", "  ", "a\nb", "a\0b", &"é".repeat(101)] {
            assert_eq!(name("f", wrong).unwrap_err().field, "f", "{wrong:?}");
        }
    }

    #[test]
    fn every_zone_of_the_list_is_accepted_and_nothing_else() {
        for name in zone::names() {
            assert_eq!(super::zone("f", name).unwrap(), name);
        }
        for wrong in ["", "Berlin", "Europe/Nowhere", "+02:00"] {
            assert!(super::zone("f", wrong).is_err(), "{wrong:?}");
        }
    }
}
