//! Whether a platform lets these credentials have several workspaces, as a hub with several tenants needs them.
//!
//! Nothing tells but trying: where there is one workspace only, another one is made and removed at once.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::{
    Client, Error,
    api::{WorkspaceCreate, WorkspaceResponse},
};

/// Says what it is to whoever finds it: it is left behind only when a probe is cut off between the two calls, and goes with
/// the next one.
const NAME: &str = "Set-up check (may be deleted)";

/// The last answer; what is allowed once is not asked again.
#[derive(Default)]
pub(in crate::client) struct Several(Mutex<Option<bool>>);

impl Client {
    /// `None` when it could not be found out.
    pub(super) async fn probe_several(&self, workspaces: &[WorkspaceResponse]) -> Option<bool> {
        for left in workspaces.iter().filter(|one| one.name == NAME) {
            self.remove_probe(left.workspace_id).await;
        }
        if workspaces.iter().filter(|one| one.name != NAME).count() > 1 {
            return Some(true);
        }
        if self.shared.several.known() == Some(true) {
            return Some(true);
        }
        let found = match self.create_workspace(&WorkspaceCreate::named(NAME)).await {
            Ok(made) => {
                self.remove_probe(made.workspace_id).await;
                true
            }
            // An entitlement is missing, in one of the ways in which platforms say so.
            Err(Error::Forbidden { .. } | Error::Unsupported { .. } | Error::Invalid { .. }) => {
                false
            }
            Err(_) => return None,
        };
        self.shared.several.note(found);
        Some(found)
    }

    async fn remove_probe(&self, id: Uuid) {
        if let Err(error) = self.delete_workspace(id).await {
            tracing::warn!(%error, workspace = %id, "the workspace of a set-up check is still there");
        }
    }
}

impl Several {
    fn known(&self) -> Option<bool> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, found: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }
}
