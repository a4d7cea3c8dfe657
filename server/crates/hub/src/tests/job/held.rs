//! The test of a connection whose tokens Airbyte keeps: it knows them by its source only.

use secrecy::SecretString;
use store::tests;
use uuid::Uuid;

use super::{End, Trial, refused};
use crate::{consent::airbyte::Held, engine};

impl Trial<'_> {
    /// A new sign-in is handed over before it is tried.
    /// Settings that changed without one are tried first, as everywhere.
    pub(super) async fn go_with(&mut self, held: Held) -> Result<(), End> {
        let source = match (held, self.connection.engine_source) {
            (Held::ToHandOver(secret), _) => {
                let source = self.give(Some(&secret)).await?;
                self.handed_over().await?;
                self.check(Some(source)).await?;
                source
            }
            (Held::BySource, Some(source)) => {
                self.check(Some(source)).await?;
                self.give(None).await?
            }
            // Handed over by a test that did not pass, so its source was never noted: it is found by its name.
            (Held::BySource, None) => {
                let source = self.give(None).await?;
                self.check(Some(source)).await?;
                source
            }
        };
        let catalog = self.discover(Some(source)).await?;
        self.pass(&catalog, source).await
    }

    /// The source holds it now, whether or not the test passes; its name here is worth nothing any more.
    async fn handed_over(&mut self) -> Result<(), End> {
        let Some(mut granted) = self.granted.take() else {
            return Ok(());
        };
        granted.token = None;
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let keys = store::secrets::keys(&mut tx, self.hub.keys(), self.tenant).await?;
        granted
            .store(&mut tx, self.tenant, &keys, self.connection.id)
            .await?;
        tests::forget_granted(&mut tx, self.tenant, self.test).await?;
        Ok(tx.commit().await?)
    }

    async fn give(&self, secret: Option<&SecretString>) -> Result<Uuid, End> {
        engine::give_source(
            self.hub.airbyte(),
            self.place.workspace,
            &self.connection,
            &self.config,
            secret,
        )
        .await
        .map_err(refused)
    }
}
