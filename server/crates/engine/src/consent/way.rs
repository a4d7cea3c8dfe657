//! How people sign in for a connector: at a provider of our own list, or as the connector describes one itself.

use std::borrow::Cow;

use oauth::{Connector, Grant, Provider};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Engine,
    definitions::Definition,
    own::OWN,
    problem::{ApiError, ApiResult},
    runtime::Readiness,
};

/// A provider, and what the connector needs of it.
pub(crate) struct Way<'a> {
    pub provider: Cow<'a, Provider>,
    pub grant: Cow<'a, Grant>,
}

impl Engine {
    /// The description of a connector's provider: ours, or the connector's own. A manifest that a workspace brought is
    /// found in that workspace only: no client of all workspaces is sent where it says.
    pub(crate) async fn signs_in(
        &self,
        workspace: Option<Uuid>,
        source_type: &str,
    ) -> ApiResult<Way<'_>> {
        if let Some((provider, grant)) = self.config.providers.grant(source_type) {
            return Ok(Way {
                provider: Cow::Borrowed(provider),
                grant: Cow::Borrowed(grant),
            });
        }
        let unknown = || ApiError::value_not_found(source_type);
        let definition = self.of_type(workspace, source_type).await?;
        let definition = definition.ok_or_else(unknown)?;
        let connector = match self.teller(&definition) {
            Readiness::Ready(connector) => connector,
            Readiness::Preparing(detail) => return Err(ApiError::unprocessable(&detail)),
            Readiness::Failed(fault) => return Err(fault.into()),
        };
        let spec = self.specification(&definition, &connector).await?;
        let described = oauth::described(Connector {
            definition: &definition.id.to_string(),
            name: &definition.name,
            source_type,
            settings: &spec.connection_specification,
            advanced_auth: spec.advanced_auth.as_ref().unwrap_or(&Value::Null),
        });
        let (provider, grant) = described
            .ok_or_else(unknown)?
            .map_err(|error| ApiError::unprocessable(&error.to_string()))?;
        Ok(Way {
            provider: Cow::Owned(provider),
            grant: Cow::Owned(grant),
        })
    }

    async fn of_type(
        &self,
        workspace: Option<Uuid>,
        source_type: &str,
    ) -> ApiResult<Option<Definition>> {
        if let Some(shipped) = self.definitions.find_type(source_type) {
            return Ok(Some(shipped.clone()));
        }
        let own = source_type.strip_prefix(OWN).and_then(|id| id.parse().ok());
        match (workspace, own) {
            (Some(workspace), Some(id)) => Ok(self.find_definition(Some(workspace), id).await?),
            _ => Ok(None),
        }
    }
}
