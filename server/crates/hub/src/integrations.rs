//! The catalogue as it is on this installation, and what a tenant should connect first.

use std::collections::BTreeSet;

use model::{
    BusinessProfile, Category, ConnectionState, Integration, IntegrationCard, ProfileAnswer,
    Recommendation, RemoteAirbyte, RunsFilter, TenantId,
};
use store::connections;

use crate::{
    Engine, Error, Hub, Permission, Scope,
    catalogue::{self, Query},
    connections::row,
    consent, offer, own,
    recommend::{self, Installation},
    specs, tenants,
};

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub hits: Vec<IntegrationCard>,
    /// The nearest names when there are no hits.
    pub nearest: Vec<IntegrationCard>,
    /// Sources that take the data of any tool when there are no hits.
    pub generic: Vec<IntegrationCard>,
    /// Whether there is more than the bundled catalogue knows.
    pub has_others: bool,
}

/// What the installation offers a tenant: which Airbyte there is, and where a client for signing in is registered.
async fn installation(hub: &Hub, tenant: TenantId) -> Result<Installation, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let registered = consent::registered(&mut tx, tenant).await?;
    let workspace = offer::workspace(&mut tx, tenant).await?;
    let own = own::entries(&mut tx).await?;
    tx.commit().await?;
    let mut here = Installation {
        remote: remote(hub),
        signs_in: BTreeSet::new(),
        offer: offer::here(hub, workspace).await,
        own,
    };
    here.signs_in = consent::offered(hub, &registered, &here.more());
    Ok(here)
}

fn remote(hub: &Hub) -> RemoteAirbyte {
    match hub.engine() {
        Engine::Embedded => RemoteAirbyte::Absent,
        Engine::Remote => RemoteAirbyte::Configured,
    }
}

/// The slug of what a program means by a `sourceType`: a slug, or Airbyte's name of the connector.
pub async fn slug_of(hub: &Hub, scope: &Scope, source_type: &str) -> Result<Option<String>, Error> {
    if let Some(entry) = catalogue::find_source_type(source_type) {
        return Ok(Some(entry.slug.clone()));
    }
    let here = installation(hub, scope.tenant()).await?;
    let means = |entry: &&Integration| {
        entry.slug == source_type || entry.source_type.as_deref() == Some(source_type)
    };
    Ok(here
        .more()
        .iter()
        .find(means)
        .map(|entry| entry.slug.clone()))
}

pub async fn list(
    hub: &Hub,
    scope: &Scope,
    text: &str,
    category: Option<Category>,
    runs: Option<RunsFilter>,
) -> Result<Found, Error> {
    scope.require(Permission::Read)?;
    let here = installation(hub, scope.tenant()).await?;
    let query = Query {
        text,
        category,
        runs,
    };
    let more = here.more();
    let found = catalogue::search(&query, &more, |entry| here.runs(entry));
    let cards =
        |entries: Vec<&Integration>| entries.into_iter().map(|entry| here.card(entry)).collect();
    Ok(Found {
        hits: cards(found.hits),
        nearest: cards(found.nearest),
        generic: cards(found.generic),
        has_others: !more.is_empty(),
    })
}

pub async fn get(
    hub: &Hub,
    scope: &Scope,
    slug: &str,
) -> Result<(Integration, IntegrationCard), Error> {
    scope.require(Permission::Read)?;
    let here = installation(hub, scope.tenant()).await?;
    let integration = specs::integration(hub, scope.tenant(), slug)
        .await?
        .into_owned();
    let card = here.card(&integration);
    Ok((integration, card))
}

/// What to connect first, from the tenant's own profile.
pub async fn recommendations(hub: &Hub, scope: &Scope) -> Result<Vec<Recommendation>, Error> {
    scope.require(Permission::Read)?;
    let profile = match tenants::view(hub, scope).await?.profile {
        ProfileAnswer::Given(profile) => Some(profile),
        ProfileAnswer::NotAsked | ProfileAnswer::Skipped => None,
    };
    recommendations_for(hub, scope, profile.as_ref()).await
}

/// The same from a profile that a program sends.
pub async fn recommendations_for(
    hub: &Hub,
    scope: &Scope,
    profile: Option<&BusinessProfile>,
) -> Result<Vec<Recommendation>, Error> {
    scope.require(Permission::Read)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let all = connections::Filter {
        limit: i64::MAX,
        ..connections::Filter::default()
    };
    let rows = connections::list(&mut tx, scope.tenant(), &all)
        .await?
        .into_iter()
        .map(row);
    let connected: Vec<String> = rows
        .filter(|row| row.state != ConnectionState::Draft)
        .map(|row| row.integration)
        .collect();
    let connected: Vec<&str> = connected.iter().map(String::as_str).collect();
    let here = installation(hub, scope.tenant()).await?;
    Ok(recommend::recommend(profile, &connected, &here))
}
