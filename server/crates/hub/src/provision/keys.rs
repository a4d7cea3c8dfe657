//! The tenant's own encryption key, wrapped under the hub's.

use model::TenantId;
use store::secrets;

use super::Made;
use crate::{Error, Hub};

pub(super) async fn make(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let version = secrets::ensure_key(&mut tx, hub.keys(), tenant, hub.clock().now()).await?;
    tx.commit().await?;
    Ok(Made::done(
        version.to_string(),
        "A key of its own; nothing of another tenant opens with it.",
    ))
}

pub(super) async fn undo(hub: &Hub, tenant: TenantId) -> Result<String, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let gone = secrets::destroy_keys(&mut tx, tenant, hub.clock().now()).await?;
    tx.commit().await?;
    Ok(format!("encryption keys destroyed: {gone}"))
}
