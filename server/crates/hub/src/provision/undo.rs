//! Taking steps back, the last one first. Each is safe to repeat; what can't be taken back is marked, never forgotten.

use model::{StepName, StepState, TenantId};
use store::steps::{self, Ended};

use super::{cache, destination, keys, reason, schema, space, workspace};
use crate::{Error, Hub};

/// Undoes this step and every one after it.
pub(crate) async fn undo_from(hub: &Hub, tenant: TenantId, first: StepName) -> Result<(), Error> {
    let steps = {
        let mut tx = hub.store().tenant(tenant).await?;
        steps::list(&mut tx, tenant).await?
    };
    for step in steps.into_iter().rev().filter(|step| step.name >= first) {
        // Only what never began has made nothing: a step that was cut off may have.
        let nothing = match step.state {
            StepState::Waiting => step.attempts == 0,
            StepState::Undone | StepState::NotConfigured => true,
            _ => false,
        };
        if !nothing {
            undo(hub, tenant, step.name).await?;
        }
    }
    Ok(())
}

async fn undo(hub: &Hub, tenant: TenantId, step: StepName) -> Result<(), Error> {
    let outcome = match step {
        StepName::Keys => keys::undo(hub, tenant).await,
        StepName::Schema => schema::undo(hub, tenant).await,
        StepName::Storage => space::undo(hub, tenant).await,
        StepName::Cache => cache::undo(hub, tenant).await,
        StepName::Workspace => workspace::undo(hub, tenant).await,
        StepName::Destination => destination::undo_destination(hub, tenant).await,
        StepName::Verify => Ok("nothing to take back".to_owned()),
    };
    let (state, detail) = match &outcome {
        Ok(done) => (StepState::Undone, format!("Undone: {done}.")),
        Err(error) => (StepState::Stuck, reason(error)),
    };
    let mut tx = hub.store().tenant(tenant).await?;
    let ended = Ended {
        state,
        external_id: None,
        detail: &detail,
        refusal: None,
    };
    steps::end(&mut tx, tenant, step, ended, hub.clock().now()).await?;
    tx.commit().await?;
    outcome.map(|_| ())
}
