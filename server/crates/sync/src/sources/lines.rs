//! The rows of one stream on their way out: lines, chunks, checkpoints.

use std::time::{Duration, Instant};

use airbyte::protocol::{AirbyteMessage, StreamDescriptor};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::fault::Fault;
use crate::message::to_line;
use crate::sources::progress;

/// Lines are handed on in chunks of about this size.
const CHUNK_BYTES: usize = 256 * 1024;
/// How long a row may wait for its chunk to fill.
const OLDEST_ROW: Duration = Duration::from_secs(1);

pub struct Lines<'a> {
    out: &'a mpsc::Sender<Bytes>,
    stream: &'a StreamDescriptor,
    buffer: Vec<u8>,
    since_state: u64,
    flushed: Instant,
}

impl<'a> Lines<'a> {
    pub fn new(out: &'a mpsc::Sender<Bytes>, stream: &'a StreamDescriptor) -> Self {
        Self {
            out,
            stream,
            buffer: Vec::with_capacity(2 * CHUNK_BYTES),
            since_state: 0,
            flushed: Instant::now(),
        }
    }

    /// Rows since the last checkpoint.
    pub fn since_state(&self) -> u64 {
        self.since_state
    }

    /// Where the next row is to be written, which is counted.
    pub fn row(&mut self) -> &mut Vec<u8> {
        self.since_state += 1;
        &mut self.buffer
    }

    /// Passes on what fills a chunk, or has waited for one.
    pub async fn pass(&mut self) -> Result<(), Fault> {
        if self.buffer.len() >= CHUNK_BYTES || self.flushed.elapsed() >= OLDEST_ROW {
            self.flush().await
        } else {
            Ok(())
        }
    }

    pub async fn checkpoint(&mut self, place: Value) -> Result<(), Fault> {
        let state = progress::state(self.stream.clone(), place, self.since_state);
        self.since_state = 0;
        self.buffer.extend_from_slice(&to_line(&state));
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        self.flushed = Instant::now();
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(2 * CHUNK_BYTES));
        send(self.out, Bytes::from(chunk)).await
    }
}

/// A message of its own.
pub async fn say(out: &mpsc::Sender<Bytes>, message: &AirbyteMessage) -> Result<(), Fault> {
    send(out, to_line(message)).await
}

async fn send(out: &mpsc::Sender<Bytes>, chunk: Bytes) -> Result<(), Fault> {
    out.send(chunk).await.map_err(|_| Fault::cancelled())
}
