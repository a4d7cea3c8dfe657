//! A way out for a program that fetches by itself: an HTTP proxy on this machine, open as long as it is kept, which leads
//! where calls from here may go and nowhere else.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::{Outbound, Scheme};
use crate::fault::{Fault, Kind};

/// Longest head of a request.
const HEAD: usize = 16 * 1024;
/// Most headers of a request.
const HEADERS: usize = 100;
/// Whoever opens a connection has this long to say where to.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a connection that could not be taken.
const AGAIN: Duration = Duration::from_millis(50);
/// Longest time until the other side is there.
const CONNECTING: Duration = Duration::from_secs(10);

/// An open gate. It closes, and cuts what went through it, when it is dropped.
#[derive(Debug)]
pub struct Gate {
    port: u16,
    _open: AbortOnDropHandle<()>,
}

impl Gate {
    /// Opens one on a free port of this machine. Must be called within a runtime.
    pub fn open(outbound: &Outbound) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let listener = TcpListener::from_std(listener)?;
        let open = tokio::spawn(watch(listener, outbound.clone()));
        Ok(Self {
            port,
            _open: AbortOnDropHandle::new(open),
        })
    }

    /// What makes programs take this way out: the variables that HTTP clients look at.
    pub fn variables(&self) -> Vec<(String, String)> {
        let here = format!("http://127.0.0.1:{}", self.port);
        let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
        let proxies = proxies.map(|name| (name.to_owned(), here.clone()));
        let none = ["NO_PROXY", "no_proxy"].map(|name| (name.to_owned(), String::new()));
        proxies.into_iter().chain(none).collect()
    }
}

async fn watch(listener: TcpListener, outbound: Outbound) {
    // Ends with the gate: dropped, it aborts all of them.
    let mut passing = tokio::task::JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // No more files, or whoever came has gone again: those on their way are left alone.
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let outbound = outbound.clone();
        passing.spawn(async move {
            if let Err(error) = Passage::through(&outbound, client).await {
                tracing::debug!(%error, "a connection through the gate broke off");
            }
        });
        while passing.try_join_next().is_some() {}
    }
}

/// One connection from the program.
struct Passage {
    client: TcpStream,
    /// What was read of it so far.
    read: Vec<u8>,
}

/// Where the program wants to, and what the other side is to hear first.
struct Wish {
    host: String,
    port: u16,
    /// `None` for a tunnel, in which the program speaks for itself.
    request: Option<Vec<u8>>,
}

impl Passage {
    async fn through(outbound: &Outbound, client: TcpStream) -> io::Result<()> {
        let mut passage = Self {
            client,
            read: Vec::new(),
        };
        let Ok(wish) = timeout(PATIENCE, passage.wish(outbound)).await else {
            return Ok(());
        };
        let wish = match wish? {
            Ok(wish) => wish,
            Err(why) => return passage.refuse(&why).await,
        };
        let mut server = match reach(outbound, &wish).await {
            Ok(server) => server,
            Err(fault) => return passage.refuse(&fault).await,
        };
        let Some(request) = &wish.request else {
            let open = b"HTTP/1.1 200 Connection established\r\n\r\n";
            passage.client.write_all(open).await?;
            server.write_all(&passage.read).await?;
            copy_bidirectional(&mut passage.client, &mut server).await?;
            return Ok(());
        };
        server.write_all(request).await?;
        server.write_all(&passage.read).await?;
        passage.one_answer(server).await
    }

    /// The rest of the request, and its answer, which says that this was all: what comes next may be for another server.
    async fn one_answer(mut self, mut server: TcpStream) -> io::Result<()> {
        let (mut from_client, mut to_client) = self.client.split();
        let (mut from_server, mut to_server) = server.split();
        let asking = async {
            copy(&mut from_client, &mut to_server).await?;
            to_server.shutdown().await
        };
        let answering = async {
            let start = only_answer(&mut from_server).await?;
            to_client.write_all(&start).await?;
            copy(&mut from_server, &mut to_client).await?;
            to_client.shutdown().await
        };
        let (mut asking, mut answering) = (pin!(asking), pin!(answering));
        tokio::select! {
            answered = &mut answering => return answered,
            asked = &mut asking => asked?,
        }
        answering.await
    }

