//! Answers that come line by line, each a JSON value, read while the server still works.

use std::{collections::VecDeque, future::Future, marker::PhantomData, pin::Pin};

use reqwest::Response;
use serde::de::DeserializeOwned;

use crate::Error;

/// The longest line accepted: twenty rows of wide records fit many times over.
const LONGEST_LINE: usize = 64 * 1024 * 1024;

/// A streamed answer. Dropping it closes the connection, which stops the work behind it.
pub struct Lines<T>(Source<T>);

enum Source<T> {
    Streamed(Streamed<T>),
    Made {
        ready: VecDeque<T>,
        rest: Option<Rest<T>>,
    },
}

type Rest<T> = Pin<Box<dyn Future<Output = Result<Vec<T>, Error>> + Send>>;

impl<T: DeserializeOwned> Lines<T> {
    pub(super) fn new(answer: Response) -> Self {
        Self(Source::Streamed(Streamed::new(answer)))
    }

    /// Lines that are made here, of a server that answers all at once: one at the beginning, the others when it has
    /// answered.
    pub(super) fn later(
        first: T,
        rest: impl Future<Output = Result<Vec<T>, Error>> + Send + 'static,
    ) -> Self {
        Self(Source::Made {
            ready: VecDeque::from([first]),
            rest: Some(Box::pin(rest)),
        })
    }

    /// The next line; `None` at the end. An answer that breaks off in the middle is an error, not an end.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        match &mut self.0 {
            Source::Streamed(answer) => answer.next().await,
            Source::Made { ready, rest } => {
                if ready.is_empty()
                    && let Some(rest) = rest.take()
                {
                    ready.extend(rest.await?);
                }
                Ok(ready.pop_front())
            }
        }
    }
}

/// Lines as they arrive.
struct Streamed<T> {
    answer: Response,
    buffer: Vec<u8>,
    /// Where to look for the next line's end, so that long lines are searched once.
    searched: usize,
    ended: bool,
    item: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Streamed<T> {
    fn new(answer: Response) -> Self {
        Self {
            answer,
            buffer: Vec::new(),
            searched: 0,
            ended: false,
            item: PhantomData,
        }
    }

    async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(line) = self.take_line() {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return serde_json::from_slice(&line).map(Some).map_err(|source| {
                    Error::Unreadable {
                        what: "line",
                        source,
                    }
                });
            }
            if self.ended {
                return Ok(None);
            }
            self.fill().await?;
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.buffer[self.searched..]
            .iter()
            .position(|byte| *byte == b'\n');
        match end {
            Some(end) => {
                let end = self.searched + end;
                self.searched = 0;
                let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
                line.pop();
                Some(line)
            }
            None if self.ended && !self.buffer.is_empty() => {
                self.searched = 0;
                Some(std::mem::take(&mut self.buffer))
            }
            None => {
                self.searched = self.buffer.len();
                None
            }
        }
    }

    async fn fill(&mut self) -> Result<(), Error> {
        match self.answer.chunk().await.map_err(Error::transport)? {
            Some(chunk) => self.buffer.extend_from_slice(&chunk),
            None => self.ended = true,
        }
        if self.buffer.len() > LONGEST_LINE {
            return Err(Error::unreadable("line", "it is too long"));
        }
        Ok(())
    }
}
