//! Reading tables: one consistent snapshot, whole tables in chunks along their key, new rows along a cursor.

use airbyte::protocol::{
    AirbyteEstimateTrace, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, StreamDescriptor,
    StreamStatus, SyncMode, Trace,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::catalog::{self, Table, TableColumn};
use super::client::Client;
use super::config::Config;
use super::connect::{self, Session};
use super::errors;
use super::ident::{ident, table};
use super::place::{CursorPlace, KeyPlace, Tracker};
use super::question::{Question, Watch};
use super::row::{Column, Encoder};
use super::rows::{Rows, say};
use crate::clock;
use crate::connector::RunContext;
use crate::fault::{Failures, Fault};
use crate::sources::asked::Asked;
use crate::sources::key::NullKeys;
use crate::sources::{gone, progress};

/// A checkpoint at least this often, and a question of its own when a key is followed.
const ROWS_PER_STATE: u64 = 50_000;

/// One snapshot for all tables: what is read together belongs together, where the tables' engine can do it. Its level and
/// the promise to change nothing are this transaction's own, and can be set while none is open.
const SNAPSHOT: [&str; 3] = [
    END,
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
];
const END: &str = "ROLLBACK";

/// Reads every stream. One that fails does not stop the others; what a further try may mend is the result.
pub async fn read(
    config: &Config,
    configured: &ConfiguredAirbyteCatalog,
    states: &[Value],
    cx: &RunContext,
    out: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let mut session = connect::connect(config, cx).await?;
    let names: Vec<&str> = configured
        .streams
        .iter()
        .map(|stream| stream.stream.name.as_str())
        .collect();
    let tables = catalog::tables(&mut session, &config.database, &names).await?;
    begin(&mut session.client).await?;
    let mut failed = Failures::default();
    for stream in &configured.streams {
        let descriptor = stream.descriptor();
        let mut reader = Reader {
            client: &mut session.client,
            cx,
            out: &out,
            descriptor: &descriptor,
            null_keys: NullKeys::of(stream),
            key: Vec::new(),
        };
        let found = find(&tables, stream, config);
        let Err(fault) = reader.stream(stream, found, states).await else {
            continue;
        };
        let fault = fault.in_stream(&stream.stream.name);
        if out.is_closed() {
            return Err(fault);
        }
        say(&out, &progress::error(&descriptor, &fault)).await?;
        say(
            &out,
            &progress::status(&descriptor, StreamStatus::Incomplete),
        )
        .await?;
        failed.add(fault);
        start_over(&mut session, config, cx).await?;
    }
    // It may fail: what was read is read.
    let _ = session.client.run(END).await;
    session.client.leave().await;
    failed.whole().map_or(Ok(()), Err)
}

fn find<'a>(
    tables: &'a [Table],
    stream: &ConfiguredAirbyteStream,
    config: &Config,
) -> Option<&'a Table> {
    let namespace = stream
        .stream
        .namespace
        .as_deref()
        .unwrap_or(&config.database);
    tables
        .iter()
        .find(|table| table.schema == namespace && table.name == stream.stream.name)
}

async fn begin(client: &mut Client) -> Result<(), Fault> {
    for sql in SNAPSHOT {
        run(client, sql).await?;
    }
    Ok(())
}

async fn run(client: &mut Client, sql: &str) -> Result<(), Fault> {
    let said = client.run(sql).await;
    said.map_err(|error| errors::query(&error))
}

/// A new snapshot for the next table, over a new connection when the old one cannot be used any more.
async fn start_over(session: &mut Session, config: &Config, cx: &RunContext) -> Result<(), Fault> {
    if !session.client.is_ready() {
        *session = connect::connect(config, cx).await?;
    }
    begin(&mut session.client).await
}

