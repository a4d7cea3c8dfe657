//! `POST /x/check`: the connector's own check, with its steps, before or after a source is saved.

use airbyte::extension::{CheckLine, CheckRequest, CheckResult, CheckStep, StepState};
use axum::extract::State;
use axum::response::Response;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ask::{Named, Subject, misfit};
use super::lines::{Writer, answer};
use crate::Engine;
use crate::api::Body;
use crate::auth::Caller;
use crate::error::Failure;
use crate::operation::Prepared;
use crate::problem::{ApiResult, wire_fault};
use crate::rotation::Rotation;

/// Names of the engine's own steps; the connector's follow.
const READY: &str = "Connector is ready";
const COMPLETE: &str = "Settings are complete";
/// Steps waiting to be written.
const STEPS: usize = 16;

pub async fn check(
    State(engine): State<Engine>,
    caller: Caller,
    Body(asked): Body<CheckRequest>,
) -> ApiResult<Response> {
    let named = Named {
        source: asked.source_id,
        definition: Some(asked.definition_id),
        manifest: None,
        workspace: Some(asked.workspace_id),
        configuration: Some(asked.configuration),
    };
    caller.enter(asked.workspace_id)?;
    let subject = Subject::find(&engine, caller, named).await?;
    Ok(answer(async move |out: Writer<CheckLine>, cancel| {
        let result = Box::pin(run(&engine, &subject, &out, &cancel)).await;
        let result = match result.map_err(Failure::into_fault) {
            Ok(()) => CheckResult::Succeeded,
            Err(fault) => CheckResult::Failed {
                fault: wire_fault(&fault),
            },
        };
        out.send(CheckLine::Result(result)).await;
    }))
}

async fn run(
    engine: &Engine,
    subject: &Subject,
    out: &Writer<CheckLine>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let _turn = engine.turn(subject.source.as_ref(), cancel).await?;
    let config = subject.current(engine).await?;
    let prepared = prepare(engine, subject, config, out, cancel).await?;
    let mut operation = engine.operation(Some(subject.workspace), cancel).await?;
    operation
        .cx
        .secret_fields
        .clone_from(&prepared.secret_fields);
    let rotation = Rotation::of(&prepared);
    let (steps, mut told) = mpsc::channel(STEPS);
    let cx = operation.cx.clone();
    let mut work = std::pin::pin!(prepared.connector.check(&prepared.config, &cx, steps));
    let result = loop {
        tokio::select! {
            biased;
            Some(step) = told.recv() => out.send(CheckLine::Step(wire_step(step))).await,
            Some(config) = operation.new_config.recv() => rotated(engine, subject, &rotation, out, config).await?,
            Some(_) = operation.log.recv() => {}
            result = &mut work => break result,
        }
    };
    while let Ok(step) = told.try_recv() {
        out.send(CheckLine::Step(wire_step(step))).await;
    }
    while let Ok(config) = operation.new_config.try_recv() {
        rotated(engine, subject, &rotation, out, config).await?;
    }
    Ok(result?)
}

/// The engine's own two steps: the connector is there, and the configuration has the form it asks for.
async fn prepare(
    engine: &Engine,
    subject: &Subject,
    config: serde_json::Value,
    out: &Writer<CheckLine>,
    cancel: &CancellationToken,
) -> Result<Prepared, Failure> {
    let tell = |detail: &str| out.try_send(step(READY, StepState::Running, Some(detail)));
    let prepared = match engine
        .prepare(&subject.definition, config, cancel, tell)
        .await
    {
        Ok(prepared) => prepared,
        Err(failure) => {
            let fault = failure.into_fault();
            out.send(step(READY, StepState::Failed, Some(&fault.message)))
                .await;
            return Err(fault.into());
        }
    };
    out.send(step(READY, StepState::Passed, None)).await;
    let schema = engine.known_schema(&subject.definition).await?;
    if let Some(fault) = misfit(&schema, &prepared.config) {
        out.send(step(COMPLETE, StepState::Failed, Some(&fault.message)))
            .await;
        return Err(fault.into());
    }
    out.send(step(COMPLETE, StepState::Passed, None)).await;
    Ok(prepared)
}

async fn rotated(
    engine: &Engine,
    subject: &Subject,
    rotation: &Rotation,
    out: &Writer<CheckLine>,
    config: serde_json::Value,
) -> Result<(), Failure> {
    if let Some(config) = subject.renewed(engine, rotation, config).await? {
        out.send(CheckLine::Configuration(config)).await;
    }
    Ok(())
}

fn step(name: &str, state: StepState, detail: Option<&str>) -> CheckLine {
    CheckLine::Step(CheckStep {
        name: name.to_owned(),
        state,
        detail: detail.map(str::to_owned),
        milliseconds: 0,
    })
}

fn wire_step(step: sync::connector::CheckStep) -> CheckStep {
    use sync::connector::StepState as State;
    let state = match step.state {
        State::Running => StepState::Running,
        State::Passed => StepState::Passed,
        State::Failed => StepState::Failed,
        State::Skipped => StepState::Skipped,
    };
    CheckStep {
        name: step.name,
        state,
        detail: step.detail,
        milliseconds: step.milliseconds,
    }
}
