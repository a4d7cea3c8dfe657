//! The part of MySQL's protocol that reading needs: greeting, encryption, login, and questions answered as text.
//!
//! Spoken here rather than by a library, because none at hand keeps all three promises of this source: it connects to
//! exactly the address that was checked while the certificate is held against the name, it takes no number from the
//! server as an amount of memory, and it has no way to send a local file.

mod auth;
mod error;
mod greeting;
mod packet;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use auth::Method;
pub use error::{Error, Refusal};
pub use greeting::Greeting;

/// The largest row that is taken. MySQL 8 sends no larger one unless told to.
const LARGEST_PACKET: usize = 64 * 1024 * 1024;
/// The largest packet before the login: all of them are small.
const LARGEST_GREETING: usize = 64 * 1024;
/// A packet of this length goes on in the next one.
const FULL: usize = 0x00FF_FFFF;
/// More columns than any table of MySQL (4096) or MariaDB (1017) has, with room for a key selected besides.
const MOST_COLUMNS: u64 = 8192;
/// Packets a login takes; no method needs more than five.
const LOGIN_ROUNDS: usize = 8;
const READ_BUFFER: usize = 64 * 1024;
/// A server that is silent this long in the middle of an answer is taken for gone. Sorting a large table takes a while.
const SILENCE: Duration = Duration::from_mins(30);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug> Stream for S {}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<Box<dyn Stream>>,
    sequence: u8,
    most: usize,
    packet: Vec<u8>,
    fields: Vec<Option<Range<usize>>>,
    encrypted: bool,
    /// Where the conversation stands.
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Anything may be asked.
    Ready,
    /// An answer has rows left.
    Answering,
    /// What the server said is not understood any more.
    Lost,
}

/// One row of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    packet: &'a [u8],
    fields: &'a [Option<Range<usize>>],
}

impl<'a> Row<'a> {
    /// The value at one place; `None` for NULL.
    pub fn value(self, at: usize) -> Option<&'a [u8]> {
        let range = self.fields.get(at)?.clone()?;
        self.packet.get(range)
    }
}

impl Client {
    /// Reads the greeting.
    pub async fn open(stream: TcpStream) -> Result<(Self, Greeting), Error> {
        let mut client = Self {
            stream: BufReader::with_capacity(READ_BUFFER, Box::new(stream)),
            sequence: 0,
            most: LARGEST_GREETING,
            packet: Vec::new(),
            fields: Vec::new(),
            encrypted: false,
            state: State::Ready,
        };
        client.receive().await?;
        let greeting = Greeting::parse(&client.packet)?;
        Ok((client, greeting))
    }

    /// Turns to encryption; to be called right after the greeting.
    pub async fn encrypt(
        mut self,
        tls: ClientConfig,
        name: ServerName<'static>,
    ) -> Result<Self, Error> {
        let ask = greeting::ask_for_encryption(most());
        self.send(&ask).await?;
        // What came before encryption could have been put there by anybody.
        if !self.stream.buffer().is_empty() {
            return Err(Error::Nonsense("the server spoke out of turn"));
        }
        let stream = TlsConnector::from(Arc::new(tls))
            .connect(name, self.stream.into_inner())
            .await
            .map_err(Error::Tls)?;
        Ok(Self {
            stream: BufReader::with_capacity(READ_BUFFER, Box::new(stream)),
            encrypted: true,
            ..self
        })
    }

    pub async fn log_in(
        &mut self,
        greeting: &Greeting,
        user: &str,
        password: &str,
        database: &str,
    ) -> Result<(), Error> {
        // A method that is not spoken here may be the server's default only: the login can have another one.
        let mut method = match Method::find(&greeting.method) {
            Ok(method) if method != Method::Clear => method,
            _ => Method::Native,
        };
        let proof = method.proof(password, &greeting.challenge, self.encrypted)?;
        let login = greeting::login(
            self.encrypted,
            most(),
            user,
            &proof,
            database,
            method.name(),
        );
        self.send(&login).await?;
        for _ in 0..LOGIN_ROUNDS {
            self.receive().await?;
            let mut rest = &self.packet[..];
            let answer = match packet::array(&mut rest)? {
                [0x00] => {
                    self.most = LARGEST_PACKET;
                    return Ok(());
                }
                [0xFF] => return Err(Error::Refused(Refusal::parse(&self.packet))),
                [0xFE] => {
                    let name = String::from_utf8_lossy(packet::until_zero(&mut rest));
                    method = Method::find(&name)?;
                    let challenge = &rest[..rest.len().min(20)];
                    method.proof(password, challenge, self.encrypted)?
                }
                [0x01] if method == Method::CachingSha2 => match rest {
                    // The server remembers the proof, and says so before its OK.
                    [3] => continue,
                    [4] => auth::clear(password, self.encrypted)?,
                    _ => return Err(Error::Nonsense("the login's answer is unknown")),
                },
                _ => return Err(Error::Nonsense("the login's answer is unknown")),
            };
            self.send(&answer).await?;
        }
        Err(Error::Nonsense("the login takes no end"))
    }

