//! A token that the hub renews while a test is on its way: the one that the test began with is not put back.

use store::connections;

use super::{End, Trial};
use crate::{consent, specs};

impl Trial<'_> {
    /// What was signed in for anew, or stands in the place of the sign-in, stays as it is tried.
    pub(super) async fn keep_renewed(&mut self) -> Result<(), End> {
        if self.granted.is_some() || self.replaces_grant {
            return Ok(());
        }
        let (hub, tenant) = (self.hub, self.tenant);
        let integration = specs::integration(hub, tenant, &self.connection.integration).await?;
        let mut tx = hub.store().tenant(tenant).await?;
        let stored = connections::get(&mut tx, tenant, self.connection.id).await?;
        let kind = (&*integration, &self.schema);
        consent::keep_renewed(hub, &mut tx, kind, &stored, &mut self.config).await?;
        tx.commit().await?;
        self.connection.config = stored.config;
        Ok(())
    }
}
