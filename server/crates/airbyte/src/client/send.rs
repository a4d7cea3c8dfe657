//! What every call shares: credentials, one repeat after a refused token, retries with jitter, errors.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url, header};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::Client;
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
/// Error answers are read this far.
const ERROR_BYTES: usize = 64 * 1024;
/// The longest answer accepted, unpacked: logs and catalogues of big accounts fit many times over.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Whether a call whose fate is unknown may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Reading, replacing, deleting: twice is as good as once.
    Always,
    /// Creating: only when the server certainly did nothing.
    Unsent,
}

/// One call, ready to be sent as often as needed.
pub(super) struct Call {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    repeat: Repeat,
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

    pub(super) fn within(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
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
                Err(error) => Err(error),
            };
            turn.came_to(&outcome);
            outcome
        })
        .await
    }

    /// One try, with a new token when the old one is refused.
    async fn authorised(&self, call: &Call) -> Result<Response, Error> {
        let (answer, token) = self.once(call, None).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && self.shared.tokens.renewable() {
            return accept(self.once(call, token.as_ref()).await?.0).await;
        }
        accept(answer).await
    }

    async fn once(
        &self,
        call: &Call,
        refused: Option<&SecretString>,
    ) -> Result<(Response, Option<SecretString>), Error> {
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
        let (request, token) = self.authorise(request, refused).await?;
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

/// Lets good answers through and reads the others as errors.
pub(super) async fn accept(answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let retry_after = answer
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|v| read_retry_after(v.to_str().ok()?));
    let body = read_start(answer).await;
    Err(Error::from_answer(status, retry_after, &body))
}

/// Seconds, or a date.
fn read_retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?;
    Some(Duration::try_from(at - OffsetDateTime::now_utc()).unwrap_or(Duration::ZERO))
}

async fn read_start(mut answer: Response) -> Vec<u8> {
    let mut body = Vec::new();
    // What arrived before a break still tells more than nothing.
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= ERROR_BYTES {
            body.truncate(ERROR_BYTES);
            break;
        }
    }
    body
}

pub(super) async fn read_json<T: DeserializeOwned>(
    answer: Response,
    what: &'static str,
) -> Result<T, Error> {
    let bytes = read_whole(answer, what, LONGEST_ANSWER).await?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Unreadable { what, source })
}

async fn read_whole(
    mut answer: Response,
    what: &'static str,
    longest: usize,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Error::transport)? {
        if bytes.len() + chunk.len() > longest {
            return Err(Error::unreadable(what, "it is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_wait_is_seconds_or_a_date_as_servers_write_it() {
        let now = OffsetDateTime::now_utc();
        let ahead = (now + Duration::from_secs(90)).format(&Rfc2822).unwrap();
        // Servers name the zone where the library writes its distance.
        let http_date = ahead.replace("+0000", "GMT");
        let wait = read_retry_after(&http_date).unwrap();
        assert!((85..=90).contains(&wait.as_secs()), "{http_date}: {wait:?}");
        assert_eq!(read_retry_after(" 7 "), Some(Duration::from_secs(7)));
        let past = "Fri, 21 Nov 1997 09:55:06 GMT";
        assert_eq!(read_retry_after(past), Some(Duration::ZERO));
        assert_eq!(read_retry_after("soon"), None);
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_given_up() {
        let answer = || Response::from(axum::http::Response::new("0123456789"));
        assert_eq!(
            read_whole(answer(), "list", 10).await.unwrap(),
            b"0123456789"
        );
        assert!(matches!(
            read_whole(answer(), "list", 9).await,
            Err(Error::Unreadable { what: "list", .. })
        ));
    }
}