/// Reads one stream.
struct Reader<'a> {
    client: &'a mut Client,
    cx: &'a RunContext,
    out: &'a mpsc::Sender<Bytes>,
    descriptor: &'a StreamDescriptor,
    null_keys: NullKeys,
    /// Where the columns of its key stand among those that are read.
    key: Vec<usize>,
}

impl<'a> Reader<'a> {
    async fn stream(
        &mut self,
        configured: &ConfiguredAirbyteStream,
        table: Option<&Table>,
        states: &[Value],
    ) -> Result<(), Fault> {
        let table = table.ok_or_else(|| {
            Fault::config("The table no longer exists, or the login may no longer read it.")
        })?;
        say(
            self.out,
            &progress::status(self.descriptor, StreamStatus::Started),
        )
        .await?;
        self.estimate(table).await?;
        gone::check(configured, |name| table.schema_of(name), self.cx).await?;
        let columns = selected(configured, table);
        let names = columns.iter().map(|column| column.name.as_str());
        self.key = self.null_keys.positions(names);
        match configured.sync_mode {
            SyncMode::Incremental => self.by_cursor(configured, table, &columns, states).await?,
            SyncMode::FullRefresh => {
                let key = table.places();
                if key.is_empty() {
                    self.whole(table, &columns, states).await?;
                } else {
                    self.by_key(table, &columns, &key, states).await?;
                }
            }
        }
        self.null_keys.tell(self.cx, &self.descriptor.name).await;
        say(
            self.out,
            &progress::status(self.descriptor, StreamStatus::Complete),
        )
        .await
    }

    /// One question for all rows.
    async fn whole(
        &mut self,
        from: &Table,
        columns: &[&TableColumn],
        states: &[Value],
    ) -> Result<(), Fault> {
        self.begin_anew(states).await?;
        let mut rows = self.rows(from, columns);
        let question = Question::new(from, columns, &[], "");
        self.pump(&question, &mut rows, &mut Watch::Nothing).await?;
        rows.checkpoint(progress::whole()).await
    }

    /// What an earlier attempt has left without a place to go on from does not count.
    async fn begin_anew(&self, states: &[Value]) -> Result<(), Fault> {
        match progress::anew_after(states, self.descriptor) {
            Some(anew) => say(self.out, &anew).await,
            None => Ok(()),
        }
    }

    /// A question for each chunk of rows, each going on where the last one ended.
    async fn by_key(
        &mut self,
        from: &Table,
        columns: &[&TableColumn],
        key: &[&TableColumn],
        states: &[Value],
    ) -> Result<(), Fault> {
        let names: Vec<String> = key.iter().map(|column| ident(&column.name)).collect();
        let order = format!(" ORDER BY {} LIMIT {ROWS_PER_STATE}", names.join(", "));
        let mut rows = self.rows(from, columns);
        let mut place = KeyPlace::find(states, self.descriptor, key);
        if place.is_none() {
            self.begin_anew(states).await?;
        }
        loop {
            let behind = place
                .as_ref()
                .map(|place| format!(" WHERE {}", place.after(key)));
            let rest = behind.unwrap_or_default() + &order;
            let question = Question::new(from, columns, key, &rest);
            let mut watch = Watch::Key {
                from: columns.len(),
                last: vec![Vec::new(); key.len()],
            };
            if self.pump(&question, &mut rows, &mut watch).await? < ROWS_PER_STATE {
                return rows.checkpoint(progress::whole()).await;
            }
            let reached = KeyPlace::new(key, watch.key(key)?);
            if place.as_ref() == Some(&reached) {
                return Err(Fault::upstream("The server keeps sending the same rows."));
            }
            rows.checkpoint(reached.state()).await?;
            place = Some(reached);
        }
    }

