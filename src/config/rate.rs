//! How often a platform lets itself be written to: data of a provider's description that the configuration can replace.

use serde::{Deserialize, Serialize};

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Who shares it.
    #[serde(default)]
    pub scope: Scope,
    /// What is counted.
    #[serde(default)]
    pub cost: Cost,
    /// So many, at least 1.
    pub n: u32,
    /// In so many seconds, at least 1.
    pub seconds: u32,
    /// True: never more than `n` in any `seconds` (a daily cap). False: a bucket of `n` that refills evenly within
    /// `seconds`.
    #[serde(default)]
    pub rolling: bool,
}

/// Who shares a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every account of the platform: the developer app of this instance.
    App,
    /// One channel.
    #[default]
    Account,
    /// The channels of one organisation on this platform.
    Organisation,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Attempts that others could see.
    #[default]
    Publish,
    /// All attempts, uploads included.
    Request,
}

impl Rate {
    /// A bucket for each account that holds `n` publishes and refills within `seconds`.
    pub const fn account(n: u32, seconds: u32) -> Self {
        Self { scope: Scope::Account, cost: Cost::Publish, n, seconds, rolling: false }
    }

    /// At most `n` publishes of an account in any 24 hours.
    pub const fn daily(n: u32) -> Self {
        Self { rolling: true, ..Self::account(n, 86_400) }
    }
}
