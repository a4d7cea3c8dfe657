//! Merges single records into a table that a sync has made, by its key: news of a source that does not wait for the next
//! sync.
//!
//! A record need not have every field: what it lacks stays as it is, and so does what does not fit its column. An older
//! record changes nothing. Deciding that no sync writes to the table meanwhile is the caller's: a sync's receipt counts
//! the rows before and after it.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio_postgres::Client;

use crate::fault::Fault;

use super::columns::{self, Names};
use super::datetime;
use super::error::fault;
use super::ident::{munge, qualified, quote};
use super::inspect::{self, Existing, Relation};
use super::options::Fence;
use super::plan::META_COLUMNS;
use super::state::Ledger;
use super::target::Target;
use super::value::ColumnType;

/// PostgreSQL's class of errors about values.
const DATA_EXCEPTION: &str = "22";

/// A table, and how its rows are told apart. Fields are named as the source does.
#[derive(Debug, Clone, Copy)]
pub struct Keyed<'a> {
    pub table: &'a str,
    pub key: &'a [String],
    /// Tells the newer of two records.
    pub cursor: Option<&'a str>,
}

/// A record as it was at a moment.
#[derive(Debug, Clone)]
pub struct News {
    pub record: Map<String, Value>,
    pub at: OffsetDateTime,
}

/// What became of the records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upserted {
    /// New rows and changed ones.
    pub written: u64,
    /// Records that were older than their row.
    pub older: u64,
    /// Records without a whole key, or that their table cannot hold.
    pub left_out: u64,
}

/// Merges records in their order, all in one transaction. `None`: no sync has made the table yet.
///
/// # Errors
/// The fault that stopped it; nothing is written then.
pub async fn upsert(
    target: &Target,
    into: &Keyed<'_>,
    news: &[News],
    fence: Fence,
) -> Result<Option<Upserted>, Fault> {
    let client = target.connect_in_turn().await?;
    let schema = munge(&target.schema);
    let found = inspect::relation(&client, &schema, into.table).await?;
    let Some(relation) = found.filter(made_by_a_sync) else {
        return Ok(None);
    };
    let ledger = Ledger::open(&client, &schema, fence).await?;
    let names = columns::of_table(&client, &ledger, &schema, into.table).await?;
    let table = qualified(&schema, into.table);
    let mut counts = Upserted::default();
    client.batch_execute("BEGIN").await.map_err(fault)?;
    for one in news {
        match statement(&relation, &names, &table, into, &one.record) {
            Some(statement) => statement.run(&client, one.at, &mut counts).await?,
            None => counts.left_out += 1,
        }
    }
    ledger.check_fence(&client).await?;
    client.batch_execute("COMMIT").await.map_err(fault)?;
    Ok(Some(counts))
}

fn made_by_a_sync(relation: &Relation) -> bool {
    let mut columns = META_COLUMNS.iter();
    relation.kind == "r" && columns.all(|name| relation.column(name).is_some())
}

/// The merge of one record.
struct Statement {
    sql: String,
    /// Column → value, as JSON.
    row: String,
}

impl Statement {
    async fn run(
        &self,
        client: &Client,
        at: OffsetDateTime,
        counts: &mut Upserted,
    ) -> Result<(), Fault> {
        client.batch_execute("SAVEPOINT one").await.map_err(fault)?;
        match client.execute(&self.sql, &[&self.row, &at]).await {
            Ok(0) => counts.older += 1,
            Ok(_) => counts.written += 1,
            Err(error)
                if error
                    .code()
                    .is_some_and(|code| code.code().starts_with(DATA_EXCEPTION)) =>
            {
                client
                    .batch_execute("ROLLBACK TO SAVEPOINT one")
                    .await
                    .map_err(fault)?;
                counts.left_out += 1;
            }
            Err(error) => return Err(fault(error)),
        }
        client
            .batch_execute("RELEASE SAVEPOINT one")
            .await
            .map_err(fault)
    }
}

/// None: the record lacks a part of its key.
fn statement(
    relation: &Relation,
    names: &Names,
    table: &str,
    into: &Keyed<'_>,
    record: &Map<String, Value>,
) -> Option<Statement> {
    let mut row = Map::new();
    for (field, value) in record {
        let Some(name) = names.column(field) else {
            continue;
        };
        let column = relation.column(&name).filter(|_| !is_meta(&name));
        let value = column
            .and_then(Existing::column_type)
            .and_then(|kind| fitting(kind, value));
        if let Some(value) = value {
            row.insert(name, value);
        }
    }
    let keys = into.key.iter().map(|field| names.column(field));
    let keys: Vec<String> = keys.collect::<Option<_>>()?;
    let has = |name: &String| row.get(name).is_some_and(|value| !value.is_null());
    if keys.is_empty() || !keys.iter().all(has) {
        return None;
    }
    let cursor = into.cursor.and_then(|field| names.column(field));
    let cursor = cursor.filter(has);
    let columns: Vec<String> = row.keys().map(|name| quote(name)).collect();
    let sql = sql(table, &keys, cursor.as_deref(), &columns);
    Some(Statement {
        sql,
        row: Value::from(row).to_string(),
    })
}

