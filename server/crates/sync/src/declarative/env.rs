//! What all components of one operation share: the configuration, the way out, the state of earlier runs.

use std::path::Path;
use std::sync::Arc;

use airbyte::protocol::{
    AirbyteStreamStatusTrace, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream,
    DestinationSyncMode, StreamDescriptor, StreamStatus, StreamStatusReason, Trace,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore, mpsc};

use super::budget::Budget;
use super::request::Cache;
use super::template::Scope;
use super::ways::Ways;
use crate::connector::{Detail, RunContext, Veil};
use crate::fault::Fault;
use crate::message::{control, to_line};
use crate::sources::progress;

/// The surroundings of one check, discovery or read.
pub struct Env {
    /// As the templates see it: migrated and transformed.
    pub config: Value,
    pub cx: RunContext,
    /// The manifest's, where it came from a file.
    pub folder: Option<Arc<Path>>,
    /// How far each stream was read before.
    pub states: Vec<Value>,
    /// The streams asked for, in a read.
    pub catalog: Option<ConfiguredAirbyteCatalog>,
    pub budget: Budget,
    pub cache: Cache,
    pub ways: Ways,
    /// The configuration with rotated tokens, and the lock that lets one refresh happen at a time.
    pub live: Mutex<Value>,
    /// Reports that may be in the making at once.
    pub jobs: Semaphore,
    /// Slices that may be read at once, and pages of one that may be asked for ahead.
    pub places: Arc<Semaphore>,
    /// What must not show in any words: those of the log and those of faults.
    pub secrets: Veil,
    /// Where CONTROL messages go during a read.
    control: Option<mpsc::Sender<Bytes>>,
}

impl Env {
    pub fn new(config: Value, cx: &RunContext, budget: Budget, jobs: usize) -> Self {
        Self {
            live: Mutex::new(config.clone()),
            cache: Cache::new(&cx.work_dir),
            ways: Ways::default(),
            config,
            cx: cx.clone(),
            folder: None,
            states: Vec::new(),
            catalog: None,
            budget,
            jobs: Semaphore::new(jobs),
            places: Arc::new(Semaphore::new(0)),
            secrets: Veil::default(),
            control: None,
        }
    }

    /// Prepares a read by so many workers.
    #[must_use]
    pub fn reading(
        mut self,
        workers: usize,
        catalog: &ConfiguredAirbyteCatalog,
        states: &[Value],
        out: &mpsc::Sender<Bytes>,
    ) -> Self {
        self.catalog = Some(catalog.clone());
        self.states = states.to_vec();
        self.control = Some(out.clone());
        self.places = Arc::new(Semaphore::new(workers));
        self
    }

    /// What a template of a component with these parameters sees at least.
    pub fn scope<'a>(&'a self, parameters: &'a Value) -> Scope<'a> {
        Scope::of(&self.config, parameters)
    }

    /// The state an earlier run left for a stream.
    pub fn state_of(&self, stream: &str) -> Option<Value> {
        self.states.iter().find_map(|state| {
            let inner = state.get("stream")?;
            let named = inner.pointer("/stream_descriptor/name")?.as_str() == Some(stream);
            inner
                .get("stream_state")
                .filter(|found| named && !found.is_null())
                .cloned()
        })
    }

    /// Whether the log was asked for in detail. Others say nothing of their requests.
    pub fn tells_all(&self) -> bool {
        self.cx.detail == Detail::Full
    }

    /// The cursor field a person chose for a stream.
    pub fn chosen_field(&self, stream: &str) -> Option<&str> {
        let configured = self.configured(stream)?;
        configured.cursor_field.first().map(String::as_str)
    }

    /// Whether the stream's rows are added to its table, and never merged.
    pub fn appends(&self, stream: &str) -> bool {
        let configured = self.configured(stream);
        configured.is_some_and(|one| one.destination_sync_mode == DestinationSyncMode::Append)
    }

    fn configured(&self, stream: &str) -> Option<&ConfiguredAirbyteStream> {
        let mut all = self.catalog.as_ref()?.streams.iter();
        all.find(|found| found.stream.name == stream)
    }

    /// Hands a new configuration to whoever keeps it, before anything else is done with the new tokens.
    pub async fn keep_config(&self, config: Value) -> Result<(), Fault> {
        self.secrets.learn(&config, &self.cx.secret_fields);
        hand_on(config, self.control.as_ref(), &self.cx).await
    }

    /// Says that a stream waits because the API asked for it.
    pub async fn rate_limited(&self, stream: &str) -> Result<(), Fault> {
        let Some(out) = &self.control else {
            return Ok(());
        };
        let stream_status = AirbyteStreamStatusTrace {
            stream_descriptor: StreamDescriptor::new(stream, None),
            status: StreamStatus::Running,
            reasons: vec![StreamStatusReason {
                kind: "RATE_LIMITED".to_owned(),
                rate_limited: None,
            }],
        };
        let line = to_line(&progress::trace(Trace::StreamStatus { stream_status }));
        out.send(line).await.map_err(|_| Fault::cancelled())
    }

    /// A remark in the log of the run. It may hold words of the API, which may hold anything.
    pub async fn say(&self, level: &str, stream: &str, text: impl Into<String>) {
        let text = self.secrets.text(&text.into());
        self.cx.say(level, Some(stream), text).await;
    }
}

/// Hands a new configuration on: as a message of a read, otherwise to the listener of the operation.
pub async fn hand_on(
    config: Value,
    out: Option<&mpsc::Sender<Bytes>>,
    cx: &RunContext,
) -> Result<(), Fault> {
    if let Some(out) = out {
        let line = to_line(&control(config));
        return out.send(line).await.map_err(|_| Fault::cancelled());
    }
    if let Some(sender) = &cx.new_config {
        // A listener that went away cannot keep anything; the run goes on with the new tokens.
        let _ = sender.send(config).await;
    }
    Ok(())
}

pub type SharedEnv = Arc<Env>;
