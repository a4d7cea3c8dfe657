//! Definitions of a workspace: images of sources and destinations, and manifests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use airbyte::{
    Client, Error,
    api::{
        ActorType, ConnectorDefinitionType, DeclarativeDefinitionCreate, DeclarativeDefinitionPut,
        DefinitionCreate, DefinitionPut,
    },
};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use stand_in::{problem, serve};
use uuid::Uuid;

const WORKSPACE: Uuid = Uuid::from_u128(1);

/// Definitions with the folder they are in.
type Shared = State<Arc<Mutex<Vec<(String, Value)>>>>;

async fn list(State(kept): Shared, Path((_, folder)): Path<(Uuid, String)>) -> Json<Value> {
    let kept = kept.lock().unwrap();
    let found = kept.iter().filter(|(of, _)| *of == folder);
    Json(
        json!({ "data": found.map(|(_, definition)| definition).collect::<Vec<_>>(),
        "next": "", "previous": "" }),
    )
}

async fn create(
    State(kept): Shared,
    Path((workspace, folder)): Path<(Uuid, String)>,
    Json(mut body): Json<Value>,
) -> Json<Value> {
    assert_eq!(workspace, WORKSPACE);
    body["id"] = json!(Uuid::now_v7());
    if folder == "declarative_sources" {
        body["version"] = json!(1);
    }
    kept.lock().unwrap().push((folder, body.clone()));
    Json(body)
}

/// Reads, replaces or takes out: by the body, and by whether there is one.
fn one(kept: &mut [(String, Value)], folder: &str, id: Uuid, put: Option<&Value>) -> Response {
    let Some(at) = kept
        .iter()
        .position(|(of, definition)| of == folder && definition["id"] == json!(id))
    else {
        return problem(StatusCode::NOT_FOUND, "resource-not-found", "None.");
    };
    for (key, value) in put.and_then(Value::as_object).into_iter().flatten() {
        kept[at].1[key.as_str()] = value.clone();
    }
    Json(&kept[at].1).into_response()
}

async fn read(State(kept): Shared, Path((_, folder, id)): Path<(Uuid, String, Uuid)>) -> Response {
    one(&mut kept.lock().unwrap(), &folder, id, None)
}

async fn replace(
    State(kept): Shared,
    Path((_, folder, id)): Path<(Uuid, String, Uuid)>,
    Json(mut body): Json<Value>,
) -> Response {
    if folder == "declarative_sources" {
        body["version"] = json!(2);
    }
    one(&mut kept.lock().unwrap(), &folder, id, Some(&body))
}

/// Answers with what it deleted.
async fn remove(
    State(kept): Shared,
    Path((_, folder, id)): Path<(Uuid, String, Uuid)>,
) -> Response {
    let mut kept = kept.lock().unwrap();
    let answer = one(&mut kept, &folder, id, None);
    kept.retain(|(of, definition)| *of != folder || definition["id"] != json!(id));
    answer
}

async fn connectors(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    assert_eq!(query["workspaceId"], WORKSPACE.to_string());
    Json(json!({ "data": [
        { "id": Uuid::nil(), "name": "Known", "connectorDefinitionType": query["type"], "version": "1" },
        { "id": Uuid::nil(), "name": "Of tomorrow", "connectorDefinitionType": "mirror", "icon": "i" } ] }))
}

async fn start() -> Client {
    let routes = Router::new()
        .route("/connector_definitions", get(connectors))
        .route(
            "/workspaces/{workspace}/definitions/{folder}",
            get(list).post(create),
        )
        .route(
            "/workspaces/{workspace}/definitions/{folder}/{id}",
            get(read).put(replace).delete(remove),
        )
        .with_state(Arc::default());
    serve(routes).await
}

#[tokio::test]
async fn images_are_added_renewed_and_deleted_among_their_kind() {
    let client = start().await;
    let new = DefinitionCreate {
        name: "Ours".to_owned(),
        docker_repository: "registry.example/ours".to_owned(),
        docker_image_tag: "1".to_owned(),
        documentation_url: None,
    };
    let put = DefinitionPut {
        name: "Ours".to_owned(),
        docker_image_tag: "2".to_owned(),
    };
    for (kind, other) in [
        (ActorType::Source, ActorType::Destination),
        (ActorType::Destination, ActorType::Source),
    ] {
        let made = client
            .create_definition(kind, WORKSPACE, &new)
            .await
            .unwrap();
        assert_eq!(made.docker_repository, "registry.example/ours");
        let renewed = client
            .replace_definition(kind, WORKSPACE, made.id, &put)
            .await
            .unwrap();
        assert_eq!(renewed.docker_image_tag, "2");
        let read = client.workspace_definition(kind, WORKSPACE, made.id).await;
        assert_eq!(read.unwrap(), renewed);
        let listed = client.workspace_definitions(kind, WORKSPACE).await.unwrap();
        assert_eq!(listed, [renewed]);
        let others = client
            .workspace_definitions(other, WORKSPACE)
            .await
            .unwrap();
        assert!(others.is_empty());

        client
            .delete_definition(kind, WORKSPACE, made.id)
            .await
            .unwrap();
        let gone = client.workspace_definition(kind, WORKSPACE, made.id).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    }
}

#[tokio::test]
async fn a_manifest_is_added_replaced_and_deleted() {
    let client = start().await;
    let manifest = |kind: &str| json!({ "type": kind, "spec": { "connection_specification": {} } });
    let new = DeclarativeDefinitionCreate {
        workspace_id: Some(WORKSPACE),
        name: "Ours".to_owned(),
        manifest: manifest("first"),
    };
    let made = client
        .create_declarative_definition(WORKSPACE, &new)
        .await
        .unwrap();
    assert_eq!(
        (&made.manifest, made.version),
        (&manifest("first"), Some(1))
    );
    let put = DeclarativeDefinitionPut {
        manifest: manifest("second"),
    };
    let renewed = client
        .replace_declarative_definition(WORKSPACE, made.id, &put)
        .await
        .unwrap();
    assert_eq!((renewed.name.as_str(), renewed.version), ("Ours", Some(2)));
    assert_eq!(
        client
            .declarative_definition(WORKSPACE, made.id)
            .await
            .unwrap()
            .manifest,
        manifest("second")
    );
    assert_eq!(
        client.declarative_definitions(WORKSPACE).await.unwrap(),
        [renewed]
    );
    client
        .delete_declarative_definition(WORKSPACE, made.id)
        .await
        .unwrap();
    assert!(
        client
            .declarative_definitions(WORKSPACE)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_kind_of_connector_of_tomorrow_does_not_spoil_the_list() {
    let client = start().await;
    let listed = client
        .connector_definitions(ConnectorDefinitionType::Destination, WORKSPACE)
        .await
        .unwrap();
    let kinds: Vec<_> = listed
        .iter()
        .map(|found| found.connector_definition_type)
        .collect();
    assert_eq!(
        kinds,
        [
            ConnectorDefinitionType::Destination,
            ConnectorDefinitionType::Unknown
        ]
    );
}
