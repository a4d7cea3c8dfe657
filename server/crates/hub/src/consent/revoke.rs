//! Giving a grant back when its connection is removed.

use model::{ConnectionId, TenantId, TestId};
use oauth::Endpoint;
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    connections::{self, Connection},
    oauth::grants::{self, By, Grant, Leaving},
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

/// Gives back what waits with this test and is about to be forgotten, unless the test is repeated, somebody may live by what
/// the same account granted, or it is not known whose it is.
pub(crate) async fn revoke_waiting(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
    test: TestId,
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let last = tests::last(&mut tx, tenant, id).await?;
    if last.is_none_or(|last| last.id != test || !last.state.is_over()) {
        return Ok(());
    }
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let waiting = waiting(&mut tx, tenant, &keys, id).await?;
    tx.commit().await?;
    let Some((granted, config)) = waiting else {
        return Ok(());
    };
    let grant = granted.sealed(&keys, id);
    if !may_be_used(hub, grant.by(), tenant, Some(test)).await? {
        let leaving = Leaving::Connection(tenant, id);
        give_back(hub, &keys, &connection, grant, config, leaving).await?;
    }
    Ok(())
}

/// Whether what an account granted should stay as it is at the provider. Many know one grant for an account and a client,
/// however often somebody signs in; whose it is must be known to tell.
pub(super) async fn may_be_used(
    hub: &Hub,
    by: By<'_>,
    tenant: TenantId,
    but: Option<TestId>,
) -> Result<bool, Error> {
    if by.account_id.is_none() {
        return Ok(true);
    }
    let mut tx = hub.store().platform().await?;
    let used = grants::may_be_used(&mut tx, by, tenant, but).await?;
    tx.commit().await?;
    Ok(used)
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
    let (Leaving::Connection(tenant, _) | Leaving::Tenant(tenant)) = leaving;
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
