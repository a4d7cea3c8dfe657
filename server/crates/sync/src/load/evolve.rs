//! Fits an existing table to what its stream has become. Never drops a column, never loses a value.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::fault::Fault;

use super::ddl::META_TYPES;
use super::error::{fault, is};
use super::ident::{qualified, quote};
use super::inspect::{Existing, Relation};
use super::plan::{META_COLUMNS, StreamPlan};
use super::value::ColumnType;

/// How long to wait for others to let go of a table before giving up.
const LOCK_PATIENCE: &str = "30s";

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
                column.kind.sql()
            )),
            Some(existing) => match fit(existing, column.kind) {
                Fit::Same => {}
                Fit::Keep(wider) => column.kind = wider,
                Fit::Widen(target, using) => widened.push(Widening {
                    position,
                    name: quote(&column.name),
                    existing: existing.clone(),
                    target,
                    using,
                }),
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
    for (position, kind, remark) in widen(client, &table, &widened).await? {
        if let Some(column) = plan.columns.get_mut(position) {
            column.kind = kind;
        }
        remarks.push(remark);
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
        ("smallint" | "integer", _, BigInt | Numeric) | (_, Some(BigInt), Numeric) => cast(wanted),
        ("numeric" | "real" | "double precision", None, BigInt | Numeric) => cast(Numeric),
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

/// A column that is to get another type.
#[derive(Debug)]
struct Widening {
    /// In the plan's columns.
    position: usize,
    /// In quotes.
    name: String,
    existing: Existing,
    target: ColumnType,
    using: String,
}

impl Widening {
    fn sql(&self) -> String {
        format!(
            "ALTER COLUMN {} TYPE {} USING {}",
            self.name,
            self.target.sql(),
            self.using
        )
    }

    fn done(&self, table: &str) -> Widened {
        let (name, kind, was) = (&self.name, self.target, &self.existing.sql_type);
        let now = kind.sql();
        let remark = format!("The column {name} of {table} is now {now}; it was {was}.");
        (self.position, kind, remark)
    }

    /// A view depends on the column: it stays, and takes what fits.
    fn refused(&self, table: &str) -> Result<Widened, Fault> {
        let (name, stays) = (&self.name, &self.existing.sql_type);
        let Some(kind) = self.existing.column_type() else {
            return Err(Fault::config(format!(
                "The column {name} of {table} is {stays}, which a sync cannot fill, and a view depends on it. Drop the view or rename the column."
            )));
        };
        let remark = format!(
            "The column {name} of {table} stays {stays}, because a view depends on it; values that do not fit become NULL."
        );
        Ok((self.position, kind, remark))
    }
}

/// Place in the plan, type from now on, remark for the log.
type Widened = (usize, ColumnType, String);

/// Widens columns all at once, because each statement may write the whole table anew, while nobody can read it; one by one
/// where something depends on one of them.
async fn widen(
    client: &Client,
    table: &str,
    widenings: &[Widening],
) -> Result<Vec<Widened>, Fault> {
    if widenings.is_empty() || alter(client, table, widenings).await? {
        return Ok(widenings.iter().map(|one| one.done(table)).collect());
    }
    let mut widened = Vec::with_capacity(widenings.len());
    for one in widenings {
        let alone = std::slice::from_ref(one);
        let is_done = widenings.len() > 1 && alter(client, table, alone).await?;
        widened.push(if is_done {
            one.done(table)
        } else {
            one.refused(table)?
        });
    }
    Ok(widened)
}

/// In the open transaction: changes the columns in one statement. False: views or rules depend on one of them.
async fn alter(client: &Client, table: &str, widenings: &[Widening]) -> Result<bool, Fault> {
    let changes: Vec<String> = widenings.iter().map(Widening::sql).collect();
    client
        .batch_execute("SAVEPOINT widen")
        .await
        .map_err(fault)?;
    let altered = client
        .batch_execute(&format!("ALTER TABLE {table} {}", changes.join(", ")))
        .await;
    let (end, is_done) = match altered {
        Ok(()) => ("RELEASE SAVEPOINT widen", true),
        Err(error)
            if is(
                &error,
                &[
                    SqlState::FEATURE_NOT_SUPPORTED,
                    SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                ],
            ) =>
        {
            ("ROLLBACK TO SAVEPOINT widen", false)
        }
        Err(error) => return Err(fault(error)),
    };
    client.batch_execute(end).await.map_err(fault)?;
    Ok(is_done)
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
