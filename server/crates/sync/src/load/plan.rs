//! What a run will do with each stream: which table, which columns, which way of writing. Pure: no database here.

use std::collections::HashMap;

use airbyte::protocol::{
    ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, DestinationSyncMode, StreamDescriptor,
    SyncMode,
};
use serde_json::Value;

use crate::fault::Fault;

use super::ident::{Taken, munge};
use super::options::{Namespaces, RunOptions};
use super::schema::column_type;
use super::value::ColumnType;

/// The columns every table begins with.
pub const META_COLUMNS: [&str; 4] = [
    "_airbyte_raw_id",
    "_airbyte_extracted_at",
    "_airbyte_meta",
    "_airbyte_generation_id",
];
/// The columns that PostgreSQL itself gives every table: no other column may have their names.
pub const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];
/// Tables of our own in the destination schema.
pub const STATE_TABLE: &str = "_tributary_state";
pub const FENCE_TABLE: &str = "_tributary_fence";
pub const COLUMNS_TABLE: &str = "_tributary_columns";
/// PostgreSQL's limit, less the four of Airbyte.
const MOST_COLUMNS: usize = 1600 - META_COLUMNS.len();
/// Set by change-data-capture sources on the record of a deleted row.
const DELETED_AT: &str = "_ab_cdc_deleted_at";

/// How rows meet the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Beside them.
    Append,
    /// The newest row of each key stays.
    Dedup,
}

/// What happens to the rows of earlier runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    Keep,
    /// They give way, all at once, when the stream is complete.
    Replace,
}

/// A property of the stream and the column it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As the source calls it.
    pub key: String,
    /// As the table calls it: by the order of the fields, until the table's own names are known.
    pub name: String,
    pub kind: ColumnType,
}

/// One stream of a run.
#[derive(Debug, Clone)]
pub struct StreamPlan {
    pub descriptor: StreamDescriptor,
    pub schema: String,
    pub table: String,
    pub columns: Vec<Column>,
    pub write: Write,
    pub earlier: Earlier,
    /// Positions in `columns`.
    pub key: Vec<usize>,
    pub cursor: Option<usize>,
    pub deleted_at: Option<usize>,
    pub generation: i64,
    pub sync_id: i64,
    pub sync_mode: SyncMode,
    /// Whether a later attempt may go on where this one's last state stands.
    pub resumable: bool,
}

impl StreamPlan {
    /// `namespace.name`, for messages.
    pub fn label(&self) -> String {
        label(&self.descriptor)
    }
}

/// A stream's name for messages.
pub fn label(descriptor: &StreamDescriptor) -> String {
    match descriptor.namespace.as_deref() {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}.{}", descriptor.name),
        _ => descriptor.name.clone(),
    }
}

/// Plans every stream, or says which one cannot be written and what to change.
pub fn plan(
    catalog: &ConfiguredAirbyteCatalog,
    schema: &str,
    options: &RunOptions,
) -> Result<Vec<StreamPlan>, Fault> {
    let mut tables: HashMap<String, Taken> = HashMap::new();
    catalog
        .streams
        .iter()
        .map(|configured| {
            let schema = match (options.namespaces, configured.stream.namespace.as_deref()) {
                (Namespaces::Schemas, Some(namespace)) if !namespace.is_empty() => munge(namespace),
                _ => munge(schema),
            };
            let taken = tables
                .entry(schema.clone())
                .or_insert_with(|| Taken::with([STATE_TABLE, FENCE_TABLE, COLUMNS_TABLE]));
            let table = taken.claim(&munge(&format!(
                "{}{}",
                options.table_prefix, configured.stream.name
            )));
            stream_plan(configured, schema, table)
                .map_err(|fault| fault.in_stream(label(&configured.descriptor())))
        })
        .collect()
}

