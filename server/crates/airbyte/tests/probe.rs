//! What credentials may do is found out without leaving anything behind, and what they may not read is read elsewhere.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use airbyte::{Auth, BaseUrl, Client, Error, Server, extension::SpecAnswer};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde_json::{Value, json};
use uuid::Uuid;

const DEFINITION: Uuid = Uuid::from_u128(2);
const WITHOUT_SPEC: Uuid = Uuid::from_u128(3);
const BACK: &str = "https://hub.example.com/oauth/callback";

/// What differs from a platform that allows everything but to read specifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Usual,
    /// Its licence is for the workspace that is there.
    OneWorkspace,
    /// Workspaces can be made, but not removed.
    KeepsAll,
    /// The public list is not there.
    NoList,
}

struct World {
    manner: Manner,
    workspaces: Vec<(Uuid, String)>,
    /// How often somebody wanted one more.
    wanted: usize,
    /// How often the public list was asked for.
    listed: usize,
}

type Shared = State<Arc<Mutex<World>>>;

async fn workspaces(State(world): Shared) -> Json<Value> {
    let world = world.lock().unwrap();
    let all = world.workspaces.iter();
    let data: Vec<Value> = all
        .map(|(id, name)| json!({ "workspaceId": id, "name": name }))
        .collect();
    Json(json!({ "data": data, "next": "", "previous": "" }))
}

async fn one_more(State(world): Shared, Json(body): Json<Value>) -> Response {
    let mut world = world.lock().unwrap();
    world.wanted += 1;
    if world.manner == Manner::OneWorkspace {
        let problem =
            json!({ "type": "error:license/entitlement", "title": "license-entitlement" });
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    let made = (Uuid::now_v7(), body["name"].as_str().unwrap().to_owned());
    world.workspaces.push(made.clone());
    Json(json!({ "workspaceId": made.0, "name": made.1 })).into_response()
}

async fn one_less(State(world): Shared, Path(gone): Path<Uuid>) -> StatusCode {
    let mut world = world.lock().unwrap();
    if world.manner == Manner::KeepsAll {
        return StatusCode::FORBIDDEN;
    }
    world.workspaces.retain(|(id, _)| *id != gone);
    StatusCode::NO_CONTENT
}

async fn forbidden() -> (StatusCode, Json<Value>) {
    (
        StatusCode::FORBIDDEN,
        Json(json!({ "message": "Forbidden" })),
    )
}

/// Airbyte's public list of connectors.
async fn list(State(world): Shared) -> Response {
    let mut world = world.lock().unwrap();
    world.listed += 1;
    if world.manner == Manner::NoList {
        return StatusCode::NOT_FOUND.into_response();
    }
    let key = json!({ "properties": { "key": { "type": "string" } } });
    Json(json!({ "sources": [
        { "sourceDefinitionId": DEFINITION, "name": "Orders", "spec": { "connectionSpecification": key } },
        { "sourceDefinitionId": WITHOUT_SPEC, "name": "Nobody knows" },
    ] }))
    .into_response()
}

struct Platform {
    url: String,
    world: Arc<Mutex<World>>,
}

impl Platform {
    async fn start(manner: Manner) -> Self {
        let world = Arc::new(Mutex::new(World {
            manner,
            workspaces: vec![(Uuid::from_u128(1), "first".to_owned())],
            wanted: 0,
            listed: 0,
        }));
        let app = Router::new()
            .route("/api/public/v1/workspaces", get(workspaces).post(one_more))
            .route("/api/public/v1/workspaces/{id}", delete(one_less))
            .route("/api/v1/{*path}", post(forbidden))
            .route("/list.json", get(list))
            .with_state(Arc::clone(&world));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, world }
    }

    fn client(&self) -> Client {
        let base = BaseUrl::parse(&self.url).unwrap();
        Client::connect(base, Auth::None, Server::Platform).unwrap()
    }

    /// A client that knows the public list.
    fn listing(&self) -> Client {
        let list = format!("{}/list.json", self.url);
        self.client().with_registry(&list).unwrap()
    }
}

#[tokio::test]
async fn several_workspaces_are_tried_out_once_and_nothing_stays() {
    let platform = Platform::start(Manner::Usual).await;
    let client = platform.client();
    for _ in 0..3 {
        let found = client.probe(BACK).await.unwrap();
        assert_eq!(found.several_workspaces, Some(true));
    }
    let world = platform.world.lock().unwrap();
    assert_eq!((world.wanted, world.workspaces.len()), (1, 1));
}

#[tokio::test]
async fn a_refusal_is_believed_for_a_while() {
    let platform = Platform::start(Manner::OneWorkspace).await;
    let client = platform.client();
    for _ in 0..3 {
        let found = client.probe(BACK).await.unwrap();
        assert_eq!(found.several_workspaces, Some(false));
    }
    assert_eq!(platform.world.lock().unwrap().wanted, 1);
}

#[tokio::test]
async fn a_workspace_that_cannot_be_removed_is_not_joined_by_another() {
    let platform = Platform::start(Manner::KeepsAll).await;
    // Each process has a client of its own.
    for _ in 0..3 {
        let found = platform.client().probe(BACK).await.unwrap();
        assert_eq!(found.several_workspaces, Some(true));
    }
    assert_eq!(platform.world.lock().unwrap().wanted, 1);
}

#[tokio::test]
async fn a_specification_that_is_kept_from_us_stands_on_the_public_list() {
    let platform = Platform::start(Manner::Usual).await;
    let refused = platform.client().spec(DEFINITION).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden { .. }), "{refused:?}");

    let client = platform.listing();
    for _ in 0..2 {
        let SpecAnswer::Ready(spec) = client.spec(DEFINITION).await.unwrap() else {
            panic!("a list prepares nothing");
        };
        assert!(spec.connection_specification["properties"]["key"].is_object());
    }
    let unknown = client.spec(WITHOUT_SPEC).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown:?}");
    assert_eq!(platform.world.lock().unwrap().listed, 1, "it is kept");
}

#[tokio::test]
async fn a_list_that_is_not_there_is_left_alone_for_a_while() {
    let platform = Platform::start(Manner::NoList).await;
    let client = platform.listing();
    let first = client.spec(DEFINITION).await.unwrap_err();
    assert!(matches!(first, Error::Upstream { .. }), "{first:?}");
    let second = client.spec(DEFINITION).await.unwrap_err();
    assert!(matches!(second, Error::Resting { .. }), "{second:?}");
    assert_eq!(platform.world.lock().unwrap().listed, 1);
}
