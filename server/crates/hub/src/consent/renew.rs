//! Keeping a grant alive: connectors that only know an access token get a new one before the old one ends.

use std::time::Duration;

use model::{ConnectionId, TenantId};
use oauth::{Endpoint, Renewal, Tokens, Words};
use secrecy::SecretString;
use store::{
    connections,
    oauth::grants::{self, Grant},
};
use tokio::sync::Semaphore;

use super::{back::tokens_of, clients};
use crate::{Error, Hub, connections::sealed, engine, specs};

/// A token this close to its end is renewed: a run takes a while.
const AHEAD: Duration = Duration::from_mins(10);
/// Each holds two connections to the database while it works; more at once could leave none for anybody else.
static RENEWALS: Semaphore = Semaphore::const_new(4);

/// Makes sure that the connection's token lasts for what comes next. Needs nothing of connections that do not need it.
pub(crate) async fn fresh(hub: &Hub, tenant: TenantId, id: ConnectionId) -> Result<(), Error> {
    renew(hub, tenant, id, When::Due).await
}

/// The same although the token should still count: the source has refused it.
pub(crate) async fn anew(hub: &Hub, tenant: TenantId, id: ConnectionId) -> Result<(), Error> {
    renew(hub, tenant, id, When::Refused).await
}

/// Whether [`anew`] can do anything for this connection.
pub(crate) async fn can_renew(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<bool, Error> {
    let due = due(hub, tenant, id, When::Refused).await;
    Ok(due.is_ok_and(|due| due.is_some()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Only where the token ends soon.
    Due,
    Refused,
}

async fn renew(hub: &Hub, tenant: TenantId, id: ConnectionId, when: When) -> Result<(), Error> {
    if due(hub, tenant, id, when).await?.is_none() {
        return Ok(());
    }
    let _place = RENEWALS.acquire().await.map_err(Error::internal)?;
    // From here on one at a time, over all processes; whoever waited finds the work done.
    let mut turn = hub.store().tenant(tenant).await?;
    grants::take_turn(&mut turn, id).await?;
    if let Some(due) = due(hub, tenant, id, when).await? {
        due.renew(hub, tenant).await?;
    }
    Ok(turn.commit().await?)
}

/// A grant that ends soon, with all that asking for a new token needs.
struct Due {
    grant: Grant,
    client: clients::Found,
    words: Words,
    token: SecretString,
    provider: String,
    source_type: String,
}

/// `None` where nothing has to be done.
async fn due(
    hub: &Hub,
    tenant: TenantId,
    id: ConnectionId,
    when: When,
) -> Result<Option<Due>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let Some(grant) = grants::find(&mut tx, tenant, id).await? else {
        return Ok(None);
    };
    let Some(sealed) = &grant.tokens else {
        return Ok(None);
    };
    if grant.must_renew {
        return Err(sign_in_again());
    }
    let soon = hub.clock().now() + AHEAD;
    if when == When::Due && grant.expires_at.is_none_or(|end| end > soon) {
        return Ok(None);
    }
    let connection = connections::get(&mut tx, tenant, id).await?;
    let integration = specs::integration(hub, tenant, &connection.integration).await?;
    let Some((provider, how)) =
        super::ours(hub, &integration).filter(|(_, how)| how.renewal == Renewal::Hub)
    else {
        return Ok(None);
    };
    let client = clients::of(hub, &mut tx, tenant, &provider.id, grant.own_client)
        .await?
        .ok_or_else(client_gone)?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let config = sealed::open(&keys, &connection)?;
    Ok(Some(Due {
        words: oauth::words(how, &config).map_err(Error::internal)?,
        token: keys.open_text(tokens_of(id), sealed)?,
        provider: provider.id.clone(),
        source_type: how.source_type.clone(),
        grant,
        client,
    }))
}

impl Due {
    /// Asks, keeps, uses, in this order: the old refresh token may be worth nothing once the provider has answered.
    async fn renew(&self, hub: &Hub, tenant: TenantId) -> Result<(), Error> {
        let tokens = match self.ask(hub).await? {
            Ok(tokens) => tokens,
            Err(oauth::Error::InvalidGrant { .. }) => return self.ended(hub, tenant).await,
            Err(error) => return still_good(hub, &self.grant, &error),
        };
        let id = self.grant.connection;
        let mut tx = hub.store().tenant(tenant).await?;
        let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
        let refresh = match &tokens.refresh {
            Some(new) => keys.seal_text(tokens_of(id), new),
            None => self.grant.tokens.clone().unwrap_or_default(),
        };
        // The old end stays until the engine has the new token: whatever fails in between, the next one renews again.
        grants::set_tokens(&mut tx, tenant, id, &refresh, self.grant.expires_at).await?;
        tx.commit().await?;
        self.put(hub, tenant, &tokens).await?;
        let mut tx = hub.store().tenant(tenant).await?;
        grants::set_tokens(&mut tx, tenant, id, &refresh, tokens.expires_at).await?;
        Ok(tx.commit().await?)
    }

    async fn ask(&self, hub: &Hub) -> Result<Result<Tokens, oauth::Error>, Error> {
        let provider = hub.providers().provider(&self.provider);
        let at = Endpoint {
            outbound: hub.outbound(),
            provider: provider.ok_or(Error::NotFound)?,
            words: &self.words,
            client: &self.client.client,
        };
        Ok(oauth::refresh(at, &self.token, hub.clock().now()).await)
    }

    /// A person has to sign in again; nobody asks the provider until then.
    async fn ended(&self, hub: &Hub, tenant: TenantId) -> Result<(), Error> {
        let (id, words) = (self.grant.connection, sign_in_again().to_string());
        let mut tx = hub.store().tenant(tenant).await?;
        grants::must_renew(&mut tx, tenant, id).await?;
        connections::set_problem(&mut tx, tenant, id, Some(("credentials", &words))).await?;
        tx.commit().await?;
        Err(sign_in_again())
    }

    /// Into the stored settings, and to the engine.
    async fn put(&self, hub: &Hub, tenant: TenantId, tokens: &Tokens) -> Result<(), Error> {
        let id = self.grant.connection;
        let (_, how) = hub
            .providers()
            .grant(&self.source_type)
            .ok_or(Error::NotFound)?;
        let mut tx = hub.store().tenant(tenant).await?;
        let integration = connections::get(&mut tx, tenant, id).await?.integration;
        tx.commit().await?;
        let integration = specs::integration(hub, tenant, &integration).await?;
        let schema = specs::schema(hub, &integration).await?;
        let mut tx = hub.store().tenant(tenant).await?;
        let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
        let connection = connections::lock(&mut tx, tenant, id).await?;
        let mut config = sealed::open(&keys, &connection)?;
        oauth::fill(&mut config, how, &self.client.client, tokens, None);
        let sealed = sealed::seal(&keys, id, &schema, &config);
        let (stage, now) = (connection.stage, hub.clock().now());
        connections::store(&mut tx, tenant, id, &sealed, stage, now).await?;
        let place = engine::place(&mut tx, tenant).await?;
        tx.commit().await?;
        engine::put_source(hub.airbyte(), place.workspace, &connection, &config).await?;
        Ok(())
    }
}

/// A provider that does not answer is no reason to stop while the token still counts.
fn still_good(hub: &Hub, grant: &Grant, error: &oauth::Error) -> Result<(), Error> {
    tracing::warn!(%error, connection = %grant.connection, "a token could not be renewed");
    if grant.expires_at.is_some_and(|end| end > hub.clock().now()) {
        return Ok(());
    }
    Err(match error {
        oauth::Error::Unreachable(_) => Error::Upstream(
            "The provider does not answer, so the sign-in could not be renewed. It is tried again."
                .to_owned(),
        ),
        _ => client_gone(),
    })
}

fn client_gone() -> Error {
    Error::Conflict(
        "The provider refuses to renew the sign-in. Ask the operator of this hub to check the client registered there."
            .to_owned(),
    )
}

fn sign_in_again() -> Error {
    Error::Conflict(
        "The provider no longer accepts the sign-in. Sign in again in the settings of this connection.".to_owned(),
    )
}
