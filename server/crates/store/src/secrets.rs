//! Sealing with a tenant's own key: which keys there are, where a secret belongs, and changing the key that wraps them.

use std::collections::BTreeMap;

use model::TenantId;
use seal::{Key, KeyRing, TenantKey};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, ids::Id};

const CANARY: &[u8] = b"this key file belongs to this database";

/// Where a secret is stored. A record that turns up anywhere else does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub row: Uuid,
}

/// A tenant's keys, ready to use.
#[derive(Debug, Clone)]
pub struct TenantKeys {
    tenant: String,
    sealer: TenantKey,
}

impl TenantKeys {
    pub fn seal(&self, place: Place<'_>, plaintext: &[u8]) -> Vec<u8> {
        seal::seal(
            &self.sealer,
            &self.aad(place, &place.row.to_string()),
            plaintext,
        )
    }

    pub fn open(&self, place: Place<'_>, record: &[u8]) -> Result<SecretBox<Vec<u8>>, Error> {
        Ok(seal::open(
            &self.sealer,
            &self.aad(place, &place.row.to_string()),
            record,
        )?)
    }

    pub fn seal_text(&self, place: Place<'_>, secret: &SecretString) -> Vec<u8> {
        self.seal(place, secret.expose_secret().as_bytes())
    }

    pub fn open_text(&self, place: Place<'_>, record: &[u8]) -> Result<SecretString, Error> {
        let bytes = self.open(place, record)?;
        let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| seal::Error::Form)?;
        Ok(SecretString::from(text))
    }

    fn aad<'a>(&'a self, place: Place<'a>, row: &'a str) -> [&'a str; 5] {
        ["hub/rec/v1", &self.tenant, place.table, place.column, row]
    }
}

/// Makes a key for the tenant, if it has none that lives. Returns the version of the newest one.
pub async fn ensure_key(
    conn: &mut PgConnection,
    ring: &KeyRing,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<i32, Error> {
    let newest = sqlx::query!(
        r#"SELECT version, wrapped IS NOT NULL AS "lives!"
           FROM tenant_keys
           WHERE tenant_id = $1
           ORDER BY version DESC
           LIMIT 1"#,
        tenant.uuid(),
    )
    .fetch_optional(&mut *conn)
    .await?;
    let version = match newest {
        Some(newest) if newest.lives => return Ok(newest.version),
        Some(newest) => newest.version + 1,
        None => 1,
    };
    sqlx::query!(
        "INSERT INTO tenant_keys (tenant_id, version, key_id, wrapped, created_at)
         VALUES ($1, $2, $3, $4, $5)",
        tenant.uuid(),
        version,
        key_id(ring.active()),
        ring.wrap(&data_key_place(tenant, version), &Key::random()?),
        now,
    )
    .execute(conn)
    .await?;
    Ok(version)
}

/// The tenant's keys; [`Error::NoKey`] before its first key is made and after they are destroyed.
pub async fn keys(
    conn: &mut PgConnection,
    ring: &KeyRing,
    tenant: TenantId,
) -> Result<TenantKeys, Error> {
    let rows = sqlx::query!(
        r#"SELECT version, wrapped AS "wrapped!"
           FROM tenant_keys
           WHERE tenant_id = $1
             AND wrapped IS NOT NULL
           ORDER BY version"#,
        tenant.uuid(),
    )
    .fetch_all(conn)
    .await?;
    let mut keys = BTreeMap::new();
    for row in rows {
        let key = ring.unwrap(&data_key_place(tenant, row.version), &row.wrapped)?;
        keys.insert(u32::try_from(row.version).unwrap_or_default(), key);
    }
    let newest = *keys.keys().next_back().ok_or(Error::NoKey)?;
    let sealer = TenantKey::new(newest, keys).ok_or(Error::NoKey)?;
    Ok(TenantKeys {
        tenant: tenant.to_string(),
        sealer,
    })
}

/// Destroys every key of the tenant: what they sealed is gone for good, copies in backups of the rows included.
pub async fn destroy_keys(
    conn: &mut PgConnection,
    tenant: TenantId,
    now: OffsetDateTime,
) -> Result<u64, Error> {
    let destroyed = sqlx::query!(
        "UPDATE tenant_keys
         SET wrapped = NULL, destroyed_at = $2
         WHERE tenant_id = $1
           AND wrapped IS NOT NULL",
        tenant.uuid(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(destroyed.rows_affected())
}

/// Wraps every data key anew that is not under the ring's active key. Resumable; returns how many it changed. In a
/// platform transaction.
pub async fn rewrap(conn: &mut PgConnection, ring: &KeyRing) -> Result<usize, Error> {
    let rows = sqlx::query!(
        r#"SELECT tenant_id, version, wrapped AS "wrapped!"
           FROM tenant_keys
           WHERE key_id <> $1
             AND wrapped IS NOT NULL
           FOR UPDATE"#,
        key_id(ring.active()),
    )
    .fetch_all(&mut *conn)
    .await?;
    let changed = rows.len();
    for row in rows {
        let place = data_key_place(TenantId::from_uuid(row.tenant_id), row.version);
        let key = ring.unwrap(&place, &row.wrapped)?;
        sqlx::query!(
            "UPDATE tenant_keys
             SET wrapped = $3, key_id = $4
             WHERE tenant_id = $1
               AND version = $2",
            row.tenant_id,
            row.version,
            ring.wrap(&place, &key),
            key_id(ring.active()),
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(changed)
}

/// Proves that the key file belongs to this database; the first start leaves the proof.
pub async fn check_canary(
    conn: &mut PgConnection,
    ring: &KeyRing,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let canaries = sqlx::query!("SELECT key_id, sealed FROM key_canaries ORDER BY key_id")
        .fetch_all(&mut *conn)
        .await?;
    let sealer = ring.platform("canary");
    for canary in &canaries {
        seal::open(&sealer, &["hub/canary/v1"], &canary.sealed).map_err(|_| {
            Error::SetUp(format!(
                "the key file does not belong to this database (key {} is another one): put the right file back, secrets can't be opened without it",
                canary.key_id
            ))
        })?;
    }
    let active = key_id(ring.active());
    if canaries.iter().all(|canary| canary.key_id != active) {
        sqlx::query!(
            "INSERT INTO key_canaries (key_id, sealed, created_at)
             VALUES ($1, $2, $3)
             ON CONFLICT (key_id) DO NOTHING",
            active,
            seal::seal(&sealer, &["hub/canary/v1"], CANARY),
            now,
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Forgets the proofs of keys that open nothing any more: a key file without them is right too.
pub async fn retire_canaries(conn: &mut PgConnection, ring: &KeyRing) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM key_canaries WHERE key_id <> $1",
        key_id(ring.active()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn data_key_place(tenant: TenantId, version: i32) -> [String; 3] {
    [
        "hub/dek/v1".to_owned(),
        tenant.to_string(),
        version.to_string(),
    ]
}

/// Key ids are small counters; the column is signed.
pub(crate) fn key_id(id: u32) -> i32 {
    i32::try_from(id).unwrap_or(i32::MAX)
}
