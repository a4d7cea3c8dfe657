//! What is known about uploaded files.

use model::{TenantId, UploadId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{Error, error::one_row, ids::Id};

/// A file in the tenant's storage, under its id.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: UploadId,
    pub name: String,
    pub bytes: i64,
    pub sha256: Vec<u8>,
    pub created_at: OffsetDateTime,
}

pub async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    upload: &Upload,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO uploads (tenant_id, id, name, bytes, sha256, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant.uuid(),
        upload.id.uuid(),
        upload.name,
        upload.bytes,
        upload.sha256,
        upload.created_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: UploadId) -> Result<Upload, Error> {
    let row = sqlx::query!(
        "SELECT name, bytes, sha256, created_at
         FROM uploads
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .fetch_one(conn)
    .await?;
    Ok(Upload {
        id,
        name: row.name,
        bytes: row.bytes,
        sha256: row.sha256,
        created_at: row.created_at,
    })
}

pub async fn delete(conn: &mut PgConnection, tenant: TenantId, id: UploadId) -> Result<(), Error> {
    let gone = sqlx::query!(
        "DELETE FROM uploads
         WHERE tenant_id = $1
           AND id = $2",
        tenant.uuid(),
        id.uuid(),
    )
    .execute(conn)
    .await?;
    one_row(&gone)
}
