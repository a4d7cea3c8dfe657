//! A source that lives by another sign-in from now on, or by keys: the one before is left, unless another source lives by it.

use crate::{
    Engine, Error,
    tables::{
        grants::{self as rows, Held},
        sources::{self, Row},
    },
};

impl Engine {
    /// Changes a source, if it still is as it was found; `false` where it is not. What took the place of a sign-in is stored
    /// before that one is given back.
    pub(crate) async fn change_source(&self, found: &Row, new: &Row) -> Result<bool, Error> {
        let mut tx = queue::begin(&self.config.pool).await?;
        let replaced = match found.grant_id {
            Some(id) if new.grant_id != Some(id) => {
                rows::lock_replaced(&mut tx, id, new.grant_id).await?
            }
            _ => None,
        };
        if sources::update(&mut tx, found, new).await? == 0 {
            return Ok(false);
        }
        if let Some(row) = replaced {
            let held = Held {
                id: found.id,
                workspace_id: found.workspace_id,
                config: found.config.clone(),
                grant_id: row.id,
            };
            self.leave(&mut tx, &row, Some(&held)).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
