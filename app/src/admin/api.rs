//! What operators read and do. Each call needs a platform admin; anybody else finds nothing here.

use leptos::prelude::*;
use model::{
    AuditLine, DeletionPlan, HealthPart, NamedConnection, Page, Rehearsal, TenantDetail, TenantRow,
};
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};
#[cfg(feature = "ssr")]
use model::{Class, StepName, TenantId, TenantState};

/// Which tenants: empty texts mean all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TenantsQuery {
    pub q: String,
    pub state: String,
    pub after: String,
}

/// A connection and what its tool is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundConnection {
    pub named: NamedConnection,
    pub tool: String,
}

/// Connections whose names fit, as many as one page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What was asked for.
    pub q: String,
    pub items: Vec<FoundConnection>,
    /// Whether more fit.
    pub more: bool,
}

/// Rehearsals, the newest first, and why Airbyte's way can't be rehearsed at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsals {
    pub all: Vec<Rehearsal>,
    pub no_airbyte: Option<String>,
}

/// Which lines: empty texts mean all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuditQuery {
    pub tenant: String,
    pub actor: String,
    pub action: String,
    pub after: String,
}

#[cfg(feature = "ssr")]
fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[server]
pub async fn tenants(query: TenantsQuery) -> Result<(TenantsQuery, Page<TenantRow>), Error> {
    let (hub, scope) = server::platform().await?;
    let wanted = hub::admin::TenantQuery {
        q: some(&query.q),
        state: TenantState::parse(&query.state),
        after: some(&query.after),
    };
    Ok((query, hub::admin::tenants(&hub, &scope, &wanted).await?))
}

/// How many connections one page shows.
#[cfg(feature = "ssr")]
const SHOWN: usize = 100;

/// A text without `*` or `?` is looked for anywhere in the name.
#[server]
pub async fn find_connections(q: String) -> Result<Found, Error> {
    let (hub, scope) = server::platform().await?;
    let text = q.trim();
    let pattern = if text.contains(['*', '?']) {
        text.to_owned()
    } else {
        format!("*{text}*")
    };
    let found = hub::names::list(&hub, &scope, &pattern, None).await?;
    Ok(Found {
        q,
        items: found.iter().take(SHOWN).cloned().map(with_tool).collect(),
        more: found.len() > SHOWN,
    })
}

#[cfg(feature = "ssr")]
fn with_tool(named: NamedConnection) -> FoundConnection {
    let known = hub::catalogue::find(&named.integration);
    FoundConnection {
        tool: known.map_or_else(|| spoken(&named.integration), |tool| tool.name.clone()),
        named,
    }
}

/// A slug that the catalogue does not know, without its mark and its number: `mine-harbour-office-1a2b3c4d`.
#[cfg(feature = "ssr")]
fn spoken(slug: &str) -> String {
    let parts: Vec<&str> = slug.split('-').collect();
    match &parts[..] {
        ["mine" | "own" | "airbyte", name @ .., _] if !name.is_empty() => {
            crate::ui::capital(&name.join(" "))
        }
        _ => slug.to_owned(),
    }
}

#[server]
pub async fn tenant(id: String) -> Result<TenantDetail, Error> {
    let (hub, scope) = server::platform().await?;
    Ok(hub::admin::tenant(&hub, &scope, server::id(&id)?).await?)
}

#[server]
pub async fn plan_deletion(id: String) -> Result<DeletionPlan, Error> {
    let (hub, scope) = server::platform().await?;
    Ok(hub::admin::deletion_plan(&hub, &scope, server::id(&id)?).await?)
}

#[server]
pub async fn health() -> Result<Vec<HealthPart>, Error> {
    let (hub, scope) = server::platform().await?;
    // Boxed: it asks every part at once, and server functions are moved about.
    Ok(Box::pin(hub::admin::health(&hub, &scope)).await?)
}

#[server]
pub async fn audit(query: AuditQuery) -> Result<(AuditQuery, Page<AuditLine>), Error> {
    let (hub, scope) = server::platform().await?;
    let wanted = hub::admin::AuditQuery {
        tenant: some(&query.tenant).map(|id| server::id(&id)).transpose()?,
        actor: some(&query.actor),
        action: some(&query.action),
        after: some(&query.after),
    };
    let lines = hub::admin::audit(&hub, &scope, &wanted).await?;
    Ok((query, lines))
}

#[server]
pub async fn create_tenant(name: String, email: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let made = hub::tenants::create(&hub, &scope, &name, &email).await;
    finish(&[("name", &name), ("email", &email)], made, paths::tenant)
}

#[server]
pub async fn retry_step(tenant: String, step: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let (tenant, step) = step_of(&tenant, &step)?;
    finish(
        &[],
        hub::admin::retry_step(&hub, &scope, tenant, step).await,
        |()| paths::tenant(tenant),
    )
}

#[server]
pub async fn undo_step(tenant: String, step: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let (tenant, step) = step_of(&tenant, &step)?;
    finish(
        &[],
        hub::admin::undo_step(&hub, &scope, tenant, step).await,
        |()| paths::tenant(tenant),
    )
}

#[cfg(feature = "ssr")]
fn step_of(tenant: &str, step: &str) -> Result<(TenantId, StepName), Error> {
    Ok((
        server::id(tenant)?,
        server::word("step", StepName::parse(step))?,
    ))
}

#[server]
pub async fn suspend(tenant: String, reason: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let tenant = server::id(&tenant)?;
    let done = hub::admin::suspend(&hub, &scope, tenant, &reason).await;
    finish(&[("reason", &reason)], done, |()| paths::tenant(tenant))
}

#[server]
pub async fn load_rehearsals() -> Result<Rehearsals, Error> {
    let (hub, scope) = server::platform().await?;
    Ok(Rehearsals {
        all: hub::rehearsal::list(&hub, &scope).await?,
        no_airbyte: hub::rehearsal::no_airbyte(&hub, &scope).await?,
    })
}

#[server]
pub async fn load_rehearsal(id: String) -> Result<Rehearsal, Error> {
    let (hub, scope) = server::platform().await?;
    Ok(hub::rehearsal::get(&hub, &scope, server::id(&id)?).await?)
}

#[server]
pub async fn start_rehearsal(
    #[server(default)] class: String,
    #[server(default)] airbyte: String,
) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    // What is no class is refused at its field, as a missing one is.
    let wanted = Class::parse(&class).unwrap_or(Class::Config);
    let started = hub::rehearsal::start(&hub, &scope, wanted, airbyte == "fails").await;
    finish(
        &[("class", &class), ("airbyte", &airbyte)],
        started,
        paths::rehearsal,
    )
}

#[server]
pub async fn resume(tenant: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let tenant = server::id(&tenant)?;
    finish(&[], hub::admin::resume(&hub, &scope, tenant).await, |()| {
        paths::tenant(tenant)
    })
}

#[server]
pub async fn delete_tenant(tenant: String, name: String) -> Result<(), Error> {
    let (hub, scope) = server::platform().await?;
    let tenant = server::id(&tenant)?;
    let done = hub::admin::delete(&hub, &scope, tenant, &name).await;
    finish(&[("name", &name)], done, |()| paths::tenant(tenant))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_the_catalogue_does_not_know_is_called_by_its_slug() {
        assert_eq!(spoken("mine-harbour-office-1a2b3c4d"), "Harbour office");
        assert_eq!(spoken("own-ships-1a2b3c4d"), "Ships");
        assert_eq!(spoken("airbyte-1a2b3c4d"), "airbyte-1a2b3c4d");
        assert_eq!(spoken("shop"), "shop");
    }
}
