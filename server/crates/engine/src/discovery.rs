//! Which streams a source has: asked of the connector, remembered until its configuration or version changes.

use airbyte::Cache;
use airbyte::protocol::AirbyteCatalog;
use sync::fault::Fault;
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::definitions::Definition;
use crate::error::Failure;
use crate::operation::Prepared;
use crate::rotation::Rotation;
use crate::secrets::Place;
use crate::tables::{catalogs, sources};

impl Engine {
    /// The catalogue of a saved source.
    pub(crate) async fn discover_source(
        &self,
        source: &sources::Row,
        cache: Cache,
    ) -> Result<AirbyteCatalog, Failure> {
        let definition = self.definition_of(source).await?;
        let config = self.open_config(
            Place::Source,
            source.workspace_id,
            source.id,
            &source.config,
        )?;
        // The configuration's hash stands for it; a digest is all that is kept beside the catalogue.
        let hash = seal::token::hash(&config.to_string());
        let pool = &self.config.pool;
        if cache == Cache::Use
            && let Some(stored) =
                catalogs::find(pool, source.id, &hash, definition.version()).await?
            && let Ok(catalog) = serde_json::from_value(stored)
        {
            return Ok(catalog);
        }
        let catalog = self.ask_streams(source, &definition).await?;
        let value = serde_json::to_value(&catalog)
            .map_err(|_| Fault::bug("The list of tables is not JSON."))?;
        catalogs::save(pool, source.id, &hash, definition.version(), &value).await?;
        Ok(catalog)
    }

    async fn ask_streams(
        &self,
        source: &sources::Row,
        definition: &Definition,
    ) -> Result<AirbyteCatalog, Failure> {
        let cancel = CancellationToken::new();
        // Dropping the caller's request drops this guard, which ends the connector.
        let _ended = cancel.clone().drop_guard();
        let _turn = self.turn(Some(source), &cancel).await?;
        let config = self.current_config(source).await?;
        let prepared = self.prepare(definition, config, &cancel, |_| {}).await?;
        self.discover_prepared(&prepared, source, &cancel).await
    }

    /// Asks a prepared connector. Rotated tokens are kept.
    async fn discover_prepared(
        &self,
        prepared: &Prepared,
        source: &sources::Row,
        cancel: &CancellationToken,
    ) -> Result<AirbyteCatalog, Failure> {
        let mut operation = self.operation(Some(source.workspace_id), cancel).await?;
        operation
            .cx
            .secret_fields
            .clone_from(&prepared.secret_fields);
        let cx = operation.cx.clone();
        let rotation = Rotation::of(prepared);
        let mut work = std::pin::pin!(prepared.connector.discover(&prepared.config, &cx));
        loop {
            tokio::select! {
                result = &mut work => {
                    while let Ok(config) = operation.new_config.try_recv() {
                        rotation.keep(self, Some(source), &config).await?;
                    }
                    return Ok(result?);
                }
                Some(config) = operation.new_config.recv() => rotation.keep(self, Some(source), &config).await?,
                // Nobody reads the log of a discovery; its failure carries the words that matter.
                Some(_) = operation.log.recv() => {}
            }
        }
    }

    /// The configuration as it stands now: another operation may have rotated its tokens, and one that is for us to renew is
    /// renewed.
    pub(crate) async fn current_config(
        &self,
        source: &sources::Row,
    ) -> Result<serde_json::Value, Failure> {
        let row = sources::find(&self.config.pool, None, source.id).await?;
        let row = row.ok_or_else(|| Fault::config("The source has been deleted."))?;
        let config = self.open_config(Place::Source, row.workspace_id, row.id, &row.config)?;
        self.fresh(&row, config).await
    }
}