fn is_meta(name: &str) -> bool {
    META_COLUMNS.contains(&name)
}

fn sql(table: &str, keys: &[String], cursor: Option<&str>, columns: &[String]) -> String {
    let on: Vec<String> = keys
        .iter()
        .map(|key| format!("t.{0} = s.{0}", quote(key)))
        .collect();
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = s.{column}"))
        .collect();
    let values: Vec<String> = columns.iter().map(|column| format!("s.{column}")).collect();
    format!(
        "MERGE INTO {table} AS t
         USING (SELECT {columns}, $2::timestamptz AS \"_at\" FROM jsonb_populate_record(NULL::{table}, $1::text::jsonb)) AS s
         ON {on}
         WHEN MATCHED AND ({newer}) THEN UPDATE SET {set}, \"_airbyte_extracted_at\" = s.\"_at\", \"_airbyte_raw_id\" = gen_random_uuid()::text
         WHEN NOT MATCHED THEN INSERT ({columns}, \"_airbyte_raw_id\", \"_airbyte_extracted_at\", \"_airbyte_meta\", \"_airbyte_generation_id\")
         VALUES ({values}, gen_random_uuid()::text, s.\"_at\", '{{\"changes\":[],\"sync_id\":0}}', 0)",
        columns = columns.join(", "),
        on = on.join(" AND "),
        newer = newer(cursor),
        set = set.join(", "),
        values = values.join(", "),
    )
}

/// Whether the record `s` is newer than the row `t`: by the cursor where both have it, else by when they were seen.
fn newer(cursor: Option<&str>) -> String {
    let seen = "t.\"_airbyte_extracted_at\" <= s.\"_at\"";
    match cursor.map(quote) {
        None => seen.to_owned(),
        Some(cursor) => format!(
            "t.{cursor} < s.{cursor} OR (t.{cursor} = s.{cursor} AND {seen}) OR t.{cursor} IS NULL"
        ),
    }
}

/// The value as JSON that PostgreSQL reads as this type; None where it does not fit.
fn fitting(kind: ColumnType, value: &Value) -> Option<Value> {
    let text = match value {
        Value::Null => return Some(Value::Null),
        Value::String(text) => Some(text.as_str()),
        _ => None,
    };
    let when = |is_one: bool| is_one.then(|| value.clone());
    match kind {
        ColumnType::Jsonb => when(!holds_nul(value)),
        ColumnType::Varchar => Some(Value::from(match text {
            Some(text) => text.replace('\0', ""),
            None => value.to_string(),
        })),
        ColumnType::Boolean => when(value.is_boolean()),
        ColumnType::BigInt => {
            when(value.is_i64() || text.is_some_and(|text| text.parse::<i64>().is_ok()))
        }
        ColumnType::Numeric => when(
            value.is_number()
                || text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite)),
        ),
        ColumnType::Date => when(text.is_some_and(|text| datetime::date(text.as_bytes()).is_ok())),
        ColumnType::Time => when(text.is_some_and(|text| datetime::time(text.as_bytes()).is_ok())),
        ColumnType::TimeTz => {
            when(text.is_some_and(|text| datetime::time_tz(text.as_bytes()).is_ok()))
        }
        ColumnType::Timestamp => {
            when(text.is_some_and(|text| datetime::timestamp(text.as_bytes()).is_ok()))
        }
        ColumnType::TimestampTz => {
            when(text.is_some_and(|text| datetime::timestamp_tz(text.as_bytes()).is_ok()))
        }
    }
}

/// `jsonb` knows no NUL.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_its_column_is_not_written() {
        for (kind, value, fits) in [
            (ColumnType::BigInt, json!(5), true),
            (ColumnType::BigInt, json!("5"), true),
            (ColumnType::BigInt, json!(5.5), false),
            (ColumnType::BigInt, json!("five"), false),
            (ColumnType::Numeric, json!("1.50"), true),
            (ColumnType::Numeric, json!("inf"), false),
            (ColumnType::Boolean, json!("yes"), false),
            (ColumnType::TimestampTz, json!("2026-05-01T10:00:00Z"), true),
            (ColumnType::TimestampTz, json!(1_700_000_000), false),
            (ColumnType::Date, json!("soon"), false),
            (ColumnType::Jsonb, json!({"a": ["x\u{0}"]}), false),
            (ColumnType::Jsonb, json!({"a": [1]}), true),
            (ColumnType::Varchar, json!({"a": 1}), true),
            (ColumnType::Date, Value::Null, true),
        ] {
            assert_eq!(fitting(kind, &value).is_some(), fits, "{kind:?} {value}");
        }
        assert_eq!(
            fitting(ColumnType::Varchar, &json!("a\u{0}b")),
            Some(json!("ab"))
        );
    }
}
