//! Preparing a tenant: named steps, one after the other, each found or made by a fixed name and recorded when done.
//!
//! A job runs them. Whatever ends the process, the next attempt goes on after the last recorded step. Undoing is the
//! same in reverse, and deleting a tenant is undoing all of it.

mod cache;
mod delete;
mod destination;
mod given;
mod keys;
mod reach;
mod run;
mod schema;
mod space;
mod state;
mod undo;
mod verify;
mod workspace;

use model::{StepName, StepState, TenantId, TenantState};
use queue::{JobContext, JobError, NewJob, Worker};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use store::{ids::Id, steps, tenants};

use crate::{Error, Hub};

pub(crate) use delete::{enqueue as enqueue_deletion, plan as deletion_plan};
pub(crate) use destination::{POSTGRES_DESTINATION, destination};
pub(crate) use given::find as given_destination;
pub(crate) use reach::refusal;
pub(crate) use state::enqueue as enqueue_state;
pub(crate) use undo::undo_from;

/// Kind of the job.
pub const JOB: &str = "provision_tenant";
/// A step that is refused is tried this often before a person is asked.
const ATTEMPTS: i32 = 5;
/// One that nobody answers is tried for hours: whoever is silent comes back by itself.
const PATIENCE: i32 = 100;

/// Payload of every job about a tenant as a whole.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    tenant: TenantId,
}

/// What a step made: for the page, and to find it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    state: StepState,
    external_id: Option<String>,
    detail: String,
    /// Why what it made is of no use yet.
    refusal: Option<String>,
}

impl Made {
    fn done(external_id: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            state: StepState::Done,
            external_id: Some(external_id.into()),
            detail: detail.into(),
            refusal: None,
        }
    }

    fn not_configured(detail: &str) -> Self {
        Self {
            state: StepState::NotConfigured,
            external_id: None,
            detail: detail.to_owned(),
            refusal: None,
        }
    }
}

/// Registers the handlers of tenants' jobs with a worker.
pub fn register(hub: &Hub, worker: &mut Worker) {
    let handler = hub.clone();
    worker.register(JOB, move |job| {
        let hub = handler.clone();
        async move { run::run(&hub, &job).await }
    });
    let last_words = hub.clone();
    worker.on_giving_up(JOB, move |job| {
        let hub = last_words.clone();
        async move { run::give_up(&hub, &job).await }
    });
    delete::register(hub, worker);
    state::register(hub, worker);
}

/// Enqueues the job in the caller's transaction; one that waits or runs already is enough.
pub(crate) async fn enqueue(conn: &mut PgConnection, tenant: TenantId) -> Result<(), Error> {
    let job = NewJob {
        max_attempts: PATIENCE,
        priority: -10,
        ..about(JOB, tenant)
    };
    queue::enqueue(conn, job).await?;
    Ok(())
}

/// Starts anew after a step failed for good: failed and undone steps wait again, done ones stay.
pub(crate) async fn restart(
    hub: &Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<(), Error> {
    let found = tenants::lock(conn, tenant).await?;
    match found.state {
        TenantState::Failed => {}
        // It is on its way already; another job does no harm.
        TenantState::Provisioning => return enqueue(conn, tenant).await,
        _ => return Err(Error::conflict("Nothing is left to prepare.")),
    }
    for step in steps::list(conn, tenant).await? {
        if !step.is_settled() {
            steps::reset(conn, tenant, step.name).await?;
        }
    }
    let now = hub.clock().now();
    tenants::set_state(conn, tenant, TenantState::Provisioning, None, now).await?;
    enqueue(conn, tenant).await
}

/// Runs one step. Safe to repeat after any crash.
async fn perform(hub: &Hub, tenant: TenantId, step: StepName) -> Result<Made, Error> {
    match step {
        StepName::Keys => keys::make(hub, tenant).await,
        StepName::Schema => schema::make(hub, tenant).await,
        StepName::Storage => space::make(hub, tenant).await,
        StepName::Cache => cache::make(hub, tenant).await,
        StepName::Workspace => workspace::make(hub, tenant).await,
        StepName::Destination => destination::make_destination(hub, tenant).await,
        StepName::Verify => verify::make(hub, tenant).await,
    }
}

fn about(kind: &'static str, tenant: TenantId) -> NewJob {
    let payload = serde_json::to_value(Payload { tenant }).expect("an id is always JSON");
    NewJob::new(kind, payload)
        .tenant(tenant.uuid())
        .dedup(tenant.suffix())
}

fn tenant_of(job: &JobContext) -> Result<TenantId, JobError> {
    serde_json::from_value::<Payload>(job.payload.clone())
        .map(|payload| payload.tenant)
        .map_err(JobError::fail)
}

/// Why something failed, for the page of steps: no secret, no stack.
fn reason(error: &Error) -> String {
    match error {
        Error::Internal(cause) => {
            tracing::error!(error = format!("{cause:#}"), "a tenant's step failed");
            "Something broke on our side; the server's log has the cause.".to_owned()
        }
        other => other.to_string(),
    }
}

/// Names what refused, with its own words: roles and schemas have opaque names, so nothing private is in them.
fn database_refused(error: store::Error) -> Error {
    match error {
        store::Error::Database(cause) => {
            Error::Upstream(format!("The tenant database refused: {cause}."))
        }
        store::Error::SetUp(why) => Error::Upstream(why),
        other => other.into(),
    }
}
