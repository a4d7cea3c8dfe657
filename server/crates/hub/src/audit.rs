//! Noting who did what, in the transaction of the act: what is not noted did not happen.

use model::TenantId;
use sqlx::PgConnection;
use store::audit::{Chain, Line, Verdict};

use crate::{Actor, Client, Error, Hub, PlatformScope, Scope};

/// One act.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// `noun.verb`: `tenant.suspend`, `bundle.download`.
    pub action: &'a str,
    /// What it was done to: an id, or a name where there is none.
    pub target: &'a str,
    /// One sentence; never a secret.
    pub detail: &'a str,
}

/// Notes an act of somebody inside a tenant, in that tenant's chain.
pub async fn record(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &Scope,
    act: Act<'_>,
) -> Result<(), Error> {
    let chain = Chain::Tenant(scope.tenant());
    write(hub, conn, chain, scope.actor(), scope.client(), act).await
}

/// Notes an act of an operator, in the chain of the tenant it is about or in the platform's own. In a platform
/// transaction.
pub async fn record_platform(
    hub: &Hub,
    conn: &mut PgConnection,
    scope: &PlatformScope,
    tenant: Option<TenantId>,
    act: Act<'_>,
) -> Result<(), Error> {
    let chain = tenant.map_or(Chain::Platform, Chain::Tenant);
    write(hub, conn, chain, scope.actor(), scope.client(), act).await
}

/// Notes an act of the hub itself or of a person outside every tenant.
pub async fn write(
    hub: &Hub,
    conn: &mut PgConnection,
    chain: Chain,
    actor: Actor,
    client: &Client,
    act: Act<'_>,
) -> Result<(), Error> {
    let line = Line {
        at: hub.clock().now(),
        actor: &actor.to_string(),
        ip: (!client.ip.is_empty()).then_some(client.ip.as_str()),
        action: act.action,
        target: act.target,
        detail: act.detail,
    };
    store::audit::append(conn, hub.keys(), chain, &line).await?;
    Ok(())
}

/// Walks every chain; returns what was found for each.
pub async fn verify(hub: &Hub) -> Result<Vec<(Chain, Verdict)>, Error> {
    let mut tx = hub.store().platform().await?;
    let mut verdicts = Vec::new();
    for chain in store::audit::chains(&mut tx).await? {
        verdicts.push((
            chain,
            store::audit::verify(&mut tx, hub.keys(), chain).await?,
        ));
    }
    Ok(verdicts)
}
