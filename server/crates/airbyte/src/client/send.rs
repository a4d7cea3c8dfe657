//! What every call shares: credentials, one repeat after a refused token, retries with jitter, errors.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url, header};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use super::answer::{accept, read_json};
use super::places::By;
use crate::Error;

/// For calls that only touch the server's own tables.
pub(super) const SHORT: Duration = Duration::from_mins(1);
/// For calls that ask a connector: discovery takes up to half an hour on big accounts.
pub(super) const LONG: Duration = Duration::from_mins(35);

const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// Who sheds load says so without saying for how long.
const LOAD_SHED_PAUSE: Duration = Duration::from_secs(5);
/// Asked to wait longer than this, the caller decides instead.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether a call whose fate is unknown may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Reading, replacing, deleting: twice is as good as once.
    Always,
    /// Having a connector run, which costs the customer's source one run each time: only when the server did nothing, or
    /// names a time to come back.
    Declined,
    /// Creating: only when the server certainly did nothing.
    Unsent,
}

/// One call, ready to be sent as often as needed.
pub(super) struct Call {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    repeat: Repeat,
    by: By,
    /// `None` leaves only the limit on silence: for streamed answers.
    timeout: Option<Duration>,
}

impl Call {
    pub(super) fn new(method: Method, url: Url) -> Self {
        let repeat = if method == Method::POST {
            Repeat::Unsent
        } else {
            Repeat::Always
        };
        Self {
            method,
            url,
            body: None,
            repeat,
            by: By::PublicApi,
            timeout: Some(SHORT),
        }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(body).map_err(|source| Error::Unreadable {
            what: "request",
            source,
        })?;
        self.body = Some(bytes);
        Ok(self)
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    pub(super) fn repeating(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    pub(super) fn by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    pub(super) fn within(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Why a try came to nothing.
enum Failed {
    Call(Error),
    /// There is no token after all that was tried for one, so the call was not sent.
    Token(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl Client {
    pub(super) fn call<'a>(&self, method: Method, path: impl IntoIterator<Item = &'a str>) -> Call {
        Call::new(method, self.shared.base.join(path))
    }

    /// Sends the call; an answer is a successful one, of which nothing is read yet.
    pub(super) async fn send(&self, call: &Call) -> Result<Response, Error> {
        self.read(call, |answer| std::future::ready(Ok(answer)))
            .await
    }

    /// Sends the call and reads its answer. An answer counts when it was read to its end: one that breaks off is asked for
    /// again.
    pub(super) async fn read<T, F>(
        &self,
        call: &Call,
        read: impl Fn(Response) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        with_retries(call.repeat, || async {
            let turn = self.shared.guard.turn().await?;
            let outcome = match self.authorised(call).await {
                Ok(answer) => read(answer).await,
                Err(Failed::Call(error)) => Err(error),
                // It has been counted, and tried for often enough: tries of tries would be many.
                Err(Failed::Token(error)) => return Ok(Err(error)),
            };
            turn.came_to(call.by, &outcome);
            outcome.map(Ok)
        })
        .await?
    }

    /// One try, with a new token when the old one is refused.
    async fn authorised(&self, call: &Call) -> Result<Response, Failed> {
        let (mut answer, token) = self.once(call, None).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && self.shared.tokens.renewable() {
            (answer, _) = self.once(call, token.as_ref()).await?;
        }
        accept(answer).await.map_err(Failed::Call)
    }

    async fn once(
        &self,
        call: &Call,
        refused: Option<&SecretString>,
    ) -> Result<(Response, Option<SecretString>), Failed> {
        let mut request = self
            .shared
            .http
            .request(call.method.clone(), call.url.clone());
        request = request.header(header::ACCEPT, "application/json");
        if let Some(body) = &call.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        let authorised = self.authorise(request, refused).await;
        let (request, token) = authorised.map_err(Failed::Token)?;
        Ok((request.send().await.map_err(Error::transport)?, token))
    }

    /// Sends and reads the answer as JSON.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        call: &Call,
        what: &'static str,
    ) -> Result<T, Error> {
        self.read(call, |answer| read_json(answer, what)).await
    }

    /// Sends; what a good answer holds does not matter.
    pub(super) async fn tell(&self, call: &Call) -> Result<(), Error> {
        self.send(call).await.map(drop)
    }
}

/// Tries up to [`TRIES`] times, with growing pauses of random length between.
pub(super) async fn with_retries<T, F>(
    repeat: Repeat,
    mut work: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        let error = match work().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(wait) = wait_before_retry(&error, repeat, pause) else {
            return Err(error);
        };
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    work().await
}

/// How long to wait before the next try; `None` when there must be none.
fn wait_before_retry(error: &Error, repeat: Repeat, pause: Duration) -> Option<Duration> {
    let jittered = pause.mul_f64(rand::random_range(0.5..1.0));
    match error {
        Error::Unreachable(_) => Some(jittered),
        Error::RateLimited { retry_after: None } => Some(LOAD_SHED_PAUSE + jittered),
        Error::RateLimited {
            retry_after: Some(wait),
        } => (*wait <= PATIENCE).then_some(*wait + jittered),
        Error::Upstream {
            status: 503,
            retry_after: Some(wait),
            ..
        } if repeat == Repeat::Declined => (*wait <= PATIENCE).then_some(*wait + jittered),
        Error::Upstream {
            status: 408 | 502 | 503 | 504,
            retry_after,
            ..
        } => {
            let wait = retry_after.unwrap_or_default();
            (repeat == Repeat::Always && wait <= PATIENCE).then_some(wait + jittered)
        }
        Error::Interrupted(_) => (repeat == Repeat::Always).then_some(jittered),
        _ => None,
    }
}
