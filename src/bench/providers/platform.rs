//! The least platform that the sandbox's provider can publish to: it takes uploads and posts over kept connections, counts them
//! and answers at once.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::error::Result;

/// What it counts.
#[derive(Default)]
struct Counts {
    posts: AtomicUsize,
    bytes: AtomicU64,
}

/// A platform on loopback. It goes away when dropped.
pub struct Platform {
    url: String,
    counts: Arc<Counts>,
    server: JoinHandle<()>,
}

impl Platform {
    /// Listens on a free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counts = shared.clone();
                // A client that hangs up is its own affair.
                tokio::spawn(async move { serve(stream, &counts).await.unwrap_or_default() });
            }
        });
        Ok(Self { url, counts, server })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Posts that arrived.
    pub fn posted(&self) -> usize {
        self.counts.posts.load(Ordering::SeqCst)
    }

    /// Bytes of files that arrived.
    pub fn uploaded(&self) -> u64 {
        self.counts.bytes.load(Ordering::SeqCst)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(stream: TcpStream, counts: &Counts) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).await? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).await? <= 2 {
                break;
            }
            if let Some((name, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                length = value.trim().parse().map_err(|_| io::Error::other(format!("{name} is no number")))?;
            }
        }
        let read = tokio::io::copy(&mut (&mut reader).take(length), &mut tokio::io::sink()).await?;
        let body = if first.contains("/api/uploads") {
            counts.bytes.fetch_add(read, Ordering::SeqCst);
            r#"{"id":"u"}"#
        } else {
            counts.posts.fetch_add(1, Ordering::SeqCst);
            r#"{"id":"p","url":"http://127.0.0.1/p"}"#
        };
        let head =
            format!("HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        writer.write_all(head.as_bytes()).await?;
    }
}
