//! The client against a small stand-in for Airbyte's platform: its public API with what the Config API adds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use airbyte::{
    Auth, BaseUrl, Client, Error, Health, Server,
    api::JobStatus,
    extension::{
        CheckLine, CheckRequest, CheckResult, DiscoverRequest, FaultKind, SampleRequest,
        SpecAnswer, StepState,
    },
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

const WORKSPACE: Uuid = Uuid::from_u128(1);
const MOVED: Uuid = Uuid::from_u128(11);
const DEFINITION: Uuid = Uuid::from_u128(2);
const CONNECTION: Uuid = Uuid::from_u128(3);

/// What the stand-in holds and how it behaves.
#[derive(Default)]
struct World {
    /// Saved sources: id and name.
    sources: Vec<(Uuid, String)>,
    /// Whether the account may use the jobs of the Config API.
    closed: bool,
    asked: usize,
    /// Specifications that were asked for.
    specifications: usize,
    /// Of the discoveries that were asked for: whether an answer from before would have done.
    discoveries: Vec<bool>,
    /// A gateway gives up on the next one.
    is_slow: bool,
    /// Somebody deleted the first workspace, and there is another one.
    moved: bool,
}

impl World {
    fn workspace(&self) -> Uuid {
        if self.moved { MOVED } else { WORKSPACE }
    }
}

type Shared = State<Arc<Mutex<World>>>;

fn page(data: &[Value]) -> Json<Value> {
    Json(json!({ "data": data, "next": "", "previous": "" }))
}

async fn workspaces(State(world): Shared) -> Json<Value> {
    let workspace = world.lock().unwrap().workspace();
    page(&[json!({ "workspaceId": workspace, "name": "first", "dataResidency": "auto" })])
}

/// When a source of that name was saved: in 1970, if it is not said to be young.
fn made(name: &str) -> i64 {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    if name.starts_with("young") { now } else { 0 }
}

async fn sources(State(world): Shared) -> Json<Value> {
    let world = world.lock().unwrap();
    let listed: Vec<Value> = world
        .sources
        .iter()
        .map(|(id, name)| json!({ "sourceId": id, "name": name, "workspaceId": WORKSPACE, "createdAt": made(name) }))
        .collect();
    page(&listed)
}

async fn create(State(world): Shared, Json(body): Json<Value>) -> Json<Value> {
    let id = Uuid::now_v7();
    let name = body["name"].as_str().unwrap().to_owned();
    world.lock().unwrap().sources.push((id, name.clone()));
    Json(json!({ "sourceId": id, "name": name, "workspaceId": WORKSPACE, "configuration": {} }))
}

async fn remove(State(world): Shared, Path(gone): Path<Uuid>) -> StatusCode {
    world.lock().unwrap().sources.retain(|(id, _)| *id != gone);
    StatusCode::NO_CONTENT
}

async fn specification(State(world): Shared, Json(body): Json<Value>) -> Response {
    let workspace = {
        let mut world = world.lock().unwrap();
        world.specifications += 1;
        world.workspace()
    };
    if body["sourceDefinitionId"] != json!(DEFINITION) || body["workspaceId"] != json!(workspace) {
        let unknown = json!({ "id": "x", "message": "Could not find configuration", "exceptionClassName": "IdNotFound" });
        return (StatusCode::NOT_FOUND, Json(unknown)).into_response();
    }
    Json(json!({
        "sourceDefinitionId": DEFINITION,
        "documentationUrl": "https://docs.example.com",
        "connectionSpecification": { "type": "object", "properties": { "key": { "type": "string" } } },
        "jobInfo": { "succeeded": true }
    }))
    .into_response()
}

async fn check(Json(body): Json<Value>) -> Json<Value> {
    Json(match body["connectionConfiguration"]["key"].as_str() {
        Some("right") => json!({ "status": "succeeded", "jobInfo": { "succeeded": true } }),
        Some("wrong") => {
            json!({ "status": "failed", "message": "The key is unknown.", "jobInfo": { "succeeded": true } })
        }
        _ => json!({ "jobInfo": { "succeeded": false, "failureReason": {
            "failureOrigin": "airbyte_platform", "failureType": "transient_error",
            "externalMessage": "The check did not start.", "internalMessage": "no pod" } } }),
    })
}

async fn discover(State(world): Shared, Json(body): Json<Value>) -> Response {
    let saved = |id: &Value| {
        let world = world.lock().unwrap();
        world.sources.iter().any(|(known, _)| json!(known) == *id)
    };
    {
        let mut world = world.lock().unwrap();
        world
            .discoveries
            .push(body["disable_cache"] == json!(false));
        if std::mem::take(&mut world.is_slow) {
            return StatusCode::GATEWAY_TIMEOUT.into_response();
        }
    }
    if !saved(&body["sourceId"]) {
        return StatusCode::NOT_FOUND.into_response();
    }
    Json(json!({ "catalog": { "streams": [{
        "stream": { "name": "orders", "jsonSchema": { "type": "object" }, "supportedSyncModes": ["full_refresh"] },
        "config": { "selected": true } }] },
        "catalogId": Uuid::now_v7(), "jobInfo": { "succeeded": true } }))
    .into_response()
}

