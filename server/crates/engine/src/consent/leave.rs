//! Sources that are removed, or live by something else, leave what was granted for them: what the last one held is kept until
//! it is given back.

use oauth::{Grant, Renewal};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{give_back, lasting::Lasting};
use crate::{
    Engine, Error,
    secrets::Place,
    tables::grants::{self as rows, Held, Row},
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
            if held.is_some() {
                self.leave(conn, &row, held).await?;
            }
        }
        Ok(())
    }

    /// Has given back what no source was made with while one could be.
    pub(super) async fn leave_unused(&self, id: Uuid) -> Result<(), Error> {
        let mut tx = queue::begin(&self.config.pool).await?;
        if let Some(row) = rows::lock_unused(&mut tx, id).await? {
            self.leave(&mut tx, &row, None).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Has given back what no source lives by any more. `held` is what the last one had, if there ever was one.
    pub(super) async fn leave(
        &self,
        conn: &mut PgConnection,
        row: &Row,
        held: Option<&Held>,
    ) -> Result<(), Error> {
        if let Some(sealed) = self.to_give_back(row, held)
            && let Some(open_until) = rows::leave(conn, row.id, &sealed).await?
        {
            give_back::enqueue(conn, row, open_until).await?;
        }
        Ok(())
    }

    /// `None` where nothing can be given back, which keeps nobody from removing a source.
    fn to_give_back(&self, row: &Row, held: Option<&Held>) -> Option<Vec<u8>> {
        let (provider, how) = self.config.providers.grant(&row.source_type)?;
        if !provider.takes_back() {
            return None;
        }
        let sealed = self.with_held(row, held, how);
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
        held: Option<&Held>,
        how: &Grant,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut lasting = Lasting::open(self, row)?;
        let ours = lasting.token.take();
        lasting.token = match held {
            Some(source) if how.renewal != Renewal::Hub || ours.is_none() => {
                let (workspace, id) = (source.workspace_id, source.id);
                let config = self.open_config(Place::Source, workspace, id, &source.config)?;
                how.token_in(&config)
            }
            _ => ours.or_else(|| how.token_in(&lasting.part)),
        };
        let has_one = lasting.token.is_some();
        Ok(has_one.then(|| lasting.seal(self, row.workspace_id, row.id)))
    }
}