fn stream_plan(
    configured: &ConfiguredAirbyteStream,
    schema: String,
    table: String,
) -> Result<StreamPlan, Fault> {
    let columns = columns(&configured.stream.json_schema);
    let name = label(&configured.descriptor());
    if columns.len() > MOST_COLUMNS {
        return Err(Fault::config(format!(
            "“{name}” has {} fields, and a PostgreSQL table holds {MOST_COLUMNS}. Choose fewer fields for this table.",
            columns.len()
        )));
    }
    let (write, earlier) = modes(configured, &name)?;
    let find = |field: &str| columns.iter().position(|column| column.key == field);
    let key = match write {
        Write::Append => Vec::new(),
        Write::Dedup => key_columns(configured, &name, find)?,
    };
    Ok(StreamPlan {
        descriptor: configured.descriptor(),
        schema,
        table,
        key,
        cursor: cursor_field(configured).and_then(find),
        deleted_at: find(DELETED_AT),
        columns,
        write,
        earlier,
        generation: configured.generation_id,
        sync_id: configured.sync_id,
        sync_mode: configured.sync_mode,
        resumable: configured.sync_mode == SyncMode::Incremental
            || configured.stream.is_resumable == Some(true),
    })
}

fn columns(schema: &Value) -> Vec<Column> {
    let mut taken = Taken::with(META_COLUMNS.into_iter().chain(SYSTEM_COLUMNS));
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(key, schema)| Column {
            key: key.clone(),
            name: taken.claim(&munge(key)),
            kind: column_type(schema),
        })
        .collect()
}

fn modes(configured: &ConfiguredAirbyteStream, name: &str) -> Result<(Write, Earlier), Fault> {
    let (least, current) = (configured.minimum_generation_id, configured.generation_id);
    if least != 0 && least != current {
        return Err(Fault::config(format!(
            "“{name}” asks to keep generations from {least} to {current}; a run keeps all rows or replaces all."
        )));
    }
    let by_generation = if configured.replaces_table() {
        Earlier::Replace
    } else {
        Earlier::Keep
    };
    match configured.destination_sync_mode {
        DestinationSyncMode::Append => Ok((Write::Append, by_generation)),
        DestinationSyncMode::Overwrite => Ok((Write::Append, Earlier::Replace)),
        DestinationSyncMode::AppendDedup => Ok((Write::Dedup, by_generation)),
        DestinationSyncMode::OverwriteDedup => Ok((Write::Dedup, Earlier::Replace)),
        DestinationSyncMode::Update | DestinationSyncMode::SoftDelete => {
            Err(Fault::unsupported(format!(
                "“{name}” asks to update or mark rows in place, which tables cannot do here. Choose append, overwrite or deduplicate."
            )))
        }
    }
}

/// The user's cursor, unless the source defines its own.
fn cursor_field(configured: &ConfiguredAirbyteStream) -> Option<&str> {
    let stream = &configured.stream;
    let path = match (
        stream.source_defined_cursor,
        configured.cursor_field.is_empty(),
    ) {
        (Some(true), _) if !stream.default_cursor_field.is_empty() => &stream.default_cursor_field,
        (_, true) => &stream.default_cursor_field,
        (_, false) => &configured.cursor_field,
    };
    path.first().map(String::as_str)
}

