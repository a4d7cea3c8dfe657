//! Reading tables: one consistent snapshot, binary COPY of each table, lines out as fast as they come in.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use airbyte::protocol::{
    AirbyteEstimateTrace, AirbyteMessage, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream,
    StreamDescriptor, StreamStatus, SyncMode, Trace,
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::catalog::{Table, TableColumn};
use super::cursor::{Place, Tracker};
use super::ident::{ident, table};
use super::row::{self, Column, Encoder, Row, RowError};
use super::types::Sent;
use super::{catalog, errors};
use crate::clock;
use crate::connector::RunContext;
use crate::fault::Fault;
use crate::message::to_line;
use crate::sources::progress;

/// Lines are handed on in chunks of about this size.
const CHUNK_BYTES: usize = 256 * 1024;
/// How long a row may wait for its chunk to fill.
const OLDEST_ROW: Duration = Duration::from_secs(1);
/// A checkpoint at least this often when a cursor is followed.
const ROWS_PER_STATE: u64 = 50_000;

/// One snapshot for all tables: what is read together belongs together.
const SNAPSHOT: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Reads every stream. One that fails does not stop the others; the first fault is the result.
pub async fn read(
    client: &Client,
    configured: &ConfiguredAirbyteCatalog,
    states: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    client
        .batch_execute(SNAPSHOT)
        .await
        .map_err(|error| errors::query(&error))?;
    let schemas: Vec<String> = configured
        .streams
        .iter()
        .filter_map(|stream| stream.stream.namespace.clone())
        .collect();
    let tables = catalog::tables(client, &schemas).await?;
    let mut first = None;
    for stream in &configured.streams {
        let reader = Reader {
            client,
            cx,
            out: &out,
            descriptor: stream.descriptor(),
        };
        let Err(fault) = reader.stream(stream, &tables, states).await else {
            continue;
        };
        let fault = fault.in_stream(&stream.stream.name);
        if out.is_closed() || client.is_closed() {
            return Err(fault);
        }
        reader.failed(&fault).await?;
        // A failed statement ends the transaction; the next table gets a snapshot of its own.
        client
            .batch_execute("ROLLBACK")
            .await
            .map_err(|error| errors::query(&error))?;
        client
            .batch_execute(SNAPSHOT)
            .await
            .map_err(|error| errors::query(&error))?;
        first.get_or_insert(fault);
    }
    first.map_or(Ok(()), Err)
}

/// Reads one stream.
struct Reader<'a> {
    client: &'a Client,
    cx: &'a RunContext,
    out: &'a mpsc::Sender<Bytes>,
    descriptor: StreamDescriptor,
}

