//! The words of the command line.

use std::{
    collections::BTreeMap,
    io::Read as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

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
    Serve,
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
    /// Print the OpenAPI document
    Openapi,
    /// Prove on this machine that delivery keeps its promises; touches no instance
    Selftest(Selftest),
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

/// `rostrum channel`
#[derive(Debug, Subcommand)]
pub enum Channel {
    /// Connect an account; prints id, name and handle
    Add {
        /// The provider's id (see `channel providers`)
        provider: String,
        /// Organisation; may be left out when there is only one
        #[arg(long)]
        organisation: Option<String>,
        /// An answer of the connect form: k=v, k=@file, or k=- for standard input
        #[arg(long = "field", value_name = "K=V")]
        fields: Vec<String>,
    },
    /// The platforms: connect fields, settings, limits, abilities
    Providers,
    /// The connected accounts
    List {
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

/// `rostrum config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, its value (secrets masked) and where it came from
    Show,
    /// Exit code 0 when the settings can be read
    Check,
}

/// `rostrum selftest`
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Selftest {
    /// Play so many simulated stories, from --from on; --database: on a scratch schema there
    #[arg(long, group = "what", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub seeds: Option<u64>,
    /// The first story
    #[arg(long, value_name = "M", default_value_t = 0, requires = "seeds")]
    pub from: u64,
    /// Play one simulated story and tell it
    #[arg(long, group = "what", value_name = "N")]
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
            Self::Channel { command } => channel(command),
            Self::Post { command } => post(command),
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
        Admin::ResetPassword { email, .. } => Request::ResetPassword { email: email.clone(), password: standard_input()? },
    })
}

fn channel(command: &Channel) -> Result<Request> {
    Ok(match command {
        Channel::Add { provider, organisation, fields } => {
            Request::ChannelAdd { provider: provider.clone(), organisation: organisation.clone(), fields: answers(fields)? }
        }
        Channel::List { organisation } => Request::ChannelList { organisation: organisation.clone() },
        Channel::Providers => return Err(Error::invalid("command", "cli.not_here")),
    })
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
fn answers(list: &[String]) -> Result<BTreeMap<String, Secret>> {
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
