//! Record lines of one stream on their way out, with status and state around them.

use std::time::Instant;

use airbyte::protocol::{AirbyteStream, StreamDescriptor, StreamStatus};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::clock;
use crate::connector::{Detail, LogLine};
use crate::fault::Fault;
use crate::message::to_line;
use crate::process::plain_bytes;
use crate::sources::asked::came;
use crate::sources::progress;

/// Lines are handed on in chunks of about this size.
const CHUNK_BYTES: usize = 256 * 1024;

/// Writes the lines of one stream. Used from a thread of its own: a full channel makes it wait.
pub struct Output {
    descriptor: StreamDescriptor,
    out: mpsc::Sender<Bytes>,
    log: mpsc::Sender<LogLine>,
    detail: Detail,
    begun: Instant,
    /// Everything before the data.
    prefix: Vec<u8>,
    buffer: Vec<u8>,
    line_bytes: usize,
    rows: u64,
}

impl Output {
    pub fn new(
        stream: &AirbyteStream,
        out: mpsc::Sender<Bytes>,
        log: mpsc::Sender<LogLine>,
        detail: Detail,
        line_bytes: usize,
    ) -> Self {
        let prefix = format!(
            r#"{{"type":"RECORD","record":{{"stream":{},"emitted_at":{},"data":"#,
            Value::from(stream.name.as_str()),
            clock::now()
        );
        Self {
            descriptor: stream.descriptor(),
            out,
            log,
            detail,
            begun: Instant::now(),
            prefix: prefix.into_bytes(),
            buffer: Vec::with_capacity(2 * CHUNK_BYTES),
            line_bytes,
            rows: 0,
        }
    }

    pub fn begin(&mut self) {
        self.buffer.extend_from_slice(&to_line(&progress::status(
            &self.descriptor,
            StreamStatus::Started,
        )));
    }

    /// Writes one record; `data` writes its JSON object.
    pub fn record(&mut self, data: impl FnOnce(&mut Vec<u8>)) -> Result<(), Fault> {
        let from = self.buffer.len();
        self.buffer.extend_from_slice(&self.prefix);
        data(&mut self.buffer);
        self.buffer.extend_from_slice(b"}}\n");
        self.rows += 1;
        if self.buffer.len() - from > self.line_bytes {
            let limit = plain_bytes(u64::try_from(self.line_bytes).unwrap_or(u64::MAX));
            return Err(Fault::data(format!(
                "Row {} of the file is larger than {limit}, which is the most a row may have.",
                self.rows
            )));
        }
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// A remark for the run's log.
    pub fn remark(&self, text: String) {
        self.say("WARN", text);
    }

    fn say(&self, level: &str, text: String) {
        // A log that is full or closed does not stop the data.
        let _ = self.log.try_send(LogLine {
            level: level.to_owned(),
            stream: Some(self.descriptor.name.clone()),
            text,
        });
    }

    /// Ends the stream well.
    pub fn finish(mut self) -> Result<(), Fault> {
        if self.detail == Detail::Full {
            self.say("DEBUG", came(self.rows, self.begun));
        }
        self.buffer.extend_from_slice(&to_line(&progress::state(
            self.descriptor.clone(),
            progress::whole(),
            self.rows,
        )));
        self.buffer.extend_from_slice(&to_line(&progress::status(
            &self.descriptor,
            StreamStatus::Complete,
        )));
        self.flush()
    }

    /// Ends the stream with what is wrong with it.
    pub fn fail(mut self, fault: &Fault) -> Result<(), Fault> {
        self.buffer
            .extend_from_slice(&to_line(&progress::error(&self.descriptor, fault)));
        self.buffer.extend_from_slice(&to_line(&progress::status(
            &self.descriptor,
            StreamStatus::Incomplete,
        )));
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(2 * CHUNK_BYTES));
        self.out
            .blocking_send(Bytes::from(chunk))
            .map_err(|_| Fault::cancelled())
    }
}