    /// The rows behind the cursor's last value, in its order.
    async fn by_cursor(
        &mut self,
        configured: &ConfiguredAirbyteStream,
        from: &Table,
        columns: &[&TableColumn],
        states: &[Value],
    ) -> Result<(), Fault> {
        let (at, cursor) = chosen_cursor(configured, columns)?;
        let place = CursorPlace::find(states, self.descriptor, &cursor.name);
        let mut rest = String::new();
        if let Some(place) = &place {
            let holding = self.count(from, &place.at(cursor)).await?;
            let after = place.after(cursor, holding);
            rest.extend(after.map(|after| format!(" WHERE {after}")));
        }
        rest.push_str(" ORDER BY ");
        rest.push_str(&ident(&cursor.name));
        let mut rows = self.rows(from, columns);
        let mut watch = Watch::Cursor {
            at,
            tracker: Tracker::new(cursor, place),
        };
        let question = Question::new(from, columns, &[], &rest);
        self.pump(&question, &mut rows, &mut watch).await?;
        rows.checkpoint(watch.state()).await
    }

    async fn count(&mut self, from: &Table, condition: &str) -> Result<u64, Fault> {
        let sql = format!(
            "SELECT COUNT(*) FROM {} WHERE {condition}",
            table(&from.schema, &from.name)
        );
        let broken = |error| errors::query(&error);
        self.client.ask(&sql, 1).await.map_err(broken)?;
        let mut count = None;
        while let Some(row) = self.client.next(1).await.map_err(broken)? {
            count = row
                .value(0)
                .and_then(|raw| std::str::from_utf8(raw).ok()?.parse().ok());
        }
        count.ok_or_else(|| Fault::upstream("The database's answer could not be read."))
    }

    /// Passes all rows of an answer on. Gives their number.
    async fn pump(
        &mut self,
        question: &Question,
        rows: &mut Rows<'_>,
        watch: &mut Watch,
    ) -> Result<u64, Fault> {
        let broken = |error| errors::query(&error);
        let descriptor = self.descriptor;
        let asked = Asked::rows(self.cx, &descriptor.name, watch.words()).await;
        self.client
            .ask(&question.sql, question.width)
            .await
            .map_err(broken)?;
        let (mut count, mut null_keys) = (0, 0);
        while let Some(row) = self.client.next(question.width).await.map_err(broken)? {
            rows.write(row).map_err(|error| errors::row(&error))?;
            watch.see(row);
            count += 1;
            null_keys += u64::from(self.key.iter().any(|&at| row.value(at).is_none()));
            rows.pass().await?;
            if watch.may_rest() && rows.since_state() >= ROWS_PER_STATE {
                rows.checkpoint(watch.state()).await?;
            }
        }
        self.null_keys.add(null_keys);
        asked.answered(count).await;
        Ok(count)
    }

    fn rows(&self, from: &Table, columns: &[&TableColumn]) -> Rows<'a> {
        let written = columns
            .iter()
            .map(|column| Column::new(&column.name, column.my_type.kind()))
            .collect();
        let encoder = Encoder::new(
            &from.schema,
            &from.name,
            clock::now(),
            written,
            self.cx.limits.line_bytes,
        );
        Rows::new(self.out, self.descriptor, encoder)
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
        say(self.out, &progress::trace(Trace::Estimate { estimate })).await
    }
}

/// The cursor's column, and its place among those that are read.
fn chosen_cursor<'a>(
    configured: &ConfiguredAirbyteStream,
    columns: &[&'a TableColumn],
) -> Result<(usize, &'a TableColumn), Fault> {
    let field = match configured.cursor_field.as_slice() {
        [] => configured.stream.default_cursor_field.first(),
        chosen => chosen.first(),
    };
    let field = field.ok_or_else(|| {
        Fault::config("Choose a cursor: the column that tells new rows from old ones.")
    })?;
    let at = columns
        .iter()
        .position(|column| column.name == *field && column.my_type.is_cursor());
    let at = at.ok_or_else(|| {
        Fault::config(format!(
            "“{field}” cannot be the cursor: it is gone, left out, or its values have no order."
        ))
    })?;
    Ok((at, columns[at]))
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
