//! A check before anything is saved: one call, which answers when the connector is done.

use std::time::Instant;

use crate::{
    Client, Error,
    client::platform::{Limits, fault},
    config::{CheckBody, CheckRead, FailureReason},
    extension::{CheckLine, CheckRequest, CheckResult, CheckStep, Fault, FaultKind, StepState},
};

/// What the platform does is one step to us: it tells nothing on the way.
const STEP: &str = "Checked by Airbyte";

impl Client {
    /// The line that says the check has begun.
    pub(in crate::client) fn check_begun() -> CheckLine {
        CheckLine::Step(CheckStep {
            name: STEP.to_owned(),
            state: StepState::Running,
            detail: None,
            milliseconds: 0,
        })
    }

    /// The lines that end it.
    pub(in crate::client) async fn platform_check(
        &self,
        request: &CheckRequest,
    ) -> Result<Vec<CheckLine>, Error> {
        let begun = Instant::now();
        let body = CheckBody {
            source_definition_id: request.definition_id,
            workspace_id: request.workspace_id,
            connection_configuration: &request.configuration,
            source_id: request.source_id,
        };
        let read: CheckRead = self
            .ask_config(
                "scheduler/sources/check_connection",
                &body,
                "check",
                Limits::Connector,
            )
            .await?;
        let result = result(read);
        let passed = matches!(result, CheckResult::Succeeded);
        let step = CheckStep {
            name: STEP.to_owned(),
            state: if passed {
                StepState::Passed
            } else {
                StepState::Failed
            },
            detail: None,
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        Ok(vec![CheckLine::Step(step), CheckLine::Result(result)])
    }
}

fn result(read: CheckRead) -> CheckResult {
    match read.status.as_deref() {
        Some("succeeded") => CheckResult::Succeeded,
        // The connector said no: its own words are the message, and what to correct is the configuration.
        Some(_) => CheckResult::Failed {
            fault: Fault {
                kind: FaultKind::Config,
                until: None,
                message: read.message.unwrap_or_else(|| {
                    "The connector refused the settings without saying why.".to_owned()
                }),
                detail: None,
                field: None,
                stream: None,
            },
        },
        None => CheckResult::Failed {
            fault: fault(&reason(read)),
        },
    }
}

fn reason(read: CheckRead) -> FailureReason {
    let told = read.job_info.and_then(|job| job.failure_reason);
    told.unwrap_or(FailureReason {
        failure_type: Some("system_error".to_owned()),
        failure_origin: Some("airbyte_platform".to_owned()),
        external_message: read.message,
        ..FailureReason::default()
    })
}
