//! Scratch ground: a directory and, on Postgres, a schema, both emptied before and removed after.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::Child;
use crate::{
    app::App,
    boot::{self, Lock},
    config::Config,
    db,
    error::{Error, Result},
    kit::Clock,
};

/// How this program is run again.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program's own file.
    pub exe: PathBuf,
    /// Where scratch directories are made.
    pub room: PathBuf,
    /// What its processes inherit. No setting of ours may be among it.
    pub environment: Vec<(OsString, OsString)>,
    /// A Postgres database to work in; `None`: SQLite.
    pub database: Option<String>,
}

/// Scratch ground for some processes.
pub struct Ground {
    program: Program,
    dir: PathBuf,
    /// The address with the scratch schema.
    database: Option<String>,
    keep: bool,
}

/// Settings of a process: `SECTION__KEY` and value.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

impl Ground {
    /// A new directory, and a new schema on Postgres.
    pub async fn new(program: &Program) -> Result<Self> {
        let dir = program.room.join(format!("rostrum-scratch-{}", Uuid::now_v7().simple()));
        std::fs::create_dir_all(&dir)?;
        let database = match &program.database {
            Some(url) if db::is_postgres(url) => Some(db::scratch::make(url).await?),
            Some(_) => return Err(Error::invalid("database", "cli.scratch_postgres")),
            None => None,
        };
        Ok(Self { program: program.clone(), dir, database, keep: false })
    }

    /// True on Postgres, where several workers can share it.
    pub fn is_postgres(&self) -> bool {
        self.database.is_some()
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Leaves everything where it is, for a person to look at.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    fn data(&self, worker: usize) -> PathBuf {
        self.dir.join(format!("worker-{worker}"))
    }

    /// Opens the instance in this process, to fill it or to look at it. On SQLite no worker may be running.
    pub async fn open(&self) -> Result<(Lock, App)> {
        let mut config = Config::default();
        config.server.data = self.data(0);
        config.database.url = self.database.clone();
        config.http.allow_private = vec!["127.0.0.0/8".parse().map_err(Error::internal)?];
        let lock = Lock::take(&config.server.data)?;
        let lock = lock.ok_or_else(|| Error::Unavailable("a worker still runs on the scratch directory".into()))?;
        Ok((lock, boot::open(config, Clock::system()).await?))
    }

    /// Starts a platform of its own.
    pub fn sandbox(&self) -> Result<Child> {
        self.start("sandbox", &["sandbox", "serve"], &self.dir.join("sandbox"), &[])
    }

    /// Starts a worker: the whole instance on SQLite; on Postgres one of several that share database, key and media store.
    pub fn worker(&self, number: usize, settings: Settings<'_>) -> Result<Child> {
        let data = self.data(number);
        std::fs::create_dir_all(&data)?;
        if number > 0 && !data.join("key").exists() {
            std::fs::copy(self.data(0).join("key"), data.join("key"))?;
        }
        let store = self.data(0).join("media").display().to_string();
        let settings = [settings, &[("STORAGE__PATH", &store)]].concat();
        self.start(&format!("worker-{number}"), &["serve"], &data, &settings)
    }

    fn start(&self, name: &str, words: &[&str], data: &Path, settings: Settings<'_>) -> Result<Child> {
        let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        arguments.extend(["--listen".into(), "127.0.0.1:0".into(), "--data".into(), data.into()]);
        if let Some(url) = &self.database {
            arguments.extend(["--database".into(), url.into()]);
        }
        let own = [("HTTP__ALLOW_PRIVATE", r#"["127.0.0.0/8"]"#), ("LOG__LEVEL", "warn")];
        let own = own.iter().chain(settings).map(|(name, value)| (format!("ROSTRUM_{name}").into(), OsString::from(value)));
        let environment: Vec<_> = self.program.environment.iter().cloned().chain(own).collect();
        Child::spawn(&self.program.exe, &arguments, &environment, self.dir.join(format!("{name}.log")))
    }

    /// Removes everything, unless it is kept.
    pub async fn clear(self) -> Result<()> {
        match &self.program.database {
            Some(url) if !self.keep => db::scratch::remove(url).await,
            _ => Ok(()),
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed lies in a directory for temporary files.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}
