//! Sources that are removed leave what was granted for them: what the last one held is kept until it is given back.

use oauth::{Grant, Renewal};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{give_back, lasting::Lasting};
use crate::{
    Engine, Error,
    secrets::Place,
    tables::grants::{self as rows, Removed, Row},
};

impl Engine {
    /// Removes this source, or those of this workspace, where somebody signed in for them, and has given back what no other
    /// source lives by. In the caller's transaction, and without asking anybody.
    pub(crate) async fn leave_grants(
        &self,
        conn: &mut PgConnection,
        owner: Uuid,
    ) -> Result<(), Error> {
        let grants = rows::lock_below(conn, owner).await?;
        if grants.is_empty() {
            return Ok(());
        }
        let removed = rows::remove_sources(conn, owner).await?;
        for row in grants {
            let held = removed.iter().find(|source| source.grant_id == row.id);
            if let Some(sealed) = held.and_then(|source| self.to_give_back(&row, source))
                && let Some(open_until) = rows::leave(conn, row.id, &sealed).await?
            {
                give_back::enqueue(conn, &row, open_until).await?;
            }
        }
        Ok(())
    }

    /// `None` where nothing can be given back, which keeps nobody from removing a source.
    fn to_give_back(&self, row: &Row, source: &Removed) -> Option<Vec<u8>> {
        let (provider, how) = self.config.providers.grant(&row.source_type)?;
        if !provider.takes_back() {
            return None;
        }
        let sealed = self.with_held(row, source, how);
        sealed.unwrap_or_else(|error| {
            let cause: &dyn std::error::Error = &error;
            tracing::warn!(error = cause, grant = %row.id, "what a source held cannot be read, and is not given back");
            None
        })
    }

    /// With the token that the source held in the end: its connector may have renewed it since the sign-in.
    fn with_held(
        &self,
        row: &Row,
        source: &Removed,
        how: &Grant,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut lasting = Lasting::open(self, row)?;
        if how.renewal != Renewal::Hub || lasting.token.is_none() {
            let (workspace, id) = (source.workspace_id, source.id);
            let config = self.open_config(Place::Source, workspace, id, &source.config)?;
            lasting.token = how.token_in(&config);
        }
        let has_one = lasting.token.is_some();
        Ok(has_one.then(|| lasting.seal(self, row.workspace_id, row.id)))
    }
}
