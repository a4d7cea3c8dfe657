//! What the database holds: tables, views, columns, keys; a few questions whatever the number of tables.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use airbyte::protocol::{AirbyteCatalog, AirbyteStream, SyncMode};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::client::Client;
use super::connect::{Flavour, Session};
use super::errors;
use super::ident::{ident, literal};
use super::types::{MyType, TinyInt};
use crate::fault::Fault;

/// A server with tens of thousands of tables and a cold disk takes a minute or two.
const PATIENCE: Duration = Duration::from_mins(5);
/// Memory a catalogue may take. A hundred thousand columns take some 20 MB.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// What a value takes besides its text.
const BYTES_PER_VALUE: usize = 32;

/// Names of columns that by custom say when a row last changed, the best first.
const CHANGE_COLUMNS: [&str; 12] = [
    "updated_at",
    "modified_at",
    "last_modified_at",
    "changed_at",
    "last_updated_at",
    "updated_on",
    "modified_on",
    "last_update",
    "last_updated",
    "date_updated",
    "date_modified",
    "modifieddate",
];

/// A table as the database describes it.
#[derive(Debug, Clone)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<TableColumn>,
    /// Names of the primary key's columns, in its order.
    pub key: Vec<String>,
    /// The server's own guess; `None` for views.
    pub rows: Option<f64>,
}

#[derive(Debug, Clone)]
pub struct TableColumn {
    pub name: String,
    pub my_type: MyType,
    pub nullable: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The schema of a column, if it is there.
    pub fn schema_of(&self, name: &str) -> Option<Value> {
        let column = self.column(name)?;
        Some(column.my_type.schema(column.nullable))
    }

    /// The columns by which the table can be read in chunks; none when it has no key, or one that has no exact order.
    pub fn places(&self) -> Vec<&TableColumn> {
        let key: Vec<_> = self
            .key
            .iter()
            .filter_map(|name| self.column(name))
            .collect();
        if key.len() == self.key.len() && key.iter().all(|column| column.my_type.is_place()) {
            key
        } else {
            Vec::new()
        }
    }
}

/// The readable columns of the tables and views of a database: of all of them, or of those named.
pub async fn tables(
    session: &mut Session,
    database: &str,
    names: &[&str],
) -> Result<Vec<Table>, Fault> {
    timeout(PATIENCE, listed(session, database, names))
        .await
        .map_err(|_| Fault::timeout("The server did not list its tables within five minutes."))?
}

async fn listed(
    session: &mut Session,
    database: &str,
    names: &[&str],
) -> Result<Vec<Table>, Fault> {
    let client = &mut session.client;
    let place = literal(database);
    let only = if names.is_empty() {
        String::new()
    } else {
        let names: Vec<_> = names.iter().map(|name| literal(name)).collect();
        format!(" AND TABLE_NAME IN ({})", names.join(", "))
    };
    let mut tables = BTreeMap::new();
    let listed = format!(
        "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = {place} AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED'){only}"
    );
    for [name, rows] in all(client, &listed).await? {
        let Some(name) = name else { continue };
        let table = Table {
            schema: database.to_owned(),
            name: name.clone(),
            columns: Vec::new(),
            key: Vec::new(),
            rows: rows.and_then(|rows| rows.parse().ok()),
        };
        tables.insert(name, table);
    }
    let json = match session.flavour {
        Flavour::MariaDb => checked_json(client, &place, &only).await?,
        Flavour::MySql => HashSet::new(),
    };
    let columns = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, IS_NULLABLE, DATA_TYPE, COLUMN_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE
         FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = {place} AND FIND_IN_SET('select', PRIVILEGES) > 0{only}
         ORDER BY TABLE_NAME, ORDINAL_POSITION"
    );
    for row in all(client, &columns).await? {
        if let Some((name, column)) = column(row, &json, session.tinyint)
            && let Some(table) = tables.get_mut(&name)
        {
            table.columns.push(column);
        }
    }
    for (name, key) in keys(client, &place, &only).await? {
        if let Some(table) = tables.get_mut(&name)
            && key.iter().all(|column| table.column(column).is_some())
        {
            table.key = key;
        }
    }
    Ok(tables
        .into_values()
        .filter(|table| !table.columns.is_empty())
        .collect())
}

