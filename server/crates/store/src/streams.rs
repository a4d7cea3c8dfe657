//! Streams of a connection: what the source offers, what was chosen, what the last run left behind.

use model::{ConnectionId, SyncMode, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, ids::Id};

/// One top-level field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredField {
    pub name: String,
    /// Plain type word.
    pub kind: String,
    /// Holds personal data, by its name.
    pub personal: bool,
    /// For the connector's own use: always read, never shown.
    pub hidden: bool,
}

/// What a source offers. An empty namespace is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub namespace: String,
    pub name: String,
    pub fields: Vec<StoredField>,
    pub modes: Vec<SyncMode>,
    /// The key, when the source fixes it.
    pub source_key: Option<Vec<String>>,
    /// The source fixes the cursor.
    pub source_cursor: bool,
    pub default_cursor: Option<String>,
}

impl Offer {
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// `namespace.name`, or the name alone.
    pub fn label(&self) -> String {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.namespace, self.name)
        }
    }

    /// Are these all the fields a person can choose from?
    pub fn is_all(&self, fields: &[String]) -> bool {
        self.fields
            .iter()
            .filter(|field| !field.hidden)
            .all(|field| fields.contains(&field.name))
    }
}

/// What a person chose of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub selected: bool,
    pub mode: SyncMode,
    pub primary_key: Vec<String>,
    pub cursor: Option<String>,
    /// `None`: all of them, new ones included.
    pub fields: Option<Vec<String>>,
}

/// One stored stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub offer: Offer,
    /// The table it lands in.
    pub table: String,
    pub choice: Choice,
}

struct Row {
    namespace: String,
    name: String,
    fields: serde_json::Value,
    modes: Vec<String>,
    source_key: Option<Vec<String>>,
    source_cursor: bool,
    default_cursor: Option<String>,
    table_name: String,
    selected: bool,
    mode: String,
    primary_key: Vec<String>,
    cursor_field: Option<String>,
    chosen_fields: Option<Vec<String>>,
}

impl Row {
    fn read(self) -> Result<Stream, Error> {
        let corrupt = |column| Error::Corrupt {
            table: "connection_streams",
            column,
            id: self.name.clone(),
        };
        let mode = SyncMode::parse(&self.mode).ok_or_else(|| corrupt("mode"))?;
        let modes = self
            .modes
            .iter()
            .map(|mode| SyncMode::parse(mode).ok_or_else(|| corrupt("modes")));
        let modes = modes.collect::<Result<_, _>>()?;
        let fields = serde_json::from_value(self.fields.clone()).map_err(|_| corrupt("fields"))?;
        Ok(Stream {
            offer: Offer {
                namespace: self.namespace,
                name: self.name,
                fields,
                modes,
                source_key: self.source_key,
                source_cursor: self.source_cursor,
                default_cursor: self.default_cursor,
            },
            table: self.table_name,
            choice: Choice {
                selected: self.selected,
                mode,
                primary_key: self.primary_key,
                cursor: self.cursor_field,
                fields: self.chosen_fields,
            },
        })
    }
}

