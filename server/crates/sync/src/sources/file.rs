//! placeholder
use crate::connector::{RunContext, Steps};
use crate::fault::Fault;
use airbyte::protocol::{AirbyteCatalog, ConfiguredAirbyteCatalog, ConnectorSpecification};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;
pub fn spec() -> Result<ConnectorSpecification, Fault> {
    Err(Fault::unsupported("soon"))
}
pub async fn check(_: &Value, _: &RunContext, _: &Steps) -> Result<(), Fault> {
    Err(Fault::unsupported("soon"))
}
pub async fn discover(_: &Value, _: &RunContext) -> Result<AirbyteCatalog, Fault> {
    Err(Fault::unsupported("soon"))
}
pub async fn read(
    _: &Value,
    _: &ConfiguredAirbyteCatalog,
    _: &RunContext,
    _: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    Err(Fault::unsupported("soon"))
}
