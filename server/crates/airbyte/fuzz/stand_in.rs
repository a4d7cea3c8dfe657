//! A server that answers every request with the same bytes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Status and body of the next answers.
type Answer = Arc<Mutex<(u16, Vec<u8>)>>;

pub struct StandIn {
    pub address: SocketAddr,
    answer: Answer,
}

impl StandIn {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let answer = Answer::default();
        let shared = Arc::clone(&answer);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let answer = Arc::clone(&shared);
                std::thread::spawn(move || serve(&connection, &answer));
            }
        });
        Self { address, answer }
    }

    pub fn answers(&self, status: u16, body: &[u8]) {
        *self.answer.lock().expect("nothing panics with it") = (status, body.to_vec());
    }
}

/// Until the other side closes.
fn serve(connection: &TcpStream, answer: &Answer) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(connection);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
        let (status, body) = answer.lock().ok()?.clone();
        let mut bytes = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend(body);
        (&*connection).write_all(&bytes).ok()?;
    }
}
