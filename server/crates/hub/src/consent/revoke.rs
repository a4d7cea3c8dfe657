//! Giving a grant back when its connection is removed.

use model::{ConnectionId, TenantId};
use oauth::Endpoint;
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    connections::{self, Connection},
    oauth::grants::{self, Grant, Leaving},
    secrets::TenantKeys,
    tests,
};

use super::{Granted, back::tokens_of, clients};
use crate::{Error, Hub, connections::sealed, specs};

/// Told where the provider, or what is known of it, has no endpoint for it.
const BY_HAND: &str =
    "The provider has no way to give a sign-in back; it can be removed there by hand.";

/// What became of it, for the audit trail; `None` where nothing was granted.
pub(crate) async fn revoke(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
    leaving: Leaving,
) -> Result<Option<&'static str>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let stored = grants::find(&mut tx, tenant, id).await?;
    let waiting = waiting(&mut tx, tenant, &keys, id).await?;
    tx.commit().await?;
    let mut said = None;
    if let Some((granted, config)) = waiting {
        let grant = granted.sealed(&keys, id);
        said = give_back(hub, &keys, &connection, grant, config, leaving).await?;
    }
    if let Some(grant) = stored {
        let config = sealed::open(&keys, &connection)?;
        said = give_back(hub, &keys, &connection, grant, config, leaving).await?;
    }
    Ok(said)
}

/// Gives back what waits with a connection's last test and is about to be forgotten, unless somebody lives by what the same
/// account granted, or it is not known whose it is.
pub(crate) async fn revoke_waiting(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let waiting = waiting(&mut tx, tenant, &keys, id).await?;
    tx.commit().await?;
    let Some((granted, config)) = waiting else {
        return Ok(());
    };
    let grant = granted.sealed(&keys, id);
    let mut tx = hub.store().platform().await?;
    let kept = grant.account_id.is_none()
        || grants::is_shared(&mut tx, grant.by(), Leaving::Nobody(tenant)).await?;
    tx.commit().await?;
    if !kept {
        let leaving = Leaving::Connection(tenant, id);
        give_back(hub, &keys, &connection, grant, config, leaving).await?;
    }
    Ok(())
}

async fn waiting(
    conn: &mut PgConnection,
    tenant: TenantId,
    keys: &TenantKeys,
    id: ConnectionId,
) -> Result<Option<(Granted, Value)>, Error> {
    Ok(match tests::last(conn, tenant, id).await? {
        Some(test) => Granted::open(keys, &test)?.zip(sealed::open_candidate(keys, &test)?),
        None => None,
    })
}

/// What became of one grant. `config` is the configuration it filled.
pub(super) async fn give_back(
    hub: &Hub,
    keys: &TenantKeys,
    connection: &Connection,
    grant: Grant,
    config: Value,
    leaving: Leaving,
) -> Result<Option<&'static str>, Error> {
    if grant.provider == oauth::AIRBYTE {
        return Ok(Some(
            "Airbyte keeps the sign-in and forgets it with the source; it can be removed at the provider by hand.",
        ));
    }
    let (Leaving::Connection(tenant, _) | Leaving::Tenant(tenant) | Leaving::Nobody(tenant)) =
        leaving;
    let id = connection.id;
    let integration = specs::integration(hub, tenant, &connection.integration).await?;
    let ours = match &grant.tokens {
        Some(sealed) => Some(keys.open_text(tokens_of(id), sealed)?),
        None => None,
    };
    let Some((provider, how)) = super::ours(hub, &integration) else {
        return Ok(Some(BY_HAND));
    };
    if provider.ends_all_of_an_account() {
        let mut tx = hub.store().platform().await?;
        if grants::is_shared(&mut tx, grant.by(), leaving).await? {
            return Ok(Some(
                "Another connection uses the same sign-in, so it was not given back at the provider.",
            ));
        }
    }
    let mut tx = hub.store().tenant(tenant).await?;
    let found = clients::of(hub, &mut tx, tenant, &provider.id, grant.own_client).await?;
    tx.commit().await?;
    let token = ours.or_else(|| in_config(how, &config));
    let (Some(found), Some(token), Ok(words)) = (found, token, oauth::words(how, &config)) else {
        return Ok(Some(
            "The sign-in could not be given back: its token or client is gone.",
        ));
    };
    let at = Endpoint {
        outbound: hub.outbound(),
        provider,
        words: &words,
        client: &found.client,
    };
    Ok(Some(match oauth::revoke(at, &token).await {
        Ok(true) => "The sign-in was given back at the provider.",
        Ok(false) => BY_HAND,
        Err(error) => {
            tracing::warn!(%error, connection = %id, "a grant could not be given back");
            "The provider did not take the sign-in back; it can be removed there by hand."
        }
    }))
}

pub(super) fn in_config(how: &oauth::Grant, config: &Value) -> Option<SecretString> {
    how.token_in(config).map(SecretString::from)
}
