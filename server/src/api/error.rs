//! `hub::Error` as a problem document (RFC 9457): the one place where an outcome becomes an HTTP status.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{FieldError, WebhookRefusal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::client;

/// Seconds after which a sender may try a suspended workspace again.
const RESTING: u32 = 15 * 60;

/// What every failed call answers, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    pub status: u16,
    /// Machine-readable: `not_found`, `denied`, `invalid`, `conflict`, `too_large`, `too_many`, `too_slow`, `busy`,
    /// `upstream`, `internal`, `unauthorized`, `method_not_allowed`.
    pub code: &'static str,
    pub title: &'static str,
    /// What happened and what to do about it.
    pub detail: String,
    /// One entry per wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Finds this case in the log.
    pub request_id: Option<String>,
    /// Seconds to wait, with `too_many` and `busy`.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

impl Problem {
    fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status: status.as_u16(),
            code,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            request_id: client::request_id(),
            retry_after: None,
        }
    }

    /// No key, or one that is unknown, revoked or expired: the answer does not tell which.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Who is calling?",
            "Send an API key of this tenant in the header “Authorization: Bearer …”. Keys are made under Settings or with “tributary api-key create”.",
        )
    }

    /// The request itself could not be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The request is not valid",
            detail,
        )
    }

    /// More than is taken in one call.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "Too large",
            "The request is larger than 1 MB, the most that is taken here. Files go to POST /api/v1/uploads.",
        )
    }

    /// A delivery of events beyond what senders send.
    pub fn delivery_too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "Too large",
            "The delivery is larger than 256 KB, the most that is taken here.",
        )
    }

    /// A delivery of events that is not what it must be, or not signed as it must be.
    pub fn untrue(why: WebhookRefusal) -> Self {
        let status = match why {
            WebhookRefusal::Unreadable => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::UNAUTHORIZED,
        };
        Self::new(status, why.name(), "Not taken in", why.words())
    }

    /// The workspace of an endpoint is suspended: senders try again for days.
    pub fn resting() -> Self {
        Self {
            retry_after: Some(RESTING),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "resting",
                "Not now",
                "This workspace takes nothing in at the moment. Send it again later.",
            )
        }
    }

    /// One client asks faster than is taken from one.
    pub fn too_often(wait: Duration) -> Self {
        Self {
            retry_after: Some(whole_seconds(wait)),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many",
                "Too many requests",
                "More requests came from one address or with one key than are taken in a second. Wait a little, then send fewer at once.",
            )
        }
    }

    /// More requests are under way than the hub answers at once.
    pub fn busy(wait: Duration) -> Self {
        Self {
            retry_after: Some(whole_seconds(wait)),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Busy right now",
                "More requests are under way than are answered at once. Nothing was changed; try again in a few seconds.",
            )
        }
    }

    /// The request took longer than anybody waits; what it did not finish was taken back.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_slow",
            "This took too long",
            "The request was given up. Look whether the change was made before you send it again.",
        )
    }

    /// The body broke off, or nothing of it came for too long.
    pub fn broken_off() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid",
            "The request is not valid",
            "The body broke off before its end. Send it again.",
        )
    }

    /// A change that a page of another site asked for.
    pub fn from_elsewhere() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "denied",
            "Not allowed",
            "This request did not come from a page of this site. Reload the page and try again.",
        )
    }

    /// The address exists, but not for this method.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Not with this method",
            "The header “Allow” lists the methods of this address; /api/docs explains them.",
        )
    }

    /// One field of the request is wrong.
    pub fn field(name: &str, detail: &str) -> Self {
        hub::Error::Invalid(vec![FieldError::new(name, detail)]).into()
    }

    /// What is wrong with the settings of a connection: the hub names fields as its form does, where the connection's own
    /// name stands beside the connector's fields.
    pub fn of_settings(error: hub::Error) -> Self {
        let mut problem = Self::from(error);
        for error in &mut problem.errors {
            if error.field == hub::forms::NAME {
                "name".clone_into(&mut error.field);
            }
        }
        problem
    }

    /// An id in the path that is not one of ours: as good as not there.
    pub fn not_found() -> Self {
        hub::Error::NotFound.into()
    }
}

impl From<hub::Error> for Problem {
    fn from(error: hub::Error) -> Self {
        match error {
            hub::Error::NotFound => Self::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "Not found",
                "There is nothing here, or it belongs to somebody else.",
            ),
            hub::Error::Denied { why } => {
                Self::new(StatusCode::FORBIDDEN, "denied", "Not allowed", why)
            }
            hub::Error::Invalid(errors) => {
                let detail = errors.first().map_or_else(
                    || "The request is not valid.".to_owned(),
                    |first| first.detail.clone(),
                );
                Self {
                    errors,
                    ..Self::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "invalid",
                        "The request is not valid",
                        detail,
                    )
                }
            }
            hub::Error::Conflict(detail) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "Not in this state",
                detail,
            ),
            hub::Error::TooMany { retry_after } => Self {
                retry_after: Some(whole_seconds(retry_after)),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many",
                    "Too many attempts",
                    "Wait a little, then try again.",
                )
            },
            hub::Error::Upstream(detail) => Self::new(
                StatusCode::BAD_GATEWAY,
                "upstream",
                "The other side failed",
                detail,
            ),
            hub::Error::Internal(cause) => {
                tracing::error!(
                    request_id = client::request_id(),
                    error = format!("{cause:#}"),
                    "request failed"
                );
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Something broke here",
                    "The fault is ours and was logged. Try again; if it stays, tell the operator the request id.",
                )
            }
        }
    }
}

/// As the header has it: at least one.
fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"tributary\""),
            );
        }
        if let Some(seconds) =
            retry_after.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok())
        {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
