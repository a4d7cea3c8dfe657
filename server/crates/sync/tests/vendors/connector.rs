//! A connector of ours, sent to a stand-in instead of the vendor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use airbyte::protocol::{
    AirbyteCatalog, AirbyteMessage, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream,
    DestinationSyncMode, SyncMode,
};
use bytes::Bytes;
use serde_json::Value;
use sync::connector::{Connector, Detail, Limits, RunContext, Sandbox, Turns};
use sync::declarative::Manifest;
use sync::fault::Fault;
use sync::outbound::{Outbound, Policy, Scheme};
use sync::vendors;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::airbyte::Airbyte;

/// A connector with a configuration.
#[derive(Clone)]
pub struct Connected {
    manifest: String,
    connector: Connector,
    config: Value,
}

/// What a read brought.
#[derive(Debug, Default)]
pub struct Brought {
    records: BTreeMap<String, Vec<Value>>,
    keys: BTreeMap<String, Vec<String>>,
    states: BTreeMap<String, Value>,
    /// The configuration with renewed tokens, where the connector renewed them.
    pub config: Option<Value>,
}

impl Connected {
    /// The connector of this name, whose addresses are the stand-in's.
    pub fn new(name: &str, public: &[&str], base: &str, config: Value) -> Self {
        let mut text = vendors::text(name).unwrap().to_owned();
        for address in public {
            assert!(address.starts_with("https://"), "{address}");
            assert!(text.contains(address), "{name} does not use {address}");
            text = text.replace(address, base);
        }
        Self {
            connector: Connector::Declarative(Manifest::parse(&text).unwrap()),
            manifest: text,
            config,
        }
    }

    /// The same with another configuration.
    pub fn with(&self, config: Value) -> Self {
        Self {
            config,
            ..self.clone()
        }
    }

    pub async fn check(&self) -> Result<(), Fault> {
        let (steps, _listener) = mpsc::channel(64);
        let folder = tempfile::tempdir().unwrap();
        Box::pin(self.connector.check(&self.config, &context(&folder), steps)).await
    }

    /// Checks a configuration that must be refused, and gives what the person reads.
    pub async fn refusal(&self) -> String {
        self.check().await.unwrap_err().to_string()
    }

    pub async fn streams(&self) -> Vec<String> {
        self.discovered().await.0
    }

    /// The streams, and the configuration with renewed tokens where they were renewed.
    pub async fn discovered(&self) -> (Vec<String>, Option<Value>) {
        let folder = tempfile::tempdir().unwrap();
        let (kept, mut configs) = mpsc::channel(4);
        let mut cx = context(&folder);
        cx.new_config = Some(kept);
        let catalog = self.connector.discover(&self.config, &cx).await.unwrap();
        let names = catalog.streams.into_iter().map(|stream| stream.name);
        (names.collect(), configs.try_recv().ok())
    }

    /// The fields of a stream, with their types.
    pub async fn fields(&self, name: &str) -> Value {
        let catalog = self.catalog().await;
        let mut streams = catalog.streams.into_iter().map(|one| one.stream);
        let stream = streams.find(|stream| stream.name == name).unwrap();
        stream.json_schema["properties"].clone()
    }

    /// All streams, incrementally where they can.
    pub async fn catalog(&self) -> ConfiguredAirbyteCatalog {
        let folder = tempfile::tempdir().unwrap();
        let catalog = self
            .connector
            .discover(&self.config, &context(&folder))
            .await
            .unwrap();
        configured(catalog)
    }

    /// Airbyte's runtime finds the same streams in the same manifest, and brings the same records.
    pub async fn airbyte_reads_the_same(&self) {
        let airbyte = Airbyte::new(&self.manifest, &self.config);
        let catalog = configured(airbyte.discover().await);
        let mut theirs = Brought::default();
        for message in airbyte.read(&catalog).await {
            theirs.take(message);
        }
        let ours = self.read().await;
        let names = |catalog: &ConfiguredAirbyteCatalog| -> BTreeSet<String> {
            let all = catalog.streams.iter();
            all.map(|one| one.stream.name.clone()).collect()
        };
        let streams = names(&catalog);
        assert_eq!(streams, names(&self.catalog().await));
        for stream in &streams {
            assert_eq!(
                sorted(ours.records(stream)),
                sorted(theirs.records(stream)),
                "{stream}"
            );
        }
    }

