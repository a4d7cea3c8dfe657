//! Errors of the hub as pages show them, and the status an answer gets.

use axum::http::{HeaderName, StatusCode, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::form::wants_page;
use crate::error::{Code, Error};

impl Code {
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Upstream | Self::Offline => StatusCode::BAD_GATEWAY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Error {
    /// Gives the error the reference of this request, and the answer to a script its status. Pages and plain forms get
    /// theirs where they are shown.
    #[must_use]
    pub fn marked(mut self) -> Self {
        self.request_id = self.request_id.or_else(request_id);
        let asked_by_script = use_context::<Parts>().is_some_and(|parts| {
            parts.uri.path().starts_with("/fn/") && !wants_page(&parts.headers)
        });
        if asked_by_script {
            set_status(self.code.status());
        }
        self
    }
}

/// Answers this page with another status than 200.
pub fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

fn request_id() -> Option<String> {
    let name = HeaderName::from_static("x-request-id");
    use_context::<Parts>()?
        .headers
        .get(name)?
        .to_str()
        .ok()
        .map(str::to_owned)
}

impl From<hub::Error> for Error {
    /// Internals go to the log, once; people get the reference that finds them there.
    fn from(error: hub::Error) -> Self {
        let answer = match error {
            hub::Error::NotFound => Self::new(Code::NotFound),
            hub::Error::Denied { why } => Self::new(Code::Denied).with_detail(why),
            hub::Error::Invalid(fields) => Self {
                fields,
                ..Self::new(Code::Invalid)
            },
            hub::Error::Conflict(detail) => Self::new(Code::Conflict).with_detail(detail),
            hub::Error::TooMany { retry_after } => {
                Self::new(Code::TooMany).with_detail(wait_words(retry_after.as_secs()))
            }
            hub::Error::Upstream(detail) => Self::new(Code::Upstream).with_detail(detail),
            hub::Error::Internal(error) => {
                tracing::error!(
                    request_id = request_id(),
                    error = format!("{error:#}"),
                    "a page failed"
                );
                Self::new(Code::Internal)
            }
        };
        answer.marked()
    }
}

fn wait_words(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("Wait {seconds} seconds, then try again."),
        _ => format!("Wait {} minutes, then try again.", seconds.div_ceil(60)),
    }
}
