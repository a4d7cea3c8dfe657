//! How far each stream of a connection was read. The destination holds the truth beside its rows; this is its copy.

use airbyte::protocol::StreamDescriptor;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::progress::namespace;

/// Keeps a state whose rows are committed; without a stream it is of all streams. Answers the one that it replaces.
pub async fn save(
    pool: &PgPool,
    connection: Uuid,
    stream: Option<&StreamDescriptor>,
    state: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"WITH kept AS (
               INSERT INTO engine.stream_states (connection_id, namespace, name, state)
               VALUES ($1, $2, $3, $4)
               ON CONFLICT (connection_id, namespace, name) DO UPDATE SET state = EXCLUDED.state, updated_at = now()
           )
           -- as it was when the statement began
           SELECT state AS "state!"
           FROM engine.stream_states
           WHERE connection_id = $1
             AND namespace = $2
             AND name = $3"#,
        connection,
        stream.map(namespace).unwrap_or_default(),
        stream.map(|stream| stream.name.as_str()).unwrap_or_default(),
        state,
    )
    .fetch_optional(pool)
    .await
}

/// A stream that was read whole starts from scratch next time.
pub async fn forget(
    conn: &mut PgConnection,
    connection: Uuid,
    stream: &StreamDescriptor,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM engine.stream_states WHERE connection_id = $1 AND namespace = $2 AND name = $3",
        connection,
        namespace(stream),
        stream.name,
    )
    .execute(conn)
    .await
    .map(drop)
}

pub async fn forget_all(conn: &mut PgConnection, connection: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM engine.stream_states WHERE connection_id = $1",
        connection
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Whether the source speaks of all streams at once, so that none of them can be left out.
pub async fn is_of_all(pool: &PgPool, connection: Uuid) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM engine.stream_states WHERE connection_id = $1 AND name = '') AS "exists!""#,
        connection,
    );
    found.fetch_one(pool).await
}
