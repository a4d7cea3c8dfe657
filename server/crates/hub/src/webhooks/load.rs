//! Events into the tenant's own tables, by its own login and through the loader, as every other row.

use airbyte::protocol::ConfiguredAirbyteCatalog;
use bytes::Bytes;
use model::TenantId;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use store::{
    secrets::TenantKeys,
    webhooks::{Webhook, events::Waiting},
};
use sync::load::{self, Fence, RunOptions};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::receive::payload_of;
use crate::{Error, Hub, tenants};

/// What the loader tells of a batch is not looked at; nobody reads the rest.
const TOLD: usize = 1;

/// An event ready to be written.
pub(super) struct Opened<'a> {
    pub event: &'a str,
    pub kind: &'a str,
    pub received_at: OffsetDateTime,
    pub payload: Box<RawValue>,
}

/// Unseals what was sent.
pub(super) fn open<'a>(
    keys: &TenantKeys,
    waiting: &'a [Waiting],
) -> Result<Vec<Opened<'a>>, Error> {
    waiting.iter().map(|event| opened(keys, event)).collect()
}

fn opened<'a>(keys: &TenantKeys, event: &'a Waiting) -> Result<Opened<'a>, Error> {
    let bytes = keys.open(payload_of(event.id), &event.payload)?;
    let payload = serde_json::from_slice(bytes.expose_secret())
        .map_err(|_| Error::Internal(anyhow::anyhow!("a sealed event is no JSON")))?;
    Ok(Opened {
        event: &event.event,
        kind: &event.kind,
        received_at: event.received_at,
        payload,
    })
}

/// A row of the table of events.
#[derive(Serialize)]
struct Row<'a> {
    event_id: &'a str,
    event_type: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    received_at: OffsetDateTime,
    payload: &'a RawValue,
}

/// One protocol message.
#[derive(Serialize)]
struct Message<'a> {
    r#type: &'static str,
    record: Record<'a>,
}

#[derive(Serialize)]
struct Record<'a> {
    stream: &'a str,
    emitted_at: i64,
    data: Row<'a>,
}

/// Writes events to the connection's table of events, all or none. Written again they are the same rows.
pub(super) async fn events(
    hub: &Hub,
    tenant: TenantId,
    webhook: &Webhook,
    fence: i64,
    events: &[Opened<'_>],
) -> Result<(), Error> {
    let target = tenants::data_login(hub, tenant).await?;
    let mut lines = Vec::new();
    for event in events {
        let message = message(&webhook.table, event);
        serde_json::to_writer(&mut lines, &message).map_err(Error::internal)?;
        lines.push(b'\n');
    }
    let complete = json!({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 0.0,
        "stream_status": {"stream_descriptor": {"name": webhook.table}, "status": "COMPLETE"}}});
    lines.extend_from_slice(complete.to_string().as_bytes());
    lines.push(b'\n');
    let (sender, input) = mpsc::channel(1);
    sender
        .try_send(Bytes::from(lines))
        .map_err(Error::internal)?;
    drop(sender);
    let (events, _) = mpsc::channel(TOLD);
    let options = RunOptions {
        fence: Some(Fence {
            key: format!("webhook/{}", webhook.connection),
            states: None,
            token: fence,
        }),
        ..RunOptions::default()
    };
    let catalog = catalog(&webhook.table)?;
    // Large, and each caller's future would hold it whole.
    let written = Box::pin(load::write(&target, &catalog, input, events, options));
    let receipts = written
        .await
        .map_err(|fault| Error::Upstream(fault.message))?;
    match receipts
        .iter()
        .find_map(sync::receipt::StreamReceipt::problem)
    {
        None => Ok(()),
        Some(problem) => Err(Error::Upstream(problem)),
    }
}

fn message<'a>(table: &'a str, event: &'a Opened<'_>) -> Message<'a> {
    let millis = event.received_at.unix_timestamp_nanos() / 1_000_000;
    Message {
        r#type: "RECORD",
        record: Record {
            stream: table,
            emitted_at: i64::try_from(millis).unwrap_or_default(),
            data: Row {
                event_id: event.event,
                event_type: event.kind,
                received_at: event.received_at,
                payload: &event.payload,
            },
        },
    }
}

fn catalog(table: &str) -> Result<ConfiguredAirbyteCatalog, Error> {
    let catalog = json!({"streams": [{
        "stream": {"name": table, "json_schema": {"type": "object", "properties": {
            "event_id": {"type": "string"},
            "event_type": {"type": "string"},
            "received_at": {"type": "string", "format": "date-time"},
            "payload": {"type": "object"},
        }}},
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "primary_key": [["event_id"]],
        "generation_id": 0,
        "minimum_generation_id": 0,
        "sync_id": 0,
    }]});
    serde_json::from_value(catalog).map_err(Error::internal)
}
