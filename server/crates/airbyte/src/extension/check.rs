//! `POST /x/check`: tries a configuration, saved or not, and tells its steps while they happen.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::fault::Fault;

/// The body. Carries secrets: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckRequest {
    pub definition_id: Uuid,
    pub workspace_id: Uuid,
    /// Masks stand for the stored secrets of `source_id`; a platform also takes what is missing here from it.
    pub configuration: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Uuid>,
}

/// One line of the answer; the last one is the result. May carry secrets: no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckLine {
    Step(CheckStep),
    /// The connector changed its configuration (rotated tokens): from now on only this one works.
    Configuration(Value),
    Result(CheckResult),
}

/// One step. The same name comes when it starts and when its result is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    pub name: String,
    pub state: StepState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(default)]
    pub milliseconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Running,
    Passed,
    Failed,
    Skipped,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum CheckResult {
    Succeeded,
    Failed { fault: Fault },
}
