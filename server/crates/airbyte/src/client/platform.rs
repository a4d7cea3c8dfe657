//! What the embedded engine answers under `/x`, asked of Airbyte's own platform: by its Config API where an account may use
//! it, by the public API where not.

mod board;
mod check;
mod closed;
mod discover;
mod jobs;
mod late;
mod probe;
mod several;
mod specs;

pub(super) use board::Board;
pub(super) use closed::Page;
pub(super) use probe::Known;
pub use probe::{Capabilities, Listed, SignIn};
pub(super) use several::Several;
pub(super) use specs::Specs;

use std::time::Duration;

use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use uuid::Uuid;

use super::{
    Client,
    places::By,
    send::{Call, Repeat},
};
use crate::{
    Error,
    config::{FailureReason, SourceDefinition, SourceDefinitions},
    extension::{Fault, FaultKind, Spec},
    protocol::FailureType,
};

impl Client {
    /// Asks the Config API. All its calls are POST; those used here change nothing, or name what they change.
    pub(super) async fn ask_config<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        what: &'static str,
        limits: Limits,
    ) -> Result<T, Error> {
        let call = self.config_call(path, body, limits)?;
        self.ask(&call.repeating(Repeat::Always), what).await
    }

    /// Asks it for what a connector has to run for: once, since what is not answered in time may go on there.
    async fn ask_connector<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        what: &'static str,
    ) -> Result<T, Error> {
        let call = self.config_call(path, body, Limits::Connector)?;
        self.ask(&call.repeating(Repeat::Declined), what).await
    }

    fn config_call(
        &self,
        path: &str,
        body: &impl Serialize,
        limits: Limits,
    ) -> Result<Call, Error> {
        let url = self.shared.base.join_config(path.split('/'));
        let url = url.ok_or_else(|| Error::Unsupported {
            message: "It is not known where its Config API is.".to_owned(),
        })?;
        let call = Call::new(Method::POST, url).json(body)?.by(By::ConfigApi);
        Ok(call.within(Some(limits.timeout())))
    }

    /// The specification of a source's connector, at most some minutes old.
    pub(super) async fn platform_spec(&self, definition: Uuid) -> Result<Spec, Error> {
        let known = &self.shared.specs;
        if let Some(spec) = known.known(definition) {
            return Ok(spec);
        }
        let spec = self.ask_spec(definition).await?;
        known.note(definition, &spec);
        Ok(spec)
    }

    async fn ask_spec(&self, definition: Uuid) -> Result<Spec, Error> {
        let workspace = self.any_workspace().await?;
        let found = self.spec_in(workspace, definition).await;
        if found.is_ok() {
            return found;
        }
        // Somebody may have deleted that workspace since it was seen.
        self.shared.workspace.lock().await.take();
        match self.any_workspace().await {
            Ok(other) if other != workspace => self.spec_in(other, definition).await,
            _ => found,
        }
    }

    async fn spec_in(&self, workspace: Uuid, definition: Uuid) -> Result<Spec, Error> {
        let body = json!({ "sourceDefinitionId": definition, "workspaceId": workspace });
        let path = "source_definition_specifications/get";
        let found = self
            .ask_config(path, &body, "specification", Limits::Connector)
            .await;
        match (found, &self.shared.registry) {
            // We may not ask: what the connector asks for is no secret, and stands on a public list.
            (Err(error), Some(registry)) if is_kept(&error) => {
                registry.spec(&self.shared.http, definition).await
            }
            // An unknown definition is answered without a problem document.
            (Err(Error::Unsupported { message }), _) => Err(Error::NotFound { message }),
            (found, _) => found,
        }
    }

    /// The sources that this deployment can run.
    pub async fn runnable_sources(&self, workspace: Uuid) -> Result<Vec<SourceDefinition>, Error> {
        let body = json!({ "workspaceId": workspace });
        let path = "source_definitions/list_for_workspace";
        let found: SourceDefinitions = self
            .ask_config(path, &body, "definitions", Limits::Tables)
            .await?;
        Ok(found.source_definitions)
    }

    /// Some workspace that the credentials see: specifications are the same in all of them.
    async fn any_workspace(&self) -> Result<Uuid, Error> {
        let mut known = self.shared.workspace.lock().await;
        if let Some(workspace) = *known {
            return Ok(workspace);
        }
        let page = self
            .page::<crate::api::WorkspaceResponse>("workspaces", &[], 0, 1)
            .await?;
        let first = page.data.into_iter().next().ok_or(Error::NotFound {
            message: "The credentials see no workspace.".to_owned(),
        })?;
        Ok(*known.insert(first.workspace_id))
    }
}

