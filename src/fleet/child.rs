//! One process of ours: started, told to stop in several ways, weighed, and never left behind.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{sync::oneshot, time::Instant};

use crate::error::{Error, Result};

/// How long a process may take until it is ready.
const START: Duration = Duration::from_secs(30);
/// What the line that says where it is ready contains.
const READY: &str = " is ready: ";

/// A process of ours. Dropping it kills it.
pub struct Child {
    process: std::process::Child,
    ready: Option<oneshot::Receiver<String>>,
    log: PathBuf,
    ended: bool,
}

/// How it is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL: it ends between two instructions.
    Kill,
    /// SIGTERM: it may finish what is in flight.
    Terminate,
    /// SIGSTOP: it stands still and does not know.
    Stop,
    /// SIGCONT: it goes on.
    Continue,
}

/// What a process has used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor time, in steps of 10 ms.
    pub cpu: Duration,
    /// Resident memory in bytes.
    pub resident: u64,
}

impl Child {
    /// Starts `exe` with nothing in its environment but `environment`; its errors are appended to `log`.
    pub fn spawn(exe: &Path, arguments: &[OsString], environment: &[(OsString, OsString)], log: PathBuf) -> Result<Self> {
        let errors = OpenOptions::new().create(true).append(true).open(&log)?;
        let folder = log.parent().unwrap_or(Path::new("/"));
        let mut process = Command::new(exe)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let (tell, ready) = oneshot::channel();
        let output = process.stdout.take().expect("its output was asked for");
        // A thread of its own: it ends with the process, and must not keep a runtime from ending.
        std::thread::spawn(move || {
            let mut tell = Some(tell);
            for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                if let (Some((_, url)), Some(tell)) = (line.split_once(READY), tell.take()) {
                    // Nobody may be waiting any more.
                    let _ = tell.send(url.trim_end_matches('/').to_owned());
                }
            }
        });
        Ok(Self { process, ready: Some(ready), log, ended: false })
    }

    /// Waits until it says where it listens, and gives that address. To be called once.
    pub async fn ready(&mut self) -> Result<String> {
        let ready = self.ready.take().ok_or_else(|| self.broken("was asked twice where it listens"))?;
        match tokio::time::timeout(START, ready).await {
            Ok(Ok(url)) => Ok(url),
            Ok(Err(_)) => Err(self.broken("ended before it was ready")),
            Err(_) => Err(self.broken("was not ready in time")),
        }
    }

    /// Strikes it. Nothing happens to one that has ended.
    pub fn strike(&mut self, blow: Blow) {
        let signal = match blow {
            Blow::Kill => Signal::SIGKILL,
            Blow::Terminate => Signal::SIGTERM,
            Blow::Stop => Signal::SIGSTOP,
            Blow::Continue => Signal::SIGCONT,
        };
        if !self.has_ended() {
            // Until it has been waited for, its number is not given to another process.
            let _ = kill(Pid::from_raw(self.process.id() as i32), signal);
        }
    }

    /// Waits until it has ended; false when it still runs after this long.
    pub async fn ends_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while !self.has_ended() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        true
    }

    /// Ends it as an operator does, or after `limit` by force.
    pub async fn stop(mut self, limit: Duration) {
        self.strike(Blow::Continue);
        self.strike(Blow::Terminate);
        self.ends_within(limit).await;
    }

    fn has_ended(&mut self) -> bool {
        self.ended = self.ended || !matches!(self.process.try_wait(), Ok(None));
        self.ended
    }

    /// What it has used so far; nothing where there is no `/proc`.
    pub fn usage(&self) -> Usage {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", self.process.id())).unwrap_or_default();
        Usage { cpu: cpu(&read("stat")).unwrap_or_default(), resident: resident(&read("status")).unwrap_or_default() }
    }

    fn broken(&self, what: &str) -> Error {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last = log.lines().last().unwrap_or("it said nothing");
        Error::Unavailable(format!("a process of ours {what}: {last} ({})", self.log.display()))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.has_ended() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// User and system time of `/proc/PID/stat`; the kernel counts in hundredths of a second there.
fn cpu(stat: &str) -> Option<Duration> {
    // The name in parentheses may hold anything, so the fields are counted from its end.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_understood() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0";
        assert_eq!(cpu(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(resident("VmPeak:\t 9 kB\nVmRSS:\t  2048 kB\n"), Some(2 << 20));
    }

    #[tokio::test]
    async fn a_child_is_stopped_continued_and_ended() {
        let dir = tempfile::tempdir().unwrap();
        let script = "echo 'It is ready: here/'; exec sleep 60".into();
        let mut child = Child::spawn(Path::new("/bin/sh"), &["-c".into(), script], &[], dir.path().join("log")).unwrap();
        assert_eq!(child.ready().await.unwrap(), "here");
        child.strike(Blow::Stop);
        child.strike(Blow::Terminate);
        assert!(!child.ends_within(Duration::from_millis(50)).await, "a stopped process heeds nothing");
        child.strike(Blow::Continue);
        assert!(child.ends_within(Duration::from_secs(10)).await);
        child.strike(Blow::Kill);
    }
}
