//! Reading tables: one consistent snapshot, one answer in the server's binary form for each table, lines out as fast as they
//! come in. No COPY: the driver gives its statement a name, which poolers mix up with those of others.

use std::iter;
use std::pin::pin;

use airbyte::protocol::{
    AirbyteEstimateTrace, AirbyteMessage, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream,
    StreamDescriptor, StreamStatus, SyncMode, Trace,
};
use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::catalog::{Table, TableColumn};
use super::config::{Config, Replication};
use super::ident::{ident, table};
use super::row::{self, Column, Encoder, Row};
use super::rows::{Follow, Rows};
use super::types::Sent;
use super::{catalog, errors, moment, transaction};
use crate::clock;
use crate::connector::RunContext;
use crate::fault::{Failures, Fault};
use crate::message::to_line;
use crate::sources::asked::Asked;
use crate::sources::key::NullKeys;
use crate::sources::{gone, progress};

/// Reads every stream in the transaction that was begun, and ends it. One that fails does not stop the others; what a
/// further try may mend is the result.
pub async fn read(
    client: &Client,
    config: &Config,
    configured: &ConfiguredAirbyteCatalog,
    states: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let mut identity = moment::identity(client).await?;
    let schemas: Vec<String> = configured
        .streams
        .iter()
        .filter_map(|stream| stream.stream.namespace.clone())
        .collect();
    let tables = catalog::tables(client, &schemas).await?;
    let mut failed = Failures::default();
    for stream in &configured.streams {
        let reader = Reader {
            client,
            cx,
            out: &out,
            descriptor: stream.descriptor(),
            replication: config.replication_method,
            identity: identity.as_deref(),
            null_keys: NullKeys::of(stream),
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
        transaction::end(client).await;
        transaction::begin(client).await?;
        identity = moment::identity(client).await?;
        failed.add(fault);
    }
    transaction::end(client).await;
    failed.whole().map_or(Ok(()), Err)
}

/// Reads one stream.
pub struct Reader<'a> {
    pub client: &'a Client,
    pub cx: &'a RunContext,
    out: &'a mpsc::Sender<Bytes>,
    pub descriptor: StreamDescriptor,
    replication: Replication,
    pub identity: Option<&'a str>,
    null_keys: NullKeys,
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
        gone::check(configured, |name| table.schema_of(name), self.cx).await?;
        let columns = selected(configured, table);
        match (configured.sync_mode, self.cursor(configured, table)?) {
            (SyncMode::FullRefresh, _) => self.whole(configured, table, &columns, states).await?,
            (SyncMode::Incremental, Some(field)) => {
                self.by_cursor(field, table, &columns, states).await?;
            }
            (SyncMode::Incremental, None) => self.passes(table, &columns, states).await?,
        }
        self.null_keys.tell(self.cx, &self.descriptor.name).await;
        self.say(&self.status(StreamStatus::Complete)).await
    }

    /// The column to follow; none where the transactions are followed that wrote the rows.
    fn cursor<'c>(
        &self,
        configured: &'c ConfiguredAirbyteStream,
        table: &Table,
    ) -> Result<Option<&'c String>, Fault> {
        let field = match configured.cursor_field.as_slice() {
            [] => configured.stream.default_cursor_field.first(),
            chosen => chosen.first(),
        };
        if table.versioned && (field.is_none() || self.replication == Replication::Xmin) {
            return Ok(None);
        }
        if field.is_none() && configured.sync_mode == SyncMode::Incremental {
            return Err(Fault::config(
                "Choose a cursor: the column that tells new rows from old ones.",
            ));
        }
        Ok(field)
    }

    /// Passes the rows on and ends with a state. Gives how many rows came since the state before it.
    pub async fn pump(
        &self,
        from: &Table,
        columns: &[&TableColumn],
        condition: &str,
        follow: Follow,
    ) -> Result<u64, Fault> {
        let mut list: Vec<String> = columns.iter().map(|column| expression(column)).collect();
        if matches!(follow, Follow::Whole(_)) {
            list.push("ctid".to_owned());
        }
        let sql = format!(
            "SELECT {} FROM {}{condition}",
            list.join(", "),
            table(&from.schema, &from.name),
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
        let asked = Asked::rows(self.cx, &self.descriptor.name, follow.words()).await;
        let mut rows = Rows::new(self, encoder, follow);
        let names = columns.iter().map(|column| column.name.as_str());
        let key = self.null_keys.positions(names);
        let (mut come, mut null_keys) = (0, 0);
        let parameters = iter::empty::<(i32, Type)>();
        let answer = self.client.query_typed_raw(&sql, parameters).await;
        let mut answer = pin!(answer.map_err(|error| errors::query(&error))?);
        while let Some(row) = answer.next().await {
            let row = row.map_err(|error| errors::query(&error))?;
            let values = row::values(&row);
            null_keys += u64::from(key.iter().any(|&at| values[at].is_none()));
            rows.take(Row::new(&values)).await?;
            rows.flush_if_old().await?;
            come += 1;
        }
        self.null_keys.add(null_keys);
        let left = rows.finish().await?;
        asked.answered(come).await;
        Ok(left)
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

    pub async fn say(&self, message: &AirbyteMessage) -> Result<(), Fault> {
        self.pass(to_line(message)).await
    }

    pub async fn pass(&self, chunk: Bytes) -> Result<(), Fault> {
        self.out.send(chunk).await.map_err(|_| Fault::cancelled())
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

/// A column as it is asked for.
pub fn expression(column: &TableColumn) -> String {
    let name = ident(&column.name);
    match column.pg_type.wire().1 {
        // A domain's own type would be sent under another name, but in the same form.
        Sent::Binary => name,
        Sent::Text => format!("{name}::text"),
        Sent::Json => format!("pg_catalog.to_json({name})"),
    }
}