fn key_columns(
    configured: &ConfiguredAirbyteStream,
    name: &str,
    find: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<usize>, Fault> {
    let paths = if configured.primary_key.is_empty() {
        &configured.stream.source_defined_primary_key
    } else {
        &configured.primary_key
    };
    if paths.is_empty() {
        return Err(Fault::config(format!(
            "“{name}” has no primary key, so its rows cannot be deduplicated. Choose a key, or append instead."
        )));
    }
    paths
        .iter()
        .map(|path| match path.as_slice() {
            [field] => find(field).ok_or_else(|| Fault::config(format!("“{name}” has no field “{field}”, which is part of its primary key. Include the field, or choose another key."))),
            _ => Err(Fault::config(format!("The primary key of “{name}” lies inside a nested field, which a column cannot be. Choose a field at the top."))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn catalog(streams: &Value) -> ConfiguredAirbyteCatalog {
        serde_json::from_value(json!({ "streams": streams })).unwrap()
    }

    fn users(extra: &Value) -> Value {
        let mut stream = json!({
            "stream": {"name": "users", "json_schema": {"type": "object", "properties": {"id": {"type": "integer"}, "Full Name": {"type": "string"}, "full name": {"type": "string"}, "updated_at": {"type": "string", "format": "date-time"}}}},
            "sync_mode": "incremental", "destination_sync_mode": "append_dedup", "primary_key": [["id"]], "cursor_field": ["updated_at"]
        });
        for (key, value) in extra.as_object().unwrap() {
            stream[key] = value.clone();
        }
        stream
    }

    fn planned(extra: &Value) -> Result<StreamPlan, Fault> {
        plan(
            &catalog(&json!([users(extra)])),
            "public",
            &RunOptions::default(),
        )
        .map(|mut plans| plans.remove(0))
    }

    #[test]
    fn columns_keep_the_order_of_the_source_and_get_names_of_their_own() {
        let names: Vec<_> = planned(&json!({}))
            .unwrap()
            .columns
            .into_iter()
            .map(|column| column.name)
            .collect();
        assert_eq!(names, ["id", "Full_Name", "full_name", "updated_at"]);
    }

    #[test]
    fn generations_decide_whether_earlier_rows_give_way() {
        assert_eq!(
            planned(&json!({"generation_id": 3, "minimum_generation_id": 0}))
                .unwrap()
                .earlier,
            Earlier::Keep
        );
        assert_eq!(
            planned(&json!({"generation_id": 3, "minimum_generation_id": 3}))
                .unwrap()
                .earlier,
            Earlier::Replace
        );
        assert_eq!(
            planned(&json!({"destination_sync_mode": "overwrite"}))
                .unwrap()
                .earlier,
            Earlier::Replace
        );
        assert!(
            planned(&json!({"generation_id": 3, "minimum_generation_id": 2}))
                .unwrap_err()
                .message
                .contains("generations")
        );
    }

    #[test]
    fn deduplication_needs_a_key_that_is_a_column() {
        assert!(
            planned(&json!({"primary_key": []}))
                .unwrap_err()
                .message
                .contains("no primary key")
        );
        assert!(
            planned(&json!({"primary_key": [["nope"]]}))
                .unwrap_err()
                .message
                .contains("“nope”")
        );
        assert!(
            planned(&json!({"primary_key": [["a", "b"]]}))
                .unwrap_err()
                .message
                .contains("nested")
        );
        assert_eq!(
            planned(&json!({"primary_key": [["id"], ["updated_at"]]}))
                .unwrap()
                .key,
            [0, 3]
        );
    }

    #[test]
    fn more_fields_than_a_table_holds_are_refused_by_name() {
        let wide = |count: usize| {
            let properties: serde_json::Map<_, _> = (0..count)
                .map(|n| (format!("f{n}"), json!({"type": "integer"})))
                .collect();
            let stream = json!([{"stream": {"name": "wide", "json_schema": {"properties": properties}}, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}]);
            plan(&catalog(&stream), "public", &RunOptions::default())
        };
        assert_eq!(wide(1596).unwrap()[0].columns.len(), 1596);
        let fault = wide(1597).unwrap_err();
        assert_eq!(fault.stream.as_deref(), Some("wide"));
        assert!(fault.message.contains("1597 fields"), "{fault}");
    }

    #[test]
    fn streams_never_share_a_table() {
        let named = |name: &str, namespace: &str| json!({"stream": {"name": name, "namespace": namespace, "json_schema": {}}, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"});
        let streams = catalog(&json!([
            named("a b", "x"),
            named("a-b", "x"),
            named("a b", "y"),
            named("_tributary_state", "x")
        ]));
        let tables = |options: &RunOptions| {
            plan(&streams, "landing", options)
                .unwrap()
                .into_iter()
                .map(|plan| format!("{}.{}", plan.schema, plan.table))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            tables(&RunOptions::default()),
            [
                "landing.a_b",
                "landing.a_b_1",
                "landing.a_b_2",
                "landing._tributary_state_1"
            ]
        );
        let schemas = RunOptions {
            namespaces: Namespaces::Schemas,
            ..RunOptions::default()
        };
        assert_eq!(
            tables(&schemas),
            ["x.a_b", "x.a_b_1", "y.a_b", "x._tributary_state_1"]
        );
    }
}
