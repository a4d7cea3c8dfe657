//! The job of a sample: reads a few rows of each stream and seals them as they come.

use airbyte::{
    extension::{SampleLine, SampleRequest},
    protocol::StreamDescriptor,
};
use model::{Progress, SampleId, TenantId};
use queue::{JobContext, JobError};
use serde::Deserialize;
use store::{
    connections,
    samples::{self, Sample},
};
use uuid::Uuid;

use super::{Rows, read_back::ReadBack, seal};
use crate::{Engine, Error, Hub, consent, jobs};

/// Rows per stream: enough to know a table again.
const ROWS: usize = 20;

#[derive(Deserialize)]
struct Payload {
    tenant: TenantId,
    sample: SampleId,
}

pub(crate) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, sample: id } = jobs::payload(job)?;
    let Some((sample, source)) = begin(hub, tenant, id).await.map_err(jobs::again)? else {
        return Ok(());
    };
    let read = tokio::select! {
        read = read(hub, tenant, &sample, source) => read,
        () = job.cancelled.cancelled() => return Err(JobError::retry("stopped in the middle")),
    };
    match read {
        Ok(()) => Ok(()),
        Err(Error::Upstream(problem) | Error::Conflict(problem)) => {
            finish(hub, tenant, id, &problem).await.map_err(jobs::again)
        }
        Err(error) => Err(jobs::again(error)),
    }
}

pub(crate) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { tenant, sample } = jobs::payload(job)?;
    let problem =
        "The rows could not be read: the engine did not answer. Try again in a few minutes.";
    finish(hub, tenant, sample, problem)
        .await
        .map_err(jobs::again)
}

async fn begin(hub: &Hub, tenant: TenantId, id: SampleId) -> Result<Option<(Sample, Uuid)>, Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let sample = match samples::get(&mut tx, tenant, id, hub.clock().now()).await {
        Err(store::Error::NotFound) => return Ok(None),
        other => other?,
    };
    if sample.state.is_over() {
        return Ok(None);
    }
    let connection = connections::get(&mut tx, tenant, sample.connection).await?;
    samples::put(&mut tx, tenant, id, Progress::Running, None, None).await?;
    tx.commit().await?;
    Ok(connection.engine_source.map(|source| (sample, source)))
}

async fn read(hub: &Hub, tenant: TenantId, sample: &Sample, source: Uuid) -> Result<(), Error> {
    consent::fresh(hub, tenant, sample.connection).await?;
    match hub.engine() {
        Engine::Embedded => through_connector(hub, tenant, sample, source).await,
        Engine::Remote => back_from_tables(hub, tenant, sample).await,
    }
}

async fn back_from_tables(hub: &Hub, tenant: TenantId, sample: &Sample) -> Result<(), Error> {
    let mut tables = ReadBack::open(hub, tenant, sample).await?;
    let mut rows = Vec::new();
    for stream in &sample.wanted {
        let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let found = tables
            .rows(stream.namespace.as_deref(), &stream.name, limit)
            .await?;
        rows.push(found);
        put(hub, tenant, sample.id, Progress::Running, &rows).await?;
    }
    put(hub, tenant, sample.id, Progress::Passed, &rows).await
}

async fn through_connector(
    hub: &Hub,
    tenant: TenantId,
    sample: &Sample,
    source: Uuid,
) -> Result<(), Error> {
    let request = SampleRequest {
        source_id: Some(source),
        streams: sample
            .wanted
            .iter()
            .map(|stream| StreamDescriptor {
                name: stream.name.clone(),
                namespace: stream.namespace.clone(),
            })
            .collect(),
        limit: Some(ROWS),
        ..SampleRequest::default()
    };
    let mut lines = hub.airbyte().sample(&request).await?;
    let mut rows: Vec<Rows> = Vec::new();
    while let Some(line) = lines.next().await? {
        let SampleLine::Stream(stream) = line else {
            break;
        };
        rows.push(Rows {
            namespace: stream.stream.namespace,
            name: stream.stream.name,
            records: stream.records,
            problem: stream.problem,
        });
        put(hub, tenant, sample.id, Progress::Running, &rows).await?;
    }
    put(hub, tenant, sample.id, Progress::Passed, &rows).await
}

async fn put(
    hub: &Hub,
    tenant: TenantId,
    id: SampleId,
    state: Progress,
    rows: &[Rows],
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    samples::put(
        &mut tx,
        tenant,
        id,
        state,
        Some(&seal(&keys, id, rows)),
        None,
    )
    .await?;
    Ok(tx.commit().await?)
}

async fn finish(hub: &Hub, tenant: TenantId, id: SampleId, problem: &str) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    match samples::put(&mut tx, tenant, id, Progress::Failed, None, Some(problem)).await {
        Ok(()) | Err(store::Error::Stale) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(tx.commit().await?)
}
