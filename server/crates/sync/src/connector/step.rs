//! The named steps of a check, told while they happen.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Veil;
use crate::fault::Fault;

/// One step of a check. The same name is sent twice: when it starts, and when its result is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// Shown as it is: "Name resolves", "Login accepted".
    pub name: String,
    pub state: StepState,
    /// What was found ("PostgreSQL 16.4, TLS 1.3") or what went wrong, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How long the step took; zero while it runs.
    #[serde(default)]
    pub milliseconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Running,
    Passed,
    Failed,
    /// Does not apply to this configuration.
    Skipped,
}

/// Where a check tells its steps. A listener that went away does not stop the check.
#[derive(Debug, Clone)]
pub struct Steps {
    sender: mpsc::Sender<CheckStep>,
    veil: Veil,
}

impl Steps {
    pub fn new(sender: mpsc::Sender<CheckStep>, veil: Veil) -> Self {
        Self { sender, veil }
    }

    /// Runs one step. The work gives its value and, when there is something worth saying, a detail.
    pub async fn run<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<(T, Option<String>), Fault>>,
    ) -> Result<T, Fault> {
        self.tell(name, StepState::Running, None, 0).await;
        let started = Instant::now();
        let result = work.await;
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok((value, detail)) => {
                self.tell(name, StepState::Passed, detail, took).await;
                Ok(value)
            }
            Err(fault) => {
                self.tell(name, StepState::Failed, Some(fault.message.clone()), took)
                    .await;
                Err(fault)
            }
        }
    }

    /// A step that this configuration does not need, and why.
    pub async fn skip(&self, name: &str, why: &str) {
        self.tell(name, StepState::Skipped, Some(why.to_owned()), 0)
            .await;
    }

    async fn tell(&self, name: &str, state: StepState, detail: Option<String>, milliseconds: u64) {
        let step = CheckStep {
            name: name.to_owned(),
            state,
            detail: detail.map(|text| self.veil.text(&text)),
            milliseconds,
        };
        // A closed receiver means nobody watches; the verdict still counts.
        let _ = self.sender.send(step).await;
    }
}
