//! A mail server on loopback that takes, delays or refuses what it is told to, and keeps what it took.

use std::sync::{Arc, Mutex};

use rostrum::config::{Config, MailSecurity, MailTransport};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// What it does with each letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 250.
    Take,
    /// This instead of 250 to the recipient.
    Say(&'static str),
    /// Hangs up after the letter came, before it answers.
    TakeAndHangUp,
}

/// A letter that it took.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    pub raw: String,
}

impl Received {
    /// A header's value, folded lines joined; empty when there is none.
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let start = format!("{}:", name.to_lowercase());
        let line = head.lines().find(|l| l.to_lowercase().starts_with(&start)).unwrap_or_default();
        line.split_once(':').map_or("", |(_, v)| v.trim()).to_owned()
    }

    /// Everything, with quoted-printable undone.
    pub fn text(&self) -> String {
        let joined = self.raw.replace("=\r\n", "");
        let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
        while let Some((first, tail)) = rest.split_first() {
            let code = (*first == b'=' && tail.len() >= 2)
                .then(|| u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap_or("x"), 16).ok())
                .flatten();
            match code {
                Some(code) => {
                    bytes.push(code);
                    rest = &tail[2..];
                }
                None => {
                    bytes.push(*first);
                    rest = tail;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The server.
#[derive(Clone)]
pub struct Mailbox {
    port: u16,
    answer: Arc<Mutex<Answer>>,
    received: Arc<Mutex<Vec<Received>>>,
    tried: Arc<Mutex<usize>>,
}

impl Mailbox {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mailbox = Self {
            port: listener.local_addr().unwrap().port(),
            answer: Arc::new(Mutex::new(Answer::Take)),
            received: Arc::default(),
            tried: Arc::default(),
        };
        let served = mailbox.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { drop(served.talk(stream).await) });
            }
        });
        mailbox
    }

    /// Has an instance send its mails here.
    pub fn configure(&self, config: &mut Config) {
        config.mail.transport = MailTransport::Smtp;
        config.mail.security = MailSecurity::None;
        config.mail.host = "127.0.0.1".into();
        config.mail.port = Some(self.port);
        config.mail.from = "Rostrum <rostrum@example.org>".into();
        config.mail.timeout_seconds = 5;
    }

    pub fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// How often somebody named a recipient.
    pub fn tried(&self) -> usize {
        *self.tried.lock().unwrap()
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 double ESMTP\r\n").await?;
        let mut to = String::new();
        while let Some(line) = lines.next_line().await? {
            let command = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let answer = self.answer.lock().unwrap().clone();
            let reply = match (command.as_str(), &answer) {
                ("RCPT", answer) => {
                    *self.tried.lock().unwrap() += 1;
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    match answer {
                        Answer::Say(words) => (*words).to_owned(),
                        _ => "250 ok".into(),
                    }
                }
                ("DATA", _) => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut raw = String::new();
                    while let Some(line) = lines.next_line().await? {
                        if line == "." {
                            break;
                        }
                        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                        raw.push_str("\r\n");
                    }
                    self.received.lock().unwrap().push(Received { to: to.clone(), raw });
                    if answer == Answer::TakeAndHangUp {
                        return Ok(());
                    }
                    "250 taken".into()
                }
                ("EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP", _) => "250 ok".into(),
                ("QUIT", _) => "221 bye".into(),
                _ => "502 what?".into(),
            };
            write.write_all(format!("{reply}\r\n").as_bytes()).await?;
            if command == "QUIT" {
                break;
            }
        }
        Ok(())
    }
}
