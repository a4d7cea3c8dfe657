//! A rehearsal's try: a small API on this machine that fails in the way it is told to, read for real by this process or by
//! Airbyte's runtime. Nothing is kept.

mod harbour;

use airbyte::extension::{JobRuntime, RehearsalTried, RehearsalTry};
use airbyte::protocol::{
    AirbyteStream, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, DestinationSyncMode, SyncMode,
};
use bytes::Bytes;
use serde_json::json;
use sync::connector::Connector;
use sync::declarative::Manifest;
use sync::fault::Fault;
use sync::outbound::{Outbound, Policy, Scheme};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::error::Failure;
use crate::problem::wire_fault;
use harbour::Harbour;

/// Reads the harbour's ships.
const MANIFEST: &str = include_str!("../data/rehearsal.yaml");

/// Makes one try. Errors are those of our own tables; how the try went is in the answer.
pub async fn attempt(engine: &Engine, wanted: RehearsalTry) -> Result<RehearsalTried, Failure> {
    let harbour = Harbour::open(wanted.trouble).await?;
    Ok(match read(engine, &harbour, wanted.runtime).await {
        Ok(rows) => RehearsalTried { rows, fault: None },
        Err(failure) => RehearsalTried {
            rows: 0,
            fault: Some(wire_fault(&failure.into_fault())),
        },
    })
}

async fn read(engine: &Engine, harbour: &Harbour, runtime: JobRuntime) -> Result<i64, Failure> {
    let cancel = CancellationToken::new();
    let _ends_with_us = cancel.clone().drop_guard();
    let connector = connector(engine, runtime, &cancel).await?;
    let mut operation = engine.operation(None, &cancel).await?;
    operation.cx.outbound = way_out()?;
    // Each try answers at once: pauses are the router's.
    operation.cx.limits.patience = Some(std::time::Duration::ZERO);
    let config = json!({ "address": harbour.url(), "token": harbour::TOKEN });
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![ships()],
    };
    let (sender, receiver) = mpsc::channel(4);
    let reading = connector.read(&config, &catalog, &[], &operation.cx, sender);
    let log = async { while operation.log.recv().await.is_some() {} };
    let counting = count(receiver);
    let result = tokio::select! {
        result = async { tokio::join!(Box::pin(reading), counting) } => result,
        () = log => return Err(Fault::bug("The log of a rehearsal ended before it.").into()),
    };
    let (read, rows) = result;
    read?;
    Ok(rows)
}

async fn connector(
    engine: &Engine,
    runtime: JobRuntime,
    cancel: &CancellationToken,
) -> Result<Connector, Failure> {
    Ok(match runtime {
        JobRuntime::Own => Connector::Declarative(Manifest::parse(MANIFEST)?),
        JobRuntime::Airbyte => engine.in_airbytes_runtime(MANIFEST, cancel).await?,
    })
}

/// To this machine, and only for this.
fn way_out() -> Result<Outbound, Fault> {
    let here = "127.0.0.1/32".parse().expect("an address is a network");
    Outbound::new(Policy {
        allow_private: vec![here],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    })
}

fn ships() -> ConfiguredAirbyteStream {
    let stream: AirbyteStream = serde_json::from_value(json!({
        "name": "ships", "json_schema": {}, "supported_sync_modes": ["full_refresh"],
    }))
    .expect("it is written as the protocol wants it");
    ConfiguredAirbyteStream {
        cursor_field: Vec::new(),
        primary_key: vec![vec!["id".to_owned()]],
        stream,
        sync_mode: SyncMode::FullRefresh,
        destination_sync_mode: DestinationSyncMode::Append,
        generation_id: 0,
        minimum_generation_id: 0,
        sync_id: 0,
        include_files: None,
        destination_object_name: None,
    }
}

async fn count(mut lines: mpsc::Receiver<Bytes>) -> i64 {
    let mut rows = 0;
    while let Some(chunk) = lines.recv().await {
        let records = chunk
            .split(|byte| *byte == b'\n')
            .filter(|line| line.starts_with(b"{\"type\":\"RECORD\"") || is_record(line));
        rows += i64::try_from(records.count()).unwrap_or(0);
    }
    rows
}

fn is_record(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(line)
        .is_ok_and(|message| message["type"] == "RECORD")
}
