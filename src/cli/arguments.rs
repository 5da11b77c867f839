//! The words of the command line.

use std::{
    collections::BTreeMap,
    io::Read as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

pub use super::channel::Channel;
use super::commands::Request;
use crate::{
    config::{self, Loaded},
    error::{Error, Message, Result},
    kit::Secret,
};

/// Compose once, publish everywhere, exactly once.
#[derive(Debug, Parser)]
#[command(name = "rostrum", version, about, propagate_version = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Settings file [default: rostrum.toml, when it exists]
    #[arg(long, global = true, env = "ROSTRUM_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Postgres instead of SQLite in the data directory
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Answer in JSON, errors too
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 wrong input, 4 not found, 5 wrong state,\n\
                          6 the platform refused, 7 something needed is away (database, disk, network)";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the instance
    Serve {
        /// What this process does; web and worker need Postgres [default: all]
        #[arg(long, value_enum)]
        role: Option<config::Role>,
    },
    /// Owners and passwords
    Admin {
        /// What to do
        #[command(subcommand)]
        command: Admin,
    },
    /// Connected accounts
    Channel {
        /// What to do
        #[command(subcommand)]
        command: Channel,
    },
    /// Posts
    Post {
        /// What to do
        #[command(subcommand)]
        command: Post,
    },
    /// E-mail
    Mail {
        /// What to do
        #[command(subcommand)]
        command: Mail,
    },
    /// Bring the database's schema up to date (serve does it too)
    Migrate,
    /// The settings in force
    Config {
        /// What to do
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Ask the running instance whether it is ready; exit code 0 when it is
    Healthcheck,
    /// Write one consistent archive of database, media and key, also while running
    Backup {
        /// The archive, a .tar.gz that must not exist yet
        file: PathBuf,
    },
    /// Put an archive of `backup` back, into an empty data directory or an empty Postgres; it starts paused
    Restore {
        /// The archive
        file: PathBuf,
    },
    /// Let a restored or copied instance send again: what was due meanwhile is looked up at its platforms first
    Resume {
        /// Hold everything that was due meanwhile for a person instead
        #[arg(long, group = "how")]
        hold_overdue: bool,
        /// Look it up and go on (the default)
        #[arg(long, group = "how")]
        reconcile: bool,
        /// Only tell whether the instance is paused and what was due meanwhile
        #[arg(long, group = "how")]
        show: bool,
    },
    /// The media store
    Storage {
        /// What to do
        #[command(subcommand)]
        command: Storage,
    },
    /// Print the OpenAPI document of the Postiz-compatible API, or of ours
    Openapi {
        /// That of /api/v1
        #[arg(long)]
        v1: bool,
    },
    /// Prove on this machine that nothing is sent twice and nothing is lost
    Selftest(Selftest),
    /// Measure this machine
    Bench {
        /// What to measure
        #[command(subcommand)]
        command: super::rehearsal::Bench,
    },
    /// The practice platform
    Sandbox {
        /// What to do
        #[command(subcommand)]
        command: Sandbox,
    },
}

/// `rostrum admin`
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Create an owner with an organisation; prints user_id, organisation_id and api_key
    Create {
        /// Login
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Name of the organisation
        #[arg(long)]
        organisation: String,
        /// Name of the person [default: the part of the e-mail before the @]
        #[arg(long)]
        name: Option<String>,
        /// IANA time zone of the organisation
        #[arg(long, default_value = "UTC")]
        zone: String,
    },
    /// Access tokens of /api/v1
    Token {
        /// What to do
        #[command(subcommand)]
        command: Token,
    },
    /// Set a new password and end all sessions of a person
    ResetPassword {
        /// Login
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

/// `rostrum admin token`
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token of /api/v1 that acts for the organisation; prints id and token, which cannot be shown again
    Create {
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may do, for example posts:read; repeat for several
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// Days until it ends [default: it does not]
        #[arg(long)]
        days: Option<i64>,
    },
    /// The tokens, without their secrets
    List {
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
    },
    /// End a token at once
    Revoke {
        /// Its id
        id: String,
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
    },
}

/// `rostrum post`
#[derive(Debug, Subcommand)]
pub enum Post {
    /// Write a post; prints its id and targets
    Create {
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
        /// Channel id; repeat for several
        #[arg(long = "channel", required = true)]
        channels: Vec<String>,
        /// Text; repeat for a thread
        #[arg(long = "text", required = true)]
        texts: Vec<String>,
        /// Picture or video of the first part, as FILE or FILE=alternative text; repeat for several
        #[arg(long = "media")]
        media: Vec<String>,
        /// A provider setting for all channels: name=value
        #[arg(long = "setting", value_name = "K=V")]
        settings: Vec<String>,
        /// When: RFC 3339, or `YYYY-MM-DD HH:MM` in the organisation's zone
        #[arg(long, group = "when")]
        at: Option<String>,
        /// At once
        #[arg(long, group = "when")]
        now: bool,
        /// At each channel's next free slot
        #[arg(long, group = "when")]
        next_slot: bool,
        /// Not before somebody says so (also when none of the others is given)
        #[arg(long, group = "when")]
        draft: bool,
    },
    /// Posts of a time window
    List {
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
        /// From, RFC 3339 [default: 30 days ago]
        #[arg(long)]
        from: Option<String>,
        /// Until, RFC 3339 [default: in 30 days]
        #[arg(long)]
        to: Option<String>,
    },
    /// One post with the state of each target and part
    Show {
        /// Post or target id
        id: String,
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
    },
}

/// `rostrum mail`
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Send a test mail with the settings in force; fails with the mail server's own words
    Test {
        /// Where to
        #[arg(long, value_name = "ADDR")]
        to: String,
    },
}

