//! A manifest that a workspace brings runs like any connector, for that workspace alone.

use airbyte::Error;
use airbyte::api::{
    ConnectionSyncMode, DeclarativeDefinitionCreate, DeclarativeDefinitionPut,
    DeclarativeDefinitionResponse, JobStatus, MASK, SourceCreate,
};
use airbyte::extension::SpecAnswer;
use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Home, World};

const TOKEN: &str = "ebb-and-flow";

/// An API with two tides, for those who know the token.
async fn harbour() -> String {
    let tides = async |headers: HeaderMap| {
        if headers
            .get("authorization")
            .is_none_or(|given| given != format!("Bearer {TOKEN}").as_str())
        {
            return Err(StatusCode::UNAUTHORIZED);
        }
        Ok(Json(
            json!([{ "id": 1, "metres": 3.1 }, { "id": 2, "metres": 0.4 }]),
        ))
    };
    let app = Router::new()
        .route("/tides", get(tides))
        .route("/floods", get(tides));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// What reads one path of it, as the stream `people`.
fn manifest(url: &str, path: &str) -> Value {
    json!({
        "type": "DeclarativeSource",
        "version": "6.0.0",
        "check": { "type": "CheckStream", "stream_names": ["people"] },
        "streams": [{
            "type": "DeclarativeStream",
            "name": "people",
            "primary_key": ["id"],
            "schema_loader": { "type": "InlineSchemaLoader", "schema": {
                "type": "object", "properties": { "id": { "type": "integer" }, "metres": { "type": "number" } },
            } },
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester", "url_base": url, "path": path,
                    "authenticator": { "type": "BearerAuthenticator", "api_token": "{{ config['token'] }}" },
                },
                "record_selector": { "type": "RecordSelector", "extractor": { "type": "DpathExtractor", "field_path": [] } },
            },
        }],
        "spec": { "type": "Spec", "connection_specification": {
            "type": "object", "required": ["token"],
            "properties": { "token": { "type": "string", "airbyte_secret": true } },
        } },
    })
}

async fn give(home: &Home, manifest: Value) -> Result<DeclarativeDefinitionResponse, Error> {
    let new = DeclarativeDefinitionCreate {
        workspace_id: None,
        name: "Tides".to_owned(),
        manifest,
    };
    home.client
        .create_declarative_definition(home.id, &new)
        .await
}

fn source(home: &Home, definition: Uuid) -> SourceCreate {
    SourceCreate {
        name: "Tides".to_owned(),
        workspace_id: home.id,
        definition_id: Some(definition),
        configuration: json!({ "token": TOKEN }),
        secret_id: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_read_replaced_and_stays_while_it_is_needed() {
    let world = World::new().await;
    let home = world.home("ana").await;
    let url = harbour().await;
    let own = give(&home, manifest(&url, "/tides")).await.unwrap();
    let spec = home.client.spec(own.id).await.unwrap();
    let SpecAnswer::Ready(spec) = spec else {
        panic!("there is nothing to install: {spec:?}")
    };
    assert_eq!(spec.connection_specification["required"], json!(["token"]));

    let made = home.client.create_source(&source(&home, own.id)).await;
    let made = made.unwrap();
    assert_eq!(made.configuration, json!({ "token": MASK }));
    let connection = world
        .connect(
            &home,
            made.source_id,
            ConnectionSyncMode::FullRefreshOverwrite,
        )
        .await;
    let job = world.sync(&home, connection).await;
    assert_eq!(job.job.status, JobStatus::Succeeded, "{job:#?}");
    assert_eq!(world.count("SELECT count(*) FROM ana.people").await, 2);

    let put = DeclarativeDefinitionPut {
        manifest: manifest(&url, "/nowhere"),
    };
    let client = &home.client;
    let renewed = client
        .replace_declarative_definition(home.id, own.id, &put)
        .await
        .unwrap();
    assert_eq!(renewed.version, Some(2));
    let job = world.sync(&home, connection).await;
    assert_eq!(
        job.job.status,
        JobStatus::Failed,
        "the new one is read from now on"
    );

    let used = client.delete_declarative_definition(home.id, own.id).await;
    assert!(matches!(used, Err(Error::Conflict { .. })), "{used:?}");
    client.delete_connection(connection).await.unwrap();
    client.delete_source(made.source_id).await.unwrap();
    client
        .delete_declarative_definition(home.id, own.id)
        .await
        .unwrap();
    assert!(
        client
            .declarative_definitions(home.id)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_neither_sees_nor_uses_it() {
    let world = World::new().await;
    let (ana, ben) = (world.home("ana").await, world.home("ben").await);
    let own = give(&ana, manifest("https://tides.example.com", "/"))
        .await
        .unwrap();
    let them = &ben.client;

    assert!(them.spec(own.id).await.is_err());
    let made = them.create_source(&source(&ben, own.id)).await;
    assert!(matches!(made, Err(Error::Invalid { .. })), "{made:?}");
    assert!(
        them.declarative_definitions(ben.id)
            .await
            .unwrap()
            .is_empty()
    );
    let put = DeclarativeDefinitionPut {
        manifest: manifest("https://ben.example.com", "/"),
    };
    for workspace in [ana.id, ben.id] {
        assert!(
            them.declarative_definition(workspace, own.id)
                .await
                .is_err()
        );
        let replaced = them.replace_declarative_definition(workspace, own.id, &put);
        assert!(replaced.await.is_err());
        let deleted = them.delete_declarative_definition(workspace, own.id);
        assert!(deleted.await.is_err());
    }
    // Who may enter all workspaces still uses it in its own alone.
    let made = world.client.create_source(&source(&ben, own.id)).await;
    assert!(matches!(made, Err(Error::Invalid { .. })), "{made:?}");
    let kept = ana.client.declarative_definition(ana.id, own.id).await;
    assert_eq!(kept.unwrap(), own);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_never_run_is_refused() {
    let world = World::new().await;
    let home = world.home("ana").await;
    let mut code = manifest("https://tides.example.com", "/");
    code["streams"][0]["retriever"] =
        json!({ "type": "CustomRetriever", "class_name": "source_tides.components.Tides" });
    let mut silent = manifest("https://tides.example.com", "/");
    silent["spec"] = Value::Null;
    for manifest in [code, silent, json!("no object")] {
        let refused = give(&home, manifest).await;
        assert!(
            matches!(refused, Err(Error::Invalid { .. } | Error::Connector(_))),
            "{refused:?}"
        );
    }
}