/// In the order the source tells them.
pub async fn list(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Vec<Stream>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT namespace, name, fields, modes, source_key, source_cursor, default_cursor, table_name, selected, mode,
                primary_key, cursor_field, chosen_fields
         FROM connection_streams
         WHERE tenant_id = $1
           AND connection_id = $2
         ORDER BY position",
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// Replaces all streams of a connection. What earlier runs left behind in tables of the same name stays known.
pub async fn replace(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    streams: &[Stream],
) -> Result<(), Error> {
    let labels: Vec<String> = streams.iter().map(|stream| stream.offer.label()).collect();
    sqlx::query!(
        "DELETE FROM connection_streams
         WHERE tenant_id = $1
           AND connection_id = $2
           AND NOT (CASE namespace WHEN '' THEN name ELSE namespace || '.' || name END = ANY($3))",
        tenant.uuid(),
        connection.uuid(),
        &labels,
    )
    .execute(&mut *conn)
    .await?;
    for (position, stream) in streams.iter().enumerate() {
        put(conn, tenant, connection, position, stream).await?;
    }
    Ok(())
}

async fn put(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    position: usize,
    stream: &Stream,
) -> Result<(), Error> {
    let Stream {
        offer,
        table,
        choice,
    } = stream;
    let modes: Vec<String> = offer
        .modes
        .iter()
        .map(|mode| mode.name().to_owned())
        .collect();
    sqlx::query!(
        "INSERT INTO connection_streams (tenant_id, connection_id, namespace, name, position, fields, modes, source_key,
             source_cursor, default_cursor, table_name, selected, mode, primary_key, cursor_field, chosen_fields)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT ON CONSTRAINT connection_streams_pkey DO UPDATE
         SET position = excluded.position, fields = excluded.fields, modes = excluded.modes,
             source_key = excluded.source_key, source_cursor = excluded.source_cursor,
             default_cursor = excluded.default_cursor, table_name = excluded.table_name, selected = excluded.selected,
             mode = excluded.mode, primary_key = excluded.primary_key, cursor_field = excluded.cursor_field,
             chosen_fields = excluded.chosen_fields",
        tenant.uuid(),
        connection.uuid(),
        offer.namespace,
        offer.name,
        i32::try_from(position).unwrap_or(i32::MAX),
        serde_json::to_value(&offer.fields).unwrap_or_default(),
        &modes,
        offer.source_key.as_deref(),
        offer.source_cursor,
        offer.default_cursor,
        table,
        choice.selected,
        choice.mode.name(),
        &choice.primary_key,
        choice.cursor,
        choice.fields.as_deref(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers what a run left in the table of one stream.
pub async fn landed(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
    stream: (&str, &str),
    table_rows: Option<i64>,
    at: OffsetDateTime,
) -> Result<(), Error> {
    // The stream may be gone from the choice by now; then there is nothing to remember.
    sqlx::query!(
        "UPDATE connection_streams
         SET table_rows = COALESCE($5, table_rows),
             landed_at = $6
         WHERE tenant_id = $1
           AND connection_id = $2
           AND namespace = $3
           AND name = $4",
        tenant.uuid(),
        connection.uuid(),
        stream.0,
        stream.1,
        table_rows,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A table that some connection fills or will fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub table: String,
    pub connection: ConnectionId,
    pub connection_name: String,
    pub rows: Option<i64>,
    pub landed_at: Option<OffsetDateTime>,
}

/// Tables of selected streams and of webhooks' events, of connections that were checked, by name.
pub async fn tables(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<Table>, Error> {
    let rows = sqlx::query!(
        r#"SELECT t.table_name AS "table_name!", c.id, c.name, t.table_rows, t.landed_at
           FROM (SELECT tenant_id, connection_id, table_name, table_rows, landed_at
                 FROM connection_streams
                 WHERE tenant_id = $1
                   AND selected
                 UNION ALL
                 SELECT tenant_id, connection_id, table_name, NULL, landed_at
                 FROM webhooks
                 WHERE tenant_id = $1) AS t
           JOIN connections c ON c.tenant_id = t.tenant_id AND c.id = t.connection_id
           WHERE c.stage IN ('active', 'paused')
           ORDER BY t.table_name, c.id"#,
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?;
    let tables = rows.into_iter().map(|row| Table {
        table: row.table_name,
        connection: ConnectionId::from_uuid(row.id),
        connection_name: row.name,
        rows: row.table_rows,
        landed_at: row.landed_at,
    });
    Ok(tables.collect())
}

/// Names of tables that other connections use, chosen or not.
pub async fn tables_of_others(
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: ConnectionId,
) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        r#"SELECT table_name AS "table_name!"
           FROM connection_streams
           WHERE tenant_id = $1
             AND connection_id <> $2
           UNION
           SELECT table_name
           FROM webhooks
           WHERE tenant_id = $1
             AND connection_id <> $2"#,
        tenant.uuid(),
        connection.uuid(),
    )
    .fetch_all(conn)
    .await?)
}
