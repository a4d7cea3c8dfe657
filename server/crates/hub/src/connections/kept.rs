//! What is kept of earlier settings while new ones are typed: secrets that are left blank, and what signing in gave. None of
//! it goes to another place than it was typed for.

use model::Integration;
use serde_json::Value;
use store::{TenantTx, connections::Connection, secrets::TenantKeys, tests};

use super::sealed;
use crate::{
    Error, Hub,
    consent::{self, Granted},
    forms::{self, Schema},
    specs,
};

/// The connector's settings, which know their places by the provider's addresses, too.
pub(super) async fn addressed(hub: &Hub, integration: &Integration) -> Result<Schema, Error> {
    let mut schema = specs::schema(hub, integration).await?;
    if let Some(provider) = consent::at_provider(hub, integration, &schema) {
        schema.addressed_by(&provider.grant);
    }
    Ok(schema)
}

/// What blank secrets are taken from.
#[derive(Default)]
pub(super) struct Kept {
    pub config: Option<Value>,
    pub granted: Option<Granted>,
}

/// What was tried last and is still kept, or what is stored. A token that the hub has renewed since the test counts as
/// tried: the older one is nobody's wish.
pub(super) async fn kept(
    hub: &Hub,
    tx: &mut TenantTx,
    keys: &TenantKeys,
    kind: (&Integration, &Schema),
    connection: &Connection,
) -> Result<Kept, Error> {
    let tenant = tx.tenant();
    if let Some(test) = tests::last(tx, tenant, connection.id).await?
        && let Some(mut tried) = sealed::open_candidate(keys, &test)?
    {
        let granted = Granted::open(keys, &test)?;
        if granted.is_none() && !test.replaces_grant {
            consent::keep_renewed(hub, tx, kind, connection, &mut tried).await?;
        }
        return Ok(Kept {
            config: Some(tried),
            granted,
        });
    }
    Ok(Kept {
        config: Some(sealed::open(keys, connection)?),
        granted: None,
    })
}

/// What Airbyte keeps of a sign-in goes along with any settings, so these lead where it was given for.
pub(super) fn stays_there(
    schema: &Schema,
    keys: &TenantKeys,
    connection: &Connection,
    kept: &Kept,
    config: &Value,
) -> Result<(), Error> {
    let before = match (&kept.config, &kept.granted) {
        // Tried with what Airbyte keeps. What was tried with another sign-in says nothing of this one.
        (Some(tried), None) => tried.clone(),
        _ => sealed::open(keys, connection)?,
    };
    if schema.leads_elsewhere(&before, config) {
        return Err(Error::field(forms::WAY, forms::SIGN_IN_AGAIN));
    }
    Ok(())
}
