//! What a call brings: body and query, read like axum's own extractors, but refused with a problem document in words of ours.
//!
//! `takes` has looked at both before and named what is wrong; here is what only reading them shows.

use std::error::Error;

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Query as AxumQuery, Request,
        rejection::JsonRejection,
    },
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use super::error::Problem;

/// The JSON body. As an `Option` it may be left out.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = <Json<T> as FromRequest<S>>::from_request(request, state).await;
        read.map(|Json(value)| Self(value))
            .map_err(|rejection| unreadable(&rejection))
    }
}

impl<T, S> OptionalFromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let read = <Json<T> as OptionalFromRequest<S>>::from_request(request, state).await;
        read.map(|body| body.map(|Json(value)| Self(value)))
            .map_err(|rejection| unreadable(&rejection))
    }
}

/// What the reader of JSON says of Rust's types is nobody's business.
fn unreadable(rejection: &JsonRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large();
    }
    let cause = rejection
        .source()
        .map(ToString::to_string)
        .unwrap_or_default();
    match rejection {
        JsonRejection::MissingJsonContentType(_) => Problem::unreadable(
            "Send the body as JSON, with the header “Content-Type: application/json”.",
        ),
        JsonRejection::JsonSyntaxError(_) => Problem::unreadable(match place(&cause) {
            Some(place) => format!("The body is not JSON: it breaks at {place}."),
            None => "The body is not JSON.".to_owned(),
        }),
        JsonRejection::JsonDataError(_) => match field(&cause) {
            Some(field) => Problem::field(
                field,
                &format!("“{field}” holds a value that is not taken here. {TOLD}"),
            ),
            None => Problem::unreadable(format!("The body is not what this call takes. {TOLD}")),
        },
        _ => Problem::unreadable("The body could not be read. Send it again."),
    }
}

/// Where what is taken is explained.
const TOLD: &str = "What is taken stands under /api/docs.";

/// `line 1 column 9`, which the reader puts at the end.
fn place(cause: &str) -> Option<&str> {
    cause.rfind("line ").and_then(|at| cause.get(at..))
}

/// The path of the field, which the reader puts before its words. Words alone begin with several.
fn field(cause: &str) -> Option<&str> {
    let (path, _) = cause.split_once(": ")?;
    (!path.contains(char::is_whitespace)).then_some(path)
}

/// The query of the address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        AxumQuery::<T>::from_request_parts(parts, state)
            .await
            .map(|AxumQuery(value)| Self(value))
            .map_err(|_| {
                Problem::unreadable(format!("The query is not what this call takes. {TOLD}"))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> Problem {
        let Err(rejection) = Json::<model::RoutePolicy>::from_bytes(body.as_bytes()) else {
            panic!("{body} was taken");
        };
        unreadable(&rejection)
    }

    #[test]
    fn the_reader_is_quoted_only_for_where_it_broke() {
        let problem = refused(r#"{"attempts": 300}"#);
        assert_eq!(problem.errors[0].field, "attempts");
        assert!(!problem.detail.contains("u8"), "{}", problem.detail);
        let problem = refused(r#"{"attempts": "#);
        let begun = "The body is not JSON: it breaks at line 1 column 1";
        assert!(problem.detail.starts_with(begun), "{}", problem.detail);
        let problem = refused("{}");
        assert!(problem.errors.is_empty(), "{problem:?}");
        assert!(!problem.detail.contains("missing"), "{}", problem.detail);
    }
}
