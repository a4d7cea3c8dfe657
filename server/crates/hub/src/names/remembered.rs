//! Names that were looked up lately, kept until the database tells that one of them changed.
//!
//! Only a process that hears of changes remembers anything: one whose line to the database is down, or that never
//! listens (a command), reads the names each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use model::{NamedConnection, TenantId};

/// Names and questions that are remembered at most; beyond them all are forgotten.
const MOST: usize = 20_000;
/// How long an answer is good for at most: a line that died silently tells of no change.
const GOOD_FOR: Duration = Duration::from_mins(1);

/// What was asked: the pattern as the database gets it, and of whom.
pub type Question = (String, Option<TenantId>);

/// Shared by all who ask.
#[derive(Debug, Default)]
pub struct Remembered {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether changes are heard of.
    hears: bool,
    /// How often everything was forgotten: an answer that was on its way meanwhile is not kept.
    forgotten: u64,
    answers: HashMap<Question, Answer>,
    /// Questions and names in `answers`.
    size: usize,
}

#[derive(Debug)]
struct Answer {
    names: Arc<[NamedConnection]>,
    at: Instant,
}

/// When a question was put.
#[derive(Debug, Clone, Copy)]
pub struct Since(u64);

impl Remembered {
    pub fn answer(&self, question: &Question) -> Result<Arc<[NamedConnection]>, Since> {
        self.with(|state| match state.answers.get(question) {
            Some(answer) if answer.at.elapsed() < GOOD_FOR => Ok(Arc::clone(&answer.names)),
            _ => Err(Since(state.forgotten)),
        })
    }

    pub fn keep(&self, question: Question, answer: &Arc<[NamedConnection]>, asked: Since) {
        self.with(|state| {
            if !state.hears || state.forgotten != asked.0 {
                return;
            }
            state.size += answer.len() + 1;
            if state.size > MOST {
                state.answers.clear();
                state.size = answer.len() + 1;
            }
            let answer = Answer {
                names: Arc::clone(answer),
                at: Instant::now(),
            };
            state.answers.insert(question, answer);
        });
    }

    /// Something changed, or changes begin or cease to be heard of.
    pub fn forget(&self, hears: bool) {
        self.with(|state| {
            state.hears = hears;
            state.forgotten += 1;
            state.answers.clear();
            state.size = 0;
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        ("mysql%".to_owned(), None)
    }

    fn ask(of: &Remembered) -> Since {
        of.answer(&question()).expect_err("nothing is remembered")
    }

    #[test]
    fn nothing_is_remembered_unless_changes_are_heard_of() {
        let remembered = Remembered::default();
        let asked = ask(&remembered);
        remembered.keep(question(), &Arc::default(), asked);
        ask(&remembered);
        remembered.forget(true);
        let asked = ask(&remembered);
        remembered.keep(question(), &Arc::default(), asked);
        assert!(remembered.answer(&question()).is_ok());
        remembered.forget(false);
        ask(&remembered);
    }

    #[test]
    fn an_answer_from_before_a_change_is_not_kept() {
        let remembered = Remembered::default();
        remembered.forget(true);
        let asked = ask(&remembered);
        remembered.forget(true);
        remembered.keep(question(), &Arc::default(), asked);
        ask(&remembered);
    }

    #[test]
    fn questions_without_end_do_not_fill_the_memory() {
        let remembered = Remembered::default();
        remembered.forget(true);
        for n in 0..2 * MOST {
            let question = (n.to_string(), None);
            let Err(asked) = remembered.answer(&question) else {
                panic!("{n} was never asked")
            };
            remembered.keep(question, &Arc::default(), asked);
        }
        assert!(remembered.with(|state| state.answers.len()) <= MOST);
    }
}