fn is_kept(error: &Error) -> bool {
    matches!(error, Error::Forbidden { .. }) || Listed::closed(error).is_some()
}

/// Whether a call touches only the server's tables or asks a connector.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limits {
    Tables,
    Connector,
}

impl Limits {
    const fn timeout(self) -> Duration {
        match self {
            Self::Tables => super::send::SHORT,
            Self::Connector => super::send::LONG,
        }
    }
}

/// The platform's reason as a fault that a person can act on.
pub(super) fn fault(reason: &FailureReason) -> Fault {
    let ours = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let message = ours(&reason.external_message)
        .or_else(|| ours(&reason.internal_message))
        .unwrap_or_else(|| "Airbyte stopped without saying why.".to_owned());
    let detail = ours(&reason.internal_message).filter(|detail| *detail != message);
    Fault {
        kind: kind(reason, &message),
        until: None,
        message,
        detail,
        field: None,
        stream: reason
            .stream_descriptor
            .as_ref()
            .map(|stream| stream.name.clone()),
    }
}

/// The source's own word where it spoke; the rest is by who failed.
fn kind(reason: &FailureReason, message: &str) -> FaultKind {
    let origin = reason.failure_origin.as_deref();
    match (reason.failure_type.as_deref(), origin) {
        // A destination that is refused says nothing about the credentials of the source.
        (Some("config_error"), Some("destination")) => FaultKind::Config,
        (Some("config_error"), _) => {
            FaultKind::of_connector(Some(FailureType::ConfigError), message)
        }
        (Some("transient_error"), _) => {
            FaultKind::of_connector(Some(FailureType::TransientError), message)
        }
        (Some("manual_cancellation"), _) => FaultKind::Cancelled,
        (Some("heartbeat_timeout" | "destination_timeout"), _) => FaultKind::Timeout,
        (_, Some("airbyte_platform" | "replication" | "persistence")) => FaultKind::Bug,
        _ => FaultKind::Upstream,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_credentials_are_no_wrong_setting() {
        let refused = "HTTP Status Code: 401. Error: Unauthorized. Please ensure you are authenticated correctly.";
        let cases = [
            ("source", "config_error", refused, FaultKind::Credentials),
            (
                "source",
                "config_error",
                "HTTP Status Code: 403. Error: Forbidden.",
                FaultKind::Forbidden,
            ),
            (
                "source",
                "config_error",
                "The start date is after today.",
                FaultKind::Config,
            ),
            (
                "destination",
                "config_error",
                "password authentication failed for user \"load\"",
                FaultKind::Config,
            ),
            (
                "source",
                "transient_error",
                "HTTP Status Code: 429. Error: Too many requests.",
                FaultKind::RateLimited,
            ),
            (
                "source",
                "heartbeat_timeout",
                "Airbyte detected that the Source didn't send any records.",
                FaultKind::Timeout,
            ),
            ("replication", "system_error", "It stopped.", FaultKind::Bug),
        ];
        for (origin, failure, message, kind) in cases {
            let reason = FailureReason {
                failure_origin: Some(origin.to_owned()),
                failure_type: Some(failure.to_owned()),
                external_message: Some(message.to_owned()),
                ..FailureReason::default()
            };
            assert_eq!(fault(&reason).kind, kind, "{message}");
        }
    }
}