    /// Reads all streams from the beginning.
    pub async fn read(&self) -> Brought {
        self.read_from(&Brought::default()).await
    }

    /// Reads all streams from where an earlier read had come.
    pub async fn read_from(&self, before: &Brought) -> Brought {
        self.try_read(before)
            .await
            .unwrap_or_else(|fault| panic!("{fault} {fault:?}"))
    }

    pub async fn try_read(&self, before: &Brought) -> Result<Brought, Fault> {
        let catalog = self.catalog().await;
        let mut brought = Brought::default();
        for one in &catalog.streams {
            let keys = one.stream.source_defined_primary_key.concat();
            brought.keys.insert(one.stream.name.clone(), keys);
        }
        let folder = tempfile::tempdir().unwrap();
        let states: Vec<Value> = before.states.values().cloned().collect();
        let (sender, mut chunks) = mpsc::channel::<Bytes>(4);
        let listen = async {
            while let Some(chunk) = chunks.recv().await {
                for line in chunk.split(|byte| *byte == b'\n') {
                    brought.hear(line);
                }
            }
        };
        let cx = context(&folder);
        let read = Box::pin(
            self.connector
                .read(&self.config, &catalog, &states, &cx, sender),
        );
        tokio::join!(read, listen).0?;
        Ok(brought)
    }
}

/// All streams, incrementally where they can.
fn configured(catalog: AirbyteCatalog) -> ConfiguredAirbyteCatalog {
    let streams = catalog
        .streams
        .into_iter()
        .map(|stream| ConfiguredAirbyteStream {
            sync_mode: if stream.supported_sync_modes.contains(&SyncMode::Incremental) {
                SyncMode::Incremental
            } else {
                SyncMode::FullRefresh
            },
            stream,
            destination_sync_mode: DestinationSyncMode::AppendDedup,
            cursor_field: Vec::new(),
            primary_key: Vec::new(),
            generation_id: 1,
            minimum_generation_id: 0,
            sync_id: 1,
            include_files: None,
            destination_object_name: None,
        });
    ConfiguredAirbyteCatalog {
        streams: streams.collect(),
    }
}

/// In an order that is the same for all that brought them.
fn sorted(records: &[Value]) -> Vec<String> {
    let line = |record: &Value| {
        let mut record = record.clone();
        record.sort_all_objects();
        record.to_string()
    };
    let mut lines: Vec<String> = records.iter().map(line).collect();
    lines.sort();
    lines
}

impl Brought {
    fn hear(&mut self, line: &[u8]) {
        if let Some(message) = AirbyteMessage::parse(line) {
            self.take(message);
        }
    }

    fn take(&mut self, message: AirbyteMessage) {
        match message {
            AirbyteMessage::Record { record } => {
                self.records
                    .entry(record.stream)
                    .or_default()
                    .push(record.data);
            }
            AirbyteMessage::State { state } => {
                let state = serde_json::to_value(state).unwrap();
                let name = state["stream"]["stream_descriptor"]["name"]
                    .as_str()
                    .unwrap();
                self.states.insert(name.to_owned(), state.clone());
            }
            AirbyteMessage::Control { control } => {
                self.config = control.connector_config.map(|kept| kept.config);
            }
            _ => {}
        }
    }

    pub fn records(&self, stream: &str) -> &[Value] {
        self.records.get(stream).map_or(&[], Vec::as_slice)
    }

    /// The keys of all records of a stream, in order; one that came twice is here twice.
    pub fn ids(&self, stream: &str) -> Vec<String> {
        let keys = &self.keys[stream];
        let id = |record: &Value| {
            let parts = keys.iter().map(|key| match &record[key] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            parts.collect::<Vec<_>>().join("/")
        };
        let mut ids: Vec<String> = self.records(stream).iter().map(id).collect();
        ids.sort();
        ids
    }
}

/// A context that may call this machine, and without encryption.
fn context(folder: &TempDir) -> RunContext {
    let (log, _) = mpsc::channel(1);
    let policy = Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    };
    RunContext {
        work_dir: folder.path().to_owned(),
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
