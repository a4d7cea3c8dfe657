//! The list of checks of one test: a step appears when it starts and gets its result in place.

use airbyte::extension::{self, StepState};
use model::{CheckStep, Progress};

/// Steps in the order they began.
#[derive(Debug, Default)]
pub(super) struct Steps(Vec<CheckStep>);

impl Steps {
    pub fn all(&self) -> &[CheckStep] {
        &self.0
    }

    /// Takes in what the engine tells. Skipped checks are left out: there is nothing to see.
    pub fn put(&mut self, step: extension::CheckStep) {
        let state = match step.state {
            StepState::Passed => Progress::Passed,
            StepState::Failed => Progress::Failed,
            StepState::Skipped => {
                self.0.retain(|known| known.name != step.name);
                return;
            }
            StepState::Running | StepState::Unknown => Progress::Running,
        };
        let over = state.is_over();
        self.set(CheckStep {
            name: step.name,
            state,
            detail: step.detail.unwrap_or_default(),
            field: None,
            millis: over.then(|| i64::try_from(step.milliseconds).unwrap_or(i64::MAX)),
        });
    }

    pub fn set(&mut self, step: CheckStep) {
        match self.0.iter_mut().find(|known| known.name == step.name) {
            Some(known) => *known = step,
            None => self.0.push(step),
        }
    }

    pub fn begin(&mut self, name: &str) {
        self.set(CheckStep {
            name: name.to_owned(),
            state: Progress::Running,
            detail: String::new(),
            field: None,
            millis: None,
        });
    }

    /// What there is to say of a step that goes on.
    pub fn say(&mut self, name: &str, what: &str) {
        if let Some(step) = self.0.iter_mut().find(|known| known.name == name) {
            what.clone_into(&mut step.detail);
        }
    }

    /// Lays the blame: on the step that failed or was on its way, or on one of its own.
    pub fn blame(&mut self, message: &str, field: Option<String>) {
        let guilty = self
            .0
            .iter_mut()
            .rev()
            .find(|step| step.state != Progress::Passed);
        match guilty {
            Some(step) => {
                step.state = Progress::Failed;
                if step.detail.is_empty() {
                    message.clone_into(&mut step.detail);
                }
                step.field = field;
            }
            None => self.0.push(CheckStep {
                name: "Connection".to_owned(),
                state: Progress::Failed,
                detail: message.to_owned(),
                field,
                millis: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, state: StepState) -> extension::CheckStep {
        extension::CheckStep {
            name: name.to_owned(),
            state,
            detail: None,
            milliseconds: 5,
        }
    }

    fn shown(steps: &Steps) -> Vec<(&str, Progress)> {
        steps
            .all()
            .iter()
            .map(|step| (step.name.as_str(), step.state))
            .collect()
    }

    #[test]
    fn a_result_takes_the_place_of_its_start() {
        let mut steps = Steps::default();
        for (name, state) in [
            ("Name resolves", StepState::Running),
            ("Name resolves", StepState::Passed),
            ("Encrypted", StepState::Running),
            ("Encrypted", StepState::Skipped),
        ] {
            steps.put(told(name, state));
        }
        assert_eq!(shown(&steps), [("Name resolves", Progress::Passed)]);
    }

    #[test]
    fn the_step_that_did_not_pass_is_blamed() {
        let mut steps = Steps::default();
        steps.put(told("Port open", StepState::Passed));
        steps.put(told("Login accepted", StepState::Running));
        steps.blame("The password was refused.", Some("password".to_owned()));
        assert_eq!(
            shown(&steps),
            [
                ("Port open", Progress::Passed),
                ("Login accepted", Progress::Failed)
            ]
        );
        assert_eq!(steps.all()[1].field.as_deref(), Some("password"));
        let mut none = Steps::default();
        none.blame("No answer.", None);
        assert_eq!(shown(&none), [("Connection", Progress::Failed)]);
    }
}
