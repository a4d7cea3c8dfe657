//! Whether somebody else lives by what would end with a grant: by all that its account granted, or by the very same token.

use model::{ConnectionId, TenantId};
use oauth::Provider;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    connections,
    oauth::grants::{self, Grant, Leaving},
    secrets::TenantKeys,
};

use super::{in_config, renewed_by, waiting};
use crate::{Error, Hub, connections::sealed, consent, specs};

pub(super) async fn is_shared(
    hub: &Hub,
    keys: &TenantKeys,
    provider: &Provider,
    grant: &Grant,
    token: Option<&SecretString>,
    leaving: Leaving,
) -> Result<bool, Error> {
    if provider.ends_all_of_an_account() {
        let mut tx = hub.store().platform().await?;
        let shared = grants::is_shared(&mut tx, grant.by(), leaving).await?;
        tx.commit().await?;
        return Ok(shared);
    }
    match (leaving, token) {
        (Leaving::Connection(tenant, _), Some(token)) => {
            is_held(hub, keys, tenant, grant, token).await
        }
        // Either nothing of the tenant stays, or nothing ends.
        (Leaving::Tenant(_), _) | (_, None) => Ok(false),
    }
}

/// Some providers give an account the same token whenever it signs in. Looked for in the tenant alone: no tenant's tokens are
/// compared with another's.
async fn is_held(
    hub: &Hub,
    keys: &TenantKeys,
    tenant: TenantId,
    grant: &Grant,
    token: &SecretString,
) -> Result<bool, Error> {
    let token = token.expose_secret().as_bytes();
    let mut tx = hub.store().tenant(tenant).await?;
    let mut beside = Vec::new();
    for id in grants::beside(&mut tx, tenant, grant.by(), grant.connection).await? {
        beside.extend(held(&mut tx, tenant, keys, id).await?);
    }
    tx.commit().await?;
    for other in beside {
        let theirs = other.token(hub, tenant, keys).await?;
        let is_same =
            |theirs: SecretString| seal::token::same(theirs.expose_secret().as_bytes(), token);
        if theirs.is_some_and(is_same) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A grant of another connection, with the configuration that it filled.
struct Held {
    integration: String,
    grant: Grant,
    config: Value,
}

/// The one that a connection lives by, and the one that waits with its test.
async fn held(
    conn: &mut PgConnection,
    tenant: TenantId,
    keys: &TenantKeys,
    id: ConnectionId,
) -> Result<Vec<Held>, Error> {
    let connection = match connections::get(conn, tenant, id).await {
        // Removed meanwhile.
        Err(store::Error::NotFound) => return Ok(Vec::new()),
        found => found?,
    };
    let mut all = Vec::new();
    if let Some(grant) = grants::find(conn, tenant, id).await? {
        all.push((grant, sealed::open(keys, &connection)?));
    }
    if let Some((granted, config)) = waiting(conn, tenant, keys, id).await? {
        all.push((granted.sealed(keys, id), config));
    }
    let held = all.into_iter().map(|(grant, config)| Held {
        integration: connection.integration.clone(),
        grant,
        config,
    });
    Ok(held.collect())
}

impl Held {
    /// As far as the hub knows it.
    async fn token(
        &self,
        hub: &Hub,
        tenant: TenantId,
        keys: &TenantKeys,
    ) -> Result<Option<SecretString>, Error> {
        let integration = match specs::integration(hub, tenant, &self.integration).await {
            // Somebody took it away meanwhile.
            Err(Error::NotFound) => return Ok(None),
            found => found?,
        };
        let Some((_, how)) = consent::ours(hub, &integration) else {
            return Ok(None);
        };
        let renewed = renewed_by(keys, &self.grant)?;
        Ok(renewed.or_else(|| in_config(how, &self.config)))
    }
}
