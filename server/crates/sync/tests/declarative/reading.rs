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
    let connector = Connector::Declarative(manifest.clone());
    let catalog = serde_json::from_value(json!({"streams": [{
        "stream": {
            "name": "rows", "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"],
        },
        "sync_mode": "incremental", "destination_sync_mode": "append",
    }]}));
    let (config, catalog) = (json!({ "base_url": base }), catalog.unwrap());
    let (sender, mut chunks) = mpsc::channel::<Bytes>(4);
    let (mut rows, mut left) = (Vec::new(), state.to_vec());
    let listen = async {
        while let Some(chunk) = chunks.recv().await {
            for line in chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let message: Value = serde_json::from_slice(line).unwrap();
                match message["type"].as_str() {
                    Some("RECORD") => rows.push(message["record"]["data"].clone()),
                    Some("STATE") => left = vec![message["state"].clone()],
                    _ => {}
                }
            }
        }
    };
    let work = Box::pin(connector.read(&config, &catalog, state, cx, sender));
    let (result, ()) = tokio::join!(work, listen);
    Reading {
        rows,
        state: left,
        result,
    }
}
