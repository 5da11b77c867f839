//! One struct per section; the defaults are the documentation.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens and what it is called.
    pub server: Server,
    /// Where it keeps its data.
    pub database: Database,
    /// Calls to the outside.
    pub http: Http,
    /// What it says while running.
    pub log: Log,
    /// Logins.
    pub accounts: Accounts,
    /// The delivery engine.
    pub delivery: Delivery,
    /// Our own API.
    pub api: Api,
    /// Per provider id.
    pub providers: BTreeMap<String, ProviderConfig>,
}

/// `[server]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Data directory: database, media, key, socket. Default `data` in the working directory.
    pub data: PathBuf,
    /// Address and port. Default 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// The address people use, for links. Default `http://` and the listen address.
    pub url: Option<Url>,
    /// Further host names that may be used instead of the one in `url`.
    pub hosts: Vec<String>,
    /// Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Default none.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            data: "data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// `[database]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://user:password@host/name`. Default: SQLite in the data directory.
    pub url: Option<String>,
}

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Private and loopback ranges that may be called, and over plain http. Default none.
    pub allow_private: Vec<IpNet>,
    /// Seconds until a connection must stand. Default 10.
    pub connect_timeout_seconds: u64,
    /// Seconds until a call must be answered in full; uploads get more by their size. Default 30.
    pub timeout_seconds: u64,
}

impl Default for Http {
    fn default() -> Self {
        Self { allow_private: Vec::new(), connect_timeout_seconds: 10, timeout_seconds: 30 }
    }
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A filter such as `info` or `rostrum=debug,warn`. Default `info`.
    pub level: String,
    /// Default `text`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[accounts]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// A session unused for so many days ends. Default 30.
    pub session_days: u32,
    /// Failed logins per address and quarter of an hour before it must wait. Default 20.
    pub failures_per_address: u32,
    /// Failed logins per account and quarter of an hour before it must wait. Default 10.
    pub failures_per_account: u32,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { session_days: 30, failures_per_address: 20, failures_per_account: 10 }
    }
}

/// `[delivery]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// Channels sent to at the same time. Default 256.
    pub lanes: usize,
    /// Seconds a lane belongs to a worker that shows no life. Default 60.
    pub lease_seconds: u64,
    /// Seconds that requests in flight may take to finish after SIGTERM. Default 20.
    pub drain_seconds: u64,
    /// A post later than this many minutes waits for a person instead of being sent. Default 60.
    pub late_minutes: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { lanes: 256, lease_seconds: 60, drain_seconds: 20, late_minutes: 60 }
    }
}

/// `[api]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// Requests of one access token to `/api/v1` in a minute. Default 600.
    pub per_minute: u32,
}

impl Default for Api {
    fn default() -> Self {
        Self { per_minute: 600 }
    }
}

/// `[providers.<id>]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderConfig {
    /// Replaces a host of the provider by name, for example `hosts.web = "https://bsky.example"`.
    pub hosts: BTreeMap<String, String>,
}
