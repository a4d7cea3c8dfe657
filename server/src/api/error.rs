//! `hub::Error` as a problem document (RFC 9457): the one place where an outcome becomes an HTTP status.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

/// What every failed call answers, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    pub status: u16,
    /// Machine-readable: `not_found`, `denied`, `invalid`, `conflict`, `too_many`, `upstream`, `internal`,
    /// `unauthorized`.
    pub code: &'static str,
    pub title: &'static str,
    /// What happened and what to do about it.
    pub detail: String,
    /// One entry per wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds to wait, with `too_many`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
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

    /// One field of the request is wrong.
    pub fn field(name: &str, detail: &str) -> Self {
        hub::Error::Invalid(vec![FieldError::new(name, detail)]).into()
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
                retry_after: Some(retry_after.as_secs().max(1)),
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
                tracing::error!(error = format!("{cause:#}"), "request failed");
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