/// `rostrum config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, its value (secrets masked) and where it came from
    Show,
    /// Exit code 0 when the settings can be read
    Check,
}

/// `rostrum storage`
#[derive(Debug, Subcommand)]
pub enum Storage {
    /// Write, read and remove a small file, to see whether the settings are right
    Check,
    /// Take the store of the settings for this instance's at the next start, because the old one is lost or was moved
    Adopt,
}

/// `rostrum selftest`
#[derive(Debug, clap::Args)]
pub struct Selftest {
    /// Kill, freeze and stop real servers for so long, for example 60s; with --database three workers on one Postgres
    #[arg(long, value_parser = super::rehearsal::length, value_name = "TIME", required_unless_present_any = ["seeds", "seed"])]
    pub torture: Option<Duration>,
    /// Play so many simulated stories; with --database on a scratch schema there
    #[arg(long, value_name = "N", conflicts_with_all = ["torture", "seed"], value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub seeds: Option<u64>,
    /// The first of them
    #[arg(long, value_name = "M", default_value_t = 0, requires = "seeds")]
    pub from: u64,
    /// Play one simulated story and tell it; with --torture choose the same random faults again
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// `rostrum sandbox`
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Serve the practice platform alone, with its own data, at the address of --listen and in the directory of --data
    Serve,
}

impl Arguments {
    /// Reads the settings with the flags on top.
    pub fn load(&self) -> anyhow::Result<Loaded> {
        let default = Path::new("rostrum.toml");
        let file = self.config.as_deref().unwrap_or(default);
        let mut flags = Vec::new();
        if let Some(data) = &self.data {
            flags.push(("server.data", data.to_str().context("--data must be UTF-8")?.to_owned()));
        }
        if let Some(listen) = self.listen {
            flags.push(("server.listen", listen.to_string()));
        }
        if let Some(database) = &self.database {
            flags.push(("database.url", database.clone()));
        }
        if let Command::Serve { role: Some(role) } = &self.command {
            flags.push(("server.role", role.as_str().to_owned()));
        }
        config::load(file, self.config.is_some(), &flags)
    }
}

