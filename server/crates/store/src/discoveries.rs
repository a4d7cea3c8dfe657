//! Whose turn it is to have an Airbyte elsewhere discover, among all processes of this hub: a lock of the database, which
//! knows no tables and lets go by itself when its holder is gone.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};

use tokio::time::timeout;

use crate::{Error, Store};

/// A process whose machine lost its power is noticed within a minute …
const NOTICE_LOST_POWER: &str =
    "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";
/// … and one that gave up waiting within seconds, by servers on systems that can do this: neither keeps its place in the
/// queue.
const NOTICE_WHO_IS_GONE: &str = "SET client_connection_check_interval = '2s'";
/// A database that does not answer is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turn, as long as this lives.
#[derive(Debug)]
pub struct Turn {
    _conn: PgConnection,
}

/// Waits for the turn at that Airbyte, behind all who came before. On a connection of its own: a discovery takes minutes,
/// and those of the pool are for everybody.
pub async fn take_turn(store: &Store, airbyte: &str) -> Result<Turn, Error> {
    let options = PgConnectOptions::clone(&store.pool.connect_options());
    // It is here to wait: nobody is told of a slow statement.
    let options = options.disable_statement_logging();
    let connecting = timeout(PATIENCE, PgConnection::connect_with(&options));
    let mut conn = connecting.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    conn.execute(NOTICE_LOST_POWER).await?;
    let _can_or_cannot = conn.execute(NOTICE_WHO_IS_GONE).await;
    // The session's, not a transaction's: none stays open meanwhile.
    sqlx::query!(
        "SELECT pg_advisory_lock(hashtextextended($1, 0))",
        format!("discoveries/{airbyte}"),
    )
    .execute(&mut conn)
    .await?;
    Ok(Turn { _conn: conn })
}
