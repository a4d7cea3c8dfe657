//! A few real rows of each stream, read through the connector and kept nowhere.

mod exact;

use std::time::Duration;

use airbyte::holds_refresh_token;
use airbyte::protocol::{
    AirbyteCatalog, AirbyteMessage, AirbyteStream, ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream, DestinationSyncMode, StreamDescriptor, SyncMode,
};
use bytes::Bytes;
use futures::StreamExt;
use memchr::memchr_iter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use crate::connector::{Connector, RunContext};
use crate::fault::{Fault, Kind};
use crate::process::answer::hand_on_config;

/// Streams read at the same time: each may be a connector process of its own.
const AT_ONCE: usize = 2;
/// A stream that is silent this long is shown with what it gave so far.
const PATIENCE: Duration = Duration::from_mins(2);
/// Chunks on their way from the connector; few, because most of what follows the first rows is thrown away.
const CHUNKS: usize = 2;

/// The first rows of one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamSample {
    pub stream: StreamDescriptor,
    /// A number that would lose digits is its text.
    pub records: Vec<Value>,
    /// Why there are no rows, or fewer than there could be.
    #[serde(default)]
    pub problem: Option<String>,
}

/// Reads up to `limit` rows of each wanted stream (all when none is named) and sends each stream's rows as soon as they
/// are there. A stream that fails is a sample with a problem; only what concerns all streams is a fault.
pub async fn sample(
    connector: &Connector,
    config: &Value,
    wanted: &[StreamDescriptor],
    catalog: Option<AirbyteCatalog>,
    limit: usize,
    cx: &RunContext,
    out: mpsc::Sender<StreamSample>,
) -> Result<(), Fault> {
    let catalog = match catalog {
        Some(catalog) => catalog,
        None => connector.discover(config, cx).await?,
    };
    let streams = select(catalog, wanted);
    // A refresh token may work only once: then each stream is read with what the one before it was given.
    let at_once = if holds_refresh_token(config) {
        1
    } else {
        AT_ONCE
    };
    let newest = &Mutex::new(config.clone());
    let mut samples = futures::stream::iter(streams)
        .map(|(descriptor, stream)| async move {
            match stream {
                Some(stream) => Box::pin(of_stream(connector, newest, stream, limit, cx)).await,
                None => Ok(empty(descriptor, "The source no longer has this table.")),
            }
        })
        .buffer_unordered(at_once);
    while let Some(sample) = samples.next().await {
        if out.send(sample?).await.is_err() {
            return Err(Fault::cancelled());
        }
    }
    Ok(())
}

fn select(
    catalog: AirbyteCatalog,
    wanted: &[StreamDescriptor],
) -> Vec<(StreamDescriptor, Option<AirbyteStream>)> {
    if wanted.is_empty() {
        return catalog
            .streams
            .into_iter()
            .map(|stream| (stream.descriptor(), Some(stream)))
            .collect();
    }
    let find = |descriptor: &StreamDescriptor| {
        catalog
            .streams
            .iter()
            .find(|stream| stream.descriptor() == *descriptor)
            .cloned()
    };
    wanted
        .iter()
        .map(|descriptor| (descriptor.clone(), find(descriptor)))
        .collect()
}

async fn of_stream(
    connector: &Connector,
    newest: &Mutex<Value>,
    stream: AirbyteStream,
    limit: usize,
    cx: &RunContext,
) -> Result<StreamSample, Fault> {
    let descriptor = stream.descriptor();
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![whole(stream)],
    };
    let mut sample = StreamSample {
        stream: descriptor,
        records: Vec::new(),
        problem: None,
    };
    // Ends this read alone when there are enough rows; the whole operation goes on.
    let cx = RunContext {
        cancel: cx.cancel.child_token(),
        ..cx.clone()
    };
    let _ends_with_us = cx.cancel.clone().drop_guard();
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let config = newest.lock().await.clone();
    let read = connector.read(&config, &catalog, &[], &cx, sender);
    let rows = collect(receiver, limit, &mut sample.records, newest, &cx);
    let reading = Box::pin(first_rows(read, rows));
    let result = tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap_or_else(|_| Err(Fault::timeout("No more rows came within two minutes.")));
    match result {
        Err(fault) if fault.kind == Kind::Cancelled && cx.cancel.is_cancelled() => Err(fault),
        Err(fault) => {
            sample.problem = Some(fault.message);
            Ok(sample)
        }
        Ok(()) => Ok(sample),
    }
}

/// Why no more rows are taken.
enum Taken {
    Enough,
    Everything,
}

/// Reads until there are enough rows, or all of them. A read may be over before what it sent last has been taken.
async fn first_rows(
    read: impl Future<Output = Result<(), Fault>>,
    rows: impl Future<Output = Taken>,
) -> Result<(), Fault> {
    let (mut read, mut rows) = (std::pin::pin!(read), std::pin::pin!(rows));
    tokio::select! {
        biased;
        taken = &mut rows => match taken {
            Taken::Enough => Ok(()),
            Taken::Everything => read.await,
        },
        result = &mut read => {
            rows.await;
            result
        }
    }
}

/// Takes rows until there are enough, or the connector sends no more. Tokens that it renews on the way are handed on.
async fn collect(
    mut chunks: mpsc::Receiver<Bytes>,
    limit: usize,
    records: &mut Vec<Value>,
    newest: &Mutex<Value>,
    cx: &RunContext,
) -> Taken {
    while let Some(chunk) = chunks.recv().await {
        let mut from = 0;
        for end in memchr_iter(b'\n', &chunk) {
            let line = &chunk[from..end];
            if let Some(record) = exact::record(line) {
                records.push(record);
            } else if let Some(control @ AirbyteMessage::Control { .. }) =
                AirbyteMessage::parse(line)
                && let Some(config) = hand_on_config(&[control], cx).await
            {
                *newest.lock().await = config;
            }
            from = end + 1;
            if records.len() >= limit {
                return Taken::Enough;
            }
        }
    }
    Taken::Everything
}

fn whole(stream: AirbyteStream) -> ConfiguredAirbyteStream {
    let sync_mode = if stream.supported_sync_modes.contains(&SyncMode::FullRefresh) {
        SyncMode::FullRefresh
    } else {
        SyncMode::Incremental
    };
    ConfiguredAirbyteStream {
        cursor_field: stream.default_cursor_field.clone(),
        primary_key: stream.source_defined_primary_key.clone(),
        stream,
        sync_mode,
        destination_sync_mode: DestinationSyncMode::Append,
        generation_id: 0,
        minimum_generation_id: 0,
        sync_id: 0,
        include_files: None,
        destination_object_name: None,
    }
}

fn empty(stream: StreamDescriptor, problem: &str) -> StreamSample {
    StreamSample {
        stream,
        records: Vec::new(),
        problem: Some(problem.to_owned()),
    }
}
