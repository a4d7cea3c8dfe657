//! Discovery with whole schemas. The platform discovers saved sources only, so a configuration is saved for a moment.

use serde_json::json;
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

use crate::{
    Client, Error, Server,
    api::SourceCreate,
    client::platform::{Limits, fault},
    config::{DiscoverRead, FailureReason},
    extension::DiscoverRequest,
    protocol::AirbyteCatalog,
};

/// Marks sources that live for one discovery; what a crash leaves behind is removed by the next one.
const FOR_A_MOMENT: &str = "[reading the schema]";

impl Client {
    pub(in crate::client) async fn platform_discover(
        &self,
        request: &DiscoverRequest,
    ) -> Result<AirbyteCatalog, Error> {
        if let Some(source) = request.source_id {
            return self.discover_saved(source, request.ignore_cache).await;
        }
        let (Some(definition), Some(workspace), Some(configuration)) = (
            request.definition_id,
            request.workspace_id,
            request.configuration.clone(),
        ) else {
            return Err(Error::invalid(
                "A discovery needs a source, or definition, workspace and configuration.",
            ));
        };
        self.remove_leftovers(workspace).await?;
        let saved = self
            .create_source(&SourceCreate {
                name: format!("{definition} {FOR_A_MOMENT}"),
                workspace_id: workspace,
                definition_id: Some(definition),
                configuration,
                secret_id: None,
            })
            .await?;
        let found = self.discover_saved(saved.source_id, true).await;
        let removed = self.delete_source(saved.source_id).await;
        let catalog = found?;
        removed?;
        Ok(catalog)
    }

    /// One of the few places that a platform has for discoveries. The engine beside us has its own.
    pub(in crate::client) async fn place_to_discover(&self) -> Option<SemaphorePermit<'_>> {
        match self.server() {
            Server::Engine => None,
            Server::Platform => self.shared.discoveries.acquire().await.ok(),
        }
    }

    async fn remove_leftovers(&self, workspace: Uuid) -> Result<(), Error> {
        for source in self.sources(workspace).await? {
            if source.name.ends_with(FOR_A_MOMENT) {
                self.delete_source(source.source_id).await?;
            }
        }
        Ok(())
    }

    async fn discover_saved(
        &self,
        source: Uuid,
        ignore_cache: bool,
    ) -> Result<AirbyteCatalog, Error> {
        let body = json!({ "sourceId": source, "disable_cache": ignore_cache });
        // A handful of threads answers the whole deployment's discoveries, each for as long as it takes.
        let _place = self.place_to_discover().await;
        let read: DiscoverRead = self
            .ask_config(
                "sources/discover_schema",
                &body,
                "catalogue",
                Limits::Connector,
            )
            .await?;
        let job = read.job_info.unwrap_or_default();
        match read.catalog {
            Some(catalog) if job.succeeded != Some(false) => Ok(catalog.into()),
            _ => {
                let reason = job.failure_reason.unwrap_or(FailureReason {
                    external_message: Some(
                        "Airbyte could not read which tables the source has, and did not say why."
                            .to_owned(),
                    ),
                    ..FailureReason::default()
                });
                Err(Error::Connector(Box::new(fault(&reason))))
            }
        }
    }
}
