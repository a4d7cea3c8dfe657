//! What the catalogue's pages ask for.

use leptos::prelude::*;
use model::{
    ConnectionId, ConnectionState, Integration, IntegrationCard, ProfileAnswer, Recommendation,
};
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::server::scope;

/// A connection of this workspace, as the catalogue marks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    pub slug: String,
    pub id: ConnectionId,
    pub name: String,
    pub state: ConnectionState,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    pub profile: ProfileAnswer,
    pub recommended: Vec<Recommendation>,
    pub hits: Vec<IntegrationCard>,
    /// The nearest names when nothing was found.
    pub nearest: Vec<IntegrationCard>,
    /// What takes the data of any tool, when nothing was found.
    pub generic: Vec<IntegrationCard>,
    /// Whether there is more than the bundled catalogue knows.
    pub has_others: bool,
    pub connected: Vec<Connected>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    pub integration: Integration,
    pub card: IntegrationCard,
    /// The workspace described it itself.
    pub is_own: bool,
    pub connected: Vec<Connected>,
}

#[server]
pub async fn load_catalogue(
    #[server(default)] q: String,
    #[server(default)] category: String,
    #[server(default)] runs: String,
) -> Result<Catalogue, Error> {
    let (hub, scope) = scope().await?;
    let (category, runs) = (
        model::Category::parse(&category),
        model::RunsFilter::parse(&runs),
    );
    let found = hub::integrations::list(&hub, &scope, &q, category, runs).await?;
    Ok(Catalogue {
        profile: hub::tenants::view(&hub, &scope).await?.profile,
        recommended: hub::integrations::recommendations(&hub, &scope).await?,
        hits: found.hits,
        nearest: found.nearest,
        generic: found.generic,
        has_others: found.has_others,
        connected: connected(&hub, &scope).await?,
    })
}

#[server]
pub async fn load_detail(slug: String) -> Result<Detail, Error> {
    let (hub, scope) = scope().await?;
    let (integration, card) = hub::integrations::get(&hub, &scope, &slug).await?;
    let mut connected = connected(&hub, &scope).await?;
    connected.retain(|connection| connection.slug == slug);
    Ok(Detail {
        is_own: hub::own::is_own(&slug),
        integration,
        card,
        connected,
    })
}

#[cfg(feature = "ssr")]
async fn connected(hub: &hub::Hub, scope: &hub::Scope) -> Result<Vec<Connected>, Error> {
    let page =
        hub::connections::list(hub, scope, &hub::connections::Filter::default(), None).await?;
    let rows = page.items.into_iter();
    Ok(rows
        .map(|row| Connected {
            slug: row.integration,
            id: row.id,
            name: row.name,
            state: row.state,
        })
        .collect())
}
