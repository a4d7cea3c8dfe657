//! Events that carry a whole record of a stream: the record goes into the stream's own table, where the next sync finds it
//! as a row like any other.
//!
//! Only while no run of the connection is on its way: a run counts the rows of its tables before and after, and one that
//! replaces a table would take an event's row with it. What comes during a run is merged right after it.

use std::collections::BTreeMap;

use model::{SyncMode, TenantId, WebhookScheme};
use serde_json::{Map, Value};
use store::{
    connections, runs, secrets,
    streams::{self, Stream},
    webhooks::{Webhook, events::Waiting},
};
use sync::load::{self, Fence, Keyed, News};

use super::{
    load::{Opened, open},
    records::{self, Found},
};
use crate::{Error, Hub, own, tenants};

/// How long one table may take: the connection cannot start a run meanwhile.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Are the sender's records those of the connection's streams? Another kind of sender may call its own by the same names.
pub(super) fn fits(integration: &str, webhook: &Webhook) -> bool {
    match webhook.scheme {
        WebhookScheme::StandardWebhooks => own::is_own(integration),
        scheme => scheme == WebhookScheme::of_integration(integration),
    }
}

/// Does this event say something that a stream's table should have?
pub(super) fn concerns(webhook: &Webhook, streams: &[Stream], event: &Opened<'_>) -> bool {
    found(webhook, event).is_some_and(|found| target(streams, &found).is_some())
}

fn found(webhook: &Webhook, event: &Opened<'_>) -> Option<Found> {
    let payload: Value = serde_json::from_str(event.payload.get()).ok()?;
    records::find(webhook.scheme, event.kind, &payload)
}

/// The chosen stream whose table has one row for each key.
fn target<'a>(streams: &'a [Stream], found: &Found) -> Option<&'a Stream> {
    streams.iter().find(|stream| {
        stream.choice.selected
            && stream.offer.is("", &found.stream)
            && !key(stream).is_empty()
            && matches!(
                stream.choice.mode,
                SyncMode::IncrementalDedupedHistory | SyncMode::FullRefreshOverwrite
            )
    })
}

fn key(stream: &Stream) -> &[String] {
    match &stream.offer.source_key {
        Some(key) => key,
        None => &stream.choice.primary_key,
    }
}

fn cursor(stream: &Stream) -> Option<&str> {
    let chosen = stream.choice.cursor.as_deref();
    chosen.or(stream.offer.default_cursor.as_deref())
}

/// Only fields that were chosen, and those that tell rows apart.
fn chosen(stream: &Stream, record: Map<String, Value>) -> Map<String, Value> {
    let Some(fields) = &stream.choice.fields else {
        return record;
    };
    let keep = |name: &String| {
        fields.contains(name) || key(stream).contains(name) || cursor(stream) == Some(name.as_str())
    };
    record.into_iter().filter(|(name, _)| keep(name)).collect()
}

/// Whether the records were merged, or have to wait for the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merged {
    Now,
    Later,
}

/// Merges the records of these events into their tables.
pub(super) async fn merge(
    hub: &Hub,
    tenant: TenantId,
    webhook: &Webhook,
    fence: i64,
    waiting: &[Waiting],
) -> Result<Merged, Error> {
    let target_of = tenants::data_login(hub, tenant).await?;
    // Held to the end: nobody starts a run of this connection before the rows are there. The tables are the tenant's, in
    // another database; the time is bounded.
    let mut tx = hub.store().tenant(tenant).await?;
    connections::lock(&mut tx, tenant, webhook.connection).await?;
    if runs::active(&mut tx, tenant, webhook.connection)
        .await?
        .is_some()
    {
        return Ok(Merged::Later);
    }
    let streams = streams::list(&mut tx, tenant, webhook.connection).await?;
    let keys = secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let opened = open(&keys, waiting)?;
    for (table, (stream, news)) in by_table(webhook, &streams, &opened) {
        let into = Keyed {
            table,
            key: key(stream),
            cursor: cursor(stream),
        };
        let fence = Fence {
            key: format!("webhook/{}", webhook.connection),
            states: None,
            token: fence,
        };
        let upsert = Box::pin(load::upsert(&target_of, &into, &news, fence));
        let done = tokio::time::timeout(PATIENCE, upsert).await;
        let done = done.map_err(|_| {
            Error::Upstream("the database of your tables did not answer in time.".to_owned())
        })?;
        if let Some(counts) = done.map_err(|fault| Error::Upstream(fault.message))? {
            tracing::debug!(connection = %webhook.connection, table, ?counts, "events merged");
        }
    }
    tx.commit().await?;
    Ok(Merged::Now)
}

type Tables<'a> = BTreeMap<&'a str, (&'a Stream, Vec<News>)>;

fn by_table<'a>(webhook: &Webhook, streams: &'a [Stream], events: &[Opened<'_>]) -> Tables<'a> {
    let mut tables = Tables::new();
    for event in events {
        let Some(found) = found(webhook, event) else {
            continue;
        };
        let Some(stream) = target(streams, &found) else {
            continue;
        };
        let news = News {
            record: chosen(stream, found.record),
            // What a sync reads later is newer.
            at: event.received_at,
        };
        let (_, all) = tables
            .entry(stream.table.as_str())
            .or_insert_with(|| (stream, Vec::new()));
        all.push(news);
    }
    tables
}
