//! Messages of one stream on their way out: records in chunks, states after what they cover, statuses around them.

use airbyte::protocol::{AirbyteMessage, StreamDescriptor, StreamStatus};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use crate::connector::Veil;
use crate::declarative::env::Env;
use crate::declarative::record::Record;
use crate::declarative::spare;
use crate::fault::Fault;
use crate::message::{failure, to_line};
use crate::process::plain_bytes;
use crate::sources::progress;

/// A chunk need not be larger than this, however large the page is.
const FULL: usize = 512 * 1024;

/// Records on their way to a chunk.
pub struct Batch {
    /// What stands before a record's own fields, as far as it is the same for all of the stream …
    prefix: Vec<u8>,
    named: usize,
    /// … and the moment behind it, which all records of a page have in common.
    moment: Option<i64>,
    buffer: Vec<u8>,
    /// What the largest chunk took: as much is made room for when the next begins, not while its page is waited for.
    room: usize,
    line_bytes: usize,
    count: u64,
}

impl Batch {
    pub fn new(stream: &str, line_bytes: usize) -> Self {
        let prefix = format!(
            r#"{{"type":"RECORD","record":{{"stream":{},"emitted_at":"#,
            Value::from(stream)
        );
        Self {
            named: prefix.len(),
            prefix: prefix.into_bytes(),
            moment: None,
            buffer: Vec::new(),
            room: 0,
            line_bytes,
            count: 0,
        }
    }

    /// Adds a record of an answer that came at this moment.
    pub fn push(&mut self, record: &Record<'_>, moment: i64) -> Result<(), Fault> {
        if self.moment != Some(moment) {
            self.moment = Some(moment);
            self.prefix.truncate(self.named);
            let rest = format!(r#"{moment},"data":"#);
            self.prefix.extend_from_slice(rest.as_bytes());
        }
        if self.buffer.is_empty() {
            self.buffer = spare::buffer(self.room);
        }
        let from = self.buffer.len();
        self.buffer.extend_from_slice(&self.prefix);
        record.write(&mut self.buffer)?;
        self.buffer.extend_from_slice(b"}}\n");
        self.count += 1;
        if self.buffer.len() - from > self.line_bytes {
            self.buffer.truncate(from);
            self.count -= 1;
            let limit = plain_bytes(u64::try_from(self.line_bytes).unwrap_or(u64::MAX));
            return Err(Fault::data(format!(
                "A record is larger than {limit}, which is the most a record may have."
            )));
        }
        Ok(())
    }

    /// Whether it is time to send what was gathered.
    pub const fn is_full(&self) -> bool {
        self.buffer.len() >= FULL
    }

    fn take(&mut self) -> (Bytes, u64) {
        let chunk = std::mem::take(&mut self.buffer);
        self.room = self.room.max(chunk.len());
        (spare::shared(chunk), std::mem::take(&mut self.count))
    }
}

/// The way out for one stream. Its lock keeps a state's count true to the records before it.
pub struct Emitter {
    descriptor: StreamDescriptor,
    out: mpsc::Sender<Bytes>,
    veil: Veil,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    since_state: u64,
    total: u64,
}

impl Emitter {
    pub fn new(descriptor: StreamDescriptor, env: &Env, out: &mpsc::Sender<Bytes>) -> Self {
        Self {
            descriptor,
            out: out.clone(),
            veil: env.secrets.clone(),
            counts: Mutex::default(),
        }
    }

    pub async fn status(&self, status: StreamStatus) -> Result<(), Fault> {
        self.say(&progress::status(&self.descriptor, status)).await
    }

    /// Sends the records gathered so far. The first of a stream say that it is running.
    pub async fn records(&self, batch: &mut Batch) -> Result<(), Fault> {
        let (chunk, count) = batch.take();
        if count == 0 {
            return Ok(());
        }
        let mut counts = self.counts.lock().await;
        if counts.total == 0 {
            self.status(StreamStatus::Running).await?;
        }
        counts.total += count;
        counts.since_state += count;
        self.pass(chunk).await
    }

    /// Sends the state that is due. It is made and sent under one lock, so that a newer one never goes out before an
    /// older.
    pub async fn state(
        &self,
        due: impl FnOnce() -> Result<Option<Value>, Fault> + Send,
    ) -> Result<(), Fault> {
        let mut counts = self.counts.lock().await;
        let Some(state) = due()? else {
            return Ok(());
        };
        let records = std::mem::take(&mut counts.since_state);
        self.say(&progress::state(self.descriptor.clone(), state, records))
            .await
    }

    /// Says why the stream failed.
    pub async fn error(&self, fault: &Fault) -> Result<(), Fault> {
        let fault = self.veil.fault(fault.clone());
        self.say(&failure(&fault, Some(self.descriptor.clone())))
            .await
    }

    async fn say(&self, message: &AirbyteMessage) -> Result<(), Fault> {
        self.pass(to_line(message)).await
    }

    async fn pass(&self, chunk: Bytes) -> Result<(), Fault> {
        self.out.send(chunk).await.map_err(|_| Fault::cancelled())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_has_the_moment_at_which_its_answer_came() {
        let mut batch = Batch::new("ships", 1024);
        for (record, moment) in [
            (r#"{"id":1}"#, 1_000),
            (r#"{"id":2}"#, 1_000),
            (r#"{"id":3}"#, 20_000),
        ] {
            batch.push(&Record::Raw(record), moment).unwrap();
        }
        let (chunk, count) = batch.take();
        assert_eq!(count, 3);
        let lines: Vec<Value> = chunk
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let told = lines.iter().map(|line| {
            let record = &line["record"];
            (record["data"]["id"].as_u64(), record["emitted_at"].as_i64())
        });
        let told: Vec<_> = told.collect();
        assert_eq!(
            told,
            [
                (Some(1), Some(1_000)),
                (Some(2), Some(1_000)),
                (Some(3), Some(20_000))
            ]
        );
    }
}
