//! A throw-away Postgres from the machine's own binaries, one for the whole test binary, gone with it; or the server
//! that `ROSTRUM_TEST_POSTGRES_URL` names (its user must be allowed to create databases).

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use rostrum::db::{Db, Migrations};
use tokio::sync::OnceCell;

const TEMPLATE: &str = "rostrum_template";

static SERVER: OnceCell<String> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A migrated database of its own, copied from a template.
pub async fn fresh_database() -> String {
    let server = SERVER.get_or_init(|| async { prepare(start()).await }).await;
    let name = format!("rostrum_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    admin(server, &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}_{}", std::process::id())).await;
    with_database(server, &name)
}

/// A database of its own without any table.
pub async fn empty_database() -> String {
    let server = SERVER.get_or_init(|| async { prepare(start()).await }).await;
    let name = format!("rostrum_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    admin(server, &format!("CREATE DATABASE {name}")).await;
    with_database(server, &name)
}

async fn prepare(server: String) -> String {
    let template = format!("{TEMPLATE}_{}", std::process::id());
    admin(&server, &format!("DROP DATABASE IF EXISTS {template}")).await;
    admin(&server, &format!("CREATE DATABASE {template}")).await;
    let db = Db::open(&with_database(&server, &template)).await.unwrap();
    Migrations::load(true).run(&db).await.unwrap();
    db.close().await;
    server
}

fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.to_string()
}

async fn admin(server: &str, sql: &str) {
    use sqlx::{Connection as _, Executor as _};
    let mut connection = sqlx::PgConnection::connect(server).await.expect("the test Postgres answers");
    // Two copies of one template at the same time exclude each other on the server: wait for our turn.
    connection.execute("SELECT pg_advisory_lock(7)").await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}

/// Starts the server and a guardian that ends it when this process is gone.
fn start() -> String {
    if let Ok(url) = std::env::var("ROSTRUM_TEST_POSTGRES_URL") {
        return url;
    }
    let bin = binaries();
    let dir = tempfile::Builder::new().prefix("rostrum-pg-").tempdir_in("/tmp").unwrap().keep();
    let as_root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if as_root {
        run(Command::new("chown").arg("postgres").arg(&dir));
    }
    let command = |program: &str| {
        let program = bin.join(program);
        if as_root {
            let mut c = Command::new("runuser");
            c.args(["-u", "postgres", "--"]).arg(program);
            c
        } else {
            Command::new(program)
        }
    };
    let data = dir.join("data");
    run(command("initdb").args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]).arg(&data));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = format!(
        "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off -c full_page_writes=off \
         -c synchronous_commit=off -c max_connections=400 -c shared_buffers=64MB",
        dir.display()
    );
    run(command("pg_ctl").args(["-w", "-s", "-D"]).arg(&data).arg("-l").arg(dir.join("log")).args(["-o", &options, "start"]));
    guard(&command("pg_ctl"), &dir);
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// A shell that waits for our end of its input to close, then stops the server and removes its files.
fn guard(pg_ctl: &Command, dir: &Path) {
    let words: Vec<String> =
        std::iter::once(pg_ctl.get_program()).chain(pg_ctl.get_args()).map(|w| format!("'{}'", w.to_string_lossy())).collect();
    let script = format!("cat >/dev/null; {} -D '{1}/data' -m immediate stop; rm -rf '{1}'", words.join(" "), dir.display());
    let mut shell = Command::new("setsid");
    shell.args(["sh", "-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // The child, and with it our end of the pipe, is kept until this process ends.
    std::mem::forget(shell.spawn().unwrap());
}

fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("Postgres is installed (tests/run does it), or ROSTRUM_TEST_POSTGRES_URL names a server")
        .filter_map(|e| Some(e.ok()?.path().join("bin")))
        .filter(|p| p.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("Postgres's server binaries are installed")
}

fn run(command: &mut Command) {
    let output = command.current_dir("/").stdout(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
