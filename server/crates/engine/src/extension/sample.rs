//! `POST /x/sample`: a few rows of each stream, through the connector, kept nowhere.

use airbyte::Cache;
use airbyte::extension::{SampleLine, SampleRequest, StreamSample};
use airbyte::protocol::StreamDescriptor;
use axum::extract::State;
use axum::response::Response;
use sync::fault::Fault;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ask::{Named, Subject};
use super::lines::{Writer, answer};
use crate::Engine;
use crate::api::Body;
use crate::auth::Caller;
use crate::error::Failure;
use crate::problem::ApiResult;
use crate::rotation::Rotation;

const DEFAULT_ROWS: usize = 20;
const MOST_ROWS: usize = 200;

pub async fn sample(
    State(engine): State<Engine>,
    caller: Caller,
    Body(asked): Body<SampleRequest>,
) -> ApiResult<Response> {
    let named = Named {
        source: asked.source_id,
        definition: asked.definition_id,
        manifest: asked.manifest,
        workspace: asked.workspace_id,
        configuration: asked.configuration,
    };
    let subject = Subject::find(&engine, caller, named).await?;
    let limit = asked.limit.unwrap_or(DEFAULT_ROWS).clamp(1, MOST_ROWS);
    Ok(answer(async move |out: Writer<SampleLine>, cancel| {
        let work = run(&engine, &subject, &asked.streams, limit, &out, &cancel);
        let result = Box::pin(work).await;
        if let Err(failure) = result {
            tell_all(&asked.streams, &failure.into_fault(), &out).await;
        }
        out.send(SampleLine::Done { done: true }).await;
    }))
}

async fn run(
    engine: &Engine,
    subject: &Subject,
    streams: &[StreamDescriptor],
    limit: usize,
    out: &Writer<SampleLine>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let catalog = match subject.saved() {
        Some(source) => Some(engine.discover_source(source, Cache::Use).await?),
        None => None,
    };
    let _turn = engine.turn(subject.source.as_ref(), cancel).await?;
    let config = subject.current(engine).await?;
    let prepared = engine
        .prepare(&subject.definition, config, cancel, |_| {})
        .await?;
    let mut operation = engine.operation(Some(subject.workspace), cancel).await?;
    operation
        .cx
        .secret_fields
        .clone_from(&prepared.secret_fields);
    let cx = operation.cx.clone();
    let rotation = Rotation::of(&prepared);
    let (samples, mut read) = mpsc::channel(2);
    let work = sync::sample::sample(
        &prepared.connector,
        &prepared.config,
        streams,
        catalog,
        limit,
        &cx,
        samples,
    );
    let mut work = std::pin::pin!(work);
    let result = loop {
        tokio::select! {
            biased;
            // First of all: the old tokens may be worth nothing any more, and a reader who has rows enough goes away.
            Some(config) = operation.new_config.recv() => { subject.renewed(engine, &rotation, config).await?; }
            Some(sample) = read.recv() => out.send(line(sample)).await,
            Some(_) = operation.log.recv() => {}
            result = &mut work => break result,
        }
    };
    while let Ok(config) = operation.new_config.try_recv() {
        subject.renewed(engine, &rotation, config).await?;
    }
    while let Ok(sample) = read.try_recv() {
        out.send(line(sample)).await;
    }
    Ok(result?)
}

fn line(sample: sync::sample::StreamSample) -> SampleLine {
    SampleLine::Stream(StreamSample {
        stream: sample.stream,
        records: sample.records,
        problem: sample.problem,
    })
}

/// A fault that concerns the whole source is told with every stream that was asked for.
async fn tell_all(streams: &[StreamDescriptor], fault: &Fault, out: &Writer<SampleLine>) {
    let unnamed = [StreamDescriptor::new("", None)];
    let streams = if streams.is_empty() {
        &unnamed[..]
    } else {
        streams
    };
    for stream in streams {
        let sample = StreamSample {
            stream: stream.clone(),
            records: Vec::new(),
            problem: Some(fault.message.clone()),
        };
        out.send(SampleLine::Stream(sample)).await;
    }
}
