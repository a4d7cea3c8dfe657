//! The bodies of requests: forms and JSON beyond a bound are refused before anybody reads them, and what senders of events
//! deliver beyond a smaller one. Uploads and forms with files have bounds of their own.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;

use crate::{api::error::Problem, refused};

/// Largest form or JSON body.
pub const BODY: usize = 1024 * 1024;
/// Largest delivery of events: senders stay far below it.
pub const DELIVERY: usize = 256 * 1024;
/// A body of which nothing comes for this long is broken off.
pub const SILENCE: Duration = Duration::from_secs(30);
/// A client that is cut off while it still sends may never see the answer: so much more is taken in and dropped.
const DROPPED: usize = 8 * 1024 * 1024;
/// And for so long, of a call that is refused before its body is read.
const DROPPING: Duration = Duration::from_secs(5);

/// Stands in the extensions of a delivery that was larger than is read: its body is empty then.
#[derive(Debug, Clone, Copy)]
pub struct Oversized;

/// Why a body is not passed on.
enum Refused {
    TooLarge,
    BrokenOff,
}

/// Reads the whole body, which handlers here do anyway, and answers 413 when it is too large.
pub async fn bodies(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read(body.into_data_stream(), BODY).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(Refused::TooLarge) => refused::answer(&parts.headers, Problem::too_large()),
        Err(Refused::BrokenOff) => refused::answer(&parts.headers, Problem::broken_off()),
    }
}

/// The same for deliveries of events, which nobody looks at in a browser. One that is too large is passed on without its
/// body, so that its endpoint can tell of it.
pub async fn deliveries(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let bytes = match read(body.into_data_stream(), DELIVERY).await {
        Ok(bytes) => bytes,
        Err(Refused::TooLarge) => {
            parts.extensions.insert(Oversized);
            Vec::new()
        }
        Err(Refused::BrokenOff) => return Problem::broken_off().into_response(),
    };
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

/// Takes in what a refused client still sends, within bounds, so that it sees the answer.
pub async fn drop_unread(body: Body) {
    let mut body = body.into_data_stream();
    let all = async {
        let mut seen = 0;
        while let Some(Ok(chunk)) = body.next().await {
            seen += chunk.len();
            if seen > BODY + DROPPED {
                break;
            }
        }
    };
    let _the_client_is_slow = tokio::time::timeout(DROPPING, all).await;
}

async fn read(mut body: BodyDataStream, most: usize) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    let mut seen = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Refused::BrokenOff)?;
        seen += chunk.len();
        if seen <= most {
            bytes.extend_from_slice(&chunk);
        } else if seen > most + DROPPED {
            break;
        }
    }
    if seen <= most {
        Ok(bytes)
    } else {
        Err(Refused::TooLarge)
    }
}
