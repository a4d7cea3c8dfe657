//! An answer that was read: status, headers and a body in memory or, when it is large, in a file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use reqwest::Response;
use serde_json::{Deserializer, Map, Value};
use tokio::time::Instant;

use super::links;
use super::positioned::{Either, Positioned};
use crate::clock;
use crate::declarative::decode::{pick, tree};
use crate::declarative::spare;
use crate::declarative::text::Text;
use crate::fault::Fault;
use crate::process::plain_bytes;

/// Larger answers go to a file.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// A larger answer is never made a tree of.
const LARGEST_TREE: u64 = 32 * 1024 * 1024;

/// An answer that takes longer than this …
const UNHURRIED: Duration = Duration::from_mins(10);
/// … has to bring so many bytes a second on average: one that comes in drops would hold a run for ever.
const SLOWEST: u64 = 1024;

/// One answer of the API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    /// Names in lower case; values of one name joined by commas.
    pub headers: Map<String, Value>,
    /// Where it came from, after redirects.
    pub url: String,
    pub body: Body,
    /// When all of it was there, in milliseconds since 1970.
    pub arrived: i64,
    json: Arc<OnceLock<Option<Value>>>,
}

#[derive(Debug, Clone)]
pub enum Body {
    Memory(Bytes),
    /// A stretch of a file.
    File {
        file: Arc<File>,
        from: u64,
        size: u64,
    },
}

/// Bounds of an answer and where it may be put.
#[derive(Debug, Clone)]
pub struct Room {
    pub work_dir: PathBuf,
    /// Most bytes after unpacking.
    pub bytes: u64,
    /// Longest wait for a part of it.
    pub silence: Option<Duration>,
}

/// Waits for the server's next word, as long as the manifest allows.
pub async fn within<T>(
    silence: Option<Duration>,
    word: impl Future<Output = T>,
) -> Result<T, Fault> {
    let Some(most) = silence else {
        return Ok(word.await);
    };
    let said = tokio::time::timeout(most, word).await;
    said.map_err(|_| {
        let seconds = most.as_secs_f64();
        Fault::timeout(format!(
            "The API said nothing for {seconds} s and was not waited for any longer."
        ))
    })
}

impl Page {
    /// Reads the whole answer. Counted after the transport's compression is taken off, so a small answer cannot
    /// become an endless one.
    pub async fn read(response: Response, room: &Room) -> Result<Self, Fault> {
        let status = response.status().as_u16();
        let headers = headers(&response);
        let url = response.url().clone();
        let mut arrived = Arrived::new(expected(&response));
        let begun = Instant::now();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = within(room.silence, stream.next()).await? {
            let chunk = chunk.map_err(|error| crate::outbound::transport_fault(&error, &url))?;
            arrived.add(&chunk, room)?;
            let elapsed = begun.elapsed();
            if trickles(elapsed, arrived.size) {
                return Err(Fault::timeout(format!(
                    "The answer came too slowly: after {} s, {} of it were there.",
                    elapsed.as_secs(),
                    plain_bytes(arrived.size)
                )));
            }
        }
        Ok(Self {
            status,
            headers,
            url: url.into(),
            body: arrived.into_body(),
            arrived: clock::now(),
            json: Arc::default(),
        })
    }

    /// A page that was part of another answer.
    pub fn embedded(content: &Value) -> Self {
        Self {
            status: 200,
            headers: Map::new(),
            url: String::new(),
            body: Body::Memory(Bytes::from(content.to_string())),
            arrived: clock::now(),
            json: Arc::default(),
        }
    }

    /// What stands for a failed request that the manifest ignores.
    pub fn nothing(url: &str) -> Self {
        Self {
            status: 599,
            headers: Map::new(),
            url: url.to_owned(),
            body: Body::Memory(Bytes::new()),
            arrived: clock::now(),
            json: Arc::default(),
        }
    }

    /// The same answer, its body kept elsewhere.
    #[must_use]
    pub fn with_body(self, body: Body) -> Self {
        Self {
            body,
            json: Arc::default(),
            ..self
        }
    }

    /// Whether the status is one of success, as Python's `requests` sees it.
    pub fn is_ok(&self) -> bool {
        self.status < 400
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        self.headers.get(&name).and_then(Value::as_str)
    }

    /// The body as JSON; `None` when it is none.
    pub fn json(&self) -> Option<&Value> {
        self.json
            .get_or_init(|| match &self.body {
                Body::Memory(bytes) => tree(trim_mark(bytes)),
                // Large answers are records; what templates look at is small.
                Body::File { size, .. } if *size <= LARGEST_TREE => {
                    let with_care = || {
                        let mut bytes = Vec::new();
                        self.reader().read_to_end(&mut bytes).ok()?;
                        tree(trim_mark(&bytes))
                    };
                    serde_json::from_reader(self.reader())
                        .ok()
                        .or_else(with_care)
                }
                Body::File { .. } => None,
            })
            .as_ref()
    }

