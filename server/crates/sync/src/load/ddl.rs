//! Makes tables, and gives them the rights they should have.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};

use crate::fault::Fault;

use super::error::{fault, is};
use super::ident::{qualified, quote};
use super::plan::{Column, META_COLUMNS, StreamPlan};

/// The definitions of [`META_COLUMNS`].
pub const META_TYPES: [&str; 4] = [
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
            .map(|column| format!("{} {}", quote(&column.name), column.kind.sql())),
    )
    .collect()
}

/// Drops a table of our own, if it is there.
pub async fn drop_table(client: &Client, table: &str) -> Result<(), Fault> {
    client
        .batch_execute(&format!("DROP TABLE IF EXISTS {table}"))
        .await
        .map_err(fault)
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
    grant(client, &rows, table).await
}

/// Gives `table` the rights that a new table of this schema has by default: it was private until now.
pub async fn give_default_grants(client: &Client, schema: &str, table: &str) -> Result<(), Fault> {
    let rows = client
        .query(
            "SELECT g.privilege_type, g.is_grantable, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
             FROM pg_default_acl AS d
             LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) AS g
             WHERE d.defaclrole = current_user::regrole
               AND d.defaclobjtype = 'r'
               AND (n.nspname = $1 OR d.defaclnamespace = 0)
               AND g.grantee <> d.defaclrole",
            &[&schema],
        )
        .await
        .map_err(fault)?;
    grant(client, &rows, table).await
}

/// Each row: a privilege, whether it may be passed on, and whose it is.
async fn grant(client: &Client, rights: &[Row], table: &str) -> Result<(), Fault> {
    for row in rights {
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
