//! Discovery with whole schemas. The platform discovers saved sources only, so a configuration is saved for a moment.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Client, Error,
    api::SourceCreate,
    client::{
        places::By,
        platform::{
            fault,
            late::{is_lost, unanswered},
        },
    },
    config::{DiscoverRead, FailureReason},
    extension::DiscoverRequest,
    protocol::AirbyteCatalog,
};

/// Marks sources that live for one discovery; what a crash leaves behind is removed by a later one.
const FOR_A_MOMENT: &str = "[reading the schema]";
/// What may go on where it did not answer.
const MEANWHILE: &str = "It may still be reading there which tables the source has.";
/// What is older than this belongs to no discovery that still goes on.
const LONGEST_MOMENT: Duration = Duration::from_hours(1);

impl Client {
    pub(in crate::client) async fn platform_discover(
        &self,
        request: &DiscoverRequest,
    ) -> Result<AirbyteCatalog, Error> {
        // Before anything is saved for it: settings with secrets in them do not wait there.
        let _place = self.place_to_discover(By::ConfigApi).await;
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
        // Others may discover in this workspace at the same time.
        let name = format!("{} {FOR_A_MOMENT}", Uuid::now_v7());
        let new = SourceCreate {
            name: name.clone(),
            workspace_id: workspace,
            definition_id: Some(definition),
            configuration,
            secret_id: None,
        };
        let found = match self.create_source(&new).await {
            Ok(saved) => self.discover_saved(saved.source_id, true).await,
            Err(error) => Err(error),
        };
        // Also after an error: the answer may be lost, and the source be there.
        let removed = self.remove_named(workspace, &name).await;
        let catalog = found?;
        removed?;
        Ok(catalog)
    }

    async fn remove_leftovers(&self, workspace: Uuid) -> Result<(), Error> {
        let since = OffsetDateTime::now_utc() - LONGEST_MOMENT;
        for source in self.sources(workspace).await? {
            if source.name.ends_with(FOR_A_MOMENT) && source.created_at < since.unix_timestamp() {
                self.removed(source.source_id).await?;
            }
        }
        Ok(())
    }

    /// All of that name: a call that was delivered twice has saved two.
    async fn remove_named(&self, workspace: Uuid, name: &str) -> Result<(), Error> {
        for source in self.sources(workspace).await? {
            if source.name == name {
                self.removed(source.source_id).await?;
            }
        }
        Ok(())
    }

    /// Gone already is as good.
    async fn removed(&self, source: Uuid) -> Result<(), Error> {
        match self.delete_source(source).await {
            Err(Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    async fn discover_saved(
        &self,
        source: Uuid,
        ignore_cache: bool,
    ) -> Result<AirbyteCatalog, Error> {
        let read = match self.ask_catalogue(source, ignore_cache).await {
            // A gateway gave up before the connector did, whose answer may be there by now: asked anew, it would begin again.
            Err(error) if is_lost(&error) => self.ask_catalogue(source, false).await,
            other => other,
        };
        let read = read.map_err(|error| match error {
            lost if is_lost(&lost) => Error::Connector(Box::new(unanswered(&lost, MEANWHILE))),
            other => other,
        })?;
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

    async fn ask_catalogue(&self, source: Uuid, ignore_cache: bool) -> Result<DiscoverRead, Error> {
        let body = json!({ "sourceId": source, "disable_cache": ignore_cache });
        let path = "sources/discover_schema";
        self.ask_connector(path, &body, "catalogue").await
    }
}
