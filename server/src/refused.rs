//! The answer to a request that no handler answers, or whose handler broke down: a problem document for programs, a page
//! for people.

use std::panic::AssertUnwindSafe;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;

use crate::{api::error::Problem, guard, probes};

/// The problem in the form that the client asked for.
pub fn answer(headers: &HeaderMap, problem: Problem) -> Response {
    if !app::server::wants_page(headers) {
        return problem.into_response();
    }
    let page = app::refused_page(
        headers,
        problem.title,
        &problem.detail,
        problem.request_id.clone(),
    );
    let mut response = problem.into_response();
    *response.body_mut() = Body::from(page);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, guard::SCRIPTLESS_PAGE),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A panic is a bug of ours: the person gets a reference, the log what happened, everybody else their answers.
pub async fn panics(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let route = probes::route(&request);
    // Nothing of the request outlives it: what it shared is locked per use, and poisoned where that matters.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(cause) => {
            let cause = cause
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| cause.downcast_ref::<&str>().copied())
                .unwrap_or("unknown")
                .to_owned();
            answer(
                &headers,
                hub::Error::Internal(anyhow::anyhow!("{route} panicked: {cause}")).into(),
            )
        }
    }
}
