//! placeholder
mod config;
mod connect;
mod errors;
mod spec;
mod tls;
use crate::connector::{RunContext, Steps};
use crate::fault::Fault;
use airbyte::protocol::{AirbyteCatalog, ConfiguredAirbyteCatalog, ConnectorSpecification};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;
pub fn spec() -> Result<ConnectorSpecification, Fault> {
    Ok(spec::spec())
}
pub async fn check(config: &Value, cx: &RunContext, steps: &Steps) -> Result<(), Fault> {
    let c = config::Config::parse(config)?;
    connect::connect_stepwise(&c, cx, steps).await?;
    connect::connect(&c, cx).await?;
    Ok(())
}
pub async fn discover(_: &Value, _: &RunContext) -> Result<AirbyteCatalog, Fault> {
    Err(Fault::unsupported("soon"))
}
pub async fn read(
    _: &Value,
    _: &ConfiguredAirbyteCatalog,
    _: &[Value],
    _: &RunContext,
    _: mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    Err(Fault::unsupported("soon"))
}