impl Reader<'_> {
    async fn stream(
        &self,
        configured: &ConfiguredAirbyteStream,
        tables: &[Table],
        states: &[Value],
    ) -> Result<(), Fault> {
        let namespace = configured.stream.namespace.as_deref().unwrap_or("public");
        let found = tables
            .iter()
            .find(|table| table.schema == namespace && table.name == configured.stream.name);
        let table = found.ok_or_else(|| {
            Fault::config("The table no longer exists, or the login may no longer read it.")
        })?;
        self.say(&self.status(StreamStatus::Started)).await?;
        self.estimate(table).await?;
        let columns = selected(configured, table);
        let plan = match configured.sync_mode {
            SyncMode::FullRefresh => Plan {
                condition: String::new(),
                tracker: None,
            },
            SyncMode::Incremental => self.plan(configured, table, &columns, states).await?,
        };
        self.copy(table, &columns, plan).await?;
        self.say(&self.status(StreamStatus::Complete)).await
    }

    /// Where to go on, and in which order.
    async fn plan(
        &self,
        configured: &ConfiguredAirbyteStream,
        table: &Table,
        columns: &[&TableColumn],
        states: &[Value],
    ) -> Result<Plan, Fault> {
        let field = match configured.cursor_field.as_slice() {
            [] => configured.stream.default_cursor_field.first(),
            chosen => chosen.first(),
        };
        let field = field.ok_or_else(|| {
            Fault::config("Choose a cursor: the column that tells new rows from old ones.")
        })?;
        let at = columns
            .iter()
            .position(|column| column.name == *field && column.pg_type.is_cursor());
        let at = at.ok_or_else(|| {
            Fault::config(format!(
                "“{field}” cannot be the cursor: it is gone, left out, or its values have no order."
            ))
        })?;
        let column = columns[at];
        let place = Place::find(states, &self.descriptor, field);
        let mut condition = String::new();
        if let Some(place) = &place
            && let Some(here) = place.at(&column.sql_type)
        {
            let counted = format!(
                "SELECT count(*) FROM {} WHERE {here}",
                self::table(&table.schema, &table.name)
            );
            let row = self
                .client
                .query_one(&counted, &[])
                .await
                .map_err(|error| errors::query(&error))?;
            let after = place
                .after(&column.sql_type, row.get(0))
                .unwrap_or_default();
            condition = format!(" WHERE {after}");
        }
        let order = format!(" ORDER BY {}", ident(field));
        condition.push_str(&order);
        Ok(Plan {
            condition,
            tracker: Some((at, Tracker::new(field, column.pg_type.wire().0, place))),
        })
    }

    /// Copies the rows and ends with a state. Gives the number of rows.
    async fn copy(&self, from: &Table, columns: &[&TableColumn], plan: Plan) -> Result<u64, Fault> {
        let list: Vec<String> = columns.iter().map(|column| expression(column)).collect();
        let sql = format!(
            "COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT binary)",
            list.join(", "),
            table(&from.schema, &from.name),
            plan.condition
        );
        let written = columns
            .iter()
            .map(|column| Column::new(&column.name, column.pg_type.wire().0))
            .collect();
        let encoder = Encoder::new(
            &from.schema,
            &from.name,
            clock::now(),
            written,
            self.cx.limits.line_bytes,
        );
        let mut rows = Rows {
            reader: self,
            encoder,
            columns: columns.len(),
            tracker: plan.tracker,
            buffer: Vec::with_capacity(2 * CHUNK_BYTES),
            since_state: 0,
            total: 0,
            flushed: Instant::now(),
        };
        let stream = self
            .client
            .copy_out(&sql)
            .await
            .map_err(|error| errors::query(&error))?;
        let mut stream = pin!(stream);
        let mut pending = BytesMut::new();
        let mut begun = false;
        while let Some(message) = stream.next().await {
            let message = message.map_err(|error| errors::query(&error))?;
            // The server sends whole rows; should it ever cut one, the rest is waited for.
            pending.extend_from_slice(&message);
            let mut unread = &pending[..];
            if !begun {
                row::skip_header(&mut unread).map_err(|error| malformed(&error))?;
                begun = true;
            }
            let over = rows.take(&mut unread).await?;
            rows.flush_if_old().await?;
            let used = pending.len() - unread.len();
            bytes::Buf::advance(&mut pending, used);
            if over {
                break;
            }
        }
        while stream.next().await.is_some() {}
        rows.finish().await
    }

    async fn estimate(&self, table: &Table) -> Result<(), Fault> {
        let Some(rows) = table.rows else {
            return Ok(());
        };
        let estimate = AirbyteEstimateTrace {
            name: table.name.clone(),
            namespace: Some(table.schema.clone()),
            kind: "STREAM".to_owned(),
            row_estimate: Some(rows),
            byte_estimate: None,
        };
        self.say(&progress::trace(Trace::Estimate { estimate }))
            .await
    }

    async fn failed(&self, fault: &Fault) -> Result<(), Fault> {
        self.say(&progress::error(&self.descriptor, fault)).await?;
        self.say(&self.status(StreamStatus::Incomplete)).await
    }

    fn status(&self, status: StreamStatus) -> AirbyteMessage {
        progress::status(&self.descriptor, status)
    }

    async fn say(&self, message: &AirbyteMessage) -> Result<(), Fault> {
        self.pass(to_line(message)).await
    }

    async fn pass(&self, chunk: Bytes) -> Result<(), Fault> {
        self.out.send(chunk).await.map_err(|_| Fault::cancelled())
    }
}