    /// The body as JSON, as far as these templates look at it under the name `response`: of a page of records, that is
    /// little.
    pub fn json_for<'p>(&'p self, texts: &[&Text]) -> Option<Cow<'p, Value>> {
        let mut names = Vec::new();
        for text in texts {
            match text.entries_of("response") {
                Some(found) => names.extend(found),
                None => return self.json().map(Cow::Borrowed),
            }
        }
        if names.is_empty() {
            return Some(Cow::Owned(Value::Object(Map::new())));
        }
        let found = match &self.body {
            Body::Memory(bytes) => pick(Deserializer::from_slice(trim_mark(bytes)), &names),
            Body::File { .. } => None,
        };
        found
            .map(Cow::Owned)
            .or_else(|| self.json().map(Cow::Borrowed))
    }

    /// The beginning of the body as text, for messages.
    pub fn text(&self) -> String {
        match &self.body {
            Body::Memory(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Body::File { .. } => String::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match &self.body {
            Body::Memory(bytes) => bytes.trim_ascii().is_empty(),
            Body::File { size, .. } => *size == 0,
        }
    }

    /// How many bytes the body has.
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::Memory(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Body::File { size, .. } => *size,
        }
    }

    /// The bytes from the beginning.
    pub fn reader(&self) -> Box<dyn Read + Send> {
        match &self.body {
            Body::Memory(bytes) => Box::new(Cursor::new(bytes.clone())),
            Body::File { file, from, size } => {
                let reader = Positioned::new(file, *from, *size);
                Box::new(BufReader::with_capacity(256 * 1024, reader))
            }
        }
    }

    /// The bytes, for readers that jump.
    pub fn seekable(&self) -> impl Read + Seek + Send + use<> {
        match &self.body {
            Body::Memory(bytes) => Either::Memory(Cursor::new(bytes.clone())),
            Body::File { file, from, size } => Either::File(Positioned::new(file, *from, *size)),
        }
    }

    /// The address without query, fragment and credentials, for messages.
    pub fn address(&self) -> String {
        let Ok(mut url) = url::Url::parse(&self.url) else {
            return String::new();
        };
        url.set_query(None);
        url.set_fragment(None);
        // Neither fails on an address that was just called.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    /// The `Link` header as `requests` reads it: relation → its parts.
    pub fn links(&self) -> Value {
        Value::Object(self.header("link").map(links::read).unwrap_or_default())
    }
}

/// What has come of a body: in memory, until that is too much.
struct Arrived {
    memory: Vec<u8>,
    file: Option<File>,
    size: u64,
}

impl Arrived {
    fn new(expected: usize) -> Self {
        Self {
            memory: spare::buffer(expected),
            file: None,
            size: 0,
        }
    }

    fn add(&mut self, chunk: &[u8], room: &Room) -> Result<(), Fault> {
        self.size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if self.size > room.bytes {
            return Err(Fault::data(format!(
                "The answer is larger than {}, the most one page may have.",
                plain_bytes(room.bytes)
            )));
        }
        match &mut self.file {
            Some(file) => file.write_all(chunk).map_err(|error| disk(&error))?,
            None if self.memory.len() + chunk.len() > IN_MEMORY => {
                let mut file = scratch(&room.work_dir)?;
                file.write_all(&self.memory).map_err(|error| disk(&error))?;
                file.write_all(chunk).map_err(|error| disk(&error))?;
                self.memory = Vec::new();
                self.file = Some(file);
            }
            None => self.memory.extend_from_slice(chunk),
        }
        Ok(())
    }

    fn into_body(self) -> Body {
        match self.file {
            Some(file) => Body::File {
                file: Arc::new(file),
                from: 0,
                size: self.size,
            },
            None => Body::Memory(spare::shared(self.memory)),
        }
    }
}

/// Whether an answer comes so slowly that its end is not worth the wait.
fn trickles(elapsed: Duration, bytes: u64) -> bool {
    elapsed > UNHURRIED && bytes / SLOWEST < elapsed.as_secs()
}

/// JSON may begin with a byte order mark.
pub fn trim_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// How much will come into memory, where the server says it: a buffer that grows is copied again and again.
fn expected(response: &Response) -> usize {
    let length = response.content_length().unwrap_or_default();
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= IN_MEMORY)
        .unwrap_or_default()
}

/// A nameless file in the folder of the run.
fn scratch(folder: &Path) -> Result<File, Fault> {
    std::fs::create_dir_all(folder).map_err(|error| disk(&error))?;
    tempfile::tempfile_in(folder).map_err(|error| disk(&error))
}

fn disk(error: &io::Error) -> Fault {
    Fault::bug("A large answer could not be kept on disk.").with_detail(error.to_string())
}

fn headers(response: &Response) -> Map<String, Value> {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in response.headers() {
        let text = String::from_utf8_lossy(value.as_bytes());
        match headers.get_mut(name.as_str()) {
            Some(Value::String(there)) => {
                there.push_str(", ");
                there.push_str(&text);
            }
            _ => {
                headers.insert(name.as_str().to_owned(), Value::from(text.into_owned()));
            }
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_take_its_time_as_long_as_it_comes() {
        let cases = [
            (30, 1, false),
            (600, 1, false),
            (601, 1, true),
            (900, 900 * 1024 - 1, true),
            (900, 900 * 1024, false),
            (86_400, 1024 * 1024, true),
        ];
        for (seconds, bytes, expected) in cases {
            let found = trickles(Duration::from_secs(seconds), bytes);
            assert_eq!(found, expected, "{bytes} bytes in {seconds} s");
        }
    }
}
