//! What can go wrong with a call, named for what the caller can do.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::api::Problem;
use crate::extension::{Fault, FaultKind};

/// How Airbyte begins to tell that a connector failed while a call waited for it. The connector's words follow.
const CONNECTOR_FAILED: &str = "Something went wrong in the connector.";
/// What is answered where the server leads elsewhere: nobody is followed with credentials.
pub(crate) const REDIRECT: &str = "redirect";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The credentials for the API itself are wrong: an operator must change them.
    #[error("the Airbyte server refused our credentials: {message}")]
    Credentials { message: String },
    /// Known, but not allowed for these credentials.
    #[error("the Airbyte server does not allow this: {message}")]
    Forbidden { message: String },
    /// The object does not exist, or not for us.
    #[error("not found: {message}")]
    NotFound { message: String },
    /// The request is wrong: change it.
    #[error("{message}")]
    Invalid { message: String },
    /// A job of the connection runs already: attach to it or try later.
    #[error("{message}")]
    Busy { message: String },
    /// The object is not in a state that allows this.
    #[error("{message}")]
    Conflict { message: String },
    /// Too many calls: wait.
    #[error("the Airbyte server asks us to slow down")]
    RateLimited { retry_after: Option<Duration> },
    /// No connection to the server; nothing was done.
    #[error("the Airbyte server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The server failed several times in a row: it is left alone for a while. Nothing was sent.
    #[error("the Airbyte server failed several times; it is asked again in {} s", .retry_after.as_secs().max(1))]
    Resting { retry_after: Duration },
    /// No answer in time, or it broke off. It may have been done all the same: look before repeating.
    #[error("the Airbyte server did not answer in time")]
    Interrupted(#[source] reqwest::Error),
    /// This server does not offer the call.
    #[error("this Airbyte server does not offer that: {message}")]
    Unsupported { message: String },
    /// The connector failed, and the engine says why.
    #[error("{}", .0.message)]
    Connector(Box<Fault>),
    /// The server failed.
    #[error("the Airbyte server failed with status {status}: {message}")]
    Upstream {
        status: u16,
        message: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The answer does not read as what it should be.
    #[error("the Airbyte server answered something we cannot read ({what})")]
    Unreadable {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
        }
    }

    /// An answer that is refused before it is read as what it should be.
    pub(crate) fn unreadable(what: &'static str, why: &str) -> Self {
        let source = serde::de::Error::custom(why);
        Self::Unreadable { what, source }
    }

    /// A transport failure. What never left this machine is `Unreachable`.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() || error.is_builder() {
            Self::Unreachable(error)
        } else {
            Self::Interrupted(error)
        }
    }

    /// The same for those who waited for what another caller's attempt came to. Where nothing was answered, that is a
    /// server which is left alone: for them nothing was sent.
    pub(crate) fn for_others(&self) -> Self {
        match self {
            Self::Credentials { message } => Self::Credentials {
                message: message.clone(),
            },
            Self::Forbidden { message } => Self::Forbidden {
                message: message.clone(),
            },
            Self::Unsupported { message } => Self::Unsupported {
                message: message.clone(),
            },
            Self::RateLimited { retry_after } => Self::RateLimited {
                retry_after: *retry_after,
            },
            Self::Upstream {
                status,
                message,
                retry_after,
            } => Self::Upstream {
                status: *status,
                message: message.clone(),
                retry_after: *retry_after,
            },
            Self::Unreadable { what, source } => Self::unreadable(what, &source.to_string()),
            _ => Self::Resting {
                retry_after: Duration::ZERO,
            },
        }
    }

    /// The same error with what the server said put in other words.
    pub(crate) fn reworded(mut self, words: impl FnOnce(String) -> String) -> Self {
        if let Self::Credentials { message }
        | Self::Forbidden { message }
        | Self::NotFound { message }
        | Self::Invalid { message }
        | Self::Busy { message }
        | Self::Conflict { message }
        | Self::Unsupported { message }
        | Self::Upstream { message, .. } = &mut self
        {
            *message = words(std::mem::take(message));
        }
        self
    }

    /// Whether trying the same again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Resting { .. }
            | Self::Unreachable(_)
            | Self::Interrupted(_)
            | Self::Upstream { .. } => true,
            Self::Connector(fault) => {
                use crate::extension::FaultKind::{RateLimited, Timeout, Unreachable, Upstream};
                matches!(fault.kind, RateLimited | Timeout | Unreachable | Upstream)
            }
            _ => false,
        }
    }

    /// Reads an error answer: a problem document when there is one, the status otherwise.
    pub(crate) fn from_answer(
        status: StatusCode,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Self {
        let problem = serde_json::from_slice::<Problem>(body).ok();
        if let Some(fault) = problem.as_ref().and_then(fault_of) {
            return Self::Connector(Box::new(fault));
        }
        let message = problem
            .as_ref()
            .map_or_else(|| plain_message(status, body), |p| p.message().to_owned());
        if let Some(fault) = connector_failed(&message) {
            return Self::Connector(Box::new(fault));
        }
        let named = |name: &str| {
            problem
                .as_ref()
                .is_some_and(|p| p.kind.contains(name) || p.title.contains(name))
        };
        match status {
            StatusCode::UNAUTHORIZED => Self::Credentials { message },
            StatusCode::FORBIDDEN => Self::Forbidden { message },
            StatusCode::NOT_FOUND if problem.is_some() => Self::NotFound { message },
            StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED => Self::Unsupported { message },
            StatusCode::CONFLICT if named("try-again-later") => Self::Busy { message },
            StatusCode::CONFLICT => Self::Conflict { message },
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited { retry_after },
            // A call that Airbyte has taken to another host.
            _ if named("endpoint-moved") => Self::Unsupported { message },
            status if status.is_redirection() => Self::unreadable(
                REDIRECT,
                "it leads to another address, as to a page where people sign in",
            ),
            status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
                Self::Invalid { message }
            }
            status => Self::Upstream {
                status: status.as_u16(),
                message,
                retry_after,
            },
        }
    }
}

