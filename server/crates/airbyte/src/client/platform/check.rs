//! A check before anything is saved: one call, which answers when the connector is done.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Client, Error,
    client::platform::{
        Listed, fault,
        late::{is_lost, unanswered},
    },
    config::{CheckBody, CheckRead, FailureReason},
    extension::{CheckLine, CheckRequest, CheckResult, CheckStep, Fault, FaultKind, StepState},
};

/// What the platform does is one step to us: it tells nothing on the way.
const STEP: &str = "Checked by Airbyte";
/// What may go on where it did not answer.
const MEANWHILE: &str = "The check may still be running there.";

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
        let result = match request.source_id {
            Some(source) => self.check_changes(source, &request.configuration).await?,
            None => self.check_unsaved(request).await?,
        };
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

    /// Whether the platform reaches a saved destination with its settings. `Forbidden` where nobody gets to what would
    /// tell.
    pub async fn check_destination(&self, destination: Uuid) -> Result<CheckResult, Error> {
        let body = json!({ "destinationId": destination });
        let path = "destinations/check_connection";
        match self.ask_connector(path, &body, "check").await {
            Ok(read) => Ok(result(read)),
            Err(error) if Listed::closed(&error).is_some() => Err(Error::Forbidden {
                message: error.to_string(),
            }),
            Err(error) => Err(error),
        }
    }

    async fn check_unsaved(&self, request: &CheckRequest) -> Result<CheckResult, Error> {
        let body = CheckBody {
            source_definition_id: request.definition_id,
            workspace_id: request.workspace_id,
            connection_configuration: &request.configuration,
        };
        let path = "scheduler/sources/check_connection";
        self.ask_check(path, &body).await
    }

    /// A saved source as it would be with these settings. Whole configurations only are checked: what is not changed goes
    /// back as it was read, and the masks in it stand for what is stored.
    async fn check_changes(&self, source: Uuid, changes: &Value) -> Result<CheckResult, Error> {
        let saved = self.source(source).await?;
        let mut configuration = saved.configuration;
        merge(&mut configuration, changes);
        let body = json!({
            "sourceId": source,
            "name": saved.name,
            "connectionConfiguration": configuration,
        });
        let path = "sources/check_connection_for_update";
        self.ask_check(path, &body).await
    }

    /// No answer in time is a result, too: whoever repeats what it is taken for has the connector run once more.
    async fn ask_check(&self, path: &str, body: &impl Serialize) -> Result<CheckResult, Error> {
        match self.ask_connector(path, body, "check").await {
            Ok(read) => Ok(result(read)),
            Err(error) if is_lost(&error) => Ok(CheckResult::Failed {
                fault: unanswered(&error, MEANWHILE),
            }),
            Err(error) => Err(error),
        }
    }
}

/// Objects are merged key by key, everything else is replaced: as the server does it with the same changes.
fn merge(saved: &mut Value, changes: &Value) {
    match (saved, changes) {
        (Value::Object(saved), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(saved.entry(name).or_insert(Value::Null), change);
            }
        }
        (saved, change) => *saved = change.clone(),
    }
}

fn result(read: CheckRead) -> CheckResult {
    match read.status.as_deref() {
        Some("succeeded") => CheckResult::Succeeded,
        Some(_) => CheckResult::Failed {
            fault: refused(read.message),
        },
        None => CheckResult::Failed {
            fault: fault(&reason(read)),
        },
    }
}

/// The connector said no: its own words are the message, and tell what to correct.
fn refused(message: Option<String>) -> Fault {
    let message = message
        .unwrap_or_else(|| "The connector refused the settings without saying why.".to_owned());
    Fault {
        kind: FaultKind::of_refusal(&message),
        until: None,
        message,
        detail: None,
        field: None,
        stream: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays_as_it_was_read() {
        let mut saved = json!({"host": "a", "credentials": {"token": "**********", "kind": "old"}, "tables": [1, 2]});
        merge(
            &mut saved,
            &json!({"host": "b", "credentials": {"kind": "sign_in"}, "tables": [3]}),
        );
        assert_eq!(
            saved,
            json!({"host": "b", "credentials": {"token": "**********", "kind": "sign_in"}, "tables": [3]})
        );
    }
}
