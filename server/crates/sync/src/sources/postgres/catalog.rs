//! What the database holds: schemas, tables, views, columns, keys; one question whatever the number of tables.

use std::collections::BTreeMap;

use airbyte::protocol::{AirbyteCatalog, AirbyteStream, SyncMode};
use serde_json::{Map, Value, json};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use super::config::Replication;
use super::errors;
use super::types::PgType;
use crate::fault::Fault;

/// Every readable column of every readable table, view and foreign table; partitions are read through their parent.
/// Of a domain the type below it counts, however many domains lie between, with the length that the lowest one gives it.
/// Only the server's own types go by their bare names: what somebody else calls a date has a form of its own. `$1` limits to
/// schemas when it is not empty.
const COLUMNS: &str = "
WITH RECURSIVE domains (oid, base, typmod) AS (
    SELECT oid, typbasetype, typtypmod
    FROM pg_catalog.pg_type
    WHERE typtype = 'd'
    UNION ALL
    SELECT d.oid, t.typbasetype, t.typtypmod
    FROM domains d
    JOIN pg_catalog.pg_type t ON t.oid = d.base AND t.typtype = 'd'
)
SELECT n.nspname::text, c.relname::text, a.attname::text, a.attnotnull,
       CASE WHEN b.typnamespace = 'pg_catalog'::regnamespace THEN b.typname::text ELSE pg_catalog.format_type(b.oid, NULL) END,
       b.typtype::text, b.typcategory::text, e.typname::text,
       CASE WHEN b.typname = 'numeric' AND m.typmod >= 4 THEN ((m.typmod - 4) >> 16) & 65535 END::int4,
       CASE WHEN b.typname = 'numeric' AND m.typmod >= 4 THEN (((m.typmod - 4) & 2047) # 1024) - 1024 END::int4,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.array_position(k.indkey::int2[], a.attnum)::int4,
       c.reltuples::float8,
       c.relkind IN ('r', 'm') AND NOT c.relhassubclass AND s.amname IS NOT DISTINCT FROM 'heap',
       c.relpages::int8,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid)
           AND pg_catalog.current_setting('server_version_num')::int4 >= 140000,
       pg_catalog.current_setting('server_version_num')::int4 >= 140000
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN (
    SELECT d.oid, d.base, d.typmod
    FROM domains d
    JOIN pg_catalog.pg_type l ON l.oid = d.base AND l.typtype <> 'd'
) d ON d.oid = t.oid
JOIN pg_catalog.pg_type b ON b.oid = COALESCE(d.base, t.oid)
CROSS JOIN LATERAL (SELECT COALESCE(d.typmod, a.atttypmod) AS typmod) m
LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
LEFT JOIN pg_catalog.pg_am s ON s.oid = c.relam
LEFT JOIN pg_catalog.pg_index k ON k.indrelid = c.oid AND k.indisprimary
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname NOT LIKE 'pg\\_temp\\_%'
  AND n.nspname NOT LIKE 'pg\\_toast\\_temp\\_%'
  AND (pg_catalog.cardinality($1::text[]) = 0 OR n.nspname = ANY ($1::text[]))
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))
ORDER BY n.nspname, c.relname, a.attnum";

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
    /// The server's own guess; `None` when it never counted.
    pub rows: Option<f64>,
    /// Whether its rows tell which transaction wrote them, and lie in blocks that can be read one after another. Views,
    /// foreign tables and tables made of other tables do not.
    pub versioned: bool,
    /// Whether a whole read may go on where it stopped: its rows have versions, the login sees all of them and where they
    /// lie, and the server finds blocks without reading those before them, as from version 14 on.
    pub resumable: bool,
    /// Blocks, when the server last counted; nothing where it never did.
    blocks: u64,
}

#[derive(Debug, Clone)]
pub struct TableColumn {
    pub name: String,
    pub pg_type: PgType,
    /// The type as SQL writes it: `numeric(10,2)`.
    pub sql_type: String,
    pub nullable: bool,
    /// Whether the server's `numeric` knows infinity, as from version 14 on.
    pub infinite_numerics: bool,
    /// Place in the primary key.
    pub key_place: Option<i32>,
}

