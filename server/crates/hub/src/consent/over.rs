//! A sign-in that is over because keys took its place.

use model::{ConnectionId, Integration, TenantId};
use oauth::AIRBYTE;
use serde_json::Value;
use store::{
    TenantTx,
    connections::Connection,
    oauth::grants::{self, Grant, Leaving},
    secrets::TenantKeys,
};

use super::{at_provider, revoke::give_back};
use crate::{Error, Hub, acts, connections::sealed, forms::Schema, scope};

/// Does something else stand where signing in had filled the stored configuration? Airbyte keeps what it filled itself.
pub(crate) async fn is_replaced(
    hub: &Hub,
    tx: &mut TenantTx,
    (integration, schema): (&Integration, &Schema),
    connection: ConnectionId,
    (stored, new): (&Value, &Value),
) -> Result<bool, Error> {
    let tenant = tx.tenant();
    let grant = grants::find(tx, tenant, connection).await?;
    if grant.is_none_or(|grant| grant.provider == AIRBYTE) {
        return Ok(false);
    }
    let how = at_provider(hub, integration, schema);
    Ok(how.is_some_and(|how| !how.grant.fills_alike(stored, new)))
}

/// A grant out of force, with the configuration it filled.
pub(crate) struct Over {
    grant: Grant,
    config: Value,
}

impl Over {
    /// Takes the connection's grant out of force, before the configuration it filled is overwritten.
    pub async fn take(
        tx: &mut TenantTx,
        tenant: TenantId,
        keys: &TenantKeys,
        connection: &Connection,
    ) -> Result<Option<Self>, Error> {
        let Some(grant) = grants::find(tx, tenant, connection.id).await? else {
            return Ok(None);
        };
        grants::remove(tx, tenant, connection.id).await?;
        let config = sealed::open(keys, connection)?;
        Ok(Some(Self { grant, config }))
    }

    /// At the provider, and notes what became of it. Where that does not work it can be removed there by hand, and the
    /// connection works all the same.
    pub async fn give_back(
        self,
        hub: &Hub,
        tenant: TenantId,
        keys: &TenantKeys,
        connection: &Connection,
    ) {
        let id = connection.id;
        let leaving = Leaving::Connection(tenant, id);
        let noted = async {
            let said = give_back(hub, keys, connection, self.grant, self.config, leaving).await?;
            let scope = scope::for_job(hub, tenant).await?;
            let mut tx = hub.store().tenant(tenant).await?;
            let words = said.unwrap_or("Keys took the place of the sign-in.");
            let target = id.to_string();
            acts::note(hub, &mut tx, &scope, "connection.give_back", &target, words).await?;
            Ok::<_, Error>(tx.commit().await?)
        };
        if let Err(error) = noted.await {
            tracing::warn!(connection = %id, %error, "a replaced sign-in was not given back");
        }
    }
}
