//! The test of a connection whose connector renews its own tokens: the newest are in its source, and the ones that the hub
//! knows may be worth nothing any more.

use oauth::{Grant, Renewal};
use serde_json::Value;
use uuid::Uuid;

use super::{End, Trial, refused};
use crate::{Error, connections::sealed, consent, engine, specs};

/// A saved source, and how signing in filled its settings.
pub(super) struct Renewed {
    source: Uuid,
    grant: Grant,
    /// The settings that it has now, as the hub knows them.
    stored: Value,
    /// The settings to try, with what signing in gave as the source has it: secrets as masks.
    pub config: Value,
}

impl Trial<'_> {
    /// `None` where nothing was filled by signing in, or where a new sign-in or other keys are tried.
    pub(super) async fn renewed(&self) -> Result<Option<Renewed>, End> {
        let Some(source) = self.connection.engine_source else {
            return Ok(None);
        };
        let integration =
            specs::integration(self.hub, self.tenant, &self.connection.integration).await?;
        let known = consent::at_provider(self.hub, &integration, &self.schema);
        // What the hub renews itself, it knows best.
        let Some(known) = known.filter(|known| known.grant.renewal != Renewal::Hub) else {
            return Ok(None);
        };
        let (grant, stored) = (known.grant.into_owned(), self.stored().await?);
        if self.granted.is_some() || !grant.fills_alike(&stored, &self.config) {
            return Ok(None);
        }
        let Some(config) = self.filled(source, &grant, &self.config).await? else {
            return Ok(None);
        };
        Ok(Some(Renewed {
            source,
            grant,
            stored,
            config,
        }))
    }

    /// These settings, with what signing in gave as the source has it. `None`: the source is gone.
    async fn filled(
        &self,
        source: Uuid,
        grant: &Grant,
        config: &Value,
    ) -> Result<Option<Value>, End> {
        let saved = match self.hub.airbyte().source(source).await {
            Err(::airbyte::Error::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        let mut config = config.clone();
        oauth::keep(&mut config, grant, &saved.configuration);
        Ok(Some(config))
    }

    /// Saved before it is read on, because an Airbyte elsewhere knows the masks of its own sources only; so what then
    /// fails is taken back.
    pub(super) async fn go_on_with(&mut self, renewed: Renewed) -> Result<(), End> {
        let source = renewed.source;
        self.check(Some(source)).await?;
        self.replace(source, &renewed.config).await?;
        match self.discover(Some(source)).await {
            Ok(catalog) => self.pass(&catalog, source).await,
            Err(end) => {
                self.take_back(&renewed).await;
                Err(end)
            }
        }
    }

    async fn take_back(&self, renewed: &Renewed) {
        let Renewed {
            source,
            grant,
            stored,
            ..
        } = renewed;
        let back = async {
            match self.filled(*source, grant, stored).await? {
                Some(config) => self.replace(*source, &config).await,
                None => Ok(()),
            }
        };
        if back.await.is_err() {
            tracing::warn!(connection = %self.connection.id, "settings that failed their test could not be taken back");
        }
    }

    async fn replace(&self, source: Uuid, config: &Value) -> Result<(), End> {
        let client = self.hub.airbyte();
        match engine::replace_source(client, &self.connection, source, config).await {
            Ok(_) => Ok(()),
            // A new one would be made of masks: the next try begins without them.
            Err(::airbyte::Error::NotFound { .. }) => Err(End::Again(Error::Upstream(
                "The source was deleted while it was tested.".to_owned(),
            ))),
            Err(error) => Err(refused(error)),
        }
    }

    async fn stored(&self) -> Result<Value, End> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let keys = store::secrets::keys(&mut tx, self.hub.keys(), self.tenant).await?;
        tx.commit().await?;
        Ok(sealed::open(&keys, &self.connection)?)
    }
}
