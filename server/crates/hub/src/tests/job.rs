//! The job of a test: check, discover, then store connection, source and streams in one transaction.

mod discover;
mod faults;
mod held;
mod newest;
mod renewed;
mod told;

use std::time::{Duration, Instant};

use ::airbyte::{
    extension::{CheckLine, CheckRequest, CheckResult, Fault, FaultKind},
    protocol::AirbyteCatalog,
};
use model::{Integration, Progress, TenantId, TestId};
use queue::{JobContext, JobError};
use serde::Deserialize;
use serde_json::Value;
use store::{
    connections::{self, Connection, Stage},
    links,
    oauth::grants,
    streams,
    tests::{self, Outcome},
};
use uuid::Uuid;

use self::faults::refused;
use super::steps::Steps;
use crate::{
    Error, Hub,
    connections::sealed,
    consent::{self, Granted, Over, airbyte},
    engine::{self, Place},
    forms::Schema,
    jobs,
    specs::{self, Spec},
    streams::{discovered, merge, prefix},
};

const STOPPED: &str = "stopped in the middle";
/// Installing a connector takes minutes at most.
const INSTALLING: Duration = Duration::from_mins(10);
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Payload {
    tenant: TenantId,
    test: TestId,
}

/// Everything one test works with.
struct Trial<'a> {
    hub: &'a Hub,
    job: &'a JobContext,
    tenant: TenantId,
    test: TestId,
    connection: Connection,
    place: Place,
    config: Value,
    /// Signed in for, and not stored before this test passes.
    granted: Option<Granted>,
    /// The stored sign-in is over when this passes.
    replaces_grant: bool,
    /// Sent instead of `config`, where the source has newer tokens and keeps those that it is given on the way.
    tried: Option<Value>,
    schema: Schema,
    steps: Steps,
}

/// Why a test ends without passing.
enum End {
    /// The source said no; a person must do something.
    Failed(Fault),
    /// Our side or the engine's broke: try the job again.
    Again(Error),
    /// The test is over already, or the job is not ours any more.
    Stop,
}

impl<E: Into<Error>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Again(error.into())
    }
}

pub(crate) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, test } = jobs::payload(job)?;
    let begun = tokio::select! {
        begun = begin(hub, job, tenant, test) => begun,
        () = job.cancelled.cancelled() => return Err(JobError::retry(STOPPED)),
    };
    let Some(mut trial) = begun.map_err(jobs::again)? else {
        return Ok(());
    };
    let ended = tokio::select! {
        ended = trial.go() => ended,
        () = job.cancelled.cancelled() => return Err(JobError::retry(STOPPED)),
    };
    match ended {
        Ok(()) | Err(End::Stop) => Ok(()),
        Err(End::Failed(fault)) => trial.fail(&fault).await.map_err(jobs::again),
        Err(End::Again(error)) => Err(jobs::again(error)),
    }
}

/// The last words of a job that could not be run: the test must not wait for ever.
pub(crate) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, test } = jobs::payload(job)?;
    let problem =
        "The test could not be carried out: the engine did not answer. Try again in a few minutes.";
    let mut tx = hub.store().tenant(tenant).await.map_err(JobError::retry)?;
    let view = tests::view(&mut tx, tenant, test)
        .await
        .map_err(JobError::retry)?;
    let outcome = Outcome {
        steps: &view.steps,
        problem: Some(problem),
        problem_kind: Some("unreachable"),
        ..Outcome::default()
    };
    match tests::finish(
        &mut tx,
        tenant,
        test,
        Progress::Failed,
        &outcome,
        hub.clock().now(),
    )
    .await
    {
        Ok(()) | Err(store::Error::Stale) => {}
        Err(error) => return Err(JobError::retry(error)),
    }
    tx.commit().await.map_err(JobError::retry)
}

