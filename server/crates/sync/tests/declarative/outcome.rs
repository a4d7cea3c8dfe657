//! What one operation of a runtime came to, with what no two runs share taken out.

use std::collections::{BTreeMap, BTreeSet};

use airbyte::protocol::{AirbyteMessage, ConnectionStatus, Trace};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::facts::Request;

/// Stands for the server's address, whose port differs from run to run.
pub const BASE: &str = "http://service";

/// Everything one operation told.
#[derive(Debug, Default)]
pub struct Outcome {
    pub spec: Option<Value>,
    pub check: Option<bool>,
    /// The streams of the catalogue by name.
    pub catalog: Option<BTreeMap<String, Value>>,
    pub streams: BTreeMap<String, Stream>,
    /// Configurations the connector asked to keep.
    pub control: Vec<Value>,
    /// Types of failure by stream; without a stream, the name is empty.
    pub failures: BTreeMap<String, BTreeSet<String>>,
    /// Why nothing was tried at all.
    pub refused: Option<String>,
    pub failed: bool,
    /// The words of errors, for the report: they are not compared.
    pub words: Vec<String>,
    pub requests: Vec<Request>,
}

/// What was told of one stream.
#[derive(Debug, Default, Clone)]
pub struct Stream {
    pub records: Vec<Value>,
    pub states: Vec<Value>,
    pub statuses: Vec<Value>,
    /// Records and states in one row: how many records came before each state.
    pub before_states: Vec<usize>,
}

impl Outcome {
    /// Takes in one message. Logs are not compared: the words are each runtime's own.
    pub fn hear(&mut self, message: AirbyteMessage) {
        match message {
            AirbyteMessage::Record { record } => {
                self.stream(&record.stream).records.push(record.data);
            }
            AirbyteMessage::State { state } => {
                let Some(of) = state.stream else {
                    return self.words.push("a state that is not a stream's".to_owned());
                };
                let stream = self.stream(&of.stream_descriptor.name);
                stream.before_states.push(stream.records.len());
                let count = state.source_stats.and_then(|stats| stats.record_count);
                stream
                    .states
                    .push(json!({"state": of.stream_state.map(unhurried), "records": count}));
            }
            AirbyteMessage::Spec { spec } => {
                self.spec = Some(undefaulted(serde_json::to_value(spec).unwrap()));
            }
            AirbyteMessage::Catalog { catalog } => {
                let streams = catalog.streams.into_iter();
                let named = streams.map(|stream| {
                    // By way of our own type, in which an absent list and an empty one are the same, as the protocol says.
                    (stream.name.clone(), serde_json::to_value(stream).unwrap())
                });
                self.catalog = Some(named.collect());
            }
            AirbyteMessage::ConnectionStatus { connection_status } => {
                self.check = Some(connection_status.status == ConnectionStatus::Succeeded);
                self.words.extend(connection_status.message);
            }
            AirbyteMessage::Control { control } => {
                self.control
                    .extend(control.connector_config.map(|new| timeless(&new.config)));
            }
            AirbyteMessage::Trace { trace } => self.trace(trace.trace),
            AirbyteMessage::Log { .. } | AirbyteMessage::Other => {}
        }
    }

    fn trace(&mut self, trace: Trace) {
        match trace {
            Trace::Error { error } => {
                let error = serde_json::to_value(error).unwrap();
                let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
                self.words
                    .push(format!("{} {}", text("message"), text("internal_message")));
                // The sum of what was told of each stream already; it is a config error whatever these were.
                if text("internal_message") == "Concurrent read failure" {
                    return;
                }
                let stream = error["stream_descriptor"]["name"]
                    .as_str()
                    .unwrap_or_default();
                let types = self.failures.entry(stream.to_owned()).or_default();
                types.insert(text("failure_type"));
            }
            Trace::StreamStatus { stream_status } => {
                let told = serde_json::to_value(stream_status).unwrap();
                let name = told["stream_descriptor"]["name"]
                    .as_str()
                    .unwrap_or_default();
                self.stream(name).statuses.push(told["status"].clone());
            }
            Trace::Estimate { .. } | Trace::Analytics { .. } | Trace::Other => {}
        }
    }

    fn stream(&mut self, name: &str) -> &mut Stream {
        self.streams.entry(name.to_owned()).or_default()
    }

    /// The last state of each stream, as the next read wants them.
    pub fn last_states(&self) -> Vec<Value> {
        let last = self.streams.iter().filter_map(|(name, stream)| {
            let state = stream.states.last()?;
            Some(json!({"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state["state"]}}))
        });
        last.collect()
    }

    pub fn types(&self) -> BTreeMap<String, Vec<String>> {
        let types = self.failures.iter();
        types
            .map(|(stream, types)| (stream.clone(), types.iter().cloned().collect()))
            .collect()
    }

    pub fn counts(&self) -> BTreeMap<String, usize> {
        let counts = self.streams.iter();
        counts
            .map(|(name, stream)| (name.clone(), stream.records.len()))
            .collect()
    }
}

/// When a token ends is told from the moment it was handed out, which no two runs share.
pub fn timeless(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), timeless(value)))
                .collect()
        }
        Value::String(text) => {
            let near = OffsetDateTime::parse(text, &Rfc3339)
                .is_ok_and(|time| (time - OffsetDateTime::now_utc()).abs() < Duration::days(1));
            if near {
                json!("a moment")
            } else {
                value.clone()
            }
        }
        other => other.clone(),
    }
}

/// A specification without what Airbyte's serialiser writes out though it was not said and is the default.
fn undefaulted(mut spec: Value) -> Value {
    let defaults = [
        ("", "supportsNormalization", json!(false)),
        ("", "supportsDBT", json!(false)),
    ];
    for (place, name, default) in defaults {
        let fields = spec.pointer_mut(place).and_then(Value::as_object_mut);
        if let Some(fields) = fields.filter(|fields| fields.get(name) == Some(&default)) {
            fields.remove(name);
        }
    }
    spec
}

/// A state per partition keeps how many seconds the read took, so that the next one looks back as far: here always one.
fn unhurried(mut state: Value) -> Value {
    let took = state.get_mut("lookback_window");
    if let Some(took) = took.filter(|took| took.as_u64().is_some_and(|seconds| seconds < 120)) {
        *took = json!(1);
    }
    state
}
