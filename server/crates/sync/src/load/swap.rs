//! Puts a finished new table in the place of the old one, so that readers see either the one or the other.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::fault::Fault;

use super::ddl;
use super::error::{fault, is};
use super::ident::{qualified, quote};
use super::inspect::{self, Relation};
use super::merge;
use super::plan::{META_COLUMNS, StreamPlan};

/// How long readers of the old table are waited for before its rows are replaced instead, which waits for nobody.
const SWAP_PATIENCE: &str = "5s";

/// In the open transaction: the stream's table is what `new` is now. The old table is replaced when nothing hangs on it,
/// with the rights others have on it; else it stays and its rows are replaced. Views are never dropped. Where there was no
/// table, the new one has the rights that tables of its schema have by default.
pub async fn replace(client: &Client, plan: &StreamPlan, new: &str) -> Result<(), Fault> {
    let new_table = qualified(&plan.schema, new);
    let Some(old) = inspect::relation(client, &plan.schema, &plan.table).await? else {
        ddl::give_default_grants(client, &plan.schema, &new_table).await?;
        return rename(client, &new_table, &plan.table).await;
    };
    if !inspect::is_built_on(client, old.oid, &merge::key_names(plan)).await?
        && swap(client, plan, &old, &new_table).await?
    {
        return Ok(());
    }
    replace_rows(client, plan, new, &new_table).await
}

async fn rename(client: &Client, table: &str, name: &str) -> Result<(), Fault> {
    client
        .batch_execute(&format!("ALTER TABLE {table} RENAME TO {}", quote(name)))
        .await
        .map_err(fault)
}

/// False when something stands in the way after all: a reader that does not let go, a dependent that is new.
async fn swap(
    client: &Client,
    plan: &StreamPlan,
    old: &Relation,
    new_table: &str,
) -> Result<bool, Fault> {
    let old_table = qualified(&plan.schema, &plan.table);
    client
        .batch_execute(&format!(
            "SAVEPOINT swap; SET LOCAL lock_timeout = '{SWAP_PATIENCE}'"
        ))
        .await
        .map_err(fault)?;
    ddl::carry_over_grants(client, old.oid, new_table).await?;
    match client
        .batch_execute(&format!("DROP TABLE {old_table} RESTRICT"))
        .await
    {
        Ok(()) => {}
        Err(error)
            if is(
                &error,
                &[
                    SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
                    SqlState::LOCK_NOT_AVAILABLE,
                    SqlState::INSUFFICIENT_PRIVILEGE,
                ],
            ) =>
        {
            client
                .batch_execute("ROLLBACK TO SAVEPOINT swap")
                .await
                .map_err(fault)?;
            return Ok(false);
        }
        Err(error) => return Err(fault(error)),
    }
    rename(client, new_table, &plan.table).await?;
    client
        .batch_execute("RELEASE SAVEPOINT swap; SET LOCAL lock_timeout = 0")
        .await
        .map_err(fault)?;
    Ok(true)
}

/// Readers go on seeing the old rows until the commit.
async fn replace_rows(
    client: &Client,
    plan: &StreamPlan,
    new: &str,
    new_table: &str,
) -> Result<(), Fault> {
    let old_table = qualified(&plan.schema, &plan.table);
    let (Some(old), Some(fresh)) = (
        inspect::relation(client, &plan.schema, &plan.table).await?,
        inspect::relation(client, &plan.schema, new).await?,
    ) else {
        return Err(Fault::upstream(
            "The table was removed while it was being replaced. Try again.",
        )
        .in_stream(plan.label()));
    };
    for column in fresh
        .columns
        .iter()
        .filter(|column| old.column(&column.name).is_none())
    {
        let sql = format!(
            "ALTER TABLE {old_table} ADD COLUMN {} {}",
            quote(&column.name),
            column.sql_type
        );
        client.batch_execute(&sql).await.map_err(fault)?;
    }
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in &fresh.columns {
        let name = quote(&column.name);
        let same = old
            .column(&column.name)
            .is_none_or(|existing| existing.sql_type == column.sql_type);
        values.push(match old.column(&column.name) {
            Some(existing) if !same => format!("{name}::{}", existing.sql_type),
            _ => name.clone(),
        });
        names.push(name);
    }
    debug_assert!(META_COLUMNS.iter().all(|meta| fresh.column(meta).is_some()));
    let sql = format!(
        "DELETE FROM {old_table}; INSERT INTO {old_table} ({}) SELECT {} FROM {new_table}; DROP TABLE {new_table}",
        names.join(", "),
        values.join(", ")
    );
    client.batch_execute(&sql).await.map_err(fault)
}
