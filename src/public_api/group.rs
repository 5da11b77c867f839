//! A group named in a query. Postiz's word for one is also customer.

use crate::kit::CustomerId;

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Nothing is named: everything.
    Any,
    /// One.
    Of(CustomerId),
    /// What is no id is no group, so nothing is in it.
    None,
}

impl Group {
    /// The parameter; an empty one is none.
    pub fn read(given: Option<&str>) -> Self {
        match given.map(str::trim) {
            None | Some("") => Self::Any,
            Some(id) => id.parse().map_or(Self::None, Self::Of),
        }
    }

    /// Whether a channel of this group, or of none, is asked for.
    pub fn takes(&self, of: Option<CustomerId>) -> bool {
        match self {
            Self::Any => true,
            Self::Of(wanted) => of == Some(*wanted),
            Self::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_parameter_asks_for_everything_and_a_wrong_one_for_nothing() {
        let id = CustomerId::new();
        for (given, own, none) in [
            (None, true, true),
            (Some(" "), true, true),
            (Some("c1"), false, false),
            (Some(&*id.to_string()), true, false),
            (Some(&*CustomerId::new().to_string()), false, false),
        ] {
            let group = Group::read(given);
            assert_eq!((group.takes(Some(id)), group.takes(None)), (own, none), "{given:?}");
        }
    }
}
