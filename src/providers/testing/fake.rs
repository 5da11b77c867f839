//! A platform on 127.0.0.1: it keeps what it was sent and answers what the test says, or does not answer at all.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value as Json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
    task::JoinHandle,
};

type Handler = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

/// One request.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Seen {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The fields of a form, in order.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The parts of a multipart body, in order.
    pub fn parts(&self) -> Vec<Part> {
        let (_, boundary) = self.header("content-type").split_once("boundary=").expect("a body of several parts");
        let body = String::from_utf8_lossy(&self.body);
        let border = format!("--{boundary}");
        let pieces = body.split(&border).skip(1).map(|piece| piece.trim_start_matches("\r\n"));
        pieces.filter(|piece| !piece.starts_with("--")).map(Part::read).collect()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// What follows `Authorization: Bearer`.
    pub fn bearer(&self) -> &str {
        self.header("authorization").trim_start_matches("Bearer ")
    }
}

/// A part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    /// Empty for a field.
    pub file: String,
    pub mime: String,
    pub body: String,
}

impl Part {
    /// A field.
    pub fn field(name: &str, body: &str) -> Self {
        Self { name: name.into(), file: String::new(), mime: String::new(), body: body.into() }
    }

    /// A file.
    pub fn file(name: &str, (file, mime): (&str, &str), body: &str) -> Self {
        Self { name: name.into(), file: file.into(), mime: mime.into(), body: body.into() }
    }

    fn read(piece: &str) -> Self {
        let (head, body) = piece.split_once("\r\n\r\n").expect("a part has a head");
        let quoted = |name: &str| {
            let (_, rest) = head.split_once(&format!("; {name}=\""))?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let mime = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-type: ").map(str::to_owned));
        Self {
            name: quoted("name").unwrap_or_default(),
            file: quoted("filename").unwrap_or_default(),
            mime: mime.unwrap_or_default(),
            body: body.trim_end_matches("\r\n").to_owned(),
        }
    }
}

/// What the platform does.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It answers.
    Reply { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    /// It takes the request and is silent.
    Hang,
    /// It takes the request and closes the connection.
    Drop,
}

impl Answer {
    /// 200 with JSON.
    pub fn json(body: Json) -> Self {
        Self::status(200, body)
    }

    /// Any status with JSON.
    pub fn status(status: u16, body: Json) -> Self {
        Self::bytes("application/json", body.to_string()).with_status(status)
    }

    /// 200 with anything.
    pub fn bytes(mime: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Reply { status: 200, headers: vec![("content-type".into(), mime.into())], body: body.into() }
    }

    /// Another status.
    pub fn with_status(mut self, new: u16) -> Self {
        if let Self::Reply { status, .. } = &mut self {
            *status = new;
        }
        self
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name.into(), value.to_string()));
        }
        self
    }
}

/// The platform. It goes away when dropped.
pub struct Fake {
    /// `http://127.0.0.1:port`
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    server: JoinHandle<()>,
}

impl Fake {
    /// Listens on a free port.
    pub async fn start(handler: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, handler): (Arc<Mutex<Vec<Seen>>>, Handler) = (Default::default(), Arc::new(handler));
        let server = tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, handler.clone(), seen.clone()));
                }
            }
        });
        Self { url, seen, server }
    }

    /// What came so far; starts over.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(stream: TcpStream, handler: Handler, kept: Arc<Mutex<Vec<Seen>>>) {
    let (reader, mut writer) = stream.into_split();
    let Ok(seen) = read(BufReader::new(reader)).await else { return };
    kept.lock().unwrap().push(seen.clone());
    let (status, headers, body) = match handler(&seen) {
        Answer::Reply { status, headers, body } => (status, headers, body),
        Answer::Hang => return tokio::time::sleep(Duration::from_secs(60)).await,
        Answer::Drop => return,
    };
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // A client that has gone is its own affair.
    let _ = writer.write_all(&[head.as_bytes(), &body].concat()).await;
    let _ = writer.shutdown().await;
}

async fn read(mut reader: BufReader<OwnedReadHalf>) -> io::Result<Seen> {
    let first = line(&mut reader).await?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default());
    let url = url::Url::parse("http://fake").and_then(|base| base.join(target)).map_err(io::Error::other)?;
    let mut headers = BTreeMap::new();
    loop {
        let line = line(&mut reader).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|e| e == "chunked") {
        loop {
            let size = u64::from_str_radix(&line(&mut reader).await?, 16).map_err(io::Error::other)?;
            (&mut reader).take(size).read_to_end(&mut body).await?;
            line(&mut reader).await?;
            if size == 0 {
                break;
            }
        }
    } else {
        let size = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
        (&mut reader).take(size).read_to_end(&mut body).await?;
    }
    let query = url.query_pairs().into_owned().collect();
    Ok(Seen { method, path: url.path().to_owned(), query, headers, body })
}

async fn line(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}
