//! The API that is read in the bench: one text of all records, of which pages of any size are stretches. Nothing is made
//! while somebody waits, so that the server is never the slow one.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::data::{Random, Row, users};

/// Records of the API.
pub const RECORDS: u32 = 100_000;

/// A server on this machine; it ends with this process.
pub struct Api {
    pub address: SocketAddr,
    records: Arc<Records>,
    readers: Arc<Readers>,
}

/// When each reader came first and last. They are told apart by what stands before the path.
type Readers = Mutex<BTreeMap<String, (Instant, Instant)>>;

impl Api {
    pub fn start() -> Result<Self> {
        Self::of(RECORDS, Duration::ZERO)
    }

    /// One with so many records, each page of which takes so long to come.
    pub fn of(records: u32, away: Duration) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let api = Self {
            address: listener.local_addr()?,
            records: Arc::new(Records::new(records)?),
            readers: Arc::default(),
        };
        let (records, readers) = (Arc::clone(&api.records), Arc::clone(&api.readers));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (records, readers) = (Arc::clone(&records), Arc::clone(&readers));
                // Whoever hangs up is done; the bench judges by what was read.
                thread::spawn(move || drop(answer(stream, &records, &readers, away)));
            }
        });
        Ok(api)
    }

    /// Who came before does not count.
    pub fn forget(&self) {
        lock(&self.readers).clear();
    }

    /// The most readers that were between their first and their last request at one moment.
    pub fn most_at_once(&self) -> usize {
        let times: Vec<_> = lock(&self.readers).values().copied().collect();
        let during = |moment: Instant| {
            let there = times
                .iter()
                .filter(|(first, last)| (*first..=*last).contains(&moment));
            there.count()
        };
        let firsts = times.iter().map(|(first, _)| during(*first));
        firsts.max().unwrap_or_default()
    }

    /// Of all records, without what is around them.
    pub fn bytes(&self) -> usize {
        self.records.text.len()
    }

    /// The sum of a column that holds money, in hundredths.
    pub fn balance(&self) -> i64 {
        self.records.balance
    }
}

/// Where a page is found.
pub fn target(page: usize, size: usize) -> String {
    format!("/users?page={page}&per_page={size}")
}

/// All records, each followed by a comma.
struct Records {
    text: String,
    /// Where each begins, and where the last one ends.
    marks: Vec<usize>,
    balance: i64,
}

impl Records {
    fn new(count: u32) -> Result<Self> {
        let (mut random, mut row) = (Random::new("read"), Row::default());
        let mut records = Self {
            text: String::new(),
            marks: vec![0],
            balance: 0,
        };
        for n in 0..u64::from(count) {
            row.clear();
            (users().record)(&mut random, n + 1, n, &mut row);
            row.finish();
            records.balance += hundredths(&serde_json::from_str(&row.json)?)?;
            records.text.push_str(&row.json);
            records.text.push(',');
            records.marks.push(records.text.len());
        }
        Ok(records)
    }

    /// The records of a page, the first of which has the number 1.
    fn page(&self, page: usize, size: usize) -> &str {
        let last = self.marks.len() - 1;
        let from = page.saturating_sub(1).saturating_mul(size).min(last);
        let to = from.saturating_add(size).min(last);
        let stretch = &self.text[self.marks[from]..self.marks[to]];
        stretch.strip_suffix(',').unwrap_or(stretch)
    }
}

/// What a record adds to the sum.
pub fn hundredths(record: &Value) -> Result<i64> {
    let text = record["balance"].to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{rest:0<2}")
        .parse()
        .with_context(|| format!("`{text}` is no amount of money"))
}

/// Answers one request after the other.
fn answer(
    mut stream: TcpStream,
    records: &Records,
    readers: &Readers,
    away: Duration,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut answer = Vec::new();
    while let Some(request) = head(&mut lines)? {
        note(&request, readers);
        let number = |name: &str| number(&request, name);
        let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(1));
        let body = records.page(page, size);
        answer.clear();
        whole(&mut answer, page, body)?;
        thread::sleep(away);
        // At once: each piece would be a packet of its own, and wake the reader for a few bytes.
        stream.write_all(&answer)?;
    }
    Ok(())
}

/// An answer with its head.
fn whole(into: &mut Vec<u8>, page: usize, records: &str) -> Result<()> {
    let begin = format!(r#"{{"page":{page},"records":["#);
    let length = begin.len() + records.len() + END.len();
    write!(
        into,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{begin}{records}{END}"
    )?;
    Ok(())
}

fn note(request: &str, readers: &Readers) {
    let target = request.split_whitespace().nth(1).unwrap_or_default();
    let reader = target.split("/users").next().unwrap_or_default();
    let now = Instant::now();
    lock(readers)
        .entry(reader.to_owned())
        .or_insert((now, now))
        .1 = now;
}

fn lock(readers: &Readers) -> MutexGuard<'_, BTreeMap<String, (Instant, Instant)>> {
    readers.lock().unwrap_or_else(PoisonError::into_inner)
}

const END: &str = "]}";

/// The first line of the next request; the others are read, too. Nothing when the client is done.
fn head(lines: &mut impl BufRead) -> Result<Option<String>> {
    let (mut first, mut line) = (String::new(), String::new());
    if lines.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    while lines.read_line(&mut line)? > 0 && !line.trim().is_empty() {
        line.clear();
    }
    Ok(Some(first))
}

/// A number of the query.
fn number(request: &str, name: &str) -> Option<usize> {
    let (_, query) = request.split_whitespace().nth(1)?.split_once('?')?;
    let value = |pair: &str| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
    query.split('&').find_map(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_stretches_of_all_records() {
        let records = Records {
            text: "{},[],1,".to_owned(),
            marks: vec![0, 3, 6, 8],
            balance: 0,
        };
        let pages = [(1, 2), (2, 2), (3, 2), (1, 9)].map(|(page, size)| records.page(page, size));
        assert_eq!(pages, ["{},[]", "1", "", "{},[],1"]);
    }

    #[test]
    fn a_query_is_read_by_its_names() {
        let request = "GET /users?page=12&per_page=100 HTTP/1.1\r\n";
        assert_eq!(number(request, "page"), Some(12));
        assert_eq!(number(request, "per_page"), Some(100));
        assert_eq!(number("GET /users HTTP/1.1", "page"), None);
    }

    #[test]
    fn money_is_counted_in_hundredths() {
        let found = [12.05, 7.5, 3.0, 0.07].map(|amount| {
            hundredths(&json!({ "balance": amount })).expect("it is an amount of money")
        });
        assert_eq!(found, [1205, 750, 300, 7]);
    }
}
