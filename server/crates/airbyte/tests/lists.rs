//! What lists can be narrowed by, as it stands in their addresses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use airbyte::{
    Auth, BaseUrl, Client, Server,
    api::{JobFilter, JobStatus},
};
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    routing::get,
};
use serde_json::{Value, json};
use time::macros::datetime;
use uuid::Uuid;

/// What the stand-in was asked for last.
type Shared = State<Arc<Mutex<String>>>;

async fn list(State(asked): Shared, RawQuery(query): RawQuery) -> Json<Value> {
    *asked.lock().unwrap() = query.unwrap();
    Json(json!({ "data": [] }))
}

async fn start() -> (Client, Arc<Mutex<String>>) {
    let asked = Arc::<Mutex<String>>::default();
    let app = Router::new()
        .route("/api/public/v1/jobs", get(list))
        .route("/api/public/v1/connections", get(list))
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::connect(base, Auth::None, Server::Engine).unwrap();
    (client, asked)
}

#[tokio::test]
async fn jobs_are_narrowed_by_time() {
    let (client, asked) = start().await;
    let filter = JobFilter {
        status: Some(JobStatus::Failed),
        created_from: Some(datetime!(2026-01-01 00:00 UTC)),
        updated_until: Some(datetime!(2026-01-02 12:30 +2)),
        ..JobFilter::default()
    };
    client.jobs(&filter, 5).await.unwrap();
    assert_eq!(
        *asked.lock().unwrap(),
        "limit=5&offset=0&orderBy=createdAt%7CDESC&status=failed&createdAtStart=2026-01-01T00%3A00%3A00Z\
         &updatedAtEnd=2026-01-02T12%3A30%3A00%2B02%3A00"
    );
}

#[tokio::test]
async fn connections_are_narrowed_by_tags() {
    let (client, asked) = start().await;
    let (workspace, one, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    client
        .connections_tagged(workspace, &[one, other])
        .await
        .unwrap();
    assert_eq!(
        *asked.lock().unwrap(),
        format!("limit=100&offset=0&workspaceIds={workspace}&tagIds={one}&tagIds={other}")
    );
}
