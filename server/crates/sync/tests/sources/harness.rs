//! Runs a built-in source and tells what came out.

use std::sync::Arc;

use airbyte::protocol::{
    AirbyteCatalog, AirbyteMessage, AirbyteRecordMessage, AirbyteStream, ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream, DestinationSyncMode, SyncMode,
};
use bytes::Bytes;
use serde_json::Value;
use sync::connector::{
    CheckStep, Connector, Detail, Limits, RunContext, Sandbox, StepState, Turns,
};
use sync::fault::Fault;
use sync::outbound::{Outbound, Policy};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A context that may call this machine.
pub fn local() -> RunContext {
    context(Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        ..Policy::default()
    })
}

pub fn context(policy: Policy) -> RunContext {
    let (log, _) = mpsc::channel(1);
    RunContext {
        work_dir: std::env::temp_dir().join("sync-sources-test"),
        outbound: Outbound::new(policy).unwrap(),
        uploads: None,
        limits: Limits::default(),
        sandbox: Sandbox::best_effort(),
        cancel: CancellationToken::new(),
        log,
        new_config: None,
        secret_fields: Vec::new(),
        usage: Arc::default(),
        turns: Turns::default(),
        detail: Detail::Usual,
    }
}

/// What a read gave.
#[derive(Debug)]
pub struct Outcome {
    pub result: Result<(), Fault>,
    pub messages: Vec<AirbyteMessage>,
}

impl Outcome {
    pub fn records(&self) -> Vec<&AirbyteRecordMessage> {
        let records = self.messages.iter().filter_map(|message| match message {
            AirbyteMessage::Record { record } => Some(record),
            _ => None,
        });
        records.collect()
    }

    /// One field of every record.
    pub fn column(&self, name: &str) -> Vec<Value> {
        self.records()
            .into_iter()
            .map(|record| record.data[name].clone())
            .collect()
    }

    /// The states as the next read wants them.
    pub fn states(&self) -> Vec<Value> {
        let states = self.messages.iter().filter_map(|message| match message {
            AirbyteMessage::State { state } => Some(serde_json::to_value(state).unwrap()),
            _ => None,
        });
        states.collect()
    }
}

pub async fn read(
    connector: &Connector,
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    state: &[Value],
    cx: &RunContext,
) -> Outcome {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(4);
    let collect = async {
        let mut messages = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            assert_eq!(chunk.last(), Some(&b'\n'), "chunks end with a line");
            let lines = chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            messages.extend(lines.map(|line| {
                AirbyteMessage::parse(line)
                    .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(line)))
            }));
        }
        messages
    };
    let (result, messages) =
        tokio::join!(connector.read(config, catalog, state, cx, sender), collect);
    Outcome { result, messages }
}

/// Reads every stream whole.
pub async fn read_whole(connector: &Connector, config: &Value, cx: &RunContext) -> Outcome {
    let catalog = connector.discover(config, cx).await.unwrap();
    read(connector, config, &whole(catalog), &[], cx).await
}

/// All streams of a catalogue, read whole.
pub fn whole(catalog: AirbyteCatalog) -> ConfiguredAirbyteCatalog {
    ConfiguredAirbyteCatalog {
        streams: catalog
            .streams
            .into_iter()
            .map(|stream| configured(stream, SyncMode::FullRefresh, &[]))
            .collect(),
    }
}

pub fn configured(
    stream: AirbyteStream,
    sync_mode: SyncMode,
    cursor: &[&str],
) -> ConfiguredAirbyteStream {
    ConfiguredAirbyteStream {
        stream,
        sync_mode,
        destination_sync_mode: DestinationSyncMode::Append,
        cursor_field: cursor.iter().map(|&name| name.to_owned()).collect(),
        primary_key: Vec::new(),
        generation_id: 1,
        minimum_generation_id: 0,
        sync_id: 1,
        include_files: None,
        destination_object_name: None,
    }
}

/// Checks, and gives the verdict with the steps that came to an end.
pub async fn check(
    connector: &Connector,
    config: &Value,
    cx: &RunContext,
) -> (Result<(), Fault>, Vec<(String, StepState)>) {
    let (sender, mut receiver) = mpsc::channel::<CheckStep>(32);
    let verdict = connector.check(config, cx, sender).await;
    let mut steps = Vec::new();
    while let Some(step) = receiver.recv().await {
        if step.state != StepState::Running {
            steps.push((step.name, step.state));
        }
    }
    (verdict, steps)
}
