//! Between connector and loader: keeps rotated configurations at once, and says which streams are complete.
//!
//! Chunks pass through untouched. Only those that hold one of two rare words are looked into.

use std::collections::HashSet;

use airbyte::protocol::{
    AirbyteMessage, AirbyteStreamStatusTrace, AirbyteTraceMessage, ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream, StreamDescriptor, StreamStatus, Trace,
};
use bytes::Bytes;
use memchr::memmem::Finder;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::error::Failure;

/// What passes between the two ends of a run.
pub struct Relay {
    status: Finder<'static>,
    control: Finder<'static>,
    /// Streams whose end the source has told itself.
    told: HashSet<StreamDescriptor>,
}

impl Relay {
    pub fn new() -> Self {
        Self {
            status: Finder::new("\"STREAM_STATUS\""),
            control: Finder::new("\"CONTROL\""),
            told: HashSet::new(),
        }
    }

    /// Passes everything on until the source ends or the loader does. `keep` is called with each new configuration,
    /// before anything after it is passed on.
    pub async fn run<F>(
        &mut self,
        mut from: mpsc::Receiver<Bytes>,
        to: &mpsc::Sender<Bytes>,
        keep: impl Fn(Value) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        while let Some(chunk) = from.recv().await {
            for config in self.look(&chunk) {
                keep(config).await?;
            }
            if to.send(chunk).await.is_err() {
                // The loader stopped and says why; dropping our end stops the source.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Streams of the catalogue about whose end the source said nothing: complete, once it has ended well.
    pub fn completions(&self, catalog: &ConfiguredAirbyteCatalog) -> Vec<u8> {
        let silent = catalog
            .streams
            .iter()
            .map(ConfiguredAirbyteStream::descriptor)
            .filter(|stream| !self.told.contains(stream));
        let mut lines = Vec::new();
        for stream in silent {
            lines.extend(complete(stream));
        }
        lines
    }

    fn look(&mut self, chunk: &[u8]) -> Vec<Value> {
        if self.status.find(chunk).is_none() && self.control.find(chunk).is_none() {
            return Vec::new();
        }
        let mut configs = Vec::new();
        for line in chunk.split(|byte| *byte == b'\n') {
            let telling = self.status.find(line).is_some() || self.control.find(line).is_some();
            match telling.then(|| AirbyteMessage::parse(line)).flatten() {
                Some(AirbyteMessage::Trace { trace }) => self.note(trace.trace),
                Some(AirbyteMessage::Control { control }) => {
                    configs.extend(control.connector_config.map(|new| new.config));
                }
                _ => {}
            }
        }
        configs
    }

    fn note(&mut self, trace: Trace) {
        if let Trace::StreamStatus { stream_status } = trace
            && matches!(
                stream_status.status,
                StreamStatus::Complete | StreamStatus::Incomplete
            )
        {
            self.told.insert(stream_status.stream_descriptor);
        }
    }
}

/// The line that ends a stream.
pub fn complete(stream: StreamDescriptor) -> Vec<u8> {
    let status = AirbyteStreamStatusTrace {
        stream_descriptor: stream,
        status: StreamStatus::Complete,
        reasons: Vec::new(),
    };
    let trace = AirbyteTraceMessage {
        emitted_at: 0.0,
        trace: Trace::StreamStatus {
            stream_status: status,
        },
    };
    let mut line =
        serde_json::to_vec(&AirbyteMessage::Trace { trace }).expect("a status is plain data");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalog() -> ConfiguredAirbyteCatalog {
        let stream = |name: &str| json!({"stream": {"name": name, "json_schema": {}, "supported_sync_modes": []}, "sync_mode": "full_refresh", "destination_sync_mode": "append"});
        serde_json::from_value(json!({"streams": [stream("a"), stream("b"), stream("c")]})).unwrap()
    }

    #[tokio::test]
    async fn passes_everything_on_and_completes_what_was_not_told() {
        let chunk = concat!(
            "{\"type\":\"RECORD\",\"record\":{\"stream\":\"a\",\"data\":{\"x\":\"CONTROL\"},\"emitted_at\":1}}\n",
            "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\",\"emitted_at\":1,\"stream_status\":{\"stream_descriptor\":{\"name\":\"a\"},\"status\":\"COMPLETE\"}}}\n",
            "{\"type\":\"TRACE\",\"trace\":{\"type\":\"STREAM_STATUS\",\"emitted_at\":1,\"stream_status\":{\"stream_descriptor\":{\"name\":\"b\"},\"status\":\"INCOMPLETE\"}}}\n",
            "{\"type\":\"CONTROL\",\"control\":{\"type\":\"CONNECTOR_CONFIG\",\"emitted_at\":1,\"connectorConfig\":{\"config\":{\"token\":2}}}}\n",
        );
        let (to_relay, from) = mpsc::channel(2);
        let (to, mut out) = mpsc::channel(2);
        to_relay
            .send(Bytes::from_static(chunk.as_bytes()))
            .await
            .unwrap();
        drop(to_relay);
        let mut relay = Relay::new();
        let kept = std::sync::Mutex::new(Vec::new());
        let keep = |config| {
            kept.lock().unwrap().push(config);
            std::future::ready(Ok(()))
        };
        relay.run(from, &to, keep).await.unwrap();
        assert_eq!(out.recv().await.unwrap(), chunk);
        assert_eq!(*kept.lock().unwrap(), [json!({"token": 2})]);
        let completions = relay.completions(&catalog());
        let lines = String::from_utf8(completions).unwrap();
        assert!(
            lines.contains("\"c\"") && !lines.contains("\"a\"") && !lines.contains("\"b\""),
            "{lines}"
        );
        assert_eq!(lines.lines().count(), 1);
    }
}
