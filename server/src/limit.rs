//! The size of bodies: forms and JSON beyond a bound are refused before anybody reads them. Uploads and forms with files
//! have bounds of their own.

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;

use crate::api::error::Problem;

/// Largest form or JSON body.
pub const BODY: usize = 1024 * 1024;
/// A client that is cut off while it still sends may never see the answer: so much more is taken in and dropped.
const DROPPED: usize = 8 * 1024 * 1024;

/// Why a body is not passed on.
enum Refused {
    TooLarge,
    BrokenOff,
}

/// Reads the whole body, which handlers here do anyway, and answers 413 when it is too large.
pub async fn bodies(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read(body.into_data_stream()).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(Refused::TooLarge) => too_large(&parts.headers),
        Err(Refused::BrokenOff) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn read(mut body: BodyDataStream) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    let mut seen = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Refused::BrokenOff)?;
        seen += chunk.len();
        if seen <= BODY {
            bytes.extend_from_slice(&chunk);
        } else if seen > BODY + DROPPED {
            break;
        }
    }
    if seen <= BODY {
        Ok(bytes)
    } else {
        Err(Refused::TooLarge)
    }
}

/// A problem document for programs; a sentence for whoever sent a form without scripts.
fn too_large(headers: &HeaderMap) -> Response {
    let problem = Problem::too_large();
    if !app::server::wants_page(headers) {
        return problem.into_response();
    }
    (
        StatusCode::PAYLOAD_TOO_LARGE,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        problem.detail,
    )
        .into_response()
}
