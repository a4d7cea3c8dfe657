//! One running binary COPY.

use std::pin::Pin;

use bytes::Bytes;
use futures::SinkExt;
use tokio_postgres::{Client, CopyInSink};

use crate::fault::Fault;

use super::error::fault;
use super::lanes::Place;

/// What a binary COPY begins with: signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Whether rows may be written as long settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freeze {
    /// The table was made in this very transaction: its rows need no clean-up later, and readers with an older snapshot
    /// find the whole table instead of an empty one.
    Yes,
    No,
}

/// Rows on their way into one table.
pub struct Copy {
    pub stream: usize,
    pub place: Place,
    sink: Pin<Box<CopyInSink<Bytes>>>,
}

impl Copy {
    pub async fn start(
        client: &Client,
        stream: usize,
        place: Place,
        table: &str,
        columns: &[String],
        freeze: Freeze,
    ) -> Result<Self, Fault> {
        let freeze = if freeze == Freeze::Yes {
            ", FREEZE"
        } else {
            ""
        };
        let sql = format!(
            "COPY {table} ({}) FROM STDIN WITH (FORMAT binary{freeze})",
            columns.join(", ")
        );
        let sink = client.copy_in(&sql).await.map_err(fault)?;
        let mut copy = Self {
            stream,
            place,
            sink: Box::pin(sink),
        };
        copy.feed(Bytes::from_static(HEADER)).await?;
        Ok(copy)
    }

    pub async fn send(&mut self, rows: Vec<u8>) -> Result<(), Fault> {
        self.feed(Bytes::from(rows)).await
    }

    async fn feed(&mut self, bytes: Bytes) -> Result<(), Fault> {
        self.sink.feed(bytes).await.map_err(fault)
    }

    /// Ends the COPY. Returns the rows PostgreSQL has taken.
    pub async fn finish(mut self) -> Result<u64, Fault> {
        self.feed(Bytes::copy_from_slice(&TRAILER)).await?;
        self.sink.as_mut().finish().await.map_err(fault)
    }
}
