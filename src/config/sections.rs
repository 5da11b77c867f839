//! One struct per section; the defaults are the documentation.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Mail, Notices, Rate};
use crate::kit::Secret;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens and what it is called.
    pub server: Server,
    /// Where it keeps its data.
    pub database: Database,
    /// Pictures and films.
    pub storage: Storage,
    /// Calls to the outside.
    pub http: Http,
    /// What it says while running.
    pub log: Log,
    /// Logins.
    pub accounts: Accounts,
    /// The delivery engine.
    pub delivery: Delivery,
    /// Numbers for a monitoring system.
    pub metrics: Metrics,
    /// Letters by e-mail.
    pub mail: Mail,
    /// What people are told.
    pub notices: Notices,
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
    /// What this process does. Default `all`; the others need Postgres.
    pub role: Role,
    /// What this process is called in the list of processes. Default the machine's name.
    pub label: Option<String>,
}

/// What a process of an instance does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// Pages and API; sends nothing.
    Web,
    /// Sends; answers nothing but whether it is alive and ready.
    Worker,
}

impl Role {
    /// As stored and configured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Web => "web",
            Self::Worker => "worker",
        }
    }

    /// It sends.
    pub fn sends(self) -> bool {
        self != Self::Web
    }

    /// It has pages and an API.
    pub fn serves(self) -> bool {
        self != Self::Worker
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            data: "data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            url: None,
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            role: Role::All,
            label: None,
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

/// `[storage]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// Default `local`.
    pub kind: StorageKind,
    /// Where local files lie. Default `media` in the data directory. Several processes need one place that all see.
    pub path: Option<PathBuf>,
    /// S3: the bucket, which must exist.
    pub bucket: String,
    /// S3: the service's address. Default Amazon's for the region.
    pub endpoint: Option<Url>,
    /// S3: its region. Default `auto`, which R2 and most others take.
    pub region: String,
    /// S3: id of the access key.
    pub access_key: String,
    /// S3: the secret of the access key.
    #[serde(skip_serializing)]
    pub secret_key: Secret,
    /// S3: the bucket stands in the path and not in the host name. Default true.
    pub path_style: bool,
    /// S3: what every object's name begins with, so that several instances can share a bucket. Default nothing.
    pub prefix: String,
    /// S3: an address under which everybody can read the bucket, for platforms that fetch files themselves. Default
    /// addresses signed for an hour each.
    pub public_url: Option<Url>,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            kind: StorageKind::Local,
            path: None,
            bucket: String::new(),
            endpoint: None,
            region: "auto".into(),
            access_key: String::new(),
            secret_key: Secret::default(),
            path_style: true,
            prefix: String::new(),
            public_url: None,
        }
    }
}

/// Where files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// In a directory.
    Local,
    /// In a bucket of a service that speaks S3: Amazon, Cloudflare R2, SeaweedFS, Garage.
    S3,
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
    /// Channels sent to at the same time; one organisation gets at most three quarters of them. Default 1024.
    pub lanes: usize,
    /// Seconds a lane belongs to a worker that shows no life. Default 60.
    pub lease_seconds: u64,
    /// Seconds that requests in flight may take to finish after SIGTERM. Default 20.
    pub drain_seconds: u64,
    /// A post later than this many minutes is not simply sent: see the organisation's settings. For organisations that have
    /// not chosen. Default 60, at least 1.
    pub late_minutes: u32,
    /// Posts a minute and channel while a backlog is worked off, for organisations that have not chosen. Default 1; 0: all
    /// at once.
    pub burst_per_minute: u32,
    /// Posts an hour and channel at most; organisations can choose less. Default 30; 0: as many as come.
    pub channel_per_hour: u32,
    /// Hours within which the same content on the same channel must be confirmed. Default 24; 0: never asked.
    pub duplicate_hours: u32,
    /// The two limits above hold for the sandbox, too. Default false.
    pub limit_sandbox: bool,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            lanes: 1_024,
            lease_seconds: 60,
            drain_seconds: 20,
            late_minutes: 60,
            burst_per_minute: 1,
            channel_per_hour: 30,
            duplicate_hours: 24,
            limit_sandbox: false,
        }
    }
}

/// `[metrics]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// What `GET /metrics` must bring as `Authorization: Bearer`; at least 16 characters. Default none: there is no `/metrics`.
    #[serde(skip_serializing, deserialize_with = "long_enough")]
    pub token: Option<Secret>,
}

/// A token that can be guessed is none.
fn long_enough<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let token = Option::<Secret>::deserialize(from)?;
    match &token {
        Some(secret) if secret.expose().len() < 16 => Err(serde::de::Error::custom("a token has at least 16 characters")),
        _ => Ok(token),
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
    /// The developer app of this instance, for example `app.client_id` and `app.client_secret`.
    pub app: BTreeMap<String, String>,
    /// Offers a provider that has nothing official behind it. Default false.
    pub enabled: bool,
    /// Replaces the limits that the provider's description names. Default: those of the description.
    pub rates: Option<Vec<Rate>>,
}
