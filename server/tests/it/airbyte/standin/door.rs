//! Who may come in: credentials as differently set up platforms want them, changed into a token of the engine's.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Behind, Manner};

/// Login of an old platform, with a colon that must not confuse anybody.
pub const LOGIN: (&str, &str) = ("airbyte", "pass:word");
/// The same as it comes in.
const BASIC: &str = "Basic YWlyYnl0ZTpwYXNzOndvcmQ=";
/// A key that does not end.
pub const KEY: &str = "key-of-the-stand-in";

/// In front of every call but the public list, which is somebody else's.
pub async fn check(
    State(behind): State<Arc<Behind>>,
    mut request: Request,
    next: Next,
) -> Response {
    let wanted = match behind.manner {
        Manner::Old => BASIC.to_owned(),
        Manner::Key => format!("Bearer {KEY}"),
        _ => return next.run(request).await,
    };
    if request.uri().path() == "/registry.json" {
        return next.run(request).await;
    }
    let shown = request.headers().get(header::AUTHORIZATION);
    if shown.and_then(|shown| shown.to_str().ok()) != Some(wanted.as_str()) {
        let page = [(header::CONTENT_TYPE, "text/html")];
        let words = "<h1>401 Authorization Required</h1>";
        return (StatusCode::UNAUTHORIZED, page, words).into_response();
    }
    let own = HeaderValue::from_str(&format!("Bearer {}", behind.token)).expect("plain text");
    request.headers_mut().insert(header::AUTHORIZATION, own);
    next.run(request).await
}
