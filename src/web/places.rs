//! The pages of the settings, said once: the list at their side, their index and the search for pages read it.

use serde::Serialize;

/// Pages of the settings below one heading. Names and texts are keys of the catalogue.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Group {
    /// The heading.
    pub name: &'static str,
    /// Its pages, in order.
    pub places: &'static [Place],
}

/// A page of the settings.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Place {
    /// Its path.
    pub url: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What is done there.
    pub text: &'static str,
    /// A sign of the sprite.
    pub icon: &'static str,
    /// Owners and administrators alone may open it.
    pub admin: bool,
}

/// All of them.
pub const SETTINGS: &[Group] = &[
    Group {
        name: "settings.group_you",
        places: &[
            all("/settings/account", "settings.account", "settings.account_text", "user"),
            all("/settings/notices", "settings.notices", "settings.notices_text", "bell"),
        ],
    },
    Group {
        name: "settings.group_writing",
        places: &[
            all("/settings/tags", "tags.title", "settings.tags_text", "tags"),
            all("/settings/signatures", "snippets.title", "settings.snippets_text", "signature"),
            all("/settings/sets", "sets.title", "settings.sets_text", "layers"),
        ],
    },
    Group {
        name: "settings.group_organisation",
        places: &[
            admins("/settings/organisation", "settings.organisation", "settings.organisation_text", "building-2"),
            all("/settings/members", "people.title", "settings.members_text", "users"),
            admins("/settings/reviews", "review.settings", "settings.reviews_text", "check-check"),
            admins("/settings/delivery", "settings.delivery", "settings.delivery_text", "send"),
            admins("/settings/apps", "apps.title", "settings.apps_text", "unplug"),
            admins("/settings/tokens", "settings.tokens", "settings.tokens_text", "key-round"),
        ],
    },
];

const fn all(url: &'static str, name: &'static str, text: &'static str, icon: &'static str) -> Place {
    Place { url, name, text, icon, admin: false }
}

const fn admins(url: &'static str, name: &'static str, text: &'static str, icon: &'static str) -> Place {
    Place { admin: true, ..all(url, name, text, icon) }
}
