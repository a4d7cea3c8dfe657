//! Pages asked for before it is known that there are so many: where paging only counts, what comes next is known.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, poll_immediate, ready};
use futures::stream::{FuturesOrdered, StreamExt};
use serde_json::Value;

use super::{Pages, wrapped};
use crate::declarative::request::{Page, Stop};
use crate::declarative::retrieve::Next;
use crate::declarative::slice::Slice;

/// Pages of one slice that are asked for ahead, at most.
const MOST: u64 = 4;
/// For each of them so many were read before: what is asked in vain behind the last page stays a small part of all.
const READ_BEFORE: u64 = 8;
/// What they may hold together.
const BYTES: u64 = 1024 * 1024;

type Answers<'a> = FuturesOrdered<BoxFuture<'a, Result<Page, Stop>>>;

/// Requests that went out ahead, in the order of their pages.
#[derive(Default)]
pub struct Ahead<'a> {
    /// Never locked: tasks share what holds it, and nobody but the one who reads has to do with it.
    answers: Mutex<Answers<'a>>,
    /// Their tokens.
    tokens: VecDeque<Value>,
    slice: Option<Arc<Slice>>,
    /// The paging went another way than was foreseen.
    wrong: bool,
}

impl<'a> Ahead<'a> {
    /// The answer for this token, if it was asked for. What was asked for instead of it is given up.
    pub async fn take(&mut self, token: Option<&Value>) -> Option<Result<Page, Stop>> {
        let foreseen = self.tokens.pop_front()?;
        if token == Some(&foreseen) {
            return self.answers().next().await;
        }
        self.give_up();
        self.wrong = true;
        None
    }

    /// Nothing of it will be read.
    pub fn give_up(&mut self) {
        *self.answers() = FuturesOrdered::new();
        self.tokens.clear();
        self.slice = None;
    }

    /// Lets the requests go out, without waiting for any answer.
    async fn begin(&mut self) {
        let answers = self.answers();
        if let Some(Some(answer)) = poll_immediate(answers.next()).await {
            answers.push_front(Box::pin(ready(answer)));
        }
    }

    fn answers(&mut self) -> &mut Answers<'a> {
        self.answers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages<'_> {
    /// Asks for the pages that come if this one is full, as far as the manifest's workers have nothing else to do.
    pub(super) async fn look_ahead(&mut self, page: &Page) {
        if self.retriever.next == Next::Told || self.ahead.wrong {
            return;
        }
        let most = (self.number / READ_BEFORE)
            .min(MOST)
            .min(BYTES / page.size().max(1));
        while u64::try_from(self.ahead.tokens.len()).is_ok_and(|count| count < most) {
            if !self.ask_ahead() {
                break;
            }
        }
        self.ahead.begin().await;
    }

    /// `false` when no more can be asked for.
    fn ask_ahead(&mut self) -> bool {
        let (retriever, env) = (self.retriever, self.env);
        let last = self.ahead.tokens.back().or(self.token.as_ref());
        let last = last.map(|token| &token["next_page_token"]);
        let Some(token) = retriever.paginator.foreseen(last, env).map(wrapped) else {
            return false;
        };
        let Ok(place) = Arc::clone(&env.places).try_acquire_owned() else {
            return false;
        };
        let slice = &self.slice;
        let slice = self
            .ahead
            .slice
            .get_or_insert_with(|| Arc::new(slice.clone()));
        let slice = Arc::clone(slice);
        self.ahead.tokens.push_back(token.clone());
        self.ahead.answers().push_back(Box::pin(async move {
            let answer = retriever.fetch(&slice, Some(&token), None, env).await;
            drop(place);
            answer
        }));
        true
    }
}
