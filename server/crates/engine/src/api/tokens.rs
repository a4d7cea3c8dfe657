//! `POST /applications/token`: client credentials for a token, as JSON or as a form.

use airbyte::api::{TokenRequest, TokenResponse};
use axum::Json;
use axum::extract::{FromRequest, OriginalUri, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::Engine;
use crate::auth::TOKEN_LIFE;
use crate::problem::ApiError;

pub async fn issue(
    State(engine): State<Engine>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    let Some(asked) = read(request).await else {
        return refused(uri.path(), "Invalid client id or token");
    };
    if !asked.is_for_client_credentials() {
        return refused(
            uri.path(),
            "Only the grant type client_credentials is supported",
        );
    }
    match engine
        .issue_token(&asked.client_id, &asked.client_secret)
        .await
    {
        Ok(Some(token)) => Json(TokenResponse {
            access_token: token.expose_secret().to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: Some(TOKEN_LIFE.as_secs()),
        })
        .into_response(),
        Ok(None) => refused(uri.path(), "Invalid client id or token"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn read(request: Request) -> Option<TokenRequest> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        return axum::Form::from_request(request, &())
            .await
            .ok()
            .map(|axum::Form(asked)| asked);
    }
    let bytes = axum::body::to_bytes(request.into_body(), 64 * 1024)
        .await
        .ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Not a problem document: the shape of Airbyte's framework, which clients look for.
fn refused(path: &str, message: &str) -> Response {
    let body = json!({
        "message": "Bad Request",
        "_links": { "self": { "href": path, "templated": false } },
        "_embedded": { "errors": [{ "message": message, "_links": {}, "_embedded": {} }] },
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
