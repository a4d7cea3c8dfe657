//! The tenant's namespace on Redis, when there is a Redis.

use model::TenantId;
use store::logins::{self, Purpose};

use super::{Made, schema::keep};
use crate::{Error, Hub, redis::Redis};

pub(super) async fn make(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    let Some(redis) = hub.redis() else {
        return Ok(Made::not_configured("No Redis is configured (REDIS_URL)."));
    };
    let login = keep(hub, tenant, Purpose::Cache).await?;
    redis.create(tenant, &login.password).await?;
    let detail = format!(
        "User {} with keys under {}",
        login.login,
        Redis::prefix(tenant)
    );
    Ok(Made::done(login.login, detail))
}

pub(super) async fn undo(hub: &Hub, tenant: TenantId) -> Result<String, Error> {
    let Some(redis) = hub.redis() else {
        return Err(Error::Upstream(
            "Redis is no longer configured, so the tenant's keys can't be removed: set REDIS_URL."
                .to_owned(),
        ));
    };
    redis.drop_tenant(tenant).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    logins::forget(&mut tx, tenant, Purpose::Cache).await?;
    tx.commit().await?;
    Ok("user and keys removed".to_owned())
}
