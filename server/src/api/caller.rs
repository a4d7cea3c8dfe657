//! Who calls the REST API: the bearer key becomes a scope, before a handler runs.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
};
use hub::{Hub, Scope};

use super::error::Problem;
use crate::client;

/// The scope of the API key in the header. Cookies are never read here, so no page can act through this door.
pub struct Caller(pub Scope);

impl<S> FromRequestParts<S> for Caller
where
    Hub: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = bearer(parts).ok_or_else(Problem::unauthorized)?;
        let hub = Hub::from_ref(state);
        match hub::scope::for_key(&hub, key, &client::of(parts)).await {
            Ok(scope) => Ok(Self(scope)),
            Err(hub::Error::NotFound | hub::Error::Denied { .. }) => Err(Problem::unauthorized()),
            Err(other) => Err(other.into()),
        }
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
