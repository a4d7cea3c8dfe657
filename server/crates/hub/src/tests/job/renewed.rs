//! The test of a connection whose connector renews its own tokens: the newest are in its source, and the ones that the hub
//! knows may be worth nothing any more.

use serde_json::Value;
use uuid::Uuid;

use super::{End, Trial};
use crate::{connections::sealed, consent, specs};

/// A saved source, and the settings to try with what signing in gave as the source has it: secrets as masks.
pub(super) struct Renewed {
    pub source: Uuid,
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
        let Some(known) = consent::at_provider(self.hub, &integration, &self.schema) else {
            return Ok(None);
        };
        let stored = self.stored().await?;
        if self.granted.is_some() || !known.grant.fills_alike(&stored, &self.config) {
            return Ok(None);
        }
        let saved = match self.hub.airbyte().source(source).await {
            Err(::airbyte::Error::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        let mut config = self.config.clone();
        oauth::keep(&mut config, &known.grant, &saved.configuration);
        Ok(Some(Renewed { source, config }))
    }

    async fn stored(&self) -> Result<Value, End> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let keys = store::secrets::keys(&mut tx, self.hub.keys(), self.tenant).await?;
        tx.commit().await?;
        Ok(sealed::open(&keys, &self.connection)?)
    }
}
