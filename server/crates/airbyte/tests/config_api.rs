//! What stands between us and a platform's Config API: gateways that give up on a connector, and logins of its own that let
//! nobody in while the public API works.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use airbyte::{
    Auth, BaseUrl, Client, Error, Health, Listed, Server,
    extension::{CheckLine, CheckRequest, CheckResult, DiscoverRequest, Fault, FaultKind},
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);
const BACK: &str = "https://hub.example.com/oauth/callback";

/// What stands in front of the Config API makes of a call.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Status(u16),
    /// The same with a time to come back.
    Busy(u16),
    /// The answer breaks off.
    Half,
    /// It leads to where people sign in.
    Login,
    /// That page itself.
    Page,
}

#[derive(Default)]
struct World {
    /// What becomes of the next calls.
    next: VecDeque<Answer>,
    /// What becomes of all others.
    always: Option<Answer>,
    /// Path and body of each call that came.
    calls: Vec<(String, Value)>,
}

type Shared = State<Arc<Mutex<World>>>;

async fn config(
    State(world): Shared,
    Path(path): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let answer = {
        let mut world = world.lock().unwrap();
        world.calls.push((path, body));
        world.next.pop_front().or(world.always)
    };
    let whole = json!({
        "status": "succeeded", "jobInfo": { "succeeded": true }, "catalog": { "streams": [] },
        "sourceDefinitions": [], "attempts": [],
    });
    let status = |code: u16| StatusCode::from_u16(code).unwrap();
    match answer {
        None => Json(whole).into_response(),
        Some(Answer::Status(code)) => status(code).into_response(),
        Some(Answer::Busy(code)) => (status(code), [("retry-after", "0")]).into_response(),
        Some(Answer::Half) => {
            let half = Bytes::from(whole.to_string()[..20].to_owned());
            let pieces = [Ok(half), Err(std::io::Error::other("the line is cut"))];
            Body::from_stream(futures::stream::iter(pieces)).into_response()
        }
        Some(Answer::Login) => Redirect::to("https://login.example.com/").into_response(),
        Some(Answer::Page) => Html("<h1>Sign in to go on</h1>").into_response(),
    }
}

async fn workspaces() -> Json<Value> {
    let one = |n| json!({ "workspaceId": Uuid::from_u128(n), "name": n.to_string() });
    Json(json!({ "data": [one(1), one(2)], "next": "", "previous": "" }))
}

async fn source(Path(id): Path<Uuid>) -> Json<Value> {
    Json(
        json!({ "sourceId": id, "name": "Shop", "workspaceId": ID, "configuration": { "host": "a" } }),
    )
}

async fn job(Path(id): Path<i64>) -> Json<Value> {
    Json(
        json!({ "jobId": id, "status": "failed", "jobType": "sync", "startTime": "2026-01-01T00:00:00Z",
        "connectionId": ID, "rowsSynced": 9 }),
    )
}

/// Airbyte's public list of connectors.
async fn list() -> Json<Value> {
    let key = json!({ "properties": { "key": { "type": "string" } } });
    let spec = json!({ "connectionSpecification": key });
    Json(json!({ "sources": [{ "sourceDefinitionId": ID, "name": "Orders", "spec": spec }] }))
}

async fn start(next: &[Answer]) -> (Client, Arc<Mutex<World>>) {
    let world = Arc::new(Mutex::new(World {
        next: next.iter().copied().collect(),
        ..World::default()
    }));
    let app = Router::new()
        .route("/api/public/v1/workspaces", get(workspaces))
        .route("/api/public/v1/sources/{id}", get(source))
        .route("/api/public/v1/jobs/{id}", get(job))
        .route("/api/v1/{*path}", post(config))
        .route("/list.json", get(list))
        .with_state(Arc::clone(&world));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let base = BaseUrl::parse(&url).unwrap();
    let client = Client::connect(base, Auth::None, Server::Platform).unwrap();
    (
        client.with_registry(&format!("{url}/list.json")).unwrap(),
        world,
    )
}

/// One whose Config API always gives this answer.
async fn closed(answer: Answer) -> Client {
    let (client, world) = start(&[]).await;
    world.lock().unwrap().always = Some(answer);
    client
}

async fn checked(client: &Client, source: Option<Uuid>) -> Result<CheckResult, Error> {
    let request = CheckRequest {
        definition_id: ID,
        workspace_id: ID,
        configuration: json!({ "key": "right" }),
        source_id: source,
    };
    let mut lines = client.check(&request).await?;
    while let Some(line) = lines.next().await? {
        if let CheckLine::Result(result) = line {
            return Ok(result);
        }
    }
    panic!("no result");
}

