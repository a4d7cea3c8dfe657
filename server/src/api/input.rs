//! What a call brings: body and query, read like axum's own extractors, but refused with a problem document.

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

fn unreadable(rejection: &JsonRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::unreadable(rejection.body_text()),
    }
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
            .map_err(|rejection| Problem::unreadable(rejection.body_text()))
    }
}