/// What comes after `FROM table`, and the cursor to follow with its place among the columns.
struct Plan {
    condition: String,
    tracker: Option<(usize, Tracker)>,
}

/// The rows on their way through.
struct Rows<'a> {
    reader: &'a Reader<'a>,
    encoder: Encoder,
    columns: usize,
    tracker: Option<(usize, Tracker)>,
    buffer: Vec<u8>,
    since_state: u64,
    total: u64,
    flushed: Instant,
}

impl Rows<'_> {
    /// Takes the whole rows off `bytes`. `true` when the copy is over.
    async fn take(&mut self, bytes: &mut &[u8]) -> Result<bool, Fault> {
        while !bytes.is_empty() {
            let mut rest = *bytes;
            let row = match Row::take(&mut rest, self.columns) {
                Ok(row) => row,
                Err(RowError::Cut) => return Ok(false),
                Err(error) => return Err(malformed(&error)),
            };
            *bytes = rest;
            let Some(row) = row else { return Ok(true) };
            self.write(row).map_err(|error| malformed(&error))?;
            if self.buffer.len() >= CHUNK_BYTES {
                self.flush().await?;
            }
            if self.tracker.is_some() && self.since_state >= ROWS_PER_STATE {
                self.checkpoint().await?;
            }
        }
        Ok(false)
    }

    fn write(&mut self, row: Row<'_>) -> Result<(), RowError> {
        self.encoder.write(&row, &mut self.buffer)?;
        if let Some((at, tracker)) = &mut self.tracker {
            tracker.see(row.value(*at)?);
        }
        self.since_state += 1;
        self.total += 1;
        Ok(())
    }

    /// Rows that come slowly are passed on as they come.
    async fn flush_if_old(&mut self) -> Result<(), Fault> {
        if self.flushed.elapsed() < OLDEST_ROW {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        self.flushed = Instant::now();
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(2 * CHUNK_BYTES));
        self.reader.pass(Bytes::from(chunk)).await
    }

    async fn checkpoint(&mut self) -> Result<(), Fault> {
        let place = match &self.tracker {
            Some((_, tracker)) => {
                serde_json::to_value(tracker.place()).expect("a place is plain data")
            }
            None => progress::whole(),
        };
        let state = progress::state(self.reader.descriptor.clone(), place, self.since_state);
        self.since_state = 0;
        self.buffer.extend_from_slice(&to_line(&state));
        self.flush().await
    }

    async fn finish(mut self) -> Result<u64, Fault> {
        self.checkpoint().await?;
        Ok(self.total)
    }
}

/// The columns that are wanted and still there.
fn selected<'a>(configured: &ConfiguredAirbyteStream, table: &'a Table) -> Vec<&'a TableColumn> {
    let wanted = configured
        .stream
        .json_schema
        .get("properties")
        .and_then(Value::as_object);
    table
        .columns
        .iter()
        .filter(|column| wanted.is_none_or(|wanted| wanted.contains_key(&column.name)))
        .collect()
}

fn expression(column: &TableColumn) -> String {
    let name = ident(&column.name);
    match column.pg_type.wire().1 {
        // A domain's own type would be sent under another name, but in the same form.
        Sent::Binary => name,
        Sent::Text => format!("{name}::text"),
        Sent::Json => format!("pg_catalog.to_json({name})"),
    }
}

fn malformed(error: &RowError) -> Fault {
    Fault::bug("The database's answer could not be read.").with_detail(error.to_string())
}
