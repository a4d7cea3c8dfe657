//! How a person signs in for an integration: at a provider where somebody registered a client, or by the Airbyte that moves
//! the data, with a client of its own.

use std::borrow::Cow;

use model::{ConnectionId, Integration, TenantId};
use oauth::{AIRBYTE, Grant, Provider};
use secrecy::SecretString;
use sqlx::PgConnection;
use store::oauth::grants;

use crate::{Engine, Error, Hub, forms::Schema, specs};

/// A provider, and what the connector needs of it: from our own list, or as the connector describes both.
#[derive(Debug, Clone)]
pub(crate) struct Known<'a> {
    pub provider: Cow<'a, Provider>,
    pub grant: Cow<'a, Grant>,
}

impl<'a> From<(&'a Provider, &'a Grant)> for Known<'a> {
    fn from((provider, grant): (&'a Provider, &'a Grant)) -> Self {
        Self {
            provider: Cow::Borrowed(provider),
            grant: Cow::Borrowed(grant),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Way<'a> {
    /// We take the code and keep the tokens.
    Provider(Box<Known<'a>>),
    /// Airbyte takes the code and keeps the tokens; we are told the name of its secret, once.
    Airbyte(Box<Grant>),
}

impl Way<'_> {
    pub fn grant(&self) -> &Grant {
        match self {
            Self::Provider(known) => &known.grant,
            Self::Airbyte(grant) => grant,
        }
    }

    /// Where the person signs in. Airbyte does not tell the provider's name: the integration's is the nearest.
    pub fn name<'n>(&'n self, integration: &'n Integration) -> &'n str {
        match self {
            Self::Provider(known) => &known.provider.name,
            Self::Airbyte(_) => &integration.name,
        }
    }

    /// What a callback is known by.
    pub fn state(&self) -> SecretString {
        match self {
            Self::Provider(known) => seal::token::letters(known.provider.state_length()).into(),
            Self::Airbyte(_) => seal::token::secret(),
        }
    }

    /// Does the stored configuration hold what signing in gave?
    pub fn fills_settings(&self) -> bool {
        matches!(self, Self::Provider(..))
    }
}

/// At the provider of our own list for an integration, whether or not anybody registered a client.
pub(crate) fn ours<'a>(
    hub: &'a Hub,
    integration: &Integration,
) -> Option<(&'a Provider, &'a Grant)> {
    hub.providers().grant(integration.source_type.as_deref()?)
}

/// The same, or at the provider that the connector describes.
pub(crate) fn at_provider<'a>(
    hub: &'a Hub,
    integration: &Integration,
    schema: &Schema,
) -> Option<Known<'a>> {
    if let Some(ours) = ours(hub, integration) {
        return Some(ours.into());
    }
    // Why it cannot be followed is told where clients are registered.
    let (provider, grant) = schema.described(integration)?.ok()?;
    Some(Known {
        provider: Cow::Owned(provider),
        grant: Cow::Owned(grant),
    })
}

/// The same, with the specification asked for where it is needed.
pub(crate) async fn known<'a>(
    hub: &'a Hub,
    integration: &Integration,
) -> Result<Option<Known<'a>>, Error> {
    if let Some(ours) = ours(hub, integration) {
        return Ok(Some(ours.into()));
    }
    let schema = specs::schema(hub, integration).await?;
    Ok(at_provider(hub, integration, &schema))
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
    let known = at_provider(hub, integration, schema).map(Box::new);
    match (granted, known) {
        (Some(granted), _) if granted.provider == AIRBYTE => Ok(by_airbyte(integration, schema)),
        (Some(_), known) => Ok(known.map(Way::Provider)),
        (None, Some(known)) if super::is_offered(conn, tenant, &known.provider.id).await? => {
            Ok(Some(Way::Provider(known)))
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
