//! Beginning a transaction so that nobody can break the beginning off.

use sqlx::{PgPool, Postgres, Transaction};

/// As `PgPool::begin`, but whoever stops waiting for it leaves nothing behind.
///
/// sqlx 0.9.0 forgets a transaction whose `BEGIN` was sent when its future is dropped, and gives the connection back with
/// the transaction open: what the next one writes there is lost (transact-rs/sqlx#4393, mended after that release). In a
/// task of its own the beginning always comes to its end, and a transaction that nobody took is rolled back.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin().await });
    begun.await.map_err(|_| sqlx::Error::WorkerCrashed)?
}
