//! The rows of one stream as lines.

use airbyte::protocol::StreamDescriptor;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::client::Row;
use super::row::{Encoder, RowError};
use crate::fault::Fault;
use crate::sources::lines::Lines;
pub use crate::sources::lines::say;

pub struct Rows<'a> {
    lines: Lines<'a>,
    encoder: Encoder,
}

impl<'a> Rows<'a> {
    pub fn new(
        out: &'a mpsc::Sender<Bytes>,
        stream: &'a StreamDescriptor,
        encoder: Encoder,
    ) -> Self {
        Self {
            lines: Lines::new(out, stream),
            encoder,
        }
    }

    /// Rows since the last checkpoint.
    pub fn since_state(&self) -> u64 {
        self.lines.since_state()
    }

    pub fn write(&mut self, row: Row<'_>) -> Result<(), RowError> {
        self.encoder.write(row, self.lines.row())
    }

    /// Passes on what fills a chunk, or has waited for one.
    pub async fn pass(&mut self) -> Result<(), Fault> {
        self.lines.pass().await
    }

    pub async fn checkpoint(&mut self, place: Value) -> Result<(), Fault> {
        self.lines.checkpoint(place).await
    }
}
