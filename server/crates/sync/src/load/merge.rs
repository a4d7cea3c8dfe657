//! Moves staged rows into their table, and leaves one row per key where that is asked for.
//!
//! "Newer" is the rule of Airbyte's destination: by cursor, then by the time of extraction, then by arrival. Rows with a
//! NULL in their key match nothing and are all kept.

use tokio_postgres::Client;

use crate::fault::Fault;

use super::ddl::STAGE_NUMBER;
use super::error::fault;
use super::ident::{qualified, quote};
use super::lanes::{Ready, Rest};
use super::plan::{META_COLUMNS, StreamPlan, Write};

const EXTRACTED_AT: &str = "\"_airbyte_extracted_at\"";

/// What became of a batch of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    pub inserted: u64,
    pub updated: u64,
    pub superseded: u64,
    pub deletions: u64,
    /// Rows that left the table because they are deleted at the source.
    pub removed: u64,
}

impl Moved {
    /// Rows that are accounted for.
    pub fn rows(self) -> u64 {
        self.inserted + self.updated + self.superseded + self.deletions
    }

    pub fn add(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.superseded += other.superseded;
        self.deletions += other.deletions;
        self.removed += other.removed;
    }
}

/// Leaves one row per key in a table that holds nothing but rows of this run.
pub async fn dedup_in_place(
    client: &Client,
    plan: &StreamPlan,
    table: &str,
    rows: u64,
) -> Result<Moved, Fault> {
    let table = qualified(&plan.schema, table);
    let superseded = client
        .execute(&delete_losers(plan, &table), &[])
        .await
        .map_err(fault)?;
    let deletions = match deleted_at(plan) {
        Some(deleted_at) => client
            .execute(
                &format!("DELETE FROM {table} WHERE {deleted_at} IS NOT NULL"),
                &[],
            )
            .await
            .map_err(fault)?,
        None => 0,
    };
    Ok(Moved {
        inserted: rows - superseded - deletions,
        superseded,
        deletions,
        ..Moved::default()
    })
}

/// Moves the rows that are ready from the staging table into the stream's table.
pub async fn settle(
    client: &Client,
    plan: &StreamPlan,
    stage: &str,
    ready: Ready,
) -> Result<Moved, Fault> {
    let stage = qualified(&plan.schema, stage);
    let moved = match plan.write {
        Write::Append => append(client, plan, &stage, ready.upto).await?,
        Write::Dedup => merge(client, plan, &stage, ready).await?,
    };
    let clear = match ready.rest {
        Rest::Nothing => format!("TRUNCATE {stage} RESTART IDENTITY"),
        Rest::Rows => format!(
            "DELETE FROM {stage} WHERE {} <= {}",
            quote(STAGE_NUMBER),
            ready.upto
        ),
    };
    client.batch_execute(&clear).await.map_err(fault)?;
    Ok(moved)
}

async fn append(
    client: &Client,
    plan: &StreamPlan,
    stage: &str,
    upto: u64,
) -> Result<Moved, Fault> {
    let table = qualified(&plan.schema, &plan.table);
    let columns = all_columns(plan).join(", ");
    let number = quote(STAGE_NUMBER);
    let sql = format!(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} WHERE {number} <= {upto} ORDER BY {number}"
    );
    let inserted = client.execute(&sql, &[]).await.map_err(fault)?;
    Ok(Moved {
        inserted,
        ..Moved::default()
    })
}

async fn merge(
    client: &Client,
    plan: &StreamPlan,
    stage: &str,
    ready: Ready,
) -> Result<Moved, Fault> {
    let table = qualified(&plan.schema, &plan.table);
    let condition = format!("{} <= {}", quote(STAGE_NUMBER), ready.upto);
    let deletions = match deleted_at(plan) {
        Some(deleted_at) => {
            let newest = newest(plan, stage, &condition, &deleted_at);
            let sql =
                format!("SELECT count(*) FROM ({newest}) AS s WHERE {deleted_at} IS NOT NULL");
            count(client, &sql).await?
        }
        None => 0,
    };
    let before = Touched::of(client, &table).await?;
    client
        .execute(&merge_sql(plan, &table, stage, &condition), &[])
        .await
        .map_err(fault)?;
    let after = Touched::of(client, &table).await?;
    let (inserted, updated, removed) = (
        after.inserted - before.inserted,
        after.updated - before.updated,
        after.deleted - before.deleted,
    );
    Ok(Moved {
        inserted,
        updated,
        superseded: ready.rows.saturating_sub(deletions + inserted + updated),
        deletions,
        removed,
    })
}

/// Deletes all but the newest row of each key. Only the keys are sorted, not the rows.
fn delete_losers(plan: &StreamPlan, table: &str) -> String {
    format!(
        "DELETE FROM {table} AS t
         USING (SELECT ctid AS place, row_number() OVER (PARTITION BY {} ORDER BY {}) AS rank FROM {table} WHERE {}) AS r
         WHERE t.ctid = r.place AND r.rank > 1",
        key_columns(plan).join(", "),
        newest_first(plan, "ctid"),
        has_key(plan)
    )
}

