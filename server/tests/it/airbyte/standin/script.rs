//! What goes wrong at the stand-in, as a test orders it; and a note of every call.

use std::sync::{Arc, Mutex};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is refused with this status, and nothing is done.
    Status(u16),
    /// Something before the platform answers with a page for people.
    Html,
    /// It is done, but the answer breaks off in the middle.
    Cut,
    /// It is done, but a gateway lost the answer.
    LostAnswer,
}

#[derive(Debug)]
struct Order {
    method: Method,
    path: &'static str,
    trouble: Trouble,
    left: usize,
}

/// Shared by the test and the stand-in.
#[derive(Debug, Clone, Default)]
pub struct Script {
    orders: Arc<Mutex<Vec<Order>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// The next calls like this one go wrong.
    pub fn order(&self, method: Method, path: &'static str, trouble: Trouble, times: usize) {
        self.orders.lock().expect("orders").push(Order {
            method,
            path,
            trouble,
            left: times,
        });
    }

    /// Everything is well again.
    pub fn relent(&self) {
        self.orders.lock().expect("orders").clear();
    }

    /// How many calls have yet to go wrong.
    pub fn left(&self) -> usize {
        let orders = self.orders.lock().expect("orders");
        orders.iter().map(|order| order.left).sum()
    }

    /// How many calls had this in their method and path.
    pub fn calls(&self, what: &str) -> usize {
        let calls = self.calls.lock().expect("calls");
        calls.iter().filter(|call| call.contains(what)).count()
    }

    fn take(&self, method: &Method, path: &str) -> Option<Trouble> {
        let call = format!("{method} {path}");
        self.calls.lock().expect("calls").push(call);
        let mut orders = self.orders.lock().expect("orders");
        let order = orders
            .iter_mut()
            .find(|order| order.left > 0 && order.method == *method && path.contains(order.path))?;
        order.left -= 1;
        Some(order.trouble)
    }
}

/// In front of every call.
pub async fn follow(State(script): State<Script>, request: Request, next: Next) -> Response {
    let trouble = script.take(request.method(), request.uri().path());
    match trouble {
        None => next.run(request).await,
        Some(Trouble::Status(code)) => {
            let status = StatusCode::from_u16(code).expect("a status");
            status.into_response()
        }
        Some(Trouble::Html) => {
            let kind = [(header::CONTENT_TYPE, "text/html")];
            (kind, "<!doctype html><title>Maintenance</title>").into_response()
        }
        Some(Trouble::LostAnswer) => {
            next.run(request).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Trouble::Cut) => cut(next.run(request).await).await,
    }
}

async fn cut(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let whole = to_bytes(body, usize::MAX).await.expect("a body");
    let half = whole.slice(..whole.len() / 2);
    let pieces: [Result<Bytes, std::io::Error>; 2] =
        [Ok(half), Err(std::io::Error::other("the line is cut"))];
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from_stream(futures::stream::iter(pieces)))
}
