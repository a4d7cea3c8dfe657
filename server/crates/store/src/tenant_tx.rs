//! The only doors to rows of tenants: a transaction that names its tenant, or one that says it looks across them.

use std::ops::{Deref, DerefMut};

use model::TenantId;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use crate::{Error, ids::Id};

/// A transaction that sees and changes the rows of one tenant.
#[derive(Debug)]
pub struct TenantTx {
    tenant: TenantId,
    tx: Transaction<'static, Postgres>,
}

impl TenantTx {
    pub async fn begin(pool: &PgPool, tenant: TenantId) -> Result<Self, Error> {
        // Local to the transaction: a plain SET would survive into the next borrower of the connection. One message to
        // the server, which takes no parameters; a UUID has nothing to quote.
        let begin = format!("BEGIN; SET LOCAL app.tenant_id = '{}'", tenant.uuid());
        let tx = pool.begin_with(AssertSqlSafe(begin)).await?;
        Ok(Self { tenant, tx })
    }

    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.tx.commit().await?)
    }
}

/// A transaction that sees every tenant: signing in, operators, clean-up.
#[derive(Debug)]
pub struct PlatformTx(Transaction<'static, Postgres>);

impl PlatformTx {
    pub async fn begin(pool: &PgPool) -> Result<Self, Error> {
        Ok(Self(
            pool.begin_with("BEGIN; SET LOCAL app.platform = 'on'")
                .await?,
        ))
    }

    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }
}

impl Deref for TenantTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

impl Deref for PlatformTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for PlatformTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

/// Does the connection come back without a tenant? Asked whenever one returns to the pool.
pub(crate) async fn is_clean(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT COALESCE(current_setting('app.tenant_id', true), '') = ''
              AND COALESCE(current_setting('app.platform', true), '') = '' AS "clean!""#,
    )
    .fetch_one(conn)
    .await
}
