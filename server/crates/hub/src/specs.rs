//! Specifications of connectors, as the engine tells them.

use std::borrow::Cow;

use airbyte::extension::SpecAnswer;
use model::{Integration, Runs, TenantId};
use uuid::Uuid;

use crate::{Engine, Error, Hub, catalogue, forms::Schema, offer, own};

/// Whether a connector's settings are known.
pub(crate) enum Spec {
    Ready(Box<Schema>),
    /// It is being installed.
    Preparing {
        detail: String,
    },
    /// No engine here runs it.
    Unavailable {
        why: String,
    },
}

/// The entry of the catalogue, of the tenant's own integrations, or of a connector that only this hub's Airbyte knows.
pub(crate) async fn integration(
    hub: &Hub,
    tenant: TenantId,
    slug: &str,
) -> Result<Cow<'static, Integration>, Error> {
    match catalogue::find(slug) {
        Some(entry) => Ok(Cow::Borrowed(entry)),
        None if own::is_own(slug) => own::entry(hub, tenant, slug).await.map(Cow::Owned),
        None => offer::entry(hub, slug).await.map(Cow::Owned),
    }
}

/// The engine's id of an integration's connector.
pub(crate) fn definition(integration: &Integration) -> Option<Uuid> {
    integration.definition_id.as_deref()?.parse().ok()
}

pub(crate) async fn of(hub: &Hub, integration: &Integration) -> Result<Spec, Error> {
    let Some(definition) = definition(integration) else {
        return Ok(unavailable(hub.engine(), integration));
    };
    by_definition(hub, definition, integration).await
}

pub(crate) async fn by_definition(
    hub: &Hub,
    definition: Uuid,
    integration: &Integration,
) -> Result<Spec, Error> {
    match hub.airbyte().spec(definition).await {
        Ok(SpecAnswer::Ready(spec)) => Ok(Spec::Ready(Box::new(Schema::specified(*spec)))),
        Ok(SpecAnswer::Preparing { detail }) => Ok(Spec::Preparing { detail }),
        Err(airbyte::Error::NotFound { .. } | airbyte::Error::Unsupported { .. }) => {
            Ok(unavailable(hub.engine(), integration))
        }
        Err(airbyte::Error::Connector(fault)) => Ok(Spec::Unavailable { why: fault.message }),
        Err(error) => Err(error.into()),
    }
}

/// The schema, or the reason why nothing can be submitted now.
pub(crate) async fn schema(hub: &Hub, integration: &Integration) -> Result<Schema, Error> {
    match of(hub, integration).await? {
        Spec::Ready(schema) => Ok(*schema),
        Spec::Preparing { detail } => Err(Error::Conflict(format!(
            "The connector is being prepared: {detail} Try again in a moment."
        ))),
        Spec::Unavailable { why } => Err(Error::Conflict(why)),
    }
}

fn unavailable(engine: Engine, integration: &Integration) -> Spec {
    let name = &integration.name;
    let why = match &integration.runs {
        Runs::Nowhere { why } => why.clone(),
        Runs::Described => {
            "Describe it first, under Integrations: Describe your own. Then connect it by its name."
                .to_owned()
        }
        _ if engine == Engine::Remote => {
            format!("{} Ask your operator.", offer::not_offered(name))
        }
        Runs::AirbyteOnly => format!(
            "{name} runs with an Airbyte server only, and none is set up here. Ask your operator."
        ),
        _ => format!("The engine of this installation does not offer {name}. Ask your operator."),
    };
    Spec::Unavailable { why }
}
