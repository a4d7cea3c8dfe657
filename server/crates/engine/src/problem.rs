//! Errors as the public API answers them: problem documents with Airbyte's own types and titles.

use airbyte::api::Problem;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sync::fault::{Fault, Kind};

use crate::Error;
use crate::error::Failure;

/// Where the types are explained.
const TYPES: &str = "https://reference.airbyte.com/reference/errors";

/// An error answer.
#[derive(Debug)]
pub struct ApiError(Box<Problem>);

pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn new(status: StatusCode, title: &str, detail: &str, data: Option<Value>) -> Self {
        Self(Box::new(Problem {
            status: status.as_u16(),
            kind: format!("{TYPES}#{title}"),
            title: title.to_owned(),
            detail: detail.to_owned(),
            documentation_url: None,
            data,
        }))
    }

    fn with_message(status: StatusCode, title: &str, detail: &str, message: &str) -> Self {
        Self::new(status, title, detail, Some(json!({ "message": message })))
    }

    pub fn bad_request(message: &str) -> Self {
        let detail = "The request could not be understood by the server due to malformed syntax.";
        Self::with_message(StatusCode::BAD_REQUEST, "bad-request", detail, message)
    }

    pub fn value_not_found(value: &str) -> Self {
        let detail = "Submitted value could not be found.";
        let mut error = Self::new(
            StatusCode::BAD_REQUEST,
            "value-not-found",
            detail,
            Some(json!({ "value": value })),
        );
        TYPES.clone_into(&mut error.0.kind);
        error
    }

    pub fn unauthorised() -> Self {
        let detail = "The API key is missing, wrong or has ended.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid-api-key", detail, None)
    }

    pub fn forbidden(message: &str) -> Self {
        Self::with_message(
            StatusCode::FORBIDDEN,
            "forbidden",
            "The request is forbidden.",
            message,
        )
    }

    pub fn not_found(resource_type: &str, id: impl std::fmt::Display) -> Self {
        let data = json!({ "resourceType": resource_type, "resourceId": id.to_string() });
        Self::new(
            StatusCode::NOT_FOUND,
            "resource-not-found",
            "Could not find a resource for that ID.",
            Some(data),
        )
    }

    pub fn try_again_later(message: &str) -> Self {
        let detail = "Something temporarily unavailable; try again later.";
        Self::with_message(StatusCode::CONFLICT, "try-again-later", detail, message)
    }

    pub fn state_conflict(message: &str) -> Self {
        let mut error = Self::with_message(
            StatusCode::CONFLICT,
            "state-conflict",
            "State conflict.",
            message,
        );
        error.0.kind = format!("{TYPES}#409-state-conflict");
        error
    }

    pub fn unprocessable(message: &str) -> Self {
        let detail = "The body of the request was not understood.";
        Self::with_message(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unprocessable-entity",
            detail,
            message,
        )
    }

    pub fn invalid_redirect_url() -> Self {
        let detail = "The redirect URL must use https, or lead to this very machine.";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-redirect-url",
            detail,
            None,
        )
    }

    /// Another connection of the same destination writes the stream already.
    pub fn conflicting_stream(stream: &str, connection: uuid::Uuid) -> Self {
        let title = "error:connection-conflicting-destination-stream";
        let detail =
            "A stream with the same name is written to the same destination by another connection.";
        let message = format!(
            "Another connection writes “{stream}” to this destination: give one of the two a prefix."
        );
        let streams = json!([{ "streamName": stream, "connectionIds": [connection] }]);
        Self::new(
            StatusCode::BAD_REQUEST,
            title,
            detail,
            Some(json!({ "message": message, "streams": streams })),
        )
    }

    pub fn tag_exists(name: &str) -> Self {
        let detail = "A tag with this name already exists in the workspace.";
        let message = format!("The workspace has a tag called “{name}” already.");
        let title = "error:tag-already-exists";
        Self::with_message(StatusCode::CONFLICT, title, detail, &message)
    }

    pub fn too_many_tags(most: usize) -> Self {
        let detail = "The workspace has as many tags as it may have.";
        let message = format!("A workspace has at most {most} tags.");
        let title = "error:tag-limit-for-workspace-reached";
        Self::with_message(StatusCode::BAD_REQUEST, title, detail, &message)
    }

    pub fn cron(message: &str) -> Self {
        let detail = "The cron expression is not valid.";
        let title = "error:cron-validation/invalid-expression";
        Self::with_message(StatusCode::BAD_REQUEST, title, detail, message)
    }

    /// A connector failed. Airbyte answers 500 with the message inside; the fault itself stands beside it.
    pub fn connector(fault: &Fault) -> Self {
        let data = json!({
            "message": format!("Something went wrong in the connector. logs:{}", fault.message),
            "fault": wire_fault(fault),
        });
        let status = match fault.kind {
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::Timeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(
            status,
            "unexpected-problem",
            "An unexpected problem has occurred.",
            Some(data),
        )
    }

    pub fn not_offered(what: &str) -> Self {
        let detail = "The embedded engine does not offer this.";
        let title = "error:implementation/not-implemented-in-oss";
        Self::with_message(StatusCode::NOT_IMPLEMENTED, title, detail, what)
    }
}

/// The fault in the extension's words.
pub fn wire_fault(fault: &Fault) -> airbyte::extension::Fault {
    let value = serde_json::to_value(fault).expect("a fault is plain data");
    serde_json::from_value(value).expect("both sides write faults alike")
}

impl From<Error> for ApiError {
    /// What went wrong on our side is for the log, not for the caller.
    fn from(error: Error) -> Self {
        let mut chain = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            chain = format!("{chain}: {cause}");
            source = cause.source();
        }
        tracing::error!(error = %chain, "a call failed");
        let detail = "An unexpected problem has occurred. Its cause is in the server's log.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unexpected-problem",
            detail,
            None,
        )
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<queue::Error> for ApiError {
    fn from(error: queue::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        Self::connector(&fault)
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => fault.into(),
            Failure::Engine(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(*self.0)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_told_over_the_wire() {
        let faults = [
            Fault::credentials("a"),
            Fault::new(Kind::RateLimited { until: None }, "b")
                .at_field("x.y")
                .in_stream("s"),
            Fault::cancelled(),
        ];
        for fault in faults {
            let wire = wire_fault(&fault);
            assert_eq!(wire.message, fault.message);
            assert_ne!(wire.kind, airbyte::extension::FaultKind::Other);
        }
    }
}
