//! What orchestrators and dashboards ask: alive, ready, and the numbers.

use std::time::Instant;

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use hub::Hub;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use model::{Health, HealthPart};

use crate::state::AppState;

/// Buckets in seconds: pages aim at 100 ms, checks of slow connectors take minutes.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0];

/// `/healthz` (the process), `/readyz` (databases and engine) and `/metrics` (Prometheus).
pub fn router(numbers: PrometheusHandle) -> Router<AppState> {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route(
            "/metrics",
            get(move |State(hub): State<Hub>| metrics_page(hub, numbers.clone())),
        )
}

/// Installs the recorder; once per process.
pub fn recorder() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new()
        .set_buckets(&BUCKETS)?
        .install_recorder()?)
}

async fn ready(State(hub): State<Hub>) -> (StatusCode, Json<Vec<HealthPart>>) {
    // What an Airbyte elsewhere is asked makes it a large one.
    let parts = Box::pin(hub::health::readiness(&hub)).await;
    let down = parts.iter().any(|part| part.health == Health::Down);
    (
        if down {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        },
        Json(parts),
    )
}

async fn metrics_page(hub: Hub, numbers: PrometheusHandle) -> Response {
    match hub::health::queue_depths(&hub).await {
        Ok(depths) => {
            for (state, count) in depths {
                metrics::gauge!("tributary_jobs", "state" => state).set(count);
            }
        }
        Err(error) => tracing::warn!(%error, "queue depths are missing from /metrics"),
    }
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        numbers.render(),
    )
        .into_response()
}

/// The route of a request, for logs and series. Never its full path: ids would make a series each, and the link that
/// resets a password is a secret.
pub fn route(request: &Request) -> String {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .to_owned()
}

/// The method of a request, for series. A client may make up names, and each would be a series that stays.
fn method(asked: &Method) -> &str {
    match *asked {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => asked.as_str(),
        _ => "other",
    }
}

/// Counts and times every request by its route.
pub async fn count(request: Request, next: Next) -> Response {
    let route = route(&request);
    let method = method(request.method()).to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let labels = [
        ("route", route),
        ("method", method),
        ("status", response.status().as_u16().to_string()),
    ];
    metrics::histogram!("tributary_http_request_seconds", &labels)
        .record(begun.elapsed().as_secs_f64());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_somebody_made_up_are_one_series() {
        for (name, counted_as) in [
            ("GET", "GET"),
            ("DELETE", "DELETE"),
            ("BREW", "other"),
            ("get", "other"),
            ("X1", "other"),
        ] {
            let asked = Method::from_bytes(name.as_bytes()).expect("a method");
            assert_eq!(method(&asked), counted_as, "{name}");
        }
    }
}
