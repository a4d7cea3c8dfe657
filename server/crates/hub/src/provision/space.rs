//! The tenant's place in the storage, proven by a file that is written, read and removed.

use model::TenantId;

use super::Made;
use crate::{Error, Hub};

pub(super) async fn make(hub: &Hub, tenant: TenantId) -> Result<Made, Error> {
    hub.storage().probe(tenant).await?;
    let place = hub.storage().location(tenant);
    let detail = format!("{place} takes, returns and removes a file.");
    Ok(Made::done(place, detail))
}

pub(super) async fn undo(hub: &Hub, tenant: TenantId) -> Result<String, Error> {
    let gone = hub.storage().clear(tenant).await?;
    Ok(format!("files removed: {gone}"))
}