impl Table {
    /// The schema of a column, if it is there.
    pub fn schema_of(&self, name: &str) -> Option<Value> {
        let mut columns = self.columns.iter();
        let column = columns.find(|column| column.name == name)?;
        Some(column.pg_type.schema(column.nullable))
    }

    /// Whether the server counted so few blocks that it need not be asked again.
    pub fn is_surely_below(&self, blocks: u64) -> bool {
        (1..blocks / 2).contains(&self.blocks)
    }
}

/// All tables of the given schemas (of every schema when none is given).
pub async fn tables(client: &Client, schemas: &[String]) -> Result<Vec<Table>, Fault> {
    let rows = client
        .query_typed(COLUMNS, &[(&schemas, Type::TEXT_ARRAY)])
        .await
        .map_err(|error| errors::query(&error))?;
    let mut tables: BTreeMap<(String, String), Table> = BTreeMap::new();
    for row in &rows {
        let (schema, name): (String, String) = (row.get(0), row.get(1));
        let table = tables
            .entry((schema.clone(), name.clone()))
            .or_insert_with(|| {
                let rows = Some(row.get::<_, f64>(12)).filter(|rows| *rows >= 0.0);
                Table {
                    schema,
                    name,
                    columns: Vec::new(),
                    rows,
                    versioned: row.get(13),
                    resumable: row.get::<_, bool>(13) && row.get::<_, bool>(15),
                    blocks: u64::try_from(row.get::<_, i64>(14)).unwrap_or_default(),
                }
            });
        table.columns.push(column(row));
    }
    Ok(tables.into_values().collect())
}

fn column(row: &Row) -> TableColumn {
    let letter = |at: usize| row.get::<_, String>(at).chars().next().unwrap_or_default();
    let pg_type = PgType {
        name: row.get(4),
        kind: letter(5),
        category: letter(6),
        element: row.get(7),
        precision: row.get(8),
        scale: row.get(9),
    };
    TableColumn {
        name: row.get(2),
        pg_type,
        sql_type: row.get(10),
        nullable: !row.get::<_, bool>(3),
        infinite_numerics: row.get(16),
        key_place: row.get(11),
    }
}

/// The tables as streams.
pub fn catalog(tables: &[Table], replication: Replication) -> AirbyteCatalog {
    AirbyteCatalog {
        streams: tables
            .iter()
            .map(|table| stream(table, replication))
            .collect(),
    }
}

fn stream(table: &Table, replication: Replication) -> AirbyteStream {
    let properties: Map<String, Value> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.pg_type.schema(column.nullable)))
        .collect();
    let mut stream = AirbyteStream::new(
        &table.name,
        json!({"type": "object", "properties": properties}),
    );
    stream.namespace = Some(table.schema.clone());
    stream.is_resumable = Some(table.resumable);
    stream.source_defined_primary_key = primary_key(table)
        .into_iter()
        .map(|name| vec![name])
        .collect();
    let has_cursor = table
        .columns
        .iter()
        .any(|column| column.pg_type.is_cursor());
    let by_version = table.versioned && (replication == Replication::Xmin || !has_cursor);
    stream.source_defined_cursor = Some(by_version);
    if by_version || has_cursor {
        stream.supported_sync_modes.push(SyncMode::Incremental);
    }
    if !by_version {
        stream.default_cursor_field = change_column(table).into_iter().collect();
    }
    stream
}

fn primary_key(table: &Table) -> Vec<String> {
    let mut parts: Vec<_> = table
        .columns
        .iter()
        .filter_map(|column| Some((column.key_place?, column.name.clone())))
        .collect();
    parts.sort_unstable();
    parts.into_iter().map(|(_, name)| name).collect()
}

/// The column that says when a row last changed. A growing number is no such column: it misses every later change.
fn change_column(table: &Table) -> Option<String> {
    let when =
        |column: &&TableColumn| matches!(column.pg_type.name.as_str(), "timestamp" | "timestamptz");
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
