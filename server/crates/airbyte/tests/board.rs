//! A thousand waiting jobs cost a page of the list each hundred, not a question each.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use airbyte::{Auth, BaseUrl, Client, Server, api::JobStatus};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

const RUNNING: usize = 1000;

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
    let all = if wanted.status == "running" {
        RUNNING
    } else {
        0
    };
    let data: Vec<Value> = (wanted.offset..all.min(wanted.offset + wanted.limit))
        .map(|id| job(id, "running"))
        .collect();
    Json(json!({"data": data, "next": "", "previous": ""}))
}

async fn one(State(asked): State<Arc<Asked>>, Path(id): Path<usize>) -> Json<Value> {
    asked.jobs.fetch_add(1, Ordering::Relaxed);
    Json(job(id, "succeeded"))
}

#[tokio::test]
async fn one_list_serves_everybody_who_waits() {
    let asked = Arc::new(Asked::default());
    let app = Router::new()
        .route("/v1/jobs", get(list))
        .route("/v1/jobs/{id}", get(one))
        .with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let client =
        Client::connect(BaseUrl::parse(&at).unwrap(), Auth::None, Server::Platform).unwrap();

    let waiting = (0..RUNNING).map(|id| {
        let client = client.clone();
        tokio::spawn(async move { client.seen_job(i64::try_from(id).unwrap()).await.unwrap() })
    });
    for task in waiting.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap().status, JobStatus::Running);
    }
    // Ten full pages and the empty one after them, and one for jobs that wait to begin.
    assert_eq!(asked.lists.load(Ordering::Relaxed), 12);
    assert_eq!(asked.jobs.load(Ordering::Relaxed), 0);

    // What is not active any more is asked for by itself, once.
    let over = client.seen_job(5000).await.unwrap();
    assert_eq!(over.status, JobStatus::Succeeded);
    assert_eq!(asked.lists.load(Ordering::Relaxed), 12);
    assert_eq!(asked.jobs.load(Ordering::Relaxed), 1);
}