fn column(
    row: [Option<String>; 7],
    json: &HashSet<(String, String)>,
    tinyint: TinyInt,
) -> Option<(String, TableColumn)> {
    let [table, name, nullable, kind, full, precision, scale] = row;
    let (table, name) = (table?, name?);
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    let is_json = json.contains(&(table.clone(), format!("json_valid({})", ident(&name))));
    let column = TableColumn {
        name,
        my_type: MyType {
            name: kind?.to_ascii_lowercase(),
            full: full?.to_ascii_lowercase(),
            precision: number(precision),
            scale: number(scale),
            is_json,
            tinyint,
        },
        nullable: nullable.as_deref() != Some("NO"),
    };
    Some((table, column))
}

/// Primary keys by table. One over the beginning of a text only is left out: such a beginning does not tell rows apart
/// as the whole value would.
async fn keys(
    client: &mut Client,
    place: &str,
    only: &str,
) -> Result<HashMap<String, Vec<String>>, Fault> {
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
         WHERE TABLE_SCHEMA = {place} AND INDEX_NAME = 'PRIMARY'{only}
         ORDER BY TABLE_NAME, SEQ_IN_INDEX"
    );
    let mut keys: HashMap<String, Vec<String>> = HashMap::new();
    let mut partial = HashSet::new();
    for [table, column, part] in all(client, &sql).await? {
        let (Some(table), Some(column)) = (table, column) else {
            continue;
        };
        if part.is_some() {
            partial.insert(table.clone());
        }
        keys.entry(table).or_default().push(column);
    }
    keys.retain(|table, _| !partial.contains(table));
    Ok(keys)
}

/// What MariaDB checks of its tables, by table: its `JSON` is a text with such a check.
async fn checked_json(
    client: &mut Client,
    place: &str,
    only: &str,
) -> Result<HashSet<(String, String)>, Fault> {
    let sql = format!(
        "SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
         WHERE CONSTRAINT_SCHEMA = {place}{only}"
    );
    let checks = match all(client, &sql).await {
        Ok(checks) => checks,
        // Before version 10.3 there is no such list, and JSON stays text.
        Err(_) if client.is_ready() => Vec::new(),
        Err(fault) => return Err(fault),
    };
    Ok(checks
        .into_iter()
        .filter_map(|[table, clause]| Some((table?, clause?)))
        .collect())
}

/// All rows of an answer.
async fn all<const N: usize>(
    client: &mut Client,
    sql: &str,
) -> Result<Vec<[Option<String>; N]>, Fault> {
    let broken = |error| errors::query(&error);
    client.ask(sql, N).await.map_err(broken)?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = client.next(N).await.map_err(broken)? {
        let row: [_; N] = std::array::from_fn(|at| {
            row.value(at)
                .map(|raw| String::from_utf8_lossy(raw).into_owned())
        });
        bytes += row.iter().flatten().map(String::len).sum::<usize>() + N * BYTES_PER_VALUE;
        if bytes > MOST_BYTES {
            return Err(Fault::data(
                "The database has more tables and columns than can be listed.",
            ));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The tables as streams.
pub fn catalog(tables: &[Table]) -> AirbyteCatalog {
    AirbyteCatalog {
        streams: tables.iter().map(stream).collect(),
    }
}

fn stream(table: &Table) -> AirbyteStream {
    let properties: Map<String, Value> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.my_type.schema(column.nullable)))
        .collect();
    let mut stream = AirbyteStream::new(
        &table.name,
        json!({"type": "object", "properties": properties}),
    );
    stream.namespace = Some(table.schema.clone());
    stream.source_defined_cursor = Some(false);
    stream.is_resumable = Some(!table.places().is_empty());
    stream.source_defined_primary_key = table.key.iter().map(|name| vec![name.clone()]).collect();
    if table
        .columns
        .iter()
        .any(|column| column.my_type.is_cursor())
    {
        stream.supported_sync_modes.push(SyncMode::Incremental);
    }
    stream.default_cursor_field = change_column(table).into_iter().collect();
    stream
}

/// The column that says when a row last changed. A growing number is no such column: it misses every later change.
fn change_column(table: &Table) -> Option<String> {
    let when =
        |column: &&TableColumn| matches!(column.my_type.name.as_str(), "datetime" | "timestamp");
    let named = |name: &str| {
        table
            .columns
            .iter()
            .filter(when)
            .find(|column| column.name.eq_ignore_ascii_case(name))
    };
    CHANGE_COLUMNS
        .iter()
        .find_map(|name| named(name))
        .map(|column| column.name.clone())
}