    /// Reads the head of the request; what came after it stays in `read`.
    async fn wish(&mut self, outbound: &Outbound) -> io::Result<Result<Wish, Fault>> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS];
            let mut request = httparse::Request::new(&mut headers);
            match request.parse(&self.read) {
                Ok(httparse::Status::Complete(length)) => {
                    let wish = wish(outbound, &request);
                    self.read.drain(..length);
                    return Ok(wish);
                }
                Ok(httparse::Status::Partial) if self.read.len() < HEAD => {}
                _ => return Ok(Err(Fault::config("This is no request to a proxy."))),
            }
            if self.client.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The reason stands in the first line and in the body: HTTP clients show the one of tunnels, and the other otherwise.
    async fn refuse(&mut self, why: &Fault) -> io::Result<()> {
        let plain = |c: char| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '\''
            }
        };
        let reason: String = why.message.chars().map(plain).collect();
        let body = json!({ "message": why.message }).to_string();
        // What may be otherwise in a while is asked for again; what is refused is not.
        let status = match why.kind {
            Kind::Unreachable => 502,
            _ => 403,
        };
        let answer = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        self.client.write_all(answer.as_bytes()).await?;
        self.client.shutdown().await
    }
}

fn wish(outbound: &Outbound, request: &httparse::Request<'_, '_>) -> Result<Wish, Fault> {
    let nowhere = || Fault::config("The request does not say where to.");
    let method = request.method.ok_or_else(nowhere)?;
    let target = request.path.ok_or_else(nowhere)?;
    if method == "CONNECT" {
        let url = Url::parse(&format!("https://{target}")).map_err(|_| nowhere())?;
        let (host, port) = place(&url).ok_or_else(nowhere)?;
        let request = None;
        return Ok(Wish {
            host,
            port,
            request,
        });
    }
    let url = Url::parse(target).map_err(|_| nowhere())?;
    if url.scheme() != "http" || outbound.policy.scheme == Scheme::HttpsOnly {
        let why = format!(
            "“{}://” addresses are not allowed here; use https://.",
            url.scheme()
        );
        return Err(Fault::forbidden(why));
    }
    let (host, port) = place(&url).ok_or_else(nowhere)?;
    let request = Some(passed_on(method, &url, request.headers));
    Ok(Wish {
        host,
        port,
        request,
    })
}

fn place(url: &Url) -> Option<(String, u16)> {
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

/// The head as the server itself is asked. The connection is for this one request: the next may go elsewhere.
fn passed_on(method: &str, url: &Url, headers: &[httparse::Header<'_>]) -> Vec<u8> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut head = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    kept(headers, &mut head);
    head
}

/// Headers without those about this connection, and that it ends; then the end of the head.
fn kept(headers: &[httparse::Header<'_>], head: &mut Vec<u8>) {
    let ours = [
        "connection",
        "proxy-connection",
        "proxy-authorization",
        "keep-alive",
    ];
    for header in headers {
        if !ours.contains(&header.name.to_ascii_lowercase().as_str()) {
            head.extend_from_slice(header.name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(header.value);
            head.extend_from_slice(b"\r\n");
        }
    }
    head.extend_from_slice(b"Connection: close\r\n\r\n");
}

/// The beginning of an answer, with the word that none follows it on this connection.
async fn only_answer(server: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        match answer.parse(&read) {
            // An interim one, such as 100: the answer itself comes after it.
            Ok(httparse::Status::Complete(length))
                if answer.code.is_some_and(|code| code < 200) =>
            {
                read.drain(..length);
                continue;
            }
            Ok(httparse::Status::Complete(length)) => {
                let first = format!(
                    "HTTP/1.1 {} {}\r\n",
                    answer.code.unwrap_or_default(),
                    answer.reason.unwrap_or_default()
                );
                let mut start = first.into_bytes();
                kept(answer.headers, &mut start);
                start.extend_from_slice(&read[length..]);
                return Ok(start);
            }
            Ok(httparse::Status::Partial) if read.len() < HEAD => {}
            // Whatever it is, the program may make of it what it likes.
            _ => return Ok(read),
        }
        if server.read_buf(&mut read).await? == 0 {
            return Ok(read);
        }
    }
}

/// To one of the addresses that were checked.
async fn reach(outbound: &Outbound, wish: &Wish) -> Result<TcpStream, Fault> {
    let pinned = outbound
        .resolve_database_host(&wish.host, wish.port)
        .await?;
    outbound.policy.check_port(wish.port, &pinned.addresses)?;
    for ip in &pinned.addresses {
        let address = SocketAddr::new(*ip, pinned.port);
        if let Ok(Ok(stream)) = timeout(CONNECTING, TcpStream::connect(address)).await {
            // Small requests go out at once; where that cannot be set, they go out later.
            let _slower = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    let why = format!("“{}” does not answer.", pinned.host);
    Err(Fault::unreachable(why))
}

#[cfg(test)]
mod tests;
