//! The part of MongoDB's protocol that reading needs: commands as `OP_MSG`, encryption, the login.
//!
//! Spoken here rather than by MongoDB's own driver, whose types (`bson`) are used: the driver looks up names and connects
//! by itself, also to the members of a replica set that a server names, so that none of it could be held to the addresses
//! that were checked; and it takes the size of a message from the server.

mod error;
mod scram;

use std::sync::Arc;
use std::time::Duration;

use bson::{Document, RawDocument, RawDocumentBuf};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use error::{Error, Refusal};
pub use scram::Mechanism;

/// The largest answer that is taken. MongoDB sends none above 48 MB; a document has at most 16.
const LARGEST_MESSAGE: usize = 48_000_000;
/// The largest answer before the login: all of them are small.
const LARGEST_GREETING: usize = 64 * 1024;
/// A message's buffer is given back when it has grown beyond this.
const KEPT_BUFFER: usize = 4 * 1024 * 1024;
const READ_BUFFER: usize = 64 * 1024;
const HEADER_BYTES: usize = 16;
const OP_MSG: i32 = 2013;
/// A checksum stands at the end.
const CHECKSUM: u32 = 1;
/// More messages follow without a question: never asked for here.
const MORE_TO_COME: u32 = 2;
/// A server that is silent this long is taken for gone. Sorting a large collection takes a while.
const SILENCE: Duration = Duration::from_mins(30);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug> Stream for S {}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<Box<dyn Stream>>,
    request: i32,
    most: usize,
    message: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    /// A conversation broke off in the middle: what comes next could belong to it.
    Lost,
}

impl Client {
    pub fn plain(stream: TcpStream) -> Self {
        Self::over(Box::new(stream))
    }

    pub async fn encrypted(
        stream: TcpStream,
        tls: ClientConfig,
        name: ServerName<'static>,
    ) -> Result<Self, Error> {
        let stream = TlsConnector::from(Arc::new(tls))
            .connect(name, stream)
            .await
            .map_err(Error::Tls)?;
        Ok(Self::over(Box::new(stream)))
    }

    fn over(stream: Box<dyn Stream>) -> Self {
        Self {
            stream: BufReader::with_capacity(READ_BUFFER, stream),
            request: 0,
            most: LARGEST_GREETING,
            message: Vec::new(),
            state: State::Ready,
        }
    }

    /// Proves the login by a password.
    pub async fn log_in(
        &mut self,
        mechanism: Mechanism,
        database: &str,
        user: &str,
        password: &str,
    ) -> Result<(), Error> {
        scram::log_in(self, mechanism, database, user, password).await
    }

    /// From now on answers may be as large as documents are.
    pub fn expect_documents(&mut self) {
        self.most = LARGEST_MESSAGE;
    }

    /// Whether something may be asked.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Runs a command. The answer lives until the next one.
    pub async fn run(
        &mut self,
        database: &str,
        mut command: Document,
    ) -> Result<&RawDocument, Error> {
        if self.state == State::Lost {
            return Err(Error::Nonsense("the conversation broke off earlier"));
        }
        command.insert("$db", database);
        let body = RawDocumentBuf::try_from(&command)
            .map_err(|_| Error::Nonsense("a command cannot be written"))?;
        self.state = State::Lost;
        let body = timeout(SILENCE, self.exchange(body.as_bytes()))
            .await
            .map_err(|_| Error::Silent)??;
        self.state = State::Ready;
        let answer = RawDocument::from_bytes(&self.message[body])
            .map_err(|_| Error::Nonsense("an answer is no document"))?;
        match Refusal::of(answer) {
            Some(refusal) => Err(Error::Refused(refusal)),
            None => Ok(answer),
        }
    }

    /// Sends a body and reads the answer's. Gives its place in the message.
    async fn exchange(&mut self, body: &[u8]) -> Result<std::ops::Range<usize>, Error> {
        self.request = self.request.wrapping_add(1);
        let length = HEADER_BYTES + 5 + body.len();
        let length = i32::try_from(length).map_err(|_| Error::TooLarge)?;
        let mut message = Vec::with_capacity(HEADER_BYTES + 5 + body.len());
        for word in [length, self.request, 0, OP_MSG, 0] {
            message.extend_from_slice(&word.to_le_bytes());
        }
        message.push(0);
        message.extend_from_slice(body);
        self.stream.write_all(&message).await?;
        self.stream.flush().await?;
        self.receive().await
    }

    async fn receive(&mut self) -> Result<std::ops::Range<usize>, Error> {
        let mut header = [0; HEADER_BYTES];
        self.stream.read_exact(&mut header).await?;
        let word = |at: usize| {
            i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let length = usize::try_from(word(0))
            .ok()
            .and_then(|length| length.checked_sub(HEADER_BYTES))
            .ok_or(Error::Nonsense("a message has no length"))?;
        if word(12) != OP_MSG || word(8) != self.request {
            return Err(Error::Nonsense("it is no answer to what was asked"));
        }
        if length > self.most {
            return Err(Error::TooLarge);
        }
        if self.message.capacity() > KEPT_BUFFER {
            self.message = Vec::new();
        }
        self.message.clear();
        // Memory grows with what has come, not with what was announced.
        let wanted = u64::try_from(length).unwrap_or(u64::MAX);
        let come = (&mut self.stream)
            .take(wanted)
            .read_to_end(&mut self.message)
            .await?;
        if come < length {
            return Err(Error::CUT);
        }
        body(&self.message)
    }
}

/// Where the one document of a message stands.
fn body(message: &[u8]) -> Result<std::ops::Range<usize>, Error> {
    let (flags, rest) = message.split_first_chunk::<4>().ok_or(Error::CUT)?;
    let flags = u32::from_le_bytes(*flags);
    // The lower half of the flags must be understood.
    if flags & 0xFFFF & !(CHECKSUM | MORE_TO_COME) != 0 || flags & MORE_TO_COME != 0 {
        return Err(Error::Nonsense("a message has flags that nobody asked for"));
    }
    let end = message.len()
        - if flags & CHECKSUM == 0 {
            0
        } else {
            4.min(rest.len())
        };
    match rest.first() {
        Some(0) if end > 5 => Ok(5..end),
        _ => Err(Error::Nonsense("a message has no body")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_document() {
        assert_eq!(body(&[0, 0, 0, 0, 0, 9, 9]).unwrap(), 5..7);
        assert_eq!(body(&[1, 0, 0, 0, 0, 9, 9, 1, 2, 3, 4]).unwrap(), 5..7);
        for message in [
            &[][..],
            &[0, 0, 0],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0, 0],
            &[0, 0, 0, 0, 1, 9],
            &[2, 0, 0, 0, 0, 9],
            &[4, 0, 0, 0, 0, 9],
            &[1, 0, 0, 0, 0, 9],
        ] {
            body(message).unwrap_err();
        }
    }
}
