//! How a person signs in for an integration: at a provider where somebody registered a client, or by the Airbyte that moves
//! the data, with a client of its own.

use model::{ConnectionId, Integration, TenantId};
use oauth::{AIRBYTE, Grant, Provider};
use sqlx::PgConnection;
use store::oauth::grants;

use crate::{Engine, Error, Hub, forms::Schema};

#[derive(Debug, Clone)]
pub(crate) enum Way<'a> {
    /// We take the code and keep the tokens.
    Provider(&'a Provider, &'a Grant),
    /// Airbyte takes the code and keeps the tokens; we are told the name of its secret, once.
    Airbyte(Box<Grant>),
}

impl Way<'_> {
    pub fn grant(&self) -> &Grant {
        match self {
            Self::Provider(_, grant) => grant,
            Self::Airbyte(grant) => grant,
        }
    }

    /// Where the person signs in. Airbyte does not tell the provider's name: the integration's is the nearest.
    pub fn name<'n>(&'n self, integration: &'n Integration) -> &'n str {
        match self {
            Self::Provider(provider, _) => &provider.name,
            Self::Airbyte(_) => &integration.name,
        }
    }

    /// Does the stored configuration hold what signing in gave?
    pub fn fills_settings(&self) -> bool {
        matches!(self, Self::Provider(..))
    }
}

/// At the provider that we know for an integration, whether or not anybody registered a client.
pub(crate) fn ours<'a>(
    hub: &'a Hub,
    integration: &Integration,
) -> Option<(&'a Provider, &'a Grant)> {
    hub.providers().grant(integration.source_type.as_deref()?)
}

/// The way that a connection was signed in, or that a new one would be. `None`: keys are pasted.
pub(crate) async fn way<'a>(
    hub: &'a Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    integration: &Integration,
    schema: &Schema,
    connection: Option<ConnectionId>,
) -> Result<Option<Way<'a>>, Error> {
    let granted = match connection {
        Some(id) => grants::find(conn, tenant, id).await?,
        None => None,
    };
    let at_provider =
        ours(hub, integration).map(|(provider, grant)| Way::Provider(provider, grant));
    match (granted, at_provider) {
        (Some(granted), _) if granted.provider == AIRBYTE => Ok(by_airbyte(integration, schema)),
        (Some(_), at_provider) => Ok(at_provider),
        (None, Some(Way::Provider(provider, grant)))
            if super::is_offered(conn, tenant, &provider.id).await? =>
        {
            Ok(Some(Way::Provider(provider, grant)))
        }
        (None, _) if airbyte_signs_in(hub, schema) => Ok(by_airbyte(integration, schema)),
        _ => Ok(None),
    }
}

fn by_airbyte<'a>(integration: &Integration, schema: &Schema) -> Option<Way<'a>> {
    let grant = Grant::specified(integration.source_type.as_deref()?, schema.advanced_auth()?)?;
    Some(Way::Airbyte(Box::new(grant)))
}

/// An Airbyte elsewhere that has a client for this connector, and has not said that it signs nobody in.
fn airbyte_signs_in(hub: &Hub, schema: &Schema) -> bool {
    hub.engine() == Engine::Remote
        && schema.has_global_client()
        && hub.airbyte().sign_in() != Some(airbyte::SignIn::Absent)
}
