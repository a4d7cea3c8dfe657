//! `POST /x/discover`: streams with their whole schemas; in lines for whoever has to hear what a connector renews on the way.

use airbyte::Cache;
use airbyte::extension::{DiscoverLine, DiscoverRequest, DiscoverResponse};
use airbyte::protocol::AirbyteCatalog;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::ask::{Named, Subject, misfit};
use super::lines::{Writer, answer};
use crate::Engine;
use crate::api::Body;
use crate::auth::Caller;
use crate::error::Failure;
use crate::problem::{ApiResult, wire_fault};
use crate::rotation::Rotation;

pub async fn discover(
    State(engine): State<Engine>,
    caller: Caller,
    Body(asked): Body<DiscoverRequest>,
) -> ApiResult<Response> {
    let named = Named {
        source: asked.source_id,
        definition: asked.definition_id,
        manifest: None,
        workspace: asked.workspace_id,
        configuration: asked.configuration,
    };
    let subject = Subject::find(&engine, caller, named).await?;
    if let Some(source) = subject.saved() {
        let cache = if asked.ignore_cache {
            Cache::Ignore
        } else {
            Cache::Use
        };
        // What is renewed is kept in the source, so there is nothing to tell on the way.
        let catalog = engine.discover_source(source, cache).await?;
        return Ok(Json(DiscoverResponse { catalog }).into_response());
    }
    if asked.lines {
        return Ok(answer(async move |out: Writer<DiscoverLine>, cancel| {
            let found = Box::pin(run(&engine, &subject, Some(&out), &cancel)).await;
            let last = match found.map_err(Failure::into_fault) {
                Ok(catalog) => DiscoverLine::Catalog(catalog),
                Err(fault) => DiscoverLine::Fault(wire_fault(&fault)),
            };
            out.send(last).await;
        }));
    }
    let cancel = CancellationToken::new();
    let _ended = cancel.clone().drop_guard();
    let catalog = Box::pin(run(&engine, &subject, None, &cancel)).await?;
    Ok(Json(DiscoverResponse { catalog }).into_response())
}

/// Asks about settings that are not saved as they are.
async fn run(
    engine: &Engine,
    subject: &Subject,
    out: Option<&Writer<DiscoverLine>>,
    cancel: &CancellationToken,
) -> Result<AirbyteCatalog, Failure> {
    let _turn = engine.turn(subject.source.as_ref(), cancel).await?;
    let config = subject.current(engine).await?;
    let prepared = engine
        .prepare(&subject.definition, config, cancel, |_| {})
        .await?;
    let schema = engine.known_schema(&subject.definition).await?;
    if let Some(fault) = misfit(&schema, &prepared.config) {
        return Err(fault.into());
    }
    let mut operation = engine.operation(Some(subject.workspace), cancel).await?;
    operation
        .cx
        .secret_fields
        .clone_from(&prepared.secret_fields);
    let cx = operation.cx.clone();
    let rotation = Rotation::of(&prepared);
    let mut work = std::pin::pin!(prepared.connector.discover(&prepared.config, &cx));
    let result = loop {
        tokio::select! {
            biased;
            Some(config) = operation.new_config.recv() => rotated(engine, subject, &rotation, out, config).await?,
            // Nobody reads the log of a discovery; its failure carries the words that matter.
            Some(_) = operation.log.recv() => {}
            result = &mut work => break result,
        }
    };
    while let Ok(config) = operation.new_config.try_recv() {
        rotated(engine, subject, &rotation, out, config).await?;
    }
    Ok(result?)
}

async fn rotated(
    engine: &Engine,
    subject: &Subject,
    rotation: &Rotation,
    out: Option<&Writer<DiscoverLine>>,
    config: Value,
) -> Result<(), Failure> {
    let told = subject.renewed(engine, rotation, config).await?;
    if let (Some(out), Some(config)) = (out, told) {
        out.send(DiscoverLine::Configuration(config)).await;
    }
    Ok(())
}