async fn job(Path(id): Path<i64>) -> Json<Value> {
    let status = match id {
        7 => "succeeded",
        8 => "failed",
        _ => "of_tomorrow",
    };
    Json(
        json!({ "jobId": id, "status": status, "jobType": "sync", "startTime": "2026-01-01T00:00:00Z",
        "connectionId": CONNECTION, "rowsSynced": 9, "bytesSynced": 90 }),
    )
}

async fn job_info(State(world): Shared, Json(body): Json<Value>) -> Response {
    if world.lock().unwrap().closed {
        return (
            StatusCode::FORBIDDEN,
            Json(json!({ "message": "Forbidden" })),
        )
            .into_response();
    }
    let stats = json!({ "recordsEmitted": 9, "recordsCommitted": 9, "bytesEmitted": 90 });
    let failed = json!({ "failures": [{ "failureOrigin": "source", "failureType": "config_error",
        "externalMessage": "The key was revoked.", "internalMessage": "401", "streamDescriptor": { "name": "orders" } }] });
    Json(json!({ "job": { "id": body["id"] }, "attempts": [
        { "attempt": { "status": "failed", "createdAt": 1_767_225_600, "failureSummary": failed },
          "logs": { "logLines": ["one"] } },
        { "attempt": { "status": "succeeded", "totalStats": stats,
            "streamStats": [{ "streamName": "orders", "stats": stats }], "failureSummary": failed },
          "logs": { "events": [{ "timestamp": 1_767_225_660_000_i64, "level": "WARN", "message": "two" }] } }
    ] }))
    .into_response()
}

async fn down(State(world): Shared) -> StatusCode {
    world.lock().unwrap().asked += 1;
    StatusCode::SERVICE_UNAVAILABLE
}

async fn start() -> (Client, Arc<Mutex<World>>) {
    let world = Arc::new(Mutex::new(World::default()));
    let public = Router::new()
        .route("/workspaces", get(workspaces))
        .route("/sources", get(sources).post(create))
        .route("/sources/{id}", delete(remove))
        .route("/jobs/{id}", get(job))
        .route("/health", get(down));
    let config = Router::new()
        .route("/source_definition_specifications/get", post(specification))
        .route("/scheduler/sources/check_connection", post(check))
        .route("/sources/discover_schema", post(discover))
        .route("/jobs/get_without_logs", post(job_info))
        .route("/jobs/get", post(job_info));
    let app = Router::new()
        .nest("/api/public/v1", public)
        .nest("/api/v1", config)
        .with_state(Arc::clone(&world));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Client::connect(base, Auth::None, Server::Platform).unwrap();
    (client, world)
}

async fn checked(client: &Client, key: &str) -> (Vec<StepState>, CheckResult) {
    let request = CheckRequest {
        definition_id: DEFINITION,
        workspace_id: WORKSPACE,
        configuration: json!({ "key": key }),
        source_id: None,
    };
    let mut lines = client.check(&request).await.unwrap();
    let mut steps = Vec::new();
    while let Some(line) = lines.next().await.unwrap() {
        match line {
            CheckLine::Step(step) => steps.push(step.state),
            CheckLine::Result(result) => return (steps, result),
            CheckLine::Configuration(_) => {}
        }
    }
    panic!("no result");
}

