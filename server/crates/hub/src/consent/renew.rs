//! Keeping a grant alive: connectors that only know an access token get a new one before the old one ends.

use std::time::Duration;

use model::{ConnectionId, TenantId};
use oauth::{Endpoint, Renewal, Tokens};
use serde_json::Value;
use store::{
    TenantTx, connections,
    oauth::grants::{self, Grant},
};

use super::{back::tokens_of, clients};
use crate::{Error, Hub, connections::sealed, engine, specs};

/// A token this close to its end is renewed: a run takes a while.
const AHEAD: Duration = Duration::from_mins(10);

/// Makes sure that the connection's token lasts for what comes next. Needs nothing of connections that do not need it.
pub(crate) async fn fresh(hub: &Hub, tenant: TenantId, id: ConnectionId) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let Some(grant) = grants::find(&mut tx, tenant, id).await? else {
        return Ok(());
    };
    if grant.tokens.is_none() || !is_due(hub, &grant) {
        return Ok(());
    }
    tx.commit().await?;
    // From here on one at a time, over all processes; whoever waited finds the work done.
    let mut turn = hub.store().tenant(tenant).await?;
    grants::take_turn(&mut turn, id).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    let Some(grant) = grants::find(&mut tx, tenant, id).await? else {
        return Ok(());
    };
    if grant.must_renew {
        return Err(sign_in_again());
    }
    if !is_due(hub, &grant) {
        return Ok(());
    }
    let connection = connections::lock(&mut tx, tenant, id).await?;
    let integration = specs::integration(&connection.integration)?;
    let Some((_, how)) =
        super::way(hub, integration).filter(|(_, how)| how.renewal == Renewal::Hub)
    else {
        return Ok(());
    };
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let mut config = sealed::open(&keys, &connection)?;
    let (found, tokens) = match ask(hub, &mut tx, &grant, &config).await? {
        Ok(given) => given,
        Err(oauth::Error::InvalidGrant { .. }) => {
            grants::must_renew(&mut tx, tenant, id).await?;
            let words = sign_in_again().to_string();
            connections::set_problem(&mut tx, tenant, id, Some(("credentials", &words))).await?;
            tx.commit().await?;
            return Err(sign_in_again());
        }
        Err(error) => return still_good(hub, &grant, &error),
    };
    oauth::fill(&mut config, how, &found.client, &tokens);
    // Kept before it is used: the old refresh token may be worth nothing now. The old end stays until the engine has the
    // new token, so that a crash in between only renews once more.
    let refresh = match &tokens.refresh {
        Some(new) => keys.seal_text(tokens_of(id), new),
        None => grant.tokens.clone().unwrap_or_default(),
    };
    grants::set_tokens(&mut tx, tenant, id, &refresh, grant.expires_at).await?;
    let schema = specs::schema(hub, integration).await?;
    let sealed = sealed::seal(&keys, id, &schema, &config);
    connections::store(
        &mut tx,
        tenant,
        id,
        &sealed,
        connection.stage,
        hub.clock().now(),
    )
    .await?;
    let place = engine::place(&mut tx, tenant).await?;
    tx.commit().await?;
    engine::put_source(hub.airbyte(), place.workspace, &connection, &config).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    grants::set_tokens(&mut tx, tenant, id, &refresh, tokens.expires_at).await?;
    tx.commit().await?;
    Ok(turn.commit().await?)
}

fn is_due(hub: &Hub, grant: &Grant) -> bool {
    grant.must_renew
        || grant
            .expires_at
            .is_some_and(|end| end <= hub.clock().now() + AHEAD)
}

/// Asks the provider, in our turn.
async fn ask(
    hub: &Hub,
    tx: &mut TenantTx,
    grant: &Grant,
    config: &Value,
) -> Result<Result<(clients::Found, Tokens), oauth::Error>, Error> {
    let (tenant, id) = (tx.tenant(), grant.connection);
    let connection = connections::get(tx, tenant, id).await?;
    let integration = specs::integration(&connection.integration)?;
    let (provider, how) = super::way(hub, integration).ok_or(Error::NotFound)?;
    let Some(found) = clients::of(hub, tx, tenant, &provider.id, grant.own_client).await? else {
        return Ok(Err(oauth::Error::Client { description: None }));
    };
    let words = match oauth::words(how, config) {
        Ok(words) => words,
        Err(error) => return Ok(Err(error)),
    };
    let keys = store::secrets::keys(tx, hub.keys(), tenant).await?;
    let sealed = grant.tokens.as_deref().unwrap_or_default();
    let token = keys.open_text(tokens_of(id), sealed)?;
    let at = Endpoint {
        outbound: hub.outbound(),
        provider,
        words: &words,
        client: &found.client,
    };
    let renewed = oauth::refresh(at, &token, hub.clock().now()).await;
    Ok(renewed.map(|tokens| (found, tokens)))
}

/// A provider that does not answer is no reason to stop while the token still counts.
fn still_good(hub: &Hub, grant: &Grant, error: &oauth::Error) -> Result<(), Error> {
    tracing::warn!(%error, connection = %grant.connection, "a token could not be renewed");
    if grant.expires_at.is_some_and(|end| end > hub.clock().now()) {
        return Ok(());
    }
    Err(match error {
        oauth::Error::Unreachable(_) => Error::Upstream(
            "The provider does not answer, so the sign-in could not be renewed. It is tried again.".to_owned(),
        ),
        _ => Error::Conflict(
            "The provider refuses to renew the sign-in. Ask the operator of this hub to check the client registered there."
                .to_owned(),
        ),
    })
}

fn sign_in_again() -> Error {
    Error::Conflict(
        "The provider no longer accepts the sign-in. Sign in again in the settings of this connection.".to_owned(),
    )
}
