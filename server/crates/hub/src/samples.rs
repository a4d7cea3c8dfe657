//! Looks at real rows before anything is synced: read through the connector, sealed, and gone after a few minutes.

mod job;
mod mask;
mod read_back;
pub mod shape;

use std::time::Duration;

use model::{ConnectionId, SampleId, SampleView, StreamSample};
use queue::NewJob;
use secrecy::ExposeSecret;
use serde_json::json;
use store::{
    connections::{self, Stage},
    ids::Id,
    samples::{self, Wanted},
    secrets::{Place, TenantKeys},
    streams::{self, Stream},
};

use crate::{Error, Hub, Permission, Scope, acts};

pub(crate) use job::{give_up, run};
pub use shape::Reveal;
use shape::{Rows, shape};

pub(crate) const JOB: &str = "sample_rows";
/// Long enough to look, short enough to forget.
const KEEP: Duration = Duration::from_mins(15);
/// Streams of one look when nobody named any, of the chosen ones and again of the others: what a page can show.
const FIRST: usize = 20;
/// Most streams of one look.
const MOST: usize = 50;

/// Starts reading rows of these streams (labels, `namespace.name`); none means the first ones, chosen or not: whoever looks
/// may still have to choose. Personal data is masked unless asked for, and asking is noted.
pub async fn start(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    labels: Vec<String>,
    reveal: Reveal,
) -> Result<SampleId, Error> {
    scope.require(Permission::Sample)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    if !matches!(connection.stage, Stage::Active | Stage::Paused) {
        return Err(Error::Conflict(
            "Test this connection first: its tables are not known yet.".to_owned(),
        ));
    }
    let wanted = wanted(&streams::list(&mut tx, tenant, id).await?, &labels)?;
    let now = hub.clock().now();
    let sample = samples::New {
        id: SampleId::fresh(),
        connection: id,
        revealed: reveal == Reveal::Personal,
        wanted: &wanted,
        at: now,
        expires_at: now + KEEP,
    };
    samples::insert(&mut tx, tenant, &sample).await?;
    let mut job =
        NewJob::new(JOB, json!({"tenant": tenant, "sample": sample.id})).tenant(tenant.uuid());
    job.max_attempts = 2;
    queue::enqueue(&mut tx, job.dedup(sample.id.to_string())).await?;
    if reveal == Reveal::Personal {
        let names: Vec<&str> = wanted.iter().map(|stream| stream.name.as_str()).collect();
        let detail = format!(
            "Looked at rows with personal data readable: {}.",
            names.join(", ")
        );
        acts::note(
            hub,
            &mut tx,
            scope,
            "sample.reveal",
            &id.to_string(),
            &detail,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(sample.id)
}

fn wanted(streams: &[Stream], labels: &[String]) -> Result<Vec<Wanted>, Error> {
    let looked_at: Vec<&Stream> = if labels.is_empty() {
        let (chosen, others): (Vec<&Stream>, Vec<&Stream>) =
            streams.iter().partition(|stream| stream.choice.selected);
        let others = others.into_iter().take(FIRST);
        chosen.into_iter().take(FIRST).chain(others).collect()
    } else {
        labels
            .iter()
            .take(MOST)
            .map(|label| {
                let found = streams.iter().find(|stream| stream.offer.label() == *label);
                found.ok_or_else(|| {
                    Error::field(
                        "streams",
                        format!("The source has no table {label}. Load the page again."),
                    )
                })
            })
            .collect::<Result<_, _>>()?
    };
    if looked_at.is_empty() {
        return Err(Error::field("streams", "The source has no table."));
    }
    Ok(looked_at
        .into_iter()
        .map(|stream| Wanted {
            namespace: Some(stream.offer.namespace.clone())
                .filter(|namespace| !namespace.is_empty()),
            name: stream.offer.name.clone(),
        })
        .collect())
}

/// Where it stands, with the rows so far.
pub async fn get(hub: &Hub, scope: &Scope, id: SampleId) -> Result<SampleView, Error> {
    scope.require(Permission::Sample)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let sample = samples::get(&mut tx, tenant, id, hub.clock().now()).await?;
    let streams = streams::list(&mut tx, tenant, sample.connection).await?;
    let keys = store::secrets::keys(&mut tx, hub.keys(), tenant).await?;
    tx.commit().await?;
    let reveal = if sample.revealed {
        Reveal::Personal
    } else {
        Reveal::Masked
    };
    let rows = open(&keys, id, sample.rows.as_deref())?;
    Ok(SampleView {
        id,
        connection: sample.connection,
        state: sample.state,
        streams: rows
            .iter()
            .map(|rows| shaped(rows, &streams, reveal))
            .collect(),
        tables: i64::try_from(streams.len()).unwrap_or(i64::MAX),
        revealed: sample.revealed,
        problem: sample.problem,
    })
}

fn shaped(rows: &Rows, streams: &[Stream], reveal: Reveal) -> StreamSample {
    let namespace = rows.namespace.as_deref().unwrap_or_default();
    let stream = streams
        .iter()
        .find(|stream| stream.offer.is(namespace, &rows.name));
    shape(
        rows,
        stream.map_or(&[], |stream| &stream.offer.fields),
        reveal,
    )
}

fn place(id: SampleId) -> Place<'static> {
    Place {
        table: "samples",
        column: "rows",
        row: id.uuid(),
    }
}

fn seal(keys: &TenantKeys, id: SampleId, rows: &[Rows]) -> Vec<u8> {
    let text = serde_json::to_vec(rows).expect("rows are JSON");
    keys.seal(place(id), &text)
}

fn open(keys: &TenantKeys, id: SampleId, record: Option<&[u8]>) -> Result<Vec<Rows>, Error> {
    let Some(record) = record else {
        return Ok(Vec::new());
    };
    let bytes = keys.open(place(id), record)?;
    serde_json::from_slice(bytes.expose_secret())
        .map_err(|_| Error::Internal(anyhow::anyhow!("sealed rows are no JSON")))
}
