//! Files that no connection reads any more: they go with the last one that names them.

use std::collections::BTreeSet;

use model::{ConnectionId, TenantId, UploadId};
use object_store::{ObjectStoreExt, path::Path};
use serde_json::Value;
use store::{
    TenantTx,
    connections::{self, Stage},
    secrets::{self, TenantKeys},
    uploads,
};

use super::FOLDER;
use crate::{Error, Hub, connections::sealed};

/// What stands before the id where a configuration names a file.
const ADDRESS: &str = "upload://";

/// Removes the files that only this connection names. Safe to repeat while the connection is there.
pub(crate) async fn forget(
    hub: &Hub,
    tenant: TenantId,
    leaving: ConnectionId,
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    // As submissions do: none begins to use a file that is about to go.
    store::tenants::lock(&mut tx, tenant).await?;
    let keys = secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let files = only_of(&mut tx, &keys, leaving).await?;
    for file in &files {
        match uploads::delete(&mut tx, tenant, *file).await {
            Ok(()) | Err(store::Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    tx.commit().await?;
    let objects = hub.storage().of(tenant);
    for file in files {
        match objects
            .delete(&Path::from(FOLDER).join(file.to_string()))
            .await
        {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%error, %file, "a file that nobody reads stays"),
        }
    }
    Ok(())
}

/// Files of this connection and of no other that stays.
async fn only_of(
    tx: &mut TenantTx,
    keys: &TenantKeys,
    leaving: ConnectionId,
) -> Result<BTreeSet<UploadId>, Error> {
    let tenant = tx.tenant();
    let mut files = named(tx, keys, leaving).await?;
    if files.is_empty() {
        return Ok(files);
    }
    for other in connections::ids(tx, tenant).await? {
        let stays = match connections::get(tx, tenant, other).await {
            Ok(found) => found.stage != Stage::Removing && other != leaving,
            // Gone since the list was read.
            Err(store::Error::NotFound) => false,
            Err(error) => return Err(error.into()),
        };
        if stays {
            let theirs = named(tx, keys, other).await?;
            files.retain(|file| !theirs.contains(file));
        }
    }
    Ok(files)
}

/// Files that a connection's settings name: the stored ones, and those of a test that may still pass.
async fn named(
    tx: &mut TenantTx,
    keys: &TenantKeys,
    id: ConnectionId,
) -> Result<BTreeSet<UploadId>, Error> {
    let tenant = tx.tenant();
    let connection = connections::get(tx, tenant, id).await?;
    let mut found = BTreeSet::new();
    collect(&sealed::open(keys, &connection)?, &mut found);
    if let Some(test) = store::tests::last(tx, tenant, id).await?
        && let Some(tried) = sealed::open_candidate(keys, &test)?
    {
        collect(&tried, &mut found);
    }
    Ok(found)
}

fn collect(config: &Value, found: &mut BTreeSet<UploadId>) {
    match config {
        Value::String(text) => {
            let id = text.strip_prefix(ADDRESS).map(str::parse::<UploadId>);
            found.extend(id.and_then(Result::ok));
        }
        Value::Array(values) => {
            for value in values {
                collect(value, found);
            }
        }
        Value::Object(fields) => {
            for value in fields.values() {
                collect(value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_found_wherever_settings_name_them() {
        let (one, two) = (UploadId::from_u128(1), UploadId::from_u128(2));
        let config = json!({
            "url": format!("{ADDRESS}{one}"),
            "more": [{"location": {"from": "upload", "file": format!("{ADDRESS}{two}")}}, 7, null],
            "page": "https://example.com/upload://", "odd": format!("{ADDRESS}../{one}"),
        });
        let mut found = BTreeSet::new();
        collect(&config, &mut found);
        assert_eq!(found, BTreeSet::from([one, two]));
    }
}
