//! Makes tables and fits existing ones to what a stream needs. Never drops a column, never loses a value.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::fault::Fault;

use super::error::{fault, is};
use super::ident::{qualified, quote};
use super::inspect::{Existing, Relation};
use super::plan::{Column, META_COLUMNS, StreamPlan};
use super::value::ColumnType;

/// How long to wait for others to let go of a table before giving up.
const LOCK_PATIENCE: &str = "30s";
/// The definitions of [`META_COLUMNS`].
const META_TYPES: [&str; 4] = [
    "VARCHAR NOT NULL",
    "TIMESTAMP WITH TIME ZONE NOT NULL",
    "JSONB NOT NULL",
    "BIGINT",
];
/// The order number of a row in a staging table.
pub const STAGE_NUMBER: &str = "_tributary_n";

/// Creates the schema if it is not there. Asking first matters: a login that may not create schemas may still use one.
pub async fn ensure_schema(client: &Client, schema: &str) -> Result<(), Fault> {
    let there: bool = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)",
            &[&schema],
        )
        .await
        .map_err(fault)?
        .get(0);
    if there {
        return Ok(());
    }
    match client
        .batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {}", quote(schema)))
        .await
    {
        // Another run was faster.
        Err(error)
            if is(
                &error,
                &[SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_SCHEMA],
            ) =>
        {
            Ok(())
        }
        result => result.map_err(fault),
    }
}

/// Creates a stream's table under this name.
pub async fn create_table(client: &Client, plan: &StreamPlan, name: &str) -> Result<(), Fault> {
    let sql = format!(
        "CREATE TABLE {} ({})",
        qualified(&plan.schema, name),
        definitions(&plan.columns).join(", ")
    );
    client.batch_execute(&sql).await.map_err(fault)
}

/// Creates a staging table: its rows are numbered as they come, and never written to the log, because a crash takes the
/// whole transaction with it anyway.
pub async fn create_stage(client: &Client, plan: &StreamPlan, name: &str) -> Result<(), Fault> {
    let table = qualified(&plan.schema, name);
    let mut columns = definitions(&plan.columns);
    columns.push(format!(
        "{} BIGINT GENERATED ALWAYS AS IDENTITY (CACHE 1000)",
        quote(STAGE_NUMBER)
    ));
    let sql = format!(
        "DROP TABLE IF EXISTS {table}; CREATE UNLOGGED TABLE {table} ({})",
        columns.join(", ")
    );
    client.batch_execute(&sql).await.map_err(fault)?;
    keep_private(client, &table).await
}

fn definitions(columns: &[Column]) -> Vec<String> {
    let meta = META_COLUMNS
        .iter()
        .zip(META_TYPES)
        .map(|(name, definition)| format!("{} {definition}", quote(name)));
    meta.chain(
        columns
            .iter()
            .map(|column| format!("{} {}", quote(&column.name), column.column_type.sql())),
    )
    .collect()
}

/// All columns in the order rows are copied: the stream's, then Airbyte's with `_airbyte_meta` last.
pub fn copy_columns(plan: &StreamPlan) -> Vec<String> {
    let meta = [
        "_airbyte_raw_id",
        "_airbyte_extracted_at",
        "_airbyte_generation_id",
        "_airbyte_meta",
    ];
    plan.columns
        .iter()
        .map(|column| column.name.as_str())
        .chain(meta)
        .map(quote)
        .collect()
}

/// Takes back what default privileges have given others on a table of our own.
pub async fn keep_private(client: &Client, table: &str) -> Result<(), Fault> {
    revoke_from_others(client, table).await
}