#[tokio::test]
async fn a_specification_is_asked_in_some_workspace_of_ours() {
    let (client, _) = start().await;
    let SpecAnswer::Ready(spec) = client.spec(DEFINITION).await.unwrap() else {
        panic!("a platform prepares nothing");
    };
    assert!(spec.connection_specification["properties"]["key"].is_object());
    assert!(matches!(
        client.spec(Uuid::nil()).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_specification_is_asked_for_once_and_a_refusal_is_not_kept() {
    let (client, world) = start().await;
    for _ in 0..3 {
        client.spec(DEFINITION).await.unwrap();
    }
    assert_eq!(world.lock().unwrap().specifications, 1);
    for _ in 0..2 {
        client.spec(Uuid::nil()).await.unwrap_err();
    }
    assert_eq!(world.lock().unwrap().specifications, 1 + 2);
}

#[tokio::test]
async fn a_workspace_that_was_deleted_is_not_asked_in_again() {
    let (client, world) = start().await;
    client.spec(Uuid::nil()).await.unwrap_err();
    world.lock().unwrap().moved = true;
    let found = client.spec(DEFINITION).await.unwrap();
    assert!(matches!(found, SpecAnswer::Ready(_)), "{found:?}");
}

#[tokio::test]
async fn a_discovery_that_a_gateway_gave_up_on_is_not_begun_anew() {
    let (client, world) = start().await;
    let source = Uuid::from_u128(21);
    world
        .lock()
        .unwrap()
        .sources
        .push((source, "shop".to_owned()));
    world.lock().unwrap().is_slow = true;
    let request = DiscoverRequest {
        source_id: Some(source),
        ignore_cache: true,
        ..DiscoverRequest::default()
    };
    let found = client.discover(&request).await.unwrap();
    assert_eq!(found.streams.len(), 1);
    assert_eq!(world.lock().unwrap().discoveries, [false, true]);
}

#[tokio::test]
async fn a_check_passes_fails_or_breaks_down() {
    let (client, _) = start().await;
    let (steps, result) = checked(&client, "right").await;
    assert_eq!(steps, [StepState::Running, StepState::Passed]);
    assert_eq!(result, CheckResult::Succeeded);

    let (steps, CheckResult::Failed { fault }) = checked(&client, "wrong").await else {
        panic!("the key is wrong");
    };
    assert_eq!(steps, [StepState::Running, StepState::Failed]);
    assert_eq!(
        (fault.kind, fault.message.as_str()),
        (FaultKind::Config, "The key is unknown.")
    );

    let (_, CheckResult::Failed { fault }) = checked(&client, "breaks").await else {
        panic!("the check did not start");
    };
    assert_eq!(fault.kind, FaultKind::Upstream);
    assert_eq!(fault.detail.as_deref(), Some("no pod"));
}

#[tokio::test]
async fn settings_are_saved_for_a_moment_to_discover_and_nothing_stays() {
    let (client, world) = start().await;
    // Left behind by a crash; of a discovery that goes on beside this one; and one that is somebody's.
    world.lock().unwrap().sources = vec![
        (Uuid::now_v7(), "x [reading the schema]".to_owned()),
        (Uuid::now_v7(), "young [reading the schema]".to_owned()),
        (Uuid::now_v7(), "Shop".to_owned()),
    ];
    let request = DiscoverRequest {
        definition_id: Some(DEFINITION),
        workspace_id: Some(WORKSPACE),
        configuration: Some(json!({ "key": "right" })),
        ..DiscoverRequest::default()
    };
    let catalog = client.discover(&request).await.unwrap();
    assert_eq!(catalog.streams[0].name, "orders");
    let left: Vec<String> = world
        .lock()
        .unwrap()
        .sources
        .iter()
        .map(|(_, name)| name.clone())
        .collect();
    assert_eq!(left, ["young [reading the schema]", "Shop"]);
}

#[tokio::test]
async fn a_job_has_streams_and_a_reason_where_the_account_may_look_and_totals_where_not() {
    let (client, world) = start().await;
    let done = client.job_detail(7).await.unwrap();
    assert!(done.failure.is_none() && done.streams[0].verified);
    assert_eq!((done.attempts, done.records_read), (2, 9));
    assert_eq!(done.started_at.as_deref(), Some("2026-01-01T00:00:00Z"));
    let failed = client.job_detail(8).await.unwrap().failure.unwrap();
    assert_eq!(
        (
            failed.kind,
            failed.message.as_str(),
            failed.stream.as_deref()
        ),
        (FaultKind::Config, "The key was revoked.", Some("orders"))
    );
    let logs = client.job_logs(8, 1, 10).await.unwrap();
    assert_eq!((logs.lines.len(), logs.last), (1, 2));
    assert_eq!(
        (logs.lines[0].text.as_str(), logs.lines[0].level.as_str()),
        ("two", "warn")
    );

    world.lock().unwrap().closed = true;
    let blind = client.job_detail(8).await.unwrap();
    assert!(blind.streams.is_empty());
    assert!(blind.failure.unwrap().message.contains("may not read"));
    assert_eq!(
        client.job_detail(9).await.unwrap().job.status,
        JobStatus::Unknown
    );
}

#[tokio::test]
async fn a_platform_that_is_down_is_left_alone_after_a_while() {
    let (client, world) = start().await;
    for _ in 0..3 {
        client.health().await.unwrap_err();
    }
    assert!(matches!(client.condition(), Health::Resting(_)));
    let asked = world.lock().unwrap().asked;
    assert!(matches!(client.health().await, Err(Error::Resting { .. })));
    assert_eq!(world.lock().unwrap().asked, asked, "nothing was sent");
    assert!(matches!(
        client.sample(&SampleRequest::default()).await,
        Err(Error::Unsupported { .. })
    ));
}
