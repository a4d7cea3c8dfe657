//! The tenant's schema in the tenant data database, with one login to load and one to read.

use model::TenantId;
use seal::token;
use store::{
    logins::{self, Login, Purpose},
    secrets,
};

use super::{Made, database_refused};
use crate::{Error, Hub, tenant_db::schema_name};

pub(super) async fn make(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    // The passwords are kept before the logins exist: a crash in between repeats the same ones.
    let load = keep(hub, tenant, Purpose::Load).await?;
    let read = keep(hub, tenant, Purpose::Read).await?;
    let schema = hub
        .tenant_db()
        .functions()
        .create(tenant, &load.password, &read.password)
        .await
        .map_err(database_refused)?;
    let detail = format!("Schema {schema} with a login to load and one to read.");
    Ok(Made::done(schema, detail))
}

/// The login of this purpose, made up at the first call.
pub(super) async fn keep(hub: &Hub, tenant: TenantId, purpose: Purpose) -> Result<Login, Error> {
    let login = match purpose {
        Purpose::Load | Purpose::Read => format!("{}_{}", schema_name(tenant), purpose.name()),
        Purpose::Cache => crate::redis::Redis::user(tenant),
    };
    let new = Login {
        login,
        password: token::secret(),
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let kept = logins::ensure(&mut tx, tenant, &keys, purpose, &new, hub.clock().now()).await?;
    tx.commit().await?;
    Ok(kept)
}

pub(super) async fn undo(hub: &Hub, tenant: TenantId) -> Result<String, Error> {
    hub.tenant_db()
        .functions()
        .drop_tenant(tenant)
        .await
        .map_err(database_refused)?;
    let mut tx = hub.store().tenant(tenant).await?;
    logins::forget(&mut tx, tenant, Purpose::Load).await?;
    logins::forget(&mut tx, tenant, Purpose::Read).await?;
    tx.commit().await?;
    Ok("schema, tables and logins removed".to_owned())
}
