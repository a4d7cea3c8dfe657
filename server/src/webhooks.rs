//! The door that events come in by: no session, no cookie, no key. The address is the secret, the signature the proof.
//!
//! It stands outside of what guards our own pages against requests of other sites, because all of its requests come from
//! other sites; it reads nothing that a browser adds by itself. Addresses are limited one by one, for a sender's few
//! machines speak for all of its customers.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::post,
};
use hub::{
    Hub,
    webhooks::{
        receive::{Refused, Request, Taken, receive},
        signature::Headers,
    },
};
use model::WebhookRefusal;
use serde_json::json;

use crate::{
    api::error::Problem,
    limit::{self, Oversized},
    overload,
    state::AppState,
};

/// Where events come in.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/in/{token}", post(take))
        .layer(middleware::from_fn(limit::deliveries))
        .layer(middleware::from_fn_with_state(
            overload::USUAL,
            overload::long,
        ))
}

async fn take(
    State(hub): State<Hub>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    oversized: Option<Extension<Oversized>>,
    body: Bytes,
) -> Response {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let request = Request {
        token: &token,
        method: method.as_str(),
        query: &query,
        headers: &texts(&headers),
        body: oversized.is_none().then_some(&body[..]),
    };
    match receive(&hub, &request).await {
        Ok(Taken::Kept { new }) => {
            (StatusCode::ACCEPTED, Json(json!({ "new": new }))).into_response()
        }
        Ok(Taken::Challenge(challenge)) => Json(json!({ "challenge": challenge })).into_response(),
        Err(Refused::Unknown) => Problem::not_found().into_response(),
        Err(Refused::Resting) => Problem::resting().into_response(),
        Err(Refused::Untrue(WebhookRefusal::TooLarge)) => {
            Problem::delivery_too_large().into_response()
        }
        Err(Refused::Untrue(why)) => {
            let mut answer = Problem::untrue(why).into_response();
            // Asks for an API key, which would not help here.
            answer.headers_mut().remove(header::WWW_AUTHENTICATE);
            answer
        }
        Err(Refused::Failed(error)) => Problem::from(error).into_response(),
    }
}

/// Headers that are text, with their names in lower case as they come.
fn texts(headers: &HeaderMap) -> Headers {
    let texts = headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    Headers(texts.collect())
}
