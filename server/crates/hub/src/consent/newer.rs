//! Settings that somebody read before the hub renewed the token in them: what is stored by then is newer.

use model::Integration;
use oauth::Renewal;
use serde_json::Value;
use store::{TenantTx, connections::Connection, oauth::grants};

use super::at_provider;
use crate::{Error, Hub, connections::sealed, forms::Schema};

/// Gives such settings what signing in gave as it is stored now, if they lead to the same place. Not for settings with
/// another sign-in, or with keys in its place.
pub(crate) async fn keep_renewed(
    hub: &Hub,
    tx: &mut TenantTx,
    (integration, schema): (&Integration, &Schema),
    connection: &Connection,
    config: &mut Value,
) -> Result<(), Error> {
    let tenant = tx.tenant();
    let known = at_provider(hub, integration, schema);
    let Some(known) = known.filter(|known| known.grant.renewal == Renewal::Hub) else {
        return Ok(());
    };
    let grant = grants::find(tx, tenant, connection.id).await?;
    if grant.is_none_or(|grant| grant.tokens.is_none()) {
        return Ok(());
    }
    let keys = store::secrets::keys(tx, hub.keys(), tenant).await?;
    let stored = sealed::open(&keys, connection)?;
    if !schema.leads_elsewhere(&stored, config) {
        oauth::keep(config, &known.grant, &stored);
    }
    Ok(())
}
