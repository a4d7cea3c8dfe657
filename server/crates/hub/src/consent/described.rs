//! Providers that nobody but a connector knows, for those who register clients. Told as far as no connector has to be
//! installed for it: the others are known once somebody has opened their form.

use std::collections::BTreeSet;

use model::{Integration, OAuthClientView};
use oauth::Provider;
use uuid::Uuid;

use super::ours;
use crate::{
    Engine, Error, Hub, catalogue, offer,
    specs::{self, Spec},
};

/// All that are known, with those where somebody registered a client before.
pub(super) async fn all<'a>(
    hub: &Hub,
    registered: impl Iterator<Item = &'a str>,
) -> Result<Vec<OAuthClientView>, Error> {
    let mut wanted = told(hub).await?;
    wanted.extend(registered.filter_map(definition_of));
    let mut views = Vec::new();
    for entry in entries(hub).await {
        let definition = specs::definition(&entry).filter(|id| wanted.contains(id));
        if let (Some(definition), None) = (definition, ours(hub, &entry)) {
            views.extend(view(hub, definition, entry).await?);
        }
    }
    Ok(views)
}

/// The one with this id, as its connector describes it now.
pub(super) async fn find(hub: &Hub, provider: &str) -> Result<Provider, Error> {
    let definition = definition_of(provider).ok_or(Error::NotFound)?;
    let mut entries = entries(hub).await.into_iter();
    let entry = entries
        .find(|entry| specs::definition(entry) == Some(definition))
        .filter(|entry| ours(hub, entry).is_none())
        .ok_or(Error::NotFound)?;
    match specs::schema(hub, &entry).await?.described(&entry) {
        Some(Ok((found, _))) if found.id == provider => Ok(found),
        Some(Err(error)) => Err(Error::Conflict(error.to_string())),
        _ => Err(Error::NotFound),
    }
}

fn definition_of(provider: &str) -> Option<Uuid> {
    oauth::connector_of(provider)?.parse().ok()
}

/// The connectors of which the embedded engine knows that they describe a provider.
async fn told(hub: &Hub) -> Result<BTreeSet<Uuid>, Error> {
    if hub.engine() == Engine::Remote {
        return Ok(BTreeSet::new());
    }
    let all = hub.airbyte().definitions().await?.into_iter();
    let describing = all.filter(|definition| definition.describes_provider);
    Ok(describing
        .map(|definition| definition.definition_id)
        .collect())
}

/// The catalogue, and what this hub's Airbyte offers besides. No tenant's own.
async fn entries(hub: &Hub) -> Vec<Integration> {
    let offer = offer::here(hub, None).await;
    let more = offer.iter().flat_map(|offer| offer.more());
    catalogue::all().iter().chain(more).cloned().collect()
}

async fn view(
    hub: &Hub,
    definition: Uuid,
    entry: Integration,
) -> Result<Option<OAuthClientView>, Error> {
    let Spec::Ready(schema) = specs::by_definition(hub, definition, &entry).await? else {
        return Ok(None);
    };
    let Some(described) = schema.described(&entry) else {
        return Ok(None);
    };
    let (provider, problem) = match described {
        Ok((provider, _)) => (provider.id, None),
        Err(error) => (entry.slug, Some(error.to_string())),
    };
    Ok(Some(OAuthClientView {
        provider,
        integrations: vec![entry.name.clone()],
        name: entry.name,
        client_id: None,
        set_by: None,
        set_at: None,
        platform: false,
        apps_url: None,
        problem,
    }))
}
