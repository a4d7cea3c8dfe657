//! What both clients send and what the engine answers is as Airbyte describes it.

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{client::drive_with_the_official_client, elsewhere, ours, prism::Prism};
use crate::harness::{self, Hub};

#[test]
fn the_engine_and_both_clients_keep_to_airbytes_description() {
    let hub = Hub::start();
    let prism = Prism::before(&hub.url);
    drive_with_the_official_client(&hub, &prism.api());
    ours::drive(&hub, &prism.api());
    let violations = prism.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn what_our_client_asks_of_an_airbyte_elsewhere_keeps_to_it_too() {
    let runtime = Runtime::new().expect("a runtime");
    let prism = Prism::before(&runtime.block_on(serve(Router::new())));
    elsewhere::ask(&prism.api());
    let violations = prism.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// The proof that the tests above can fail, in both directions.
#[test]
fn what_differs_from_the_description_is_told() {
    let runtime = Runtime::new().expect("a runtime");
    let prism = Prism::before(&runtime.block_on(serve(wrong_answers())));
    let at = |path: &str| format!("{}{path}", prism.api());
    let http = harness::client();
    let ask = |path: &str| http.get(at(path)).bearer_auth("any").send();
    let tell = |path: &str, body: &Value| http.post(at(path)).bearer_auth("any").json(body).send();
    let sent = [
        tell("/workspaces", &json!({ "title": "Elbe" })),
        tell(
            "/jobs",
            &json!({ "connectionId": "c", "jobType": "sprint" }),
        ),
        ask("/jobs?limit=many"),
        ask("/streams"),
        ask("/workspaces"),
        ask("/jobs/7"),
        ask("/invoices"),
        http.get(at("/tags")).send(),
    ];
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(
        prism.violations(),
        [
            "post /workspaces: request.body Request body must have required property 'name'",
            "post /jobs: request.body.jobType Request body property jobType must be equal to one of the allowed values: sync, reset, refresh, clear",
            "get /jobs: request.query.limit Request query parameter limit must be integer",
            "get /streams: request.query Request query must have required property 'sourceid'",
            "get /workspaces: response.body.data.0 Response body property data.0 must have required property 'name'",
            "get /jobs/7: response.body.jobId Response body property jobId must be integer",
            "get /jobs/7: response.body.status Response body property status must be equal to one of the allowed values: pending, queued, running, incomplete, failed, succeeded, cancelled",
            "get /invoices: request Selected route not found",
            "get /tags: request Invalid security scheme used",
        ]
    );
}

/// A server whose workspaces have no names and whose jobs are numbered by words.
fn wrong_answers() -> Router {
    let workspaces =
        json!({ "data": [{ "workspaceId": "w", "dataResidency": "auto", "notifications": {} }] });
    let job = json!({
        "jobId": "seven", "status": "done", "jobType": "sync", "startTime": "2026-01-01T00:00:00Z", "connectionId": "c",
    });
    Router::new()
        .route("/api/public/v1/workspaces", get(async || Json(workspaces)))
        .route("/api/public/v1/jobs/7", get(async || Json(job)))
}

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}