fn is_told(fault: &Fault, meanwhile: &str) {
    assert_eq!(fault.kind, FaultKind::Timeout, "{fault:?}");
    let words = &fault.message;
    assert!(
        words.contains("did not answer in time") && words.contains(meanwhile),
        "{words}"
    );
}

#[tokio::test]
async fn a_check_that_is_not_answered_in_time_is_not_begun_again() {
    let lost = [408, 502, 504, 524].map(Answer::Status);
    for answer in lost.into_iter().chain([Answer::Half]) {
        for source in [None, Some(ID)] {
            let (client, world) = start(&[answer]).await;
            let CheckResult::Failed { fault } = checked(&client, source).await.unwrap() else {
                panic!("nobody knows whether it passed: {answer:?}");
            };
            is_told(&fault, "still be running there");
            assert_eq!(world.lock().unwrap().calls.len(), 1, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_check_that_was_turned_away_is_asked_for_again() {
    let (client, world) = start(&[Answer::Busy(503), Answer::Busy(429)]).await;
    let result = checked(&client, None).await.unwrap();
    assert_eq!(result, CheckResult::Succeeded);
    assert_eq!(world.lock().unwrap().calls.len(), 3);

    // Nobody names a time: whoever asked decides.
    let (client, world) = start(&[Answer::Status(503)]).await;
    let error = checked(&client, None).await.unwrap_err();
    assert!(
        matches!(error, Error::Upstream { status: 503, .. }),
        "{error:?}"
    );
    assert_eq!(world.lock().unwrap().calls.len(), 1);
}

#[tokio::test]
async fn a_destination_is_checked_once_as_well() {
    let (client, world) = start(&[Answer::Status(504)]).await;
    let error = client.check_destination(ID).await.unwrap_err();
    assert!(
        matches!(error, Error::Upstream { status: 504, .. }),
        "{error:?}"
    );
    assert_eq!(world.lock().unwrap().calls.len(), 1);
}

#[tokio::test]
async fn a_discovery_that_is_lost_twice_is_told_as_such() {
    let (client, world) = start(&[Answer::Status(504), Answer::Half]).await;
    let request = DiscoverRequest {
        source_id: Some(ID),
        ignore_cache: true,
        ..DiscoverRequest::default()
    };
    let Error::Connector(fault) = client.discover(&request).await.unwrap_err() else {
        panic!("it is the connector that is late");
    };
    is_told(&fault, "which tables the source has");
    let world = world.lock().unwrap();
    let anew = world.calls.iter().map(|(_, body)| &body["disable_cache"]);
    assert_eq!(anew.collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn a_probe_tells_what_keeps_the_config_api_from_us_and_goes_on() {
    for (answer, listed) in [
        (Answer::Status(401), Listed::Refused),
        (Answer::Login, Listed::LedAway),
        (Answer::Page, Listed::Page),
        (Answer::Status(403), Listed::Kept),
    ] {
        let client = closed(answer).await;
        let found = client.probe(BACK).await.unwrap();
        assert_eq!((found.sources, found.workspaces), (listed, 2), "{answer:?}");
        // Nothing that is well comes after this.
        client.runnable_sources(ID).await.unwrap_err();
        assert_eq!(client.condition(), Health::Good, "{answer:?}");
    }
}

#[tokio::test]
async fn a_job_is_told_by_the_public_api_alone_where_the_other_one_is_forbidden() {
    let client = closed(Answer::Status(403)).await;
    let told = client.job_detail(7).await.unwrap();
    assert_eq!((told.records_read, told.attempts), (9, 0));
    assert!(told.failure.unwrap().message.contains("may not read"));
    // What stands before it may be gone in a moment, so what that hides is waited for at first.
    for answer in [Answer::Page, Answer::Login] {
        let (client, world) = start(&[answer]).await;
        let error = client.job_detail(7).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
        assert_eq!(client.condition(), Health::Good);
        client.job_detail(7).await.unwrap();
        assert_eq!(world.lock().unwrap().calls.len(), 2);
    }
}

#[tokio::test]
async fn what_the_config_api_keeps_is_read_elsewhere_or_left_open() {
    for answer in [Answer::Status(401), Answer::Login, Answer::Page] {
        let client = closed(answer).await;
        client.spec(ID).await.unwrap();
        let error = client.check_destination(ID).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden { .. }), "{error:?}");
    }
}
