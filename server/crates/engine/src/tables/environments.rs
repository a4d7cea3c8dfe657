//! How far the installation of each Python connector is on this machine.

use sqlx::PgPool;

pub async fn save(
    pool: &PgPool,
    machine: &str,
    package: &str,
    version: &str,
    state: &str,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.python_environments (machine, package, version, state, detail)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (machine, package, version)
         DO UPDATE SET state = EXCLUDED.state, detail = EXCLUDED.detail, updated_at = now()",
        machine,
        package,
        version,
        state,
        detail,
    )
    .execute(pool)
    .await
    .map(drop)
}