/// The engine puts the connector's failure into the problem's data.
fn fault_of(problem: &Problem) -> Option<Fault> {
    let fault = problem.data.as_ref()?.get("fault")?;
    serde_json::from_value(fault.clone()).ok()
}

/// Airbyte itself tells a connector's failure in words only.
fn connector_failed(message: &str) -> Option<Fault> {
    let words = message.strip_prefix(CONNECTOR_FAILED)?.trim();
    let words = words.strip_prefix("logs:").unwrap_or(words).trim();
    let kind = match FaultKind::of_refusal(words) {
        // It may be anything.
        FaultKind::Config => FaultKind::Other,
        told => told,
    };
    Some(Fault {
        kind,
        until: None,
        message: if words.is_empty() { message } else { words }.to_owned(),
        detail: None,
        field: None,
        stream: None,
    })
}

/// The message of an answer that is no problem document. HTML and long texts are of no use to anyone.
fn plain_message(status: StatusCode, body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).ok();
    let errors = json
        .as_ref()
        .and_then(|json| json.pointer("/_embedded/errors/0/message"));
    errors
        .or_else(|| json.as_ref()?.get("message"))
        .and_then(Value::as_str)
        .map_or_else(|| status.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Error {
        Error::from_answer(StatusCode::from_u16(status).unwrap(), None, body.as_bytes())
    }

    #[test]
    fn a_problem_document_says_what_to_do() {
        let busy = r#"{"status":409,"type":"https://reference.airbyte.com/reference/errors#try-again-later","title":"try-again-later","detail":"","data":{"message":"A sync is already running for: 7"}}"#;
        assert!(
            matches!(read(409, busy), Error::Busy { message } if message == "A sync is already running for: 7")
        );
        let state = r#"{"status":409,"type":"t","title":"state-conflict","detail":"Job is not currently running"}"#;
        assert!(matches!(read(409, state), Error::Conflict { .. }));
        let shape = r#"{"status":422,"type":"t","title":"unprocessable-entity","detail":"d","data":{"message":"m"}}"#;
        assert!(matches!(read(422, shape), Error::Invalid { message } if message == "m"));
    }

    #[test]
    fn a_fault_in_a_problem_is_the_connectors() {
        let body = r#"{"status":500,"type":"t","title":"unexpected-problem","data":{"message":"m","fault":{"kind":"credentials","message":"Refused."}}}"#;
        assert!(matches!(read(500, body), Error::Connector(fault) if fault.message == "Refused."));
    }

    #[test]
    fn a_connector_that_failed_is_told_in_words() {
        for (message, told) in [
            (
                "Something went wrong in the connector. logs:The key was revoked.",
                "The key was revoked.",
            ),
            (
                "Something went wrong in the connector. logs:",
                "Something went wrong in the connector. logs:",
            ),
        ] {
            let body = serde_json::json!({ "status": 500, "type": "t", "title": "unexpected-problem",
                "data": { "message": message } });
            let error = read(500, &body.to_string());
            assert!(
                matches!(&error, Error::Connector(fault) if fault.message == told),
                "{error:?}"
            );
            assert!(!error.is_transient());
        }
    }

    #[test]
    fn answers_that_are_no_problem_documents_are_understood() {
        let hal = r#"{"message":"Bad Request","_embedded":{"errors":[{"message":"Invalid client id or token"}]}}"#;
        assert!(
            matches!(read(400, hal), Error::Invalid { message } if message == "Invalid client id or token")
        );
        assert!(matches!(
            read(404, "<html>no</html>"),
            Error::Unsupported { .. }
        ));
        assert!(matches!(
            read(429, r#"{"message":"You are being rate limited."}"#),
            Error::RateLimited { .. }
        ));
        assert!(matches!(
            read(502, "bad gateway"),
            Error::Upstream { status: 502, .. }
        ));
        assert!(matches!(read(401, ""), Error::Credentials { .. }));
        assert!(matches!(
            read(302, "<html>Sign in</html>"),
            Error::Unreadable { what: REDIRECT, .. }
        ));
    }
}
