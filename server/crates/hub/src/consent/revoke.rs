//! Giving a grant back when its connection is removed.

mod newest;
mod shared;

use model::{ConnectionId, TenantId, TestId};
use oauth::{Endpoint, Provider};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgConnection;
use store::{
    connections::{self, Connection},
    oauth::grants::{self, By, Grant, Leaving},
    secrets::TenantKeys,
    tests,
};

use super::{
    Granted,
    back::tokens_of,
    clients::{self, Found},
};
use crate::{Error, Hub, connections::sealed, specs};

/// Told where the provider, or what is known of it, has no endpoint for it.
const BY_HAND: &str =
    "The provider has no way to give a sign-in back; it can be removed there by hand.";
const GONE: &str = "The sign-in could not be given back: its token or client is gone.";
const GIVEN_BACK: &str = "The sign-in was given back at the provider.";
const NOT_TAKEN: &str =
    "The provider did not take the sign-in back; it can be removed there by hand.";

/// What became of it, for the audit trail; `None` where nothing was granted. `Upstream` where the engine alone may have the
/// newest token, and could not be asked for now.
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
        said = Some(give_back_stored(hub, &keys, &connection, &grant, &config, leaving).await?);
    }
    Ok(said)
}

/// The grant in force: the engine's source lives by it, and its connector may have renewed it there since.
async fn give_back_stored(
    hub: &Hub,
    keys: &TenantKeys,
    connection: &Connection,
    grant: &Grant,
    config: &Value,
    leaving: Leaving,
) -> Result<&'static str, Error> {
    let going = match Going::open(hub, keys, connection, (grant, config), leaving).await? {
        Ok(going) => going,
        Err(words) => return Ok(words),
    };
    match newest::given_back(hub, connection, &going).await? {
        Some(words) => Ok(words),
        None => Ok(going.give_back(hub, connection.id, config).await),
    }
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
    Ok(Some(
        match Going::open(hub, keys, connection, (&grant, &config), leaving).await? {
            Ok(going) => going.give_back(hub, connection.id, &config).await,
            Err(words) => words,
        },
    ))
}

/// A grant that can be given back, with all that its provider asks for.
struct Going<'a> {
    provider: &'a Provider,
    how: &'a oauth::Grant,
    /// To whom it was granted.
    client: Found,
    /// What the hub knows of it.
    token: Option<SecretString>,
    /// The hub renews it.
    is_ours: bool,
}

impl<'a> Going<'a> {
    /// Or why it stays, in words.
    async fn open(
        hub: &'a Hub,
        keys: &TenantKeys,
        connection: &Connection,
        (grant, config): (&Grant, &Value),
        leaving: Leaving,
    ) -> Result<Result<Self, &'static str>, Error> {
        if grant.provider == oauth::AIRBYTE {
            return Ok(Err(
                "Airbyte keeps the sign-in and forgets it with the source; it can be removed at the provider by hand.",
            ));
        }
        let (Leaving::Connection(tenant, _) | Leaving::Tenant(tenant)) = leaving;
        let integration = specs::integration(hub, tenant, &connection.integration).await?;
        let Some((provider, how)) = super::ours(hub, &integration) else {
            return Ok(Err(BY_HAND));
        };
        let ours = renewed_by(keys, grant)?;
        let token = ours.clone().or_else(|| in_config(how, config));
        if shared::is_shared(hub, keys, provider, grant, token.as_ref(), leaving).await? {
            return Ok(Err(
                "Another connection uses the same sign-in, so it was not given back at the provider.",
            ));
        }
        let mut tx = hub.store().tenant(tenant).await?;
        let found = clients::of(hub, &mut tx, tenant, &provider.id, grant.own_client).await?;
        tx.commit().await?;
        Ok(found.ok_or(GONE).map(|client| Self {
            provider,
            how,
            client,
            token,
            is_ours: ours.is_some(),
        }))
    }

    /// By the token that the hub knows.
    async fn give_back(&self, hub: &Hub, id: ConnectionId, config: &Value) -> &'static str {
        let (Some(token), Ok(words)) = (&self.token, oauth::words(self.how, config)) else {
            return GONE;
        };
        let at = Endpoint {
            outbound: hub.outbound(),
            provider: self.provider,
            words: &words,
            client: &self.client.client,
        };
        match oauth::revoke(at, token).await {
            Ok(true) => GIVEN_BACK,
            Ok(false) => BY_HAND,
            Err(error) => {
                tracing::warn!(%error, connection = %id, "a grant could not be given back");
                NOT_TAKEN
            }
        }
    }
}

/// What the hub renews it by.
fn renewed_by(keys: &TenantKeys, grant: &Grant) -> Result<Option<SecretString>, Error> {
    let sealed = grant.tokens.as_deref();
    let opened = sealed.map(|sealed| keys.open_text(tokens_of(grant.connection), sealed));
    Ok(opened.transpose()?)
}

pub(super) fn in_config(how: &oauth::Grant, config: &Value) -> Option<SecretString> {
    how.token_in(config).map(SecretString::from)
}