/// Marks the test as running and opens what it needs; `None` when there is nothing to do any more.
async fn begin<'a>(
    hub: &'a Hub,
    job: &'a JobContext,
    tenant: TenantId,
    id: TestId,
) -> Result<Option<Trial<'a>>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let test = match tests::get(&mut tx, tenant, id).await {
        Err(store::Error::NotFound) => return Ok(None),
        other => other?,
    };
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let config = match sealed::open_candidate(&keys, &test)? {
        Some(config) if !test.state.is_over() => config,
        _ => return Ok(None),
    };
    let granted = Granted::open(&keys, &test)?;
    tests::begin(&mut tx, tenant, id, hub.clock().now()).await?;
    let connection = connections::get(&mut tx, tenant, test.connection).await?;
    let place = engine::place(&mut tx, tenant).await?;
    tx.commit().await?;
    let schema = schema(hub, tenant, &connection).await?;
    Ok(Some(Trial {
        hub,
        job,
        tenant,
        test: id,
        connection,
        place,
        config,
        granted,
        replaces_grant: test.replaces_grant,
        tried: None,
        schema,
        steps: Steps::default(),
    }))
}

/// The connector's settings; waits while it is being installed.
async fn schema(hub: &Hub, tenant: TenantId, connection: &Connection) -> Result<Schema, Error> {
    let integration = specs::integration(hub, tenant, &connection.integration).await?;
    let begun = Instant::now();
    loop {
        match specs::by_definition(hub, connection.definition, &integration).await? {
            Spec::Ready(schema) => return Ok(addressed(hub, &integration, *schema)),
            Spec::Unavailable { why } => return Err(Error::Upstream(why)),
            Spec::Preparing { detail } if begun.elapsed() > INSTALLING => {
                return Err(Error::Upstream(detail));
            }
            Spec::Preparing { .. } => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// It knows its places by the provider's addresses, too.
fn addressed(hub: &Hub, integration: &Integration, mut schema: Schema) -> Schema {
    if let Some(provider) = consent::at_provider(hub, integration, &schema) {
        schema.addressed_by(&provider.grant);
    }
    schema
}

impl Trial<'_> {
    async fn go(&mut self) -> Result<(), End> {
        if let Some(fault) = engine::out_of_bounds(self.hub, &self.config).await {
            return Err(End::Failed(fault));
        }
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        let waiting = self.granted.as_ref();
        let held = airbyte::held(&mut tx, self.tenant, self.connection.id, waiting).await?;
        tx.commit().await?;
        if let Some(held) = held {
            return self.go_with(held).await;
        }
        if let Some(renewed) = self.renewed().await? {
            self.tried = Some(renewed.config.clone());
            return self.go_on_with(renewed).await;
        }
        self.keep_renewed().await?;
        self.check(None).await?;
        let catalog = self.discover(None).await?;
        // From here on no renewal comes in between: what it puts must not follow what is put now.
        let mut turn = self.hub.store().tenant(self.tenant).await?;
        grants::take_turn(&mut turn, self.connection.id).await?;
        // Called off meanwhile, for a newer one perhaps.
        self.show().await?;
        self.keep_renewed().await?;
        let (client, workspace) = (self.hub.airbyte(), self.place.workspace);
        let source = engine::put_source(client, workspace, &self.connection, &self.config)
            .await
            .map_err(refused)?;
        self.pass(&catalog, source).await?;
        Ok(turn.commit().await?)
    }

    /// Of a saved source, the settings that are to be changed; masks stand for what it has.
    async fn check(&mut self, source: Option<Uuid>) -> Result<(), End> {
        let request = CheckRequest {
            definition_id: self.connection.definition,
            workspace_id: self.place.workspace,
            configuration: self.tried.as_ref().unwrap_or(&self.config).clone(),
            source_id: source,
        };
        let mut lines = self.hub.airbyte().check(&request).await.map_err(refused)?;
        while let Some(line) = lines.next().await.map_err(refused)? {
            match line {
                CheckLine::Step(step) => {
                    self.steps.put(step);
                    self.show().await?;
                }
                CheckLine::Configuration(config) if self.tried.is_none() => {
                    self.keep(config).await?;
                }
                // The source has it.
                CheckLine::Configuration(_) => {}
                CheckLine::Result(CheckResult::Succeeded) => return Ok(()),
                CheckLine::Result(CheckResult::Failed { fault }) => return Err(End::Failed(fault)),
            }
        }
        Err(End::Again(Error::Upstream(
            "The check ended without a result.".to_owned(),
        )))
    }

    /// Writes the steps for the page that follows the test.
    async fn show(&self) -> Result<(), End> {
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        match tests::set_steps(&mut tx, self.tenant, self.test, self.steps.all()).await {
            Err(store::Error::Stale) => return Err(End::Stop),
            other => other?,
        }
        Ok(tx.commit().await?)
    }

    /// Everything that passing means, in one transaction.
    async fn pass(&mut self, catalog: &AirbyteCatalog, source: Uuid) -> Result<(), End> {
        let (tenant, id, now) = (self.tenant, self.connection.id, self.hub.clock().now());
        let mut tx = self.hub.store().tenant(tenant).await?;
        if self.job.hold(&mut tx).await.is_err() {
            return Err(End::Stop);
        }
        // Table names of a tenant are given out one connection at a time.
        store::tenants::lock(&mut tx, tenant).await?;
        let connection = connections::lock(&mut tx, tenant, id).await?;
        if connection.stage == Stage::Removing {
            // Its grant was given back, or is just about to be.
            return Err(End::Stop);
        }
        let offers = discovered::offers(catalog);
        let before = streams::list(&mut tx, tenant, id).await?;
        let prefix = if before.is_empty() {
            prefix(
                &connection.integration,
                &offers,
                &streams::tables_of_others(&mut tx, tenant, id).await?,
            )
        } else {
            connection.table_prefix.clone()
        };
        let keys = store::secrets::keys(&mut tx, self.hub.keys(), tenant).await?;
        let over = if self.replaces_grant {
            Over::take(&mut tx, tenant, &keys, &connection).await?
        } else {
            None
        };
        let config = sealed::seal(&keys, id, &self.schema, &self.config);
        let stage = match connection.stage {
            Stage::Draft | Stage::Unchecked => Stage::Active,
            other => other,
        };
        connections::store(&mut tx, tenant, id, &config, stage, now).await?;
        connections::set_source(&mut tx, tenant, id, source, &prefix).await?;
        connections::set_problem(&mut tx, tenant, id, None).await?;
        if let Some(granted) = self.granted.take() {
            granted.store(&mut tx, tenant, &keys, id).await?;
        }
        streams::replace(&mut tx, tenant, id, &merge(&prefix, offers, &before)).await?;
        let outcome = Outcome {
            steps: self.steps.all(),
            streams_found: i64::try_from(catalog.streams.len()).ok(),
            ..Outcome::default()
        };
        match tests::finish(&mut tx, tenant, self.test, Progress::Passed, &outcome, now).await {
            Err(store::Error::Stale) => return Err(End::Stop),
            other => other?,
        }
        tests::forget_candidates(&mut tx, tenant, id).await?;
        links::finish(&mut tx, tenant, id, now).await?;
        tx.commit().await?;
        if let Some(over) = over {
            over.give_back(self.hub, tenant, &keys, &connection).await;
        }
        Ok(())
    }

    /// Tells what failed. A connection that worked before now needs a person, and keeps its old settings.
    async fn fail(&mut self, fault: &Fault) -> Result<(), Error> {
        let field = fault
            .field
            .as_deref()
            .and_then(|path| self.schema.field_name(&self.config, path));
        self.steps.blame(&fault.message, field);
        let kind = fault.kind.name();
        let outcome = Outcome {
            steps: self.steps.all(),
            streams_found: None,
            problem: Some(&fault.message),
            problem_kind: Some(kind),
            raw: fault.detail.as_deref(),
        };
        let mut tx = self.hub.store().tenant(self.tenant).await?;
        match tests::finish(
            &mut tx,
            self.tenant,
            self.test,
            Progress::Failed,
            &outcome,
            self.hub.clock().now(),
        )
        .await
        {
            Err(store::Error::Stale) => return Ok(()),
            other => other?,
        }
        // Of settings that worked, an answer that did not come in time says nothing: the next run tells.
        let is_certain = fault.kind != FaultKind::Timeout && self.tries_stored_settings();
        if is_certain || self.connection.stage != Stage::Active {
            connections::set_problem(
                &mut tx,
                self.tenant,
                self.connection.id,
                Some((kind, &fault.message)),
            )
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// New settings that fail say nothing about the ones that are stored.
    fn tries_stored_settings(&self) -> bool {
        let (masked, _) = self.schema.split(&self.config);
        masked == self.connection.config.config
    }
}
