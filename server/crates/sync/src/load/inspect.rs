//! What stands in the destination already: tables, their columns, what people have attached to them.

use std::collections::HashMap;

use tokio_postgres::Client;

use crate::fault::Fault;

use super::error::fault;
use super::value::ColumnType;

/// Tables up to this many bytes are counted row by row for the receipt.
const COUNTED_EXACTLY: i64 = 512 * 1024 * 1024;

/// An existing column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    pub name: String,
    /// As PostgreSQL spells it: `numeric(38,9)`.
    pub sql_type: String,
}

impl Existing {
    /// The type, if it is one a sync makes and writes as it is.
    pub fn column_type(&self) -> Option<ColumnType> {
        Some(match self.sql_type.as_str() {
            "boolean" => ColumnType::Boolean,
            "bigint" => ColumnType::BigInt,
            "numeric" => ColumnType::Numeric,
            "character varying" | "text" => ColumnType::Varchar,
            "jsonb" => ColumnType::Jsonb,
            "date" => ColumnType::Date,
            "time without time zone" => ColumnType::Time,
            "time with time zone" => ColumnType::TimeTz,
            "timestamp without time zone" => ColumnType::Timestamp,
            "timestamp with time zone" => ColumnType::TimestampTz,
            _ => return None,
        })
    }
}

/// An existing table or whatever else has its name.
#[derive(Debug, Clone)]
pub struct Relation {
    pub oid: u32,
    /// `r` for an ordinary table.
    pub kind: String,
    pub columns: Vec<Existing>,
}

impl Relation {
    pub fn column(&self, name: &str) -> Option<&Existing> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Finds these (schema, name) pairs, with their columns.
pub async fn relations(
    client: &Client,
    wanted: &[(String, String)],
) -> Result<HashMap<(String, String), Relation>, Fault> {
    let (schemas, names): (Vec<_>, Vec<_>) = wanted.iter().cloned().unzip();
    let rows = client
        .query(
            "SELECT w.s, w.t, c.oid, c.relkind::text
             FROM unnest($1::text[], $2::text[]) AS w(s, t)
             JOIN pg_namespace AS n ON n.nspname = w.s
             JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.t",
            &[&schemas, &names],
        )
        .await
        .map_err(fault)?;
    let mut found: HashMap<(String, String), Relation> = rows
        .iter()
        .map(|row| {
            (
                (row.get(0), row.get(1)),
                Relation {
                    oid: row.get(2),
                    kind: row.get(3),
                    columns: Vec::new(),
                },
            )
        })
        .collect();
    let mut columns = columns(
        client,
        found.values().map(|relation| relation.oid).collect(),
    )
    .await?;
    for relation in found.values_mut() {
        relation.columns = columns.remove(&relation.oid).unwrap_or_default();
    }
    Ok(found)
}

async fn columns(client: &Client, oids: Vec<u32>) -> Result<HashMap<u32, Vec<Existing>>, Fault> {
    let rows = client
        .query(
            "SELECT attrelid, attname::text, format_type(atttypid, atttypmod)
             FROM pg_attribute
             WHERE attrelid = ANY($1) AND attnum > 0 AND NOT attisdropped
             ORDER BY attrelid, attnum",
            &[&oids],
        )
        .await
        .map_err(fault)?;
    let mut columns: HashMap<u32, Vec<Existing>> = HashMap::new();
    for row in rows {
        columns.entry(row.get(0)).or_default().push(Existing {
            name: row.get(1),
            sql_type: row.get(2),
        });
    }
    Ok(columns)
}

/// One table, looked at again.
pub async fn relation(
    client: &Client,
    schema: &str,
    table: &str,
) -> Result<Option<Relation>, Fault> {
    let name = (schema.to_owned(), table.to_owned());
    Ok(relations(client, std::slice::from_ref(&name))
        .await?
        .remove(&name))
}

/// Rows by count, or None for a table so large that counting would take longer than it tells.
pub async fn count(client: &Client, qualified: &str) -> Result<Option<u64>, Fault> {
    let size: i64 = client
        .query_one("SELECT pg_table_size($1::text::regclass)", &[&qualified])
        .await
        .map_err(fault)?
        .get(0);
    if size > COUNTED_EXACTLY {
        return Ok(None);
    }
    let rows: i64 = client
        .query_one(&format!("SELECT count(*) FROM {qualified}"), &[])
        .await
        .map_err(fault)?
        .get(0);
    Ok(u64::try_from(rows).ok())
}

/// Whether a table has no row at all.
pub async fn is_empty(client: &Client, qualified: &str) -> Result<bool, Fault> {
    Ok(client
        .query_one(&format!("SELECT NOT EXISTS (SELECT FROM {qualified})"), &[])
        .await
        .map_err(fault)?
        .get(0))
}

/// Whether people have built on this table: views, keys, triggers, policies, comments, indexes of their own,
/// publications, storage settings, grants on columns, or another owner. Such a table is kept and gets new rows, because
/// a new table would lose all that.
pub async fn is_built_on(client: &Client, oid: u32, own_index: &[String]) -> Result<bool, Fault> {
    let row = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_depend AS d JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND r.ev_class <> $1)
                 OR EXISTS (SELECT FROM pg_constraint WHERE (conrelid = $1 OR confrelid = $1) AND contype <> 'n')
                 OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1 AND NOT tgisinternal)
                 OR EXISTS (SELECT FROM pg_policy WHERE polrelid = $1)
                 OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = $1)
                 OR EXISTS (SELECT FROM pg_description WHERE objoid = $1 AND classoid = 'pg_class'::regclass)
                 OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = $1)
                 OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = $1 OR inhparent = $1)
                 OR EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = $1)
                 OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped AND (attacl IS NOT NULL OR attstattarget > 0))
                 OR EXISTS (SELECT FROM pg_index AS i
                            WHERE i.indrelid = $1
                              AND (i.indisunique OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
                                   OR ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o)
                                            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.o) <> $2))
                 OR EXISTS (SELECT FROM pg_class WHERE oid = $1 AND (relrowsecurity OR reloptions IS NOT NULL OR NOT pg_has_role(relowner, 'USAGE')))",
            &[&oid, &own_index],
        )
        .await
        .map_err(fault)?;
    Ok(row.get(0))
}

/// Whether an index over exactly these columns exists.
pub async fn has_index(client: &Client, oid: u32, columns: &[String]) -> Result<bool, Fault> {
    let row = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_index AS i
                            WHERE i.indrelid = $1 AND i.indpred IS NULL AND i.indisvalid
                              AND ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o)
                                        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.o) = $2)",
            &[&oid, &columns],
        )
        .await
        .map_err(fault)?;
    Ok(row.get(0))
}

/// Rows by count, however long it takes: for tables of our own.
pub async fn count_all(client: &Client, qualified: &str) -> Result<u64, Fault> {
    let rows: i64 = client
        .query_one(&format!("SELECT count(*) FROM {qualified}"), &[])
        .await
        .map_err(fault)?
        .get(0);
    Ok(u64::try_from(rows).unwrap_or_default())
}

/// Rows as the planner believes.
pub async fn estimate(client: &Client, oid: u32) -> Result<u64, Fault> {
    let rows: i64 = client
        .query_one(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $1",
            &[&oid],
        )
        .await
        .map_err(fault)?
        .get(0);
    Ok(u64::try_from(rows).unwrap_or_default())
}
