//! Runs: starting, cancelling, lists, pages and logs. The job that follows one is in [`follow`].

mod attempt;
mod begin;
mod end;
mod follow;
mod how;
pub mod judge;
pub(crate) mod left;
mod limit;
mod log;
mod plan;
mod receipts;
mod rests;
mod sought;
mod start;
mod tries;
mod upstream;
mod waiting;

use std::time::Duration;

use airbyte::Server;
use model::{ConnectionId, Method, Page, RunId, RunRow, RunState, RunView, TenantId};
use queue::NewJob;
use serde_json::json;
use store::{
    TenantTx,
    connections::{self, Stage},
    decisions,
    ids::Id,
    runs, streams,
};

use time::OffsetDateTime;

use crate::{
    Engine, Error, Hub, Permission, Scope, acts, engine,
    route::{self, Next, Start},
    scope::Actor,
};

pub(crate) use follow::{give_up, run};
pub use how::{How, Log, Way};
pub use log::{NUMBERS_OF_A_TRY, logs};
pub(crate) use plan::of_connection;
pub(crate) use rests::Source;

pub(crate) const JOB: &str = "follow_run";
/// Who starts the runs that start by themselves.
const SCHEDULE: &str = "schedule";
/// A run may outlive many restarts of its worker.
const ATTEMPTS: i32 = 100;
/// How long a person who stops a run waits for the engine.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rows of one page.
const PAGE: i64 = 50;

/// Which runs are wanted; everything is optional.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub connection: Option<ConnectionId>,
    pub state: Option<RunState>,
}

/// Starts a run, or answers the one that is on its way, which goes on as it was asked for.
pub async fn start(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    how: impl Into<How>,
) -> Result<RunId, Error> {
    let how = how.into();
    scope.require(Permission::Sync)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::lock(&mut tx, tenant, id).await?;
    ready(&connection)?;
    let chosen = streams::list(&mut tx, tenant, id).await?;
    if !chosen.iter().any(|stream| stream.choice.selected) {
        return Err(Error::Conflict(
            "No table is chosen. Choose at least one, then start.".to_owned(),
        ));
    }
    if how.way == Way::Fallback {
        let planned =
            plan::of_connection(hub, &mut tx, tenant, &connection, Start::Forced, &chosen).await?;
        rehearsable(&planned)?;
    }
    let new = runs::New {
        id: RunId::fresh(),
        connection: id,
        started_by: &starter(&mut tx, scope).await?,
        method: Method::Airbyte,
        forced_fallback: how.way == Way::Fallback,
        debug: how.log == Log::Detailed,
        at: hub.clock().now(),
    };
    let (run, is_new) = runs::start(&mut tx, tenant, &new).await?;
    if !is_new && new.started_by != SCHEDULE {
        // One that keeps out of the source's way goes on: somebody wants it now.
        runs::wanted(&mut tx, tenant, run, SCHEDULE, new.started_by).await?;
    }
    if is_new {
        let mut job = NewJob::new(JOB, json!({"tenant": tenant, "run": run})).tenant(tenant.uuid());
        job.max_attempts = ATTEMPTS;
        queue::enqueue(&mut tx, job.dedup(run.to_string())).await?;
        acts::note(
            hub,
            &mut tx,
            scope,
            "run.start",
            &run.to_string(),
            &connection.name,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(run)
}

/// The hub itself starts runs at the times that are set, and at no others.
async fn starter(tx: &mut TenantTx, scope: &Scope) -> Result<String, Error> {
    match scope.actor() {
        Actor::System => Ok(SCHEDULE.to_owned()),
        _ => acts::who(tx, scope).await,
    }
}

/// What would stop at once is refused at once.
fn rehearsable(planned: &plan::Planned<'_>) -> Result<(), Error> {
    if let Err(why) = &planned.ways.airbyte {
        return Err(Error::Conflict(format!(
            "There is no fallback to rehearse. {why}"
        )));
    }
    match route::next(&planned.plan, &[], OffsetDateTime::UNIX_EPOCH, 0.0) {
        Next::Stop { rule } => Err(Error::Conflict(rule.label().to_owned())),
        _ => Ok(()),
    }
}

fn ready(connection: &connections::Connection) -> Result<(), Error> {
    match connection.stage {
        Stage::Active => Ok(()),
        Stage::Paused => Err(Error::Conflict(
            "This connection is paused. Resume it, then start.".to_owned(),
        )),
        Stage::Draft | Stage::Unchecked => Err(Error::Conflict(
            "This connection is not finished. Test it first.".to_owned(),
        )),
        Stage::Removing => Err(Error::NotFound),
    }
}

/// Asks a run to stop; it ends within seconds, whoever answers. One that is over stays as it is.
pub async fn cancel(hub: &Hub, scope: &Scope, id: RunId) -> Result<(), Error> {
    scope.require(Permission::Sync)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let work = runs::work(&mut tx, tenant, id).await?;
    if work.state.is_over() {
        return Ok(());
    }
    runs::cancel(&mut tx, tenant, id).await?;
    acts::note(
        hub,
        &mut tx,
        scope,
        "run.cancel",
        &id.to_string(),
        "Asked it to stop.",
    )
    .await?;
    tx.commit().await?;
    match work.engine_job {
        Some(job) => stop(hub, tenant, &work, job).await,
        None => Ok(()),
    }
}

/// The job that follows the run sees the wish too; telling the engine at once saves the seconds until then. Nobody waits for
/// an Airbyte elsewhere that does not answer.
async fn stop(hub: &Hub, tenant: TenantId, work: &runs::Work, job: i64) -> Result<(), Error> {
    let client = engine::client(hub, work.route);
    let told = tokio::time::timeout(PATIENCE, client.cancel_job(job)).await;
    if let Ok(Ok(_) | Err(airbyte::Error::Conflict { .. })) = told {
        return Ok(());
    }
    tracing::warn!(?told, run.id = %work.id, "the engine did not take the wish to stop");
    if client.server() == Server::Platform {
        let mut tx = hub.store().tenant(tenant).await?;
        left::leave(hub, &mut tx, tenant, work, Some(job)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The newest first.
pub async fn list(
    hub: &Hub,
    scope: &Scope,
    filter: &Filter,
    after: Option<RunId>,
) -> Result<Page<RunRow>, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    if let Some(connection) = filter.connection {
        connections::get(&mut tx, tenant, connection).await?;
    }
    let wanted = runs::Filter {
        connection: filter.connection,
        state: filter.state,
        after,
        limit: PAGE + 1,
    };
    let rows = runs::list(&mut tx, tenant, &wanted).await?;
    let mut items: Vec<RunRow> = rows.into_iter().map(|run| run.row).collect();
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let has_more = items.len() > page;
    items.truncate(page);
    let next = items
        .last()
        .filter(|_| has_more)
        .map(|run| run.id.to_string());
    Ok(Page { items, next })
}

pub async fn get(hub: &Hub, scope: &Scope, id: RunId) -> Result<RunView, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let run = runs::view(&mut tx, tenant, id).await?;
    if hub.engine() == Engine::Remote && !run.row.state.is_over() {
        let now = hub.clock().now();
        runs::watch(&mut tx, tenant, id, now - attempt::WATCHED / 3, now).await?;
    }
    let mut receipts = runs::receipts(&mut tx, tenant, id).await?;
    let decisions = decisions::list(&mut tx, tenant, id).await?;
    tx.commit().await?;
    if !run.row.state.is_over() {
        receipts::between_tries(&mut receipts, &decisions);
    }
    let decisions = decisions.into_iter().map(decisions::Step::view).collect();
    Ok(run.view(receipts, decisions))
}
