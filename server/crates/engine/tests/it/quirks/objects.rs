//! Sources, streams, connections and jobs in Airbyte's own spelling.

use airbyte::api::ConnectionSyncMode;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Caller;
use crate::harness::{KEY, World};

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_refused_in_airbytes_words() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let home = world.home("acme").await;
    let create = async |body: Value| caller.call(Method::POST, "/sources", Some(body)).await;
    let (status, made) = create(json!({"name": "s", "workspaceId": home.id, "configuration": {"sourceType": "scripted", "api_key": KEY}})).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    assert_eq!(
        made["configuration"],
        json!({"api_key": "**********"}),
        "the type is no setting"
    );
    assert_eq!(made["sourceType"], "scripted");
    assert!(
        made["createdAt"]
            .as_i64()
            .is_some_and(|seconds| seconds > 1_700_000_000 && seconds < 100_000_000_000)
    );

    let (status, problem) = create(
        json!({"name": "s", "workspaceId": home.id, "configuration": {"sourceType": "nonsense"}}),
    )
    .await;
    assert_eq!(
        (
            status,
            problem["title"].as_str(),
            problem["data"]["value"].as_str()
        ),
        (
            StatusCode::BAD_REQUEST,
            Some("value-not-found"),
            Some("nonsense")
        )
    );
    let (status, _) =
        create(json!({"name": "s", "workspaceId": home.id, "configuration": {}})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, problem) = create(json!({"name": "s", "workspaceId": home.id, "configuration": {"sourceType": "scripted", "api_key": 12_345_678}})).await;
    assert_eq!(
        (status, problem["title"].as_str()),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            Some("unprocessable-entity")
        )
    );
    assert!(
        problem["data"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("api_key") && !text.contains("12345678")),
        "{problem}"
    );
    let (status, problem) = create(json!({"name": "s", "workspaceId": Uuid::nil(), "configuration": {"sourceType": "scripted"}})).await;
    assert_eq!(
        (status, problem["data"]["resourceType"].as_str()),
        (StatusCode::NOT_FOUND, Some("workspace"))
    );
    let (status, _) = create(json!({"workspaceId": home.id})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = caller.call(Method::GET, "/no/such/thing", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story in one piece")]
async fn streams_connections_and_jobs_keep_their_spellings() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 2})).await;
    let (_, streams) = caller
        .call(Method::GET, &format!("/streams?sourceId={source}"), None)
        .await;
    let people = &streams[0];
    assert_eq!(
        (people["streamName"].as_str(), people.get("syncModes")),
        (Some("people"), None)
    );
    assert_eq!(
        people["propertyFields"],
        json!([["id"], ["name"], ["token"]])
    );
    let (_, streams) = caller
        .call(
            Method::GET,
            &format!(
                "/streams?sourceId={source}&destinationId={}",
                home.destination
            ),
            None,
        )
        .await;
    assert!(
        streams[0]["syncModes"]
            .as_array()
            .unwrap()
            .contains(&json!("incremental_deduped_history"))
    );

    let (status, made) = caller
        .call(
            Method::POST,
            "/connections",
            Some(json!({"sourceId": source, "destinationId": home.destination})),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{made}");
    assert_eq!(
        made["configurations"]["streams"].as_array().unwrap().len(),
        2,
        "nothing chosen is everything"
    );
    assert_eq!(
        (
            made["schedule"]["scheduleType"].as_str(),
            made["namespaceDefinition"].as_str(),
            made["status"].as_str()
        ),
        (Some("manual"), Some("destination"), Some("active"))
    );
    let (status, twin) = caller
        .call(
            Method::POST,
            "/connections",
            Some(json!({"sourceId": source, "destinationId": home.destination})),
        )
        .await;
    assert_eq!(
        (status, twin["title"].as_str()),
        (
            StatusCode::BAD_REQUEST,
            Some("error:connection-conflicting-destination-stream")
        )
    );

    let connection = made["connectionId"].as_str().unwrap();
    let (status, _) = caller
        .call(
            Method::POST,
            "/jobs",
            Some(json!({"connectionId": connection, "jobType": "refresh"})),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let first = world.sync(&home, connection.parse().unwrap()).await;
    let second = world.sync(&home, connection.parse().unwrap()).await;
    let (_, listed) = caller
        .call(
            Method::GET,
            &format!("/jobs?connectionId={connection}"),
            None,
        )
        .await;
    assert_eq!(
        listed["data"][0]["jobId"], first.job.job_id,
        "oldest first, as Airbyte has it"
    );
    let (_, listed) = caller
        .call(
            Method::GET,
            &format!("/jobs?connectionId={connection}&orderBy=createdAt|DESC&status=succeeded"),
            None,
        )
        .await;
    assert_eq!(listed["data"][0]["jobId"], second.job.job_id);
    for word in ["status=done", "jobType=copy"] {
        let (status, problem) = caller
            .call(Method::GET, &format!("/jobs?{word}"), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{word}: {problem}");
    }
    let job = &listed["data"][0];
    assert!(
        job["startTime"]
            .as_str()
            .is_some_and(|text| text.ends_with('Z') && text.len() == 20),
        "{job}"
    );
    assert!(
        job["duration"]
            .as_str()
            .is_some_and(|text| text.starts_with("PT")),
        "{job}"
    );
    let (status, problem) = caller
        .call(Method::DELETE, &format!("/jobs/{}", first.job.job_id), None)
        .await;
    assert_eq!(
        (
            status,
            problem["title"].as_str(),
            problem["data"]["message"].as_str()
        ),
        (
            StatusCode::CONFLICT,
            Some("state-conflict"),
            Some("Job is not currently running")
        )
    );
    let (status, _) = caller
        .call(
            Method::PATCH,
            &format!("/connections/{connection}"),
            Some(json!({"status": "inactive"})),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = caller
        .call(
            Method::POST,
            "/jobs",
            Some(json!({"connectionId": connection, "jobType": "sync"})),
        )
        .await;
    assert_eq!(
        (status, problem["title"].as_str()),
        (StatusCode::CONFLICT, Some("state-conflict"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_says_so() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    let connect = async |extra: Value| {
        let mut body = json!({"sourceId": source, "destinationId": home.destination});
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        caller
            .call(Method::POST, "/connections", Some(body))
            .await
            .0
    };
    assert_eq!(
        connect(json!({"nonBreakingSchemaUpdatesBehavior": "propagate_fully"})).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(connect(json!({"configurations": {"streams": [{"name": "people", "syncMode": "full_refresh_soft_delete"}]}})).await, StatusCode::BAD_REQUEST);
    let definitions = format!("/workspaces/{}/definitions", home.id);
    let (_, listed) = caller
        .call(Method::GET, &format!("{definitions}/sources"), None)
        .await;
    assert!(
        listed["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["name"] == "scripted")
    );
    let (status, _) = caller
        .call(
            Method::POST,
            &format!("{definitions}/sources"),
            Some(json!({})),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    let (_, listed) = caller
        .call(
            Method::GET,
            &format!(
                "/connector_definitions?type=destination&workspaceId={}",
                home.id
            ),
            None,
        )
        .await;
    assert_eq!(listed["data"][0]["connectorDefinitionType"], "destination");
    let mode = ConnectionSyncMode::FullRefreshOverwrite;
    assert!(world.connect(&home, source, mode).await != Uuid::nil());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_come_to_one_table_are_refused_as_the_same() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    let connect = async |prefix: &str| {
        let body = json!({"sourceId": source, "destinationId": home.destination, "prefix": prefix});
        caller.call(Method::POST, "/connections", Some(body)).await
    };
    let (status, first) = connect("sales-2024 ").await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let (status, other) = connect("returns ").await;
    assert_eq!(status, StatusCode::OK, "{other}");

    let title = "error:connection-conflicting-destination-stream";
    let refused = (StatusCode::BAD_REQUEST, Some(title));
    let (status, problem) = connect("sales_2024_").await;
    assert_eq!((status, problem["title"].as_str()), refused, "{problem}");
    let shared = &problem["data"]["streams"][0];
    assert_eq!(shared["connectionIds"], json!([first["connectionId"]]));
    assert!(
        shared["streamName"]
            .as_str()
            .is_some_and(|name| name.starts_with("sales_2024_")),
        "{problem}"
    );

    let at = format!("/connections/{}", other["connectionId"].as_str().unwrap());
    let patch = async |body: Value| caller.call(Method::PATCH, &at, Some(body)).await;
    let (status, problem) = patch(json!({"prefix": "sales.2024_"})).await;
    assert_eq!((status, problem["title"].as_str()), refused, "{problem}");
    let (status, changed) = patch(json!({"prefix": "returns_", "status": "inactive"})).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
}