/// The newest staged row of each key, in the order of the keys, and every row without a whole key. The rows are sorted
/// as they are: looking them up in that order afterwards reads the table's index from one end to the other.
fn newest(plan: &StreamPlan, stage: &str, condition: &str, columns: &str) -> String {
    let (keys, has_key) = (key_columns(plan).join(", "), has_key(plan));
    format!(
        "(SELECT DISTINCT ON ({keys}) {columns} FROM {stage} WHERE {condition} AND {has_key} ORDER BY {keys}, {})
         UNION ALL
         SELECT {columns} FROM {stage} WHERE {condition} AND NOT ({has_key})",
        newest_first(plan, &quote(STAGE_NUMBER))
    )
}

fn has_key(plan: &StreamPlan) -> String {
    let present = |key: &String| format!("{key} IS NOT NULL");
    let keys: Vec<_> = key_columns(plan).iter().map(present).collect();
    keys.join(" AND ")
}

fn newest_first(plan: &StreamPlan, arrival: &str) -> String {
    let mut order = Vec::new();
    order.extend(cursor(plan).map(|cursor| format!("{cursor} DESC NULLS LAST")));
    order.push(format!("{EXTRACTED_AT} DESC"));
    order.push(format!("{arrival} DESC"));
    order.join(", ")
}

fn merge_sql(plan: &StreamPlan, table: &str, stage: &str, condition: &str) -> String {
    let columns = all_columns(plan);
    let newest = newest(plan, stage, condition, &columns.join(", "));
    let on: Vec<_> = key_columns(plan)
        .iter()
        .map(|key| format!("t.{key} = s.{key}"))
        .collect();
    let set: Vec<_> = columns
        .iter()
        .map(|column| format!("{column} = s.{column}"))
        .collect();
    let values: Vec<_> = columns.iter().map(|column| format!("s.{column}")).collect();
    let newer = newer(plan);
    let (delete, unless_deleted) = match deleted_at(plan) {
        Some(deleted_at) => (
            format!("WHEN MATCHED AND s.{deleted_at} IS NOT NULL AND ({newer}) THEN DELETE"),
            format!("AND s.{deleted_at} IS NULL"),
        ),
        None => (String::new(), String::new()),
    };
    format!(
        "MERGE INTO {table} AS t
         USING ({newest}) AS s
         ON {}
         {delete}
         WHEN MATCHED {unless_deleted} AND ({newer}) THEN UPDATE SET {}
         WHEN NOT MATCHED {unless_deleted} THEN INSERT ({}) VALUES ({})",
        on.join(" AND "),
        set.join(", "),
        columns.join(", "),
        values.join(", ")
    )
}

/// Whether the staged row `s` is newer than the row `t` of the table.
fn newer(plan: &StreamPlan) -> String {
    let extracted = format!("t.{EXTRACTED_AT} <= s.{EXTRACTED_AT}");
    let Some(cursor) = cursor(plan) else {
        return extracted;
    };
    format!(
        "t.{cursor} < s.{cursor} OR (t.{cursor} = s.{cursor} AND {extracted}) OR (t.{cursor} IS NULL AND s.{cursor} IS NOT NULL)
         OR (t.{cursor} IS NULL AND s.{cursor} IS NULL AND {extracted})"
    )
}

fn all_columns(plan: &StreamPlan) -> Vec<String> {
    META_COLUMNS
        .iter()
        .copied()
        .chain(plan.columns.iter().map(|column| column.name.as_str()))
        .map(quote)
        .collect()
}

/// The quoted names of the key's columns.
pub fn key_columns(plan: &StreamPlan) -> Vec<String> {
    key_names(plan).iter().map(|name| quote(name)).collect()
}

/// The bare names of the key's columns.
pub fn key_names(plan: &StreamPlan) -> Vec<String> {
    plan.key
        .iter()
        .filter_map(|position| plan.columns.get(*position))
        .map(|column| column.name.clone())
        .collect()
}

fn cursor(plan: &StreamPlan) -> Option<String> {
    plan.cursor
        .and_then(|position| plan.columns.get(position))
        .map(|column| quote(&column.name))
}

fn deleted_at(plan: &StreamPlan) -> Option<String> {
    plan.deleted_at
        .and_then(|position| plan.columns.get(position))
        .map(|column| quote(&column.name))
}

async fn count(client: &Client, sql: &str) -> Result<u64, Fault> {
    let rows: i64 = client.query_one(sql, &[]).await.map_err(fault)?.get(0);
    Ok(u64::try_from(rows).unwrap_or_default())
}

/// What the open transaction has done to a table so far, as PostgreSQL counts it.
struct Touched {
    inserted: u64,
    updated: u64,
    deleted: u64,
}

impl Touched {
    async fn of(client: &Client, table: &str) -> Result<Self, Fault> {
        let sql = "SELECT pg_stat_get_xact_tuples_inserted(r), pg_stat_get_xact_tuples_updated(r), pg_stat_get_xact_tuples_deleted(r) FROM (SELECT $1::text::regclass::oid) AS x(r)";
        let row = client.query_one(sql, &[&table]).await.map_err(fault)?;
        let number =
            |position: usize| u64::try_from(row.get::<_, i64>(position)).unwrap_or_default();
        Ok(Self {
            inserted: number(0),
            updated: number(1),
            deleted: number(2),
        })
    }
}
