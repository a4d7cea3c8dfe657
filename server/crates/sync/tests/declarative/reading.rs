//! One read by our runtime, for stories that look at more than a case compares.

use bytes::Bytes;
use serde_json::{Value, json};
use sync::connector::{Connector, RunContext};
use sync::declarative::Manifest;
use sync::fault::Fault;
use tokio::sync::mpsc;

/// What a read of the stream `rows` brought.
#[derive(Debug)]
pub struct Reading {
    pub rows: Vec<Value>,
    /// As the last STATE message left it, for the next read.
    pub state: Vec<Value>,
    pub result: Result<(), Fault>,
}

impl Reading {
    pub fn ids(&self) -> Vec<u64> {
        self.rows
            .iter()
            .filter_map(|row| row["id"].as_u64())
            .collect()
    }
}

/// Reads the stream `rows` of a service, from where an earlier read left it.
pub async fn read(manifest: &Manifest, base: &str, state: &[Value], cx: &RunContext) -> Reading {
    let (messages, result) = messages(manifest, base, &["rows"], state, cx).await;
    let (mut rows, mut left) = (Vec::new(), state.to_vec());
    for message in messages {
        match message["type"].as_str() {
            Some("RECORD") => rows.push(message["record"]["data"].clone()),
            Some("STATE") => left = vec![message["state"].clone()],
            _ => {}
        }
    }
    Reading {
        rows,
        state: left,
        result,
    }
}

/// All that a read of these streams says, and how it ends.
pub async fn messages(
    manifest: &Manifest,
    base: &str,
    streams: &[&str],
    state: &[Value],
    cx: &RunContext,
) -> (Vec<Value>, Result<(), Fault>) {
    let connector = Connector::Declarative(manifest.clone());
    let streams = streams.iter().map(|name| {
        json!({
            "stream": {
                "name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"],
            },
            "sync_mode": "incremental", "destination_sync_mode": "append",
        })
    });
    let streams: Vec<Value> = streams.collect();
    let catalog = serde_json::from_value(json!({ "streams": streams }));
    let (config, catalog) = (json!({ "base_url": base }), catalog.unwrap());
    let (sender, mut chunks) = mpsc::channel::<Bytes>(4);
    let mut messages = Vec::new();
    let listen = async {
        while let Some(chunk) = chunks.recv().await {
            for line in chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                messages.push(serde_json::from_slice(line).unwrap());
            }
        }
    };
    let work = Box::pin(connector.read(&config, &catalog, state, cx, sender));
    let (result, ()) = tokio::join!(work, listen);
    (messages, result)
}
