//! The one place where the state word of a connection is decided.

use model::{ConnectionState, RunState};
use store::connections::Stage;

/// What the word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    pub stage: Stage,
    /// A test waits or runs.
    pub testing: bool,
    /// The run on its way, if any.
    pub run: Option<RunState>,
    /// Rows arrived at least once.
    pub landed: bool,
    /// Kind of the last problem, if it is not solved.
    pub problem_kind: Option<&'a str>,
}

pub fn state(facts: Facts<'_>) -> ConnectionState {
    match facts.run {
        Some(RunState::Queued) => return ConnectionState::Queued,
        Some(RunState::Running | RunState::Cancelling) if facts.landed => {
            return ConnectionState::Running;
        }
        Some(RunState::Running | RunState::Cancelling) => return ConnectionState::FirstLoad,
        _ => {}
    }
    match facts.stage {
        Stage::Paused | Stage::Removing => ConnectionState::Paused,
        _ if facts.testing => ConnectionState::Checking,
        Stage::Draft | Stage::Unchecked => ConnectionState::Draft,
        Stage::Active => match facts.problem_kind {
            Some(kind) if needs_person(kind) => ConnectionState::NeedsYou,
            Some(_) => ConnectionState::Failing,
            None if facts.landed => ConnectionState::UpToDate,
            None => ConnectionState::Ready,
        },
    }
}

/// Problems that trying again does not solve.
pub fn needs_person(kind: &str) -> bool {
    matches!(
        kind,
        "credentials" | "config" | "forbidden" | "data" | "unsupported"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table with one row a case")]
    fn every_situation_has_its_word() {
        use ConnectionState as Word;
        let quiet = Facts {
            stage: Stage::Active,
            testing: false,
            run: None,
            landed: false,
            problem_kind: None,
        };
        let landed = Facts {
            landed: true,
            ..quiet
        };
        let cases = [
            (
                Facts {
                    stage: Stage::Draft,
                    ..quiet
                },
                Word::Draft,
            ),
            (
                Facts {
                    stage: Stage::Draft,
                    testing: true,
                    ..quiet
                },
                Word::Checking,
            ),
            (
                Facts {
                    stage: Stage::Unchecked,
                    testing: true,
                    ..quiet
                },
                Word::Checking,
            ),
            (
                Facts {
                    stage: Stage::Unchecked,
                    problem_kind: Some("credentials"),
                    ..quiet
                },
                Word::Draft,
            ),
            (quiet, Word::Ready),
            (
                Facts {
                    testing: true,
                    ..landed
                },
                Word::Checking,
            ),
            (
                Facts {
                    run: Some(RunState::Queued),
                    ..quiet
                },
                Word::Queued,
            ),
            (
                Facts {
                    run: Some(RunState::Running),
                    ..quiet
                },
                Word::FirstLoad,
            ),
            (
                Facts {
                    run: Some(RunState::Running),
                    ..landed
                },
                Word::Running,
            ),
            (
                Facts {
                    run: Some(RunState::Cancelling),
                    ..landed
                },
                Word::Running,
            ),
            (
                Facts {
                    run: Some(RunState::Running),
                    problem_kind: Some("upstream"),
                    ..landed
                },
                Word::Running,
            ),
            (landed, Word::UpToDate),
            (
                Facts {
                    problem_kind: Some("credentials"),
                    ..landed
                },
                Word::NeedsYou,
            ),
            (
                Facts {
                    problem_kind: Some("forbidden"),
                    ..landed
                },
                Word::NeedsYou,
            ),
            (
                Facts {
                    problem_kind: Some("unreachable"),
                    ..landed
                },
                Word::Failing,
            ),
            (
                Facts {
                    problem_kind: Some("receipt"),
                    ..landed
                },
                Word::Failing,
            ),
            (
                Facts {
                    stage: Stage::Paused,
                    problem_kind: Some("credentials"),
                    ..landed
                },
                Word::Paused,
            ),
            (
                Facts {
                    stage: Stage::Paused,
                    run: Some(RunState::Running),
                    ..landed
                },
                Word::Running,
            ),
        ];
        for (facts, word) in cases {
            assert_eq!(state(facts), word, "{facts:?}");
        }
    }
}
