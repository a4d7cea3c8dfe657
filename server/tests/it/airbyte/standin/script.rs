//! What goes wrong at the stand-in, as a test orders it; and a note of every call.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

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
    /// This is answered, and nothing is done.
    Answer(&'static str),
    /// Something before the platform answers with a page for people.
    Html,
    /// It is done, but the answer breaks off in the middle.
    Cut,
    /// It is done, but a gateway lost the answer.
    LostAnswer,
    /// Load is shed as Airbyte does it: with a sentence, and without a word of when to come back.
    Shed,
    /// It is done after so many seconds.
    Slow(u64),
    /// It is done when everything is well again.
    Held,
    /// It is done, but its answer is lost, and from then on nobody answers any more.
    Dies,
    /// What is in between delivers it twice, and passes on what the second one was answered.
    Twice,
}

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PATCH,
    Method::PUT,
    Method::DELETE,
];

/// A call as it came, and how long it was here.
#[derive(Debug)]
struct Call {
    what: String,
    began: Instant,
    ended: Option<Instant>,
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
    calls: Arc<Mutex<Vec<Call>>>,
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
        calls.iter().filter(|call| call.what.contains(what)).count()
    }

    /// How many of them were here at the same time, at the most.
    pub fn at_once(&self, what: &str) -> usize {
        let calls = self.calls.lock().expect("calls");
        let all: Vec<&Call> = calls
            .iter()
            .filter(|call| call.what.contains(what))
            .collect();
        let beside = |one: &Call| {
            let here = |other: &&&Call| {
                let left = other.ended.is_some_and(|ended| ended <= one.began);
                other.began <= one.began && !left
            };
            all.iter().filter(here).count()
        };
        all.iter().map(|call| beside(call)).max().unwrap_or(0)
    }

    /// Notes a call; answers its number.
    fn begin(&self, method: &Method, path: &str) -> usize {
        let mut calls = self.calls.lock().expect("calls");
        calls.push(Call {
            what: format!("{method} {path}"),
            began: Instant::now(),
            ended: None,
        });
        calls.len() - 1
    }

    fn end(&self, call: usize) {
        self.calls.lock().expect("calls")[call].ended = Some(Instant::now());
    }

    /// Answers nothing any more.
    pub fn down(&self) {
        for method in METHODS {
            self.order(method, "/", Trouble::Status(503), usize::MAX);
        }
    }

    /// Has nobody said that everything is well?
    fn holds(&self) -> bool {
        let orders = self.orders.lock().expect("orders");
        orders.iter().any(|order| order.trouble == Trouble::Held)
    }

    fn take(&self, method: &Method, path: &str) -> Option<Trouble> {
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
    let call = script.begin(request.method(), request.uri().path());
    let trouble = script.take(request.method(), request.uri().path());
    let answer = carry_out(&script, trouble, request, next).await;
    script.end(call);
    answer
}

async fn carry_out(
    script: &Script,
    trouble: Option<Trouble>,
    request: Request,
    next: Next,
) -> Response {
    match trouble {
        None => next.run(request).await,
        Some(Trouble::Status(code)) => {
            let status = StatusCode::from_u16(code).expect("a status");
            status.into_response()
        }
        Some(Trouble::Answer(json)) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, json).into_response()
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
        Some(Trouble::Shed) => {
            let words = r#"{"message":"You are being rate limited."}"#;
            (StatusCode::TOO_MANY_REQUESTS, words).into_response()
        }
        Some(Trouble::Slow(seconds)) => {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            next.run(request).await
        }
        Some(Trouble::Held) => {
            while script.holds() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            next.run(request).await
        }
        Some(Trouble::Dies) => {
            next.run(request).await;
            script.down();
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Trouble::Twice) => twice(request, next).await,
    }
}

async fn twice(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let whole = to_bytes(body, usize::MAX).await.expect("a body");
    let again = || Request::from_parts(parts.clone(), Body::from(whole.clone()));
    next.clone().run(again()).await;
    next.run(again()).await
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
