//! Specifications as connectors gave them.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

pub async fn find(pool: &PgPool, definition: Uuid, version: &str) -> sqlx::Result<Option<Value>> {
    sqlx::query_scalar!(
        "SELECT spec FROM engine.specs WHERE definition_id = $1 AND version = $2",
        definition,
        version,
    )
    .fetch_optional(pool)
    .await
}

/// Definitions and versions of those that describe a provider to sign in at.
pub async fn describing(pool: &PgPool) -> sqlx::Result<Vec<(Uuid, String)>> {
    let found = sqlx::query!(
        "SELECT definition_id, version
         FROM engine.specs
         WHERE spec #> '{advanced_auth,oauth_config_specification,oauth_connector_input_specification}' IS NOT NULL",
    )
    .fetch_all(pool)
    .await?;
    let pairs = found
        .into_iter()
        .map(|row| (row.definition_id, row.version));
    Ok(pairs.collect())
}

pub async fn save(
    pool: &PgPool,
    definition: Uuid,
    version: &str,
    spec: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.specs (definition_id, version, spec)
         VALUES ($1, $2, $3)
         ON CONFLICT (definition_id, version) DO UPDATE SET spec = EXCLUDED.spec, asked_at = now()",
        definition,
        version,
        spec,
    )
    .execute(pool)
    .await
    .map(drop)
}
