//! A stand-in for a pooler in transaction mode: one connection to the server for all who come, one after the other. What one
//! of them leaves on it the next one finds, as with PgBouncer, and what does not go together with that is written down.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use crate::database::Database;

/// The server waits, and no transaction is open.
const IDLE: u8 = b'I';
/// Something is being asked.
const ASKED: u8 = 0;
/// What a client hears that need not log in: welcome, and "ready".
const LET_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

/// A running pooler.
pub struct Pooler {
    /// The source's configuration for the way through it.
    pub config: Value,
    seen: Arc<Mutex<Seen>>,
}

impl Pooler {
    pub async fn before(db: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = db.config.clone();
        config["host"] = json!("127.0.0.1");
        config["port"] = json!(listener.local_addr().unwrap().port());
        let host = db.config["host"].as_str().unwrap();
        let server = TcpStream::connect((host, port(&db.config))).await.unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        tokio::spawn(serve(listener, server, Arc::clone(&seen)));
        Self { config, seen }
    }

    /// The customer's own application, which comes by the same way.
    pub async fn application(&self) -> Client {
        let text = |name: &str| self.config[name].as_str().unwrap();
        let mut config = Config::new();
        config
            .host(text("host"))
            .port(port(&self.config))
            .dbname(text("database"))
            .user(text("username"))
            .password(text("password"))
            .ssl_mode(SslMode::Disable);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// What was wrong since the last time; complete as soon as somebody else was let in.
    pub fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().complaints)
    }
}

fn port(config: &Value) -> u16 {
    u16::try_from(config["port"].as_u64().unwrap()).unwrap()
}

/// What a pooler knows of a conversation.
#[derive(Default)]
struct Seen {
    /// The letter of the server's last "ready".
    state: u8,
    complaints: Vec<String>,
}

impl Seen {
    fn hear(&mut self, kind: u8, body: &[u8]) {
        let text = body.split(|byte| *byte == 0).next().unwrap();
        let text = String::from_utf8_lossy(text);
        if kind == b'P' && !text.is_empty() {
            self.complaints.push(format!("a statement named {text}"));
        }
        if self.state == IDLE && !(kind == b'Q' && text.starts_with("BEGIN ")) {
            let kind = char::from(kind);
            self.complaints
                .push(format!("outside of a transaction: {kind} {text}"));
        }
        self.state = ASKED;
    }

    fn left(&mut self) {
        if self.state != IDLE {
            self.complaints.push("left in a transaction".to_owned());
        }
    }
}

async fn serve(listener: TcpListener, mut server: TcpStream, seen: Arc<Mutex<Seen>>) {
    let mut known = false;
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let start = start_up(&mut client).await;
        if known {
            client.write_all(LET_IN).await.unwrap();
        } else {
            // The first one logs in for all.
            server.write_all(&start).await.unwrap();
            known = true;
        }
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        tokio::select! {
            () = questions(&mut from_client, &mut to_server, &seen) => {}
            () = answers(&mut from_server, &mut to_client, &seen) => {}
        }
    }
}

/// Passes on what the client says, all but its goodbye.
async fn questions(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    seen: &Mutex<Seen>,
) {
    while let Some((kind, body)) = message(from).await
        && kind != b'X'
    {
        seen.lock().unwrap().hear(kind, &body);
        send(to, kind, &body).await;
    }
    seen.lock().unwrap().left();
}

async fn answers(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    seen: &Mutex<Seen>,
) {
    while let Some((kind, body)) = message(from).await {
        if kind == b'Z' {
            seen.lock().unwrap().state = body[0];
        }
        send(to, kind, &body).await;
    }
}

/// The first words of a client, the only ones without a letter before them.
async fn start_up(from: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await.unwrap();
    let mut body = vec![0; rest(length)];
    from.read_exact(&mut body).await.unwrap();
    [&length[..], &body].concat()
}

async fn message(from: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head).await.ok()?;
    let [kind, length @ ..] = head;
    let mut body = vec![0; rest(length)];
    from.read_exact(&mut body).await.ok()?;
    Some((kind, body))
}

async fn send(to: &mut (impl AsyncWrite + Unpin), kind: u8, body: &[u8]) {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    // Who has left does not hear it.
    let _ = to.write_all(&[&[kind], &length[..], body].concat()).await;
}

/// How much comes after a length, which counts itself.
fn rest(length: [u8; 4]) -> usize {
    usize::try_from(u32::from_be_bytes(length)).unwrap() - 4
}
