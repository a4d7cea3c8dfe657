//! What discovery answered last for each source.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

pub async fn find(
    pool: &PgPool,
    source: Uuid,
    config_hash: &[u8],
    version: &str,
) -> sqlx::Result<Option<Value>> {
    sqlx::query_scalar!(
        "SELECT catalog
         FROM engine.catalogs
         WHERE source_id = $1
           AND config_hash = $2
           AND version = $3",
        source,
        config_hash,
        version,
    )
    .fetch_optional(pool)
    .await
}

pub async fn save(
    pool: &PgPool,
    source: Uuid,
    config_hash: &[u8],
    version: &str,
    catalog: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO engine.catalogs (source_id, config_hash, version, catalog)
         -- As text: sqlx would send jsonb, which forgets the order of fields
         VALUES ($1, $2, $3, $4::text::json)
         ON CONFLICT (source_id)
         DO UPDATE SET config_hash = EXCLUDED.config_hash, version = EXCLUDED.version, catalog = EXCLUDED.catalog,
             asked_at = now()",
        source,
        config_hash,
        version,
        catalog.to_string(),
    )
    .execute(pool)
    .await
    .map(drop)
}
