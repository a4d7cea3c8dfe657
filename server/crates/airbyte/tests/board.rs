//! A thousand waiting jobs cost a page of the list each hundred, not a question each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use airbyte::{
    Auth, BaseUrl, Client, Server,
    api::{JobFilter, JobStatus},
};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

const RUNNING: usize = 1000;
/// As many wait; their numbers begin here.
const QUEUED_FROM: usize = 10_000;

#[derive(Default)]
struct Asked {
    lists: AtomicUsize,
    jobs: AtomicUsize,
}

#[derive(Deserialize)]
struct Wanted {
    status: String,
    offset: usize,
    limit: usize,
}

fn job(id: usize, status: &str) -> Value {
    json!({"jobId": id, "status": status, "jobType": "sync", "startTime": "2026-11-27T10:00:00Z",
        "connectionId": "00000000-0000-0000-0000-000000000001"})
}

async fn list(State(asked): State<Arc<Asked>>, Query(wanted): Query<Wanted>) -> Json<Value> {
    asked.lists.fetch_add(1, Ordering::Relaxed);
    let (from, all) = match wanted.status.as_str() {
        "running" => (0, RUNNING),
        "queued" => (QUEUED_FROM, QUEUED_FROM + RUNNING),
        _ => (0, 0),
    };
    let data: Vec<Value> = (from + wanted.offset..all.min(from + wanted.offset + wanted.limit))
        .map(|id| job(id, &wanted.status))
        .collect();
    Json(json!({"data": data, "next": "", "previous": ""}))
}

/// As servers answer that were made before jobs could be queued.
async fn old_list(Query(wanted): Query<Wanted>) -> (StatusCode, Json<Value>) {
    match wanted.status.as_str() {
        "queued" => (
            StatusCode::BAD_REQUEST,
            Json(json!({"message": "queued is no status"})),
        ),
        status => (
            StatusCode::OK,
            Json(json!({"data": [job(1, status)], "next": "", "previous": ""})),
        ),
    }
}

async fn one(State(asked): State<Arc<Asked>>, Path(id): Path<usize>) -> Json<Value> {
    asked.jobs.fetch_add(1, Ordering::Relaxed);
    Json(job(id, "succeeded"))
}

async fn client_of(app: Router) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Client::connect(BaseUrl::parse(&at).unwrap(), Auth::None, Server::Platform).unwrap()
}

#[tokio::test]
async fn one_list_serves_everybody_who_waits() {
    let asked = Arc::new(Asked::default());
    let app = Router::new()
        .route("/v1/jobs", get(list))
        .route("/v1/jobs/{id}", get(one))
        .with_state(Arc::clone(&asked));
    let client = client_of(app).await;

    for (from, status) in [(0, JobStatus::Running), (QUEUED_FROM, JobStatus::Queued)] {
        let waiting = (from..from + RUNNING).map(|id| {
            let client = client.clone();
            tokio::spawn(async move { client.seen_job(i64::try_from(id).unwrap()).await.unwrap() })
        });
        for task in waiting.collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap().status, status);
        }
    }
    // Ten full pages of each and the empty one after them, and one page of each of the other two kinds.
    assert_eq!(asked.lists.load(Ordering::Relaxed), 24);
    assert_eq!(asked.jobs.load(Ordering::Relaxed), 0);

    // What is not active any more is asked for by itself, once.
    let over = client.seen_job(5000).await.unwrap();
    assert_eq!(over.status, JobStatus::Succeeded);
    assert_eq!(asked.lists.load(Ordering::Relaxed), 24);
    assert_eq!(asked.jobs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_server_that_knows_no_queue_has_no_jobs_in_it() {
    let client = client_of(Router::new().route("/v1/jobs", get(old_list))).await;
    assert_eq!(client.seen_job(1).await.unwrap().job_id, 1);
    let queued = JobFilter {
        status: Some(JobStatus::Queued),
        ..JobFilter::default()
    };
    assert!(client.jobs(&queued, 10).await.unwrap().is_empty());
}
