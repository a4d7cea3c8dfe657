//! The client against a small server that counts what it is asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use airbyte::api::{JobType, WorkspaceCreate};
use airbyte::extension::{CheckLine, CheckRequest};
use airbyte::{Auth, BaseUrl, Client, Error, Server};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Default)]
struct Seen {
    tokens: AtomicUsize,
    workspaces: AtomicUsize,
    lists: AtomicUsize,
    jobs: AtomicUsize,
}

type Shared = State<Arc<Seen>>;

async fn token(State(seen): Shared, Json(body): Json<Value>) -> Response {
    let granted = ["grant-type", "grant_type"].map(|name| body[name] == "client_credentials");
    if body["client_secret"] != "right" || granted != [true, true] {
        let hal = json!({"message":"Bad Request","_embedded":{"errors":[{"message":"Invalid client id or token"}]}});
        return (StatusCode::BAD_REQUEST, Json(hal)).into_response();
    }
    let n = seen.tokens.fetch_add(1, Ordering::SeqCst);
    Json(json!({"access_token": format!("t{n}"), "token_type": "Bearer", "expires_in": 900}))
        .into_response()
}

fn bearer(headers: &HeaderMap) -> &str {
    headers
        .get("authorization")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
}

/// 250 workspaces, in pages; the first token is refused, as after a restart of the server.
async fn list(
    State(seen): Shared,
    headers: HeaderMap,
    Query(query): Query<std::collections::HashMap<String, usize>>,
) -> Response {
    seen.lists.fetch_add(1, Ordering::SeqCst);
    if bearer(&headers) != "Bearer t1" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (offset, limit) = (query["offset"], query["limit"]);
    let data: Vec<Value> = (offset..(offset + limit).min(250))
        .map(|n| json!({"workspaceId": Uuid::from_u128(u128::try_from(n).unwrap()), "name": n.to_string()}))
        .collect();
    // Like the real one: an address on another host, given whenever the page was not empty.
    Json(json!({"data": data, "next": "http://wrong.example/v1/workspaces?offset=20", "previous": ""})).into_response()
}

async fn create_workspace(State(seen): Shared) -> Response {
    seen.workspaces.fetch_add(1, Ordering::SeqCst);
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// The first answer is "slow down", which means that nothing was done.
async fn create_job(State(seen): Shared) -> Response {
    if seen.jobs.fetch_add(1, Ordering::SeqCst) == 0 {
        let body = Json(json!({"message":"You are being rate limited."}));
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], body).into_response();
    }
    Json(json!({"jobId": 7, "status": "pending", "jobType": "sync", "startTime": "2026-01-01T00:00:00Z",
        "connectionId": Uuid::nil(), "of_tomorrow": 1}))
    .into_response()
}

async fn check() -> Response {
    let parts = [
        "{\"step\":{\"name\":\"Po",
        "rt open\",\"state\":\"passed\"}}\n\n{\"result\":",
        "{\"status\":\"succeeded\"}}",
    ];
    let body = futures_body(parts);
    ([("content-type", "application/jsonl")], body).into_response()
}

fn futures_body(parts: [&'static str; 3]) -> axum::body::Body {
    axum::body::Body::from_stream(futures::stream::iter(parts.map(Ok::<_, std::io::Error>)))
}

async fn start() -> (BaseUrl, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let app = Router::new()
        .route("/api/public/v1/applications/token", post(token))
        .route(
            "/api/public/v1/workspaces",
            get(list).post(create_workspace),
        )
        .route("/api/public/v1/jobs", post(create_job))
        .route("/api/public/v1/x/check", post(check))
        .with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (base, seen)
}

fn application(secret: &str) -> Auth {
    Auth::Application {
        client_id: "id".to_owned(),
        client_secret: secret.to_owned().into(),
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_shared() {
    let (base, seen) = start().await;
    let client = Client::connect(base, application("right"), Server::Engine).unwrap();
    let (a, b, c) = tokio::join!(
        client.workspaces(),
        client.workspaces(),
        client.workspaces()
    );
    for list in [a, b, c] {
        assert_eq!(list.unwrap().len(), 250);
    }
    assert_eq!(
        seen.tokens.load(Ordering::SeqCst),
        2,
        "one token at first, one after the refusal"
    );
    assert_eq!(
        seen.lists.load(Ordering::SeqCst),
        3 + 3 * 3,
        "each list was refused once, then read in three pages"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_a_matter_of_credentials() {
    let (base, seen) = start().await;
    let client = Client::connect(base, application("wrong"), Server::Engine).unwrap();
    let error = client.workspaces().await.unwrap_err();
    assert!(
        matches!(&error, Error::Credentials { message } if message == "Invalid client id or token"),
        "{error:?}"
    );
    assert_eq!(seen.lists.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_post_that_may_have_worked_is_not_repeated() {
    let (base, seen) = start().await;
    let client = Client::connect(base, Auth::None, Server::Engine).unwrap();
    let error = client
        .create_workspace(&WorkspaceCreate::named("a"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Upstream { status: 503, .. }),
        "{error:?}"
    );
    assert_eq!(seen.workspaces.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_post_that_was_turned_away_is_repeated() {
    let (base, seen) = start().await;
    let client = Client::connect(base, Auth::None, Server::Engine).unwrap();
    assert_eq!(
        client
            .start_job(Uuid::nil(), JobType::Sync)
            .await
            .unwrap()
            .job_id,
        7
    );
    assert_eq!(seen.jobs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn lines_are_put_together_from_pieces() {
    let (base, _) = start().await;
    let client = Client::connect(base, Auth::None, Server::Engine).unwrap();
    let request = CheckRequest {
        definition_id: Uuid::nil(),
        workspace_id: Uuid::nil(),
        configuration: json!({}),
        source_id: None,
    };
    let mut lines = client.check(&request).await.unwrap();
    assert!(
        matches!(lines.next().await.unwrap(), Some(CheckLine::Step(step)) if step.name == "Port open")
    );
    assert!(matches!(
        lines.next().await.unwrap(),
        Some(CheckLine::Result(_))
    ));
    assert!(lines.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_call_the_server_lacks_is_unsupported_and_no_server_is_unreachable() {
    let (base, _) = start().await;
    let client = Client::connect(base, Auth::None, Server::Engine).unwrap();
    assert!(matches!(
        client.job_detail(1).await,
        Err(Error::Unsupported { .. })
    ));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let client = Client::connect(closed, Auth::None, Server::Engine).unwrap();
    assert!(matches!(client.health().await, Err(Error::Unreachable(_))));
}
