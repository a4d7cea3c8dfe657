//! The MySQL source: every type, odd names, keys, cursors, faults, size.

mod arrival;
mod caching;
mod checking;
mod chunks;
mod cursors;
mod database;
mod gone;
mod hostile;
mod login;
mod offered;
mod pooled;
mod resumed;
mod server;
mod tinyint;
mod types;

use airbyte::protocol::AirbyteStream;
use serde_json::Value;
use sync::connector::Connector;

use crate::harness::local;

const SOURCE: Connector = Connector::MySql;

async fn only_stream(config: &Value) -> AirbyteStream {
    SOURCE
        .discover(config, &local())
        .await
        .unwrap()
        .streams
        .remove(0)
}