impl Command {
    /// True for what needs no instance.
    pub fn is_static(&self) -> bool {
        matches!(self, Self::Channel { command: Channel::Providers })
    }

    /// What the instance is asked; reads standard input and files named by the arguments.
    pub fn request(&self) -> Result<Request> {
        match self {
            Self::Admin { command } => admin(command),
            Self::Channel { command } => command.request(),
            Self::Post { command } => post(command),
            Self::Resume { show: true, .. } => Ok(Request::Paused),
            Self::Resume { hold_overdue, .. } => Ok(Request::Resume { hold_overdue: *hold_overdue }),
            Self::Mail { command: Mail::Test { to } } => Ok(Request::MailTest { to: to.clone() }),
            Self::Backup { file } => Ok(Request::Backup { file: std::path::absolute(file)? }),
            _ => Err(Error::invalid("command", "cli.not_here")),
        }
    }
}

fn admin(command: &Admin) -> Result<Request> {
    Ok(match command {
        Admin::Create { email, organisation, name, zone, .. } => Request::AdminCreate {
            email: email.clone(),
            password: standard_input()?,
            organisation: organisation.clone(),
            name: name.clone().unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned()),
            zone: zone.clone(),
        },
        Admin::Token { command } => token(command),
        Admin::ResetPassword { email, .. } => Request::ResetPassword { email: email.clone(), password: standard_input()? },
    })
}

fn token(command: &Token) -> Request {
    match command {
        Token::Create { organisation, name, scopes, days } => {
            Request::TokenCreate { organisation: organisation.clone(), name: name.clone(), scopes: scopes.clone(), days: *days }
        }
        Token::List { organisation } => Request::TokenList { organisation: organisation.clone() },
        Token::Revoke { id, organisation } => Request::TokenRevoke { id: id.clone(), organisation: organisation.clone() },
    }
}

fn post(command: &Post) -> Result<Request> {
    Ok(match command {
        Post::Create { organisation, channels, texts, media, settings, at, now, next_slot, .. } => Request::PostCreate {
            organisation: organisation.clone(),
            channels: channels.clone(),
            texts: texts.clone(),
            media: media.iter().map(|m| picture(m)).collect::<Result<_>>()?,
            settings: pairs(settings)?,
            at: at.clone(),
            now: *now,
            next_slot: *next_slot,
        },
        Post::List { organisation, from, to } => {
            Request::PostList { organisation: organisation.clone(), from: from.clone(), to: to.clone() }
        }
        Post::Show { id, organisation } => Request::PostShow { id: id.clone(), organisation: organisation.clone() },
    })
}

/// `FILE` or `FILE=alternative text`; made absolute, because the server may run elsewhere.
fn picture(text: &str) -> Result<(PathBuf, String)> {
    let (file, alt) = text.split_once('=').unwrap_or((text, ""));
    Ok((std::path::absolute(file)?, alt.to_owned()))
}

/// `k=v` pairs.
fn pairs(list: &[String]) -> Result<BTreeMap<String, String>> {
    list.iter()
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(|| Error::invalid(pair, "cli.not_a_pair"))?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// `k=v`, `k=@file` and `k=-`, so that secrets stay out of the process list.
pub(super) fn answers(list: &[String]) -> Result<BTreeMap<String, Secret>> {
    let read = |name: &str, value: &str| match value.strip_prefix('@') {
        _ if value == "-" => standard_input(),
        Some(file) => match std::fs::read_to_string(file) {
            Ok(text) => Ok(Secret::new(text.trim_end_matches(['\r', '\n']))),
            Err(e) => Err(Error::invalid(name, Message::new("cli.unreadable").with("file", file).with("detail", e))),
        },
        None => Ok(Secret::new(value)),
    };
    pairs(list)?.into_iter().map(|(name, value)| Ok((name.clone(), read(&name, &value)?))).collect()
}

/// The first line of standard input.
fn standard_input() -> Result<Secret> {
    let mut text = String::new();
    std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text)?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}
