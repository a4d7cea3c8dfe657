//! Who calls the REST API: the bearer key becomes a scope, before a handler runs.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use hub::{Hub, Scope};

use super::error::Problem;
use crate::client;

/// The caller that `admission` let in. Cookies are never read here, so no page can act through this door.
#[derive(Debug, Clone)]
pub struct Caller(pub Scope);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // Only a call of the document is let in; a handler that is missing there stays closed.
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(Problem::unauthorized)
    }
}

/// The scope of the API key in the header.
pub async fn identify(hub: &Hub, parts: &Parts) -> Result<Scope, Problem> {
    let key = bearer(parts).ok_or_else(Problem::unauthorized)?;
    match hub::scope::for_key(hub, key, &client::of(parts)).await {
        Ok(scope) => Ok(scope),
        Err(hub::Error::NotFound | hub::Error::Denied { .. }) => Err(Problem::unauthorized()),
        Err(other) => Err(other.into()),
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
