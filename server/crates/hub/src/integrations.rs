//! The catalogue as it is on this installation, and what a tenant should connect first.

use model::{
    BusinessProfile, Category, ConnectionState, Consent, Integration, IntegrationCard,
    ProfileAnswer, Recommendation, RemoteAirbyte, RunsFilter,
};
use store::connections;

use crate::{
    Engine, Error, Hub, Permission, Scope,
    catalogue::{self, Query},
    connections::row,
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
}

/// What the installation offers. The embedded engine has no provider credentials, so nothing opens a consent window.
pub(crate) fn installation(hub: &Hub) -> Installation {
    let remote = match hub.engine() {
        Engine::Embedded => RemoteAirbyte::Absent,
        Engine::Remote => RemoteAirbyte::Configured,
    };
    Installation {
        remote,
        consent: Consent::NotOffered,
    }
}

fn card(hub: &Hub, integration: &Integration) -> IntegrationCard {
    let here = installation(hub);
    integration.card(here.remote, here.consent)
}

/// The catalogue as programs see it, without a tenant.
pub fn catalogue(hub: &Hub) -> Vec<IntegrationCard> {
    catalogue::all()
        .iter()
        .map(|entry| card(hub, entry))
        .collect()
}

pub fn list(
    hub: &Hub,
    scope: &Scope,
    text: &str,
    category: Option<Category>,
    runs: Option<RunsFilter>,
) -> Result<Found, Error> {
    scope.require(Permission::Read)?;
    let found = catalogue::search(&Query {
        text,
        category,
        runs,
    });
    let cards = |entries: Vec<&'static Integration>| {
        entries.into_iter().map(|entry| card(hub, entry)).collect()
    };
    Ok(Found {
        hits: cards(found.hits),
        nearest: cards(found.nearest),
        generic: cards(found.generic),
    })
}

pub fn get(hub: &Hub, scope: &Scope, slug: &str) -> Result<(Integration, IntegrationCard), Error> {
    scope.require(Permission::Read)?;
    let integration = specs::integration(slug)?;
    Ok((integration.clone(), card(hub, integration)))
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
    Ok(recommend::recommend(profile, &connected, installation(hub)))
}
