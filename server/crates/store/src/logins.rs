//! Logins of one tenant that the hub keeps, with their passwords sealed: loader, reader, Redis.

use model::TenantId;
use secrecy::SecretString;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Error,
    ids::Id,
    secrets::{Place, TenantKeys},
};

/// What a login is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Makes and fills tables.
    Load,
    /// Reads them.
    Read,
    /// The tenant's user on Redis.
    Cache,
}

impl Purpose {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Read => "read",
            Self::Cache => "cache",
        }
    }
}

/// A login and its password.
#[derive(Debug, Clone)]
pub struct Login {
    pub login: String,
    pub password: SecretString,
}

fn place(row: Uuid) -> Place<'static> {
    Place {
        table: "data_logins",
        column: "password",
        row,
    }
}

/// Keeps a login; a repeated call keeps the first password, so that a resumed step does not lock anybody out.
pub async fn ensure(
    conn: &mut PgConnection,
    tenant: TenantId,
    keys: &TenantKeys,
    purpose: Purpose,
    new: &Login,
    now: OffsetDateTime,
) -> Result<Login, Error> {
    let row = Uuid::now_v7();
    sqlx::query!(
        "INSERT INTO data_logins (tenant_id, purpose, id, login, password, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, purpose) DO NOTHING",
        tenant.uuid(),
        purpose.name(),
        row,
        new.login,
        keys.seal_text(place(row), &new.password),
        now,
    )
    .execute(&mut *conn)
    .await?;
    get(conn, tenant, keys, purpose).await
}

pub async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    keys: &TenantKeys,
    purpose: Purpose,
) -> Result<Login, Error> {
    let row = sqlx::query!(
        "SELECT id, login, password
         FROM data_logins
         WHERE tenant_id = $1
           AND purpose = $2",
        tenant.uuid(),
        purpose.name(),
    )
    .fetch_one(conn)
    .await?;
    Ok(Login {
        login: row.login,
        password: keys.open_text(place(row.id), &row.password)?,
    })
}

pub async fn forget(
    conn: &mut PgConnection,
    tenant: TenantId,
    purpose: Purpose,
) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM data_logins
         WHERE tenant_id = $1
           AND purpose = $2",
        tenant.uuid(),
        purpose.name(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