async fn revoke_from_others(client: &Client, table: &str) -> Result<(), Fault> {
    let rows = client
        .query(
            "SELECT DISTINCT CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
             FROM pg_class AS c, aclexplode(c.relacl) AS g
             WHERE c.oid = $1::text::regclass AND g.grantee <> c.relowner",
            &[&table],
        )
        .await
        .map_err(fault)?;
    for row in rows {
        let grantee: String = row.get(0);
        client
            .batch_execute(&format!("REVOKE ALL ON {table} FROM {grantee}"))
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// Gives `table` exactly the rights others have on the table with this oid.
pub async fn carry_over_grants(client: &Client, from: u32, table: &str) -> Result<(), Fault> {
    revoke_from_others(client, table).await?;
    let rows = client
        .query(
            "SELECT g.privilege_type, g.is_grantable, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
             FROM pg_class AS c, aclexplode(c.relacl) AS g
             WHERE c.oid = $1 AND g.grantee <> c.relowner",
            &[&from],
        )
        .await
        .map_err(fault)?;
    for row in rows {
        let (privilege, grantable, grantee): (String, bool, String) =
            (row.get(0), row.get(1), row.get(2));
        let option = if grantable { " WITH GRANT OPTION" } else { "" };
        client
            .batch_execute(&format!(
                "GRANT {privilege} ON {table} TO {grantee}{option}"
            ))
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// Fits an existing table to the plan and the plan to the table: adds columns, widens types where no value can be lost,
/// keeps a wider column as it is, keeps columns the source no longer has. Returns remarks for the run's log.
pub async fn evolve(
    client: &Client,
    plan: &mut StreamPlan,
    relation: &Relation,
) -> Result<Vec<String>, Fault> {
    let table = qualified(&plan.schema, &plan.table);
    must_be_ours(plan, relation)?;
    let mut remarks = Vec::new();
    let mut steps = Vec::new();
    for (name, definition) in META_COLUMNS.iter().zip(META_TYPES) {
        if relation.column(name).is_none() {
            let default = if *name == "_airbyte_meta" {
                " DEFAULT '{\"changes\":[]}'"
            } else {
                ""
            };
            steps.push(format!("ADD COLUMN {} {definition}{default}", quote(name)));
        }
    }
    let mut widened = Vec::new();
    for (position, column) in plan.columns.iter_mut().enumerate() {
        match relation.column(&column.name) {
            None => steps.push(format!(
                "ADD COLUMN {} {}",
                quote(&column.name),
                column.column_type.sql()
            )),
            Some(existing) => match fit(existing, column.column_type) {
                Fit::Same => {}
                Fit::Keep(wider) => column.column_type = wider,
                Fit::Widen(target, using) => {
                    widened.push((position, existing.clone(), target, using))
                }
            },
        }
    }
    if steps.is_empty() && widened.is_empty() {
        return Ok(remarks);
    }
    client
        .batch_execute(&format!(
            "BEGIN; SET LOCAL lock_timeout = '{LOCK_PATIENCE}'"
        ))
        .await
        .map_err(fault)?;
    for step in steps {
        client
            .batch_execute(&format!("ALTER TABLE {table} {step}"))
            .await
            .map_err(fault)?;
    }
    for (position, existing, target, using) in widened {
        let Some(column) = plan.columns.get_mut(position) else {
            continue;
        };
        remarks.extend(widen(client, &table, column, &existing, target, &using).await?);
    }
    client.batch_execute("COMMIT").await.map_err(fault)?;
    Ok(remarks)
}

/// A table with the stream's name that no sync made is somebody's own: never touched.
pub fn must_be_ours(plan: &StreamPlan, relation: &Relation) -> Result<(), Fault> {
    let made_by_sync = relation.kind == "r"
        && relation.column("_airbyte_raw_id").is_some()
        && relation.column("_airbyte_extracted_at").is_some();
    if made_by_sync {
        return Ok(());
    }
    Err(Fault::config(format!(
        "“{}” in the schema “{}” is not a table made by a sync, so it is not written to. Rename it, or give this connection's tables a prefix.",
        plan.table, plan.schema
    ))
    .in_stream(plan.label()))
}

/// How an existing column meets the type its stream now declares.
#[derive(Debug, PartialEq, Eq)]
enum Fit {
    Same,
    /// It holds everything the new type does.
    Keep(ColumnType),
    /// It is changed to this type by this expression.
    Widen(ColumnType, String),
}

fn fit(existing: &Existing, wanted: ColumnType) -> Fit {
    use ColumnType::{
        BigInt, Boolean, Date, Jsonb, Numeric, Time, TimeTz, Timestamp, TimestampTz, Varchar,
    };
    let name = quote(&existing.name);
    let current = existing.column_type();
    if current == Some(wanted) {
        return Fit::Same;
    }
    let cast = |to: ColumnType| Fit::Widen(to, format!("{name}::{}", to.sql()));
    let base = existing.sql_type.split('(').next().unwrap_or_default();
    match (base, current, wanted) {
        (_, Some(Numeric), BigInt) => Fit::Keep(Numeric),
        ("numeric", None, BigInt | Numeric) => cast(Numeric),
        ("smallint" | "integer", _, BigInt | Numeric) | (_, Some(BigInt), Numeric) => cast(wanted),
        ("real" | "double precision", _, BigInt | Numeric) => cast(Numeric),
        (_, Some(TimestampTz), Date | Timestamp) => Fit::Keep(TimestampTz),
        (_, Some(Timestamp), Date) => Fit::Keep(Timestamp),
        (_, Some(Date), Timestamp) => cast(Timestamp),
        (_, Some(Date), TimestampTz) => {
            Fit::Widen(TimestampTz, format!("{name}::TIMESTAMP AT TIME ZONE 'UTC'"))
        }
        (_, Some(Timestamp), TimestampTz) => {
            Fit::Widen(TimestampTz, format!("{name} AT TIME ZONE 'UTC'"))
        }
        (_, Some(TimeTz), Time) => Fit::Keep(TimeTz),
        (_, Some(Time), TimeTz) => cast(TimeTz),
        ("json", _, Jsonb) => cast(Jsonb),
        ("json" | "jsonb", _, Varchar) => Fit::Widen(Varchar, format!("{name} #>> '{{}}'")),
        (_, Some(Jsonb), _) => Fit::Keep(Jsonb),
        (_, _, Jsonb) => Fit::Widen(Jsonb, format!("to_jsonb({name})")),
        (
            _,
            Some(Varchar),
            Boolean | BigInt | Numeric | Date | Time | TimeTz | Timestamp | TimestampTz,
        ) => Fit::Keep(Varchar),
        // Nothing holds both but text.
        _ => cast(Varchar),
    }
}

async fn widen(
    client: &Client,
    table: &str,
    column: &mut Column,
    existing: &Existing,
    target: ColumnType,
    using: &str,
) -> Result<Option<String>, Fault> {
    let name = quote(&column.name);
    client
        .batch_execute("SAVEPOINT widen")
        .await
        .map_err(fault)?;
    let sql = format!(
        "ALTER TABLE {table} ALTER COLUMN {name} TYPE {} USING {using}",
        target.sql()
    );
    match client.batch_execute(&sql).await {
        Ok(()) => {
            column.column_type = target;
            client
                .batch_execute("RELEASE SAVEPOINT widen")
                .await
                .map_err(fault)?;
            Ok(Some(format!(
                "The column {name} of {table} is now {}; it was {}.",
                target.sql(),
                existing.sql_type
            )))
        }
        // Views and rules depend on the column: it stays, and takes what fits.
        Err(error)
            if is(
                &error,
                &[
                    SqlState::FEATURE_NOT_SUPPORTED,
                    SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                ],
            ) =>
        {
            client
                .batch_execute("ROLLBACK TO SAVEPOINT widen")
                .await
                .map_err(fault)?;
            let Some(kept) = existing.column_type() else {
                return Err(Fault::config(format!(
                    "The column {name} of {table} is {}, which a sync cannot fill, and a view depends on it. Drop the view or rename the column.",
                    existing.sql_type
                )));
            };
            column.column_type = kept;
            Ok(Some(format!(
                "The column {name} of {table} stays {}, because a view depends on it; values that do not fit become NULL.",
                existing.sql_type
            )))
        }
        Err(error) => Err(fault(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn existing(sql_type: &str) -> Existing {
        Existing {
            name: "c".to_owned(),
            sql_type: sql_type.to_owned(),
        }
    }

    #[test]
    fn a_column_only_ever_gets_wider() {
        let widened = |to: ColumnType, using: &str| Fit::Widen(to, using.to_owned());
        for (from, wanted, expected) in [
            ("bigint", ColumnType::BigInt, Fit::Same),
            ("text", ColumnType::Varchar, Fit::Same),
            (
                "bigint",
                ColumnType::Numeric,
                widened(ColumnType::Numeric, "\"c\"::NUMERIC"),
            ),
            (
                "numeric",
                ColumnType::BigInt,
                Fit::Keep(ColumnType::Numeric),
            ),
            (
                "numeric(38,9)",
                ColumnType::Numeric,
                widened(ColumnType::Numeric, "\"c\"::NUMERIC"),
            ),
            (
                "character varying(20)",
                ColumnType::Varchar,
                widened(ColumnType::Varchar, "\"c\"::VARCHAR"),
            ),
            (
                "character varying",
                ColumnType::BigInt,
                Fit::Keep(ColumnType::Varchar),
            ),
            (
                "jsonb",
                ColumnType::Varchar,
                widened(ColumnType::Varchar, "\"c\" #>> '{}'"),
            ),
            (
                "character varying",
                ColumnType::Jsonb,
                widened(ColumnType::Jsonb, "to_jsonb(\"c\")"),
            ),
            ("jsonb", ColumnType::BigInt, Fit::Keep(ColumnType::Jsonb)),
            (
                "boolean",
                ColumnType::BigInt,
                widened(ColumnType::Varchar, "\"c\"::VARCHAR"),
            ),
            (
                "date",
                ColumnType::TimestampTz,
                widened(
                    ColumnType::TimestampTz,
                    "\"c\"::TIMESTAMP AT TIME ZONE 'UTC'",
                ),
            ),
            (
                "timestamp with time zone",
                ColumnType::Date,
                Fit::Keep(ColumnType::TimestampTz),
            ),
            (
                "uuid",
                ColumnType::BigInt,
                widened(ColumnType::Varchar, "\"c\"::VARCHAR"),
            ),
        ] {
            assert_eq!(
                fit(&existing(from), wanted),
                expected,
                "{from} meets {wanted:?}"
            );
        }
    }
}
