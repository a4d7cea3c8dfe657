//! Whether a platform lets these credentials have several workspaces, as a hub with several tenants needs them.
//!
//! Nothing tells but trying: where there is one workspace only, another one is made and removed at once.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    Client, Error,
    api::{WorkspaceCreate, WorkspaceResponse},
};

/// Says what it is to whoever finds it: it is left behind only when a probe is cut off between the two calls, and goes with
/// the next one.
const NAME: &str = "Set-up check (may be deleted)";
/// How long a refusal is believed: probes are made all the time. What is allowed once is not asked again.
const ASK_AGAIN: Duration = Duration::from_mins(10);

/// The last answer and when it was given.
#[derive(Default)]
pub(in crate::client) struct Several(Mutex<Option<(bool, Instant)>>);

impl Client {
    /// `None` when it could not be found out.
    pub(super) async fn probe_several(&self, workspaces: &[WorkspaceResponse]) -> Option<bool> {
        let (left, theirs): (Vec<_>, Vec<_>) = workspaces.iter().partition(|one| one.name == NAME);
        self.remove_probes(&left).await;
        // One that could not be removed is proof enough; another one would stay, too.
        if theirs.len() > 1 || !left.is_empty() {
            return Some(true);
        }
        if let Some(known) = self.shared.several.known() {
            return Some(known);
        }
        let found = match self.create_workspace(&WorkspaceCreate::named(NAME)).await {
            Ok(made) => {
                self.remove_probes(&[&made]).await;
                true
            }
            // An entitlement is missing, in one of the ways in which platforms say so.
            Err(Error::Forbidden { .. } | Error::Unsupported { .. } | Error::Invalid { .. }) => {
                false
            }
            // The answer may be lost, and the workspace be there.
            Err(_) => {
                let now = self.workspaces().await.ok()?;
                let left: Vec<_> = now.iter().filter(|one| one.name == NAME).collect();
                self.remove_probes(&left).await;
                if left.is_empty() {
                    return None;
                }
                true
            }
        };
        self.shared.several.note(found);
        Some(found)
    }

    async fn remove_probes(&self, left: &[&WorkspaceResponse]) {
        for one in left {
            let id = one.workspace_id;
            if let Err(error) = self.delete_workspace(id).await {
                tracing::warn!(%error, workspace = %id, "the workspace of a set-up check is still there");
            }
        }
    }
}

impl Several {
    fn known(&self) -> Option<bool> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (found, since) = last?;
        (found || since.elapsed() < ASK_AGAIN).then_some(found)
    }

    fn note(&self, found: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((found, Instant::now()));
    }
}
