//! All calls that make a platform discover share the few places it has for that.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use airbyte::{
    Auth, BaseUrl, Cache, Client, Server,
    api::{ConnectionCreate, ConnectionPatch, StreamConfigurations},
    extension::DiscoverRequest,
};
use axum::{
    Json, Router,
    extract::State,
    routing::{get, patch, post},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Discoveries that a platform is asked for at once.
const PLACES: usize = 2;
/// Of each kind of call.
const EACH: usize = 4;

#[derive(Default)]
struct Seen {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

type Shared = State<Arc<Seen>>;

/// Long enough for all others to come as well, if they are let.
async fn discovering(seen: &Seen) {
    let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most.fetch_max(now, Ordering::SeqCst);
    seen.all.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(30)).await;
    seen.now.fetch_sub(1, Ordering::SeqCst);
}

async fn streams(State(seen): Shared) -> Json<Value> {
    discovering(&seen).await;
    Json(json!([]))
}

async fn connection(State(seen): Shared) -> Json<Value> {
    discovering(&seen).await;
    let id = Uuid::nil();
    Json(json!({"connectionId": id, "sourceId": id, "destinationId": id, "workspaceId": id}))
}

async fn schema(State(seen): Shared) -> Json<Value> {
    discovering(&seen).await;
    Json(json!({"catalog": {"streams": []}, "jobInfo": {"succeeded": true}}))
}

async fn start() -> (Client, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let app = Router::new()
        .route("/api/public/v1/streams", get(streams))
        .route("/api/public/v1/connections", post(connection))
        .route("/api/public/v1/connections/{id}", patch(connection))
        .route("/api/v1/sources/discover_schema", post(schema))
        .with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::connect(base, Auth::None, Server::Platform).unwrap();
    (client, seen)
}

async fn discover_in_each_way(client: &Client) {
    let id = Uuid::nil();
    client.streams(id, None, Cache::Ignore).await.unwrap();
    let new = ConnectionCreate {
        source_id: id,
        destination_id: id,
        settings: ConnectionPatch::default(),
    };
    client.create_connection(&new).await.unwrap();
    let other_streams = ConnectionPatch {
        configurations: Some(StreamConfigurations::default()),
        ..ConnectionPatch::default()
    };
    client.update_connection(id, &other_streams).await.unwrap();
    let saved = DiscoverRequest {
        source_id: Some(id),
        ..DiscoverRequest::default()
    };
    client.discover(&saved).await.unwrap();
}

#[tokio::test]
async fn few_discoveries_run_at_once_whichever_call_makes_them() {
    let (client, seen) = start().await;
    let mut asking = JoinSet::new();
    for _ in 0..EACH {
        let client = client.clone();
        asking.spawn(async move { discover_in_each_way(&client).await });
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap();
    }
    assert_eq!(seen.all.load(Ordering::SeqCst), 4 * EACH);
    assert_eq!(seen.most.load(Ordering::SeqCst), PLACES);
}

#[tokio::test]
async fn a_change_that_discovers_nothing_takes_no_place() {
    let (client, seen) = start().await;
    let mut asking = JoinSet::new();
    for _ in 0..EACH {
        let client = client.clone();
        asking.spawn(async move {
            let renamed = ConnectionPatch {
                name: Some("other".to_owned()),
                ..ConnectionPatch::default()
            };
            client.update_connection(Uuid::nil(), &renamed).await
        });
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap().unwrap();
    }
    assert!(seen.most.load(Ordering::SeqCst) > PLACES);
}
