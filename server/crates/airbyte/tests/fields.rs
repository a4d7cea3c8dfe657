//! A connection read from a platform can be sent back as it is: no stream loses its fields by that.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use airbyte::api::ConnectionPatch;
use axum::{Json, Router, http::StatusCode, response::Response, routing::get};
use serde_json::{Value, json};
use stand_in::{problem, serve};
use uuid::Uuid;

fn connection() -> Value {
    let id = Uuid::nil();
    json!({"connectionId": id, "sourceId": id, "destinationId": id, "workspaceId": id,
        "configurations": {"streams": [
            {"name": "orders", "selectedFields": []},
            {"name": "people", "selectedFields": [{"fieldPath": ["id"]}]}]}})
}

/// Refuses what Airbyte refuses.
async fn change(Json(patch): Json<Value>) -> Result<Json<Value>, Response> {
    let streams = patch["configurations"]["streams"].as_array().unwrap();
    if streams.iter().any(|one| one["selectedFields"] == json!([])) {
        let message = "No fields selected for stream orders.";
        return Err(problem(StatusCode::BAD_REQUEST, "bad-request", message));
    }
    assert_eq!(streams[1]["selectedFields"], json!([{"fieldPath": ["id"]}]));
    Ok(Json(connection()))
}

#[tokio::test]
async fn what_was_read_is_accepted_again() {
    let routes = Router::new()
        .route(
            "/connections/{id}",
            get(|| async { Json(connection()) }).patch(change),
        )
        .route(
            "/connections",
            get(|| async { Json(json!({"data": [connection()], "next": "", "previous": ""})) }),
        );
    let client = serve(routes).await;
    let one = client.connection(Uuid::nil()).await.unwrap();
    let listed = client.connections(Uuid::nil()).await.unwrap().remove(0);
    for read in [one, listed] {
        let patch = ConnectionPatch {
            configurations: Some(read.configurations),
            ..ConnectionPatch::default()
        };
        client.update_connection(Uuid::nil(), &patch).await.unwrap();
    }
}

/// Servers write `null` for what is not set.
#[tokio::test]
async fn what_is_null_is_not_set() {
    let listed = || {
        let mut one = connection();
        for name in [
            "name",
            "schedule",
            "status",
            "tags",
            "createdAt",
            "configurations",
        ] {
            one[name] = Value::Null;
        }
        Json(json!({"data": [one], "next": "", "previous": ""}))
    };
    let client = serve(Router::new().route("/connections", get(async move || listed()))).await;
    let read = client.connections(Uuid::nil()).await.unwrap().remove(0);
    assert!(read.tags.is_empty() && read.configurations.streams.is_empty());
}