    /// Whether another question can be asked: neither is the connection lost, nor an answer left half read.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Says something that has no rows.
    pub async fn run(&mut self, sql: &str) -> Result<(), Error> {
        match self.question(sql).await {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.lose(Error::Nonsense("rows came that were not asked for"))),
            Err(error) => Err(self.lose(error)),
        }
    }

    /// Asks; the rows are then taken with [`next`](Self::next), all of them.
    pub async fn ask(&mut self, sql: &str, columns: usize) -> Result<(), Error> {
        match self.question(sql).await {
            Ok(found) if found == columns => {
                self.state = State::Answering;
                Ok(())
            }
            Ok(_) => Err(self.lose(Error::Nonsense(
                "the answer has other columns than asked for",
            ))),
            Err(error) => Err(self.lose(error)),
        }
    }

    /// The next row; `None` when there is no more.
    pub async fn next(&mut self, columns: usize) -> Result<Option<Row<'_>>, Error> {
        match self.row(columns).await {
            Ok(true) => Ok(Some(Row {
                packet: &self.packet,
                fields: &self.fields,
            })),
            Ok(false) => {
                self.state = State::Ready;
                Ok(None)
            }
            Err(error) => Err(self.lose(error)),
        }
    }

    /// Says goodbye, so that the server does not note a broken connection. That may fail: it is over anyway.
    pub async fn leave(mut self) {
        const QUIT: u8 = 1;
        self.sequence = 0;
        let _ = self.send(&[QUIT]).await;
    }

    /// After a refusal the conversation goes on; after anything else it cannot.
    fn lose(&mut self, error: Error) -> Error {
        self.state = match error {
            Error::Refused(_) => State::Ready,
            _ => State::Lost,
        };
        error
    }

    /// Asks, and gives the number of columns of the answer; none when it is a mere OK.
    async fn question(&mut self, sql: &str) -> Result<usize, Error> {
        const QUERY: u8 = 3;
        self.sequence = 0;
        let mut question = Vec::with_capacity(sql.len() + 1);
        question.push(QUERY);
        question.extend_from_slice(sql.as_bytes());
        self.send(&question).await?;
        self.receive().await?;
        let mut rest = &self.packet[..];
        match rest.first() {
            Some(0x00) => return Ok(0),
            Some(0xFB) => return Err(Error::FileAsked),
            Some(0xFF) => return Err(Error::Refused(Refusal::parse(&self.packet))),
            _ => {}
        }
        let columns = packet::number(&mut rest)?.unwrap_or_default();
        if columns == 0 || columns > MOST_COLUMNS || !rest.is_empty() {
            return Err(Error::Nonsense("the answer to a question is unknown"));
        }
        // What the columns are is known from the catalogue.
        for _ in 0..columns {
            self.receive().await?;
            if self.packet.first() == Some(&0xFF) {
                return Err(Error::Refused(Refusal::parse(&self.packet)));
            }
        }
        self.receive().await?;
        if self.packet.first() == Some(&0xFE) && self.packet.len() < 9 {
            usize::try_from(columns).map_err(|_| Error::CUT)
        } else {
            Err(Error::Nonsense("the columns take no end"))
        }
    }

    /// Receives a row and finds its values; `false` when there is no more.
    async fn row(&mut self, columns: usize) -> Result<bool, Error> {
        self.receive().await?;
        match self.packet.first() {
            Some(0xFE) if self.packet.len() < 9 => return Ok(false),
            Some(0xFF) => return Err(Error::Refused(Refusal::parse(&self.packet))),
            _ => {}
        }
        self.fields.clear();
        let whole = self.packet.len();
        let mut rest = &self.packet[..];
        for _ in 0..columns {
            let field = match packet::length(&mut rest)? {
                None => None,
                Some(length) => {
                    let from = whole - rest.len();
                    packet::bytes(&mut rest, length)?;
                    Some(from..from + length)
                }
            };
            self.fields.push(field);
        }
        if rest.is_empty() {
            Ok(true)
        } else {
            Err(Error::Nonsense("a row has more values than columns"))
        }
    }

    /// Receives the next packet into `self.packet`.
    async fn receive(&mut self) -> Result<(), Error> {
        if self.is_here() {
            return self.receive_patiently().await;
        }
        timeout(SILENCE, self.receive_patiently())
            .await
            .map_err(|_| Error::Silent)?
    }

    /// Whether a whole packet was received already, so that nothing is waited for.
    fn is_here(&self) -> bool {
        let buffer = self.stream.buffer();
        buffer
            .split_first_chunk::<4>()
            .is_some_and(|(head, rest)| rest.len() >= length(*head) && length(*head) < FULL)
    }

    async fn receive_patiently(&mut self) -> Result<(), Error> {
        self.packet.clear();
        loop {
            let mut head = [0; 4];
            self.stream.read_exact(&mut head).await?;
            if head[3] != self.sequence {
                return Err(Error::Nonsense("packets come out of order"));
            }
            self.sequence = self.sequence.wrapping_add(1);
            let (from, length) = (self.packet.len(), length(head));
            if from + length > self.most {
                return Err(Error::TooLarge);
            }
            self.packet.resize(from + length, 0);
            self.stream.read_exact(&mut self.packet[from..]).await?;
            if length < FULL {
                return Ok(());
            }
        }
    }

    /// Sends one packet; all of ours are far below the size of which several are made.
    async fn send(&mut self, packet: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(packet.len())
            .ok()
            .filter(|length| usize::try_from(*length).is_ok_and(|length| length < FULL));
        let [a, b, c, _] = length.ok_or(Error::TooLarge)?.to_le_bytes();
        let mut whole = Vec::with_capacity(packet.len() + 4);
        whole.extend_from_slice(&[a, b, c, self.sequence]);
        whole.extend_from_slice(packet);
        self.sequence = self.sequence.wrapping_add(1);
        self.stream.write_all(&whole).await?;
        self.stream.flush().await?;
        Ok(())
    }
}

fn length([a, b, c, _]: [u8; 4]) -> usize {
    usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
}

fn most() -> u32 {
    u32::try_from(LARGEST_PACKET).unwrap_or(u32::MAX)
}
