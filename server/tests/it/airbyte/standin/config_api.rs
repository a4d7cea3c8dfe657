//! The Config API of the stand-in, and Airbyte's public list: the engine's own calls in the platform's words.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Behind, HARBOUR, Manner, Shared, undisguised, wider};
use crate::airbyte::client::POSTGRES_SOURCE;

/// In seconds since 1970: nothing here depends on it.
const SOME_DAY: i64 = 1_767_225_600;

/// What stands beside the public API.
pub fn routes() -> Router<std::sync::Arc<Behind>> {
    Router::new()
        .route(
            "/api/v1/source_definitions/list_for_workspace",
            post(definitions),
        )
        .route(
            "/api/v1/source_definition_specifications/get",
            post(specification),
        )
        .route("/registry.json", get(registry))
        .route("/api/v1/scheduler/sources/check_connection", post(check))
        .route(
            "/api/v1/sources/check_connection_for_update",
            post(check_changes),
        )
        .route("/api/v1/sources/discover_schema", post(discover))
        .route(
            "/api/v1/destinations/check_connection",
            post(check_destination),
        )
        .route("/api/v1/jobs/get_without_logs", post(job))
}

/// One call of the engine's own; `Err` is its error, to be passed on.
async fn own(
    behind: &Behind,
    headers: &HeaderMap,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<String, Response> {
    let mut request = behind
        .http
        .request(method, format!("{}/x/{path}", behind.engine));
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        request = request.header(header::AUTHORIZATION, value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("the engine answers");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    if status.is_success() {
        Ok(text)
    } else {
        Err((status, text).into_response())
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The job behind an answer that a connector gave.
fn job_info(kind: &str) -> Value {
    json!({
        "id": Uuid::now_v7(), "configType": kind, "createdAt": SOME_DAY, "endedAt": SOME_DAY, "succeeded": true,
    })
}

/// The platform leaves out what there is nothing to say about.
fn said(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

async fn definitions(State(behind): Shared, headers: HeaderMap) -> Result<String, Response> {
    if behind.manner == Manner::ListsNothing {
        return Err(forbidden());
    }
    let text = own(&behind, &headers, Method::GET, "definitions", None).await?;
    let mut found: Vec<Value> = read(&text)
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| {
            json!({
                "sourceDefinitionId": found["definitionId"], "name": found["name"],
                "dockerRepository": format!("airbyte/source-{}", found["sourceType"].as_str().expect("a type")),
                "dockerImageTag": "1.0.0",
            })
        })
        .collect();
    found.push(json!({
        "sourceDefinitionId": HARBOUR, "name": "Harbour Register",
        "dockerRepository": "harbour/source-harbour-register", "dockerImageTag": "0.3.1",
    }));
    Ok(json!({ "sourceDefinitions": found }).to_string())
}

fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#).into_response()
}

/// Airbyte's public list of connectors, as long as the engine's own.
async fn registry(State(behind): Shared, headers: HeaderMap) -> Result<String, Response> {
    assert!(
        !headers.contains_key(header::AUTHORIZATION),
        "the list is somebody else's: it must not see the deployment's credentials"
    );
    let id = POSTGRES_SOURCE;
    let path = format!("definitions/{id}/spec");
    let text = own(&behind, &behind.own_headers(), Method::GET, &path, None).await?;
    let spec = read(&text);
    Ok(json!({ "sources": [
        { "sourceDefinitionId": "11111111-2222-4333-8444-555555555555", "name": "Without a specification" },
        { "sourceDefinitionId": id, "name": "Postgres", "dockerRepository": "airbyte/source-postgres", "spec": {
            "connectionSpecification": spec["connectionSpecification"], "supportsIncremental": true,
        } },
    ] })
    .to_string())
}

async fn specification(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    if behind.manner == Manner::ListsNothing {
        return Err(forbidden());
    }
    let id = read(&undisguised(&body))["sourceDefinitionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("definitions/{id}/spec");
    let text = own(&behind, &headers, Method::GET, &path, None).await?;
    let mut spec = said(read(&text));
    spec["sourceDefinitionId"] = json!(id);
    spec["jobInfo"] = job_info("get_spec");
    if behind.manner == Manner::Wider {
        wider::widen(&mut spec);
    }
    if behind.manner == Manner::SignsIn {
        spec["advancedAuth"] = json!({
            "authFlowType": "oauth2.0",
            "oauthConfigSpecification": { "completeOAuthOutputSpecification": { "properties": {
                "access_token": { "path_in_connector_config": ["password"] },
            } } },
        });
        spec["advancedAuthGlobalCredentialsAvailable"] = json!(true);
    }
    Ok(spec.to_string())
}

async fn check(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    let asked = read(&undisguised(&body));
    let wanted = json!({
        "definitionId": asked["sourceDefinitionId"], "workspaceId": asked["workspaceId"],
        "configuration": asked["connectionConfiguration"],
    });
    checked(&behind, &headers, &wanted).await
}

/// A saved source with a whole configuration, masks in it.
async fn check_changes(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    let asked = read(&body);
    let id = asked["sourceId"].as_str().expect("an id");
    let mut request = behind.http.get(format!("{}/sources/{id}", behind.engine));
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        request = request.header(header::AUTHORIZATION, value);
    }
    let answer = request.send().await.expect("the engine answers");
    let source: Value = read(&answer.text().await.expect("a body"));
    let wanted = json!({
        "sourceId": id, "definitionId": source["definitionId"], "workspaceId": source["workspaceId"],
        "configuration": asked["connectionConfiguration"],
    });
    checked(&behind, &headers, &wanted).await
}

async fn checked(behind: &Behind, headers: &HeaderMap, wanted: &Value) -> Result<String, Response> {
    let lines = own(behind, headers, Method::POST, "check", Some(wanted)).await?;
    let result = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(read)
        .find_map(|line| line.get("result").cloned())
        .expect("a check has a result");
    let answer = json!({
        "status": result["status"], "message": result["fault"]["message"],
        "jobInfo": job_info("check_connection_source"),
    });
    Ok(said(answer).to_string())
}

/// Goes where the destination is, as Airbyte's connector would at first; the engine itself has no such call.
async fn check_destination(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    if behind.manner == Manner::ListsNothing {
        return Err(forbidden());
    }
    let body = read(&body);
    let id = body["destinationId"].as_str().expect("an id");
    let mut request = behind
        .http
        .get(format!("{}/destinations/{id}", behind.engine));
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        request = request.header(header::AUTHORIZATION, value);
    }
    let answer = request.send().await.expect("the engine answers");
    let found = read(&answer.text().await.expect("a body"));
    let host = found["configuration"]["host"].as_str().expect("a host");
    let port = found["configuration"]["port"].as_u64().expect("a port");
    let reached = tokio::net::TcpStream::connect(format!("{host}:{port}")).await;
    Ok(match reached {
        Ok(_) => {
            json!({ "status": "succeeded", "jobInfo": job_info("check_connection_destination") })
        }
        Err(_) => json!({
            "status": "failed", "jobInfo": job_info("check_connection_destination"),
            "message": format!("State code: 08001; Message: Connection to {host}:{port} refused."),
        }),
    }
    .to_string())
}

async fn discover(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    let wanted = json!({ "sourceId": read(&body)["sourceId"], "ignoreCache": true });
    let text = own(&behind, &headers, Method::POST, "discover", Some(&wanted)).await?;
    let streams: Vec<Value> = read(&text)["catalog"]["streams"]
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| {
            let config = json!({ "syncMode": "full_refresh", "destinationSyncMode": "overwrite" });
            let stream = said(json!({
                "name": stream["name"], "namespace": stream["namespace"], "jsonSchema": stream["json_schema"],
                "supportedSyncModes": stream["supported_sync_modes"],
                "sourceDefinedCursor": stream["source_defined_cursor"],
                "defaultCursorField": stream["default_cursor_field"],
                "sourceDefinedPrimaryKey": stream["source_defined_primary_key"],
            }));
            json!({ "config": config, "stream": stream })
        })
        .collect();
    let job = job_info("discover_schema");
    Ok(json!({ "catalog": { "streams": streams }, "jobInfo": job }).to_string())
}

/// The platform's word for a kind of failure.
fn failure_type(kind: &Value) -> &'static str {
    match kind.as_str() {
        Some("credentials" | "config" | "forbidden") => "config_error",
        Some("unreachable" | "timeout" | "rate_limited" | "upstream") => "transient_error",
        _ => "system_error",
    }
}

/// An attempt goes on, or has ended well or not.
fn attempt_status(job: &Value) -> &'static str {
    match job.as_str() {
        Some("succeeded") => "succeeded",
        Some("failed" | "cancelled" | "incomplete") => "failed",
        _ => "running",
    }
}

async fn job(State(behind): Shared, headers: HeaderMap, body: String) -> Result<String, Response> {
    let id = read(&body)["id"].as_i64().expect("an id");
    let text = own(&behind, &headers, Method::GET, &format!("jobs/{id}"), None).await?;
    let job = read(&text);
    let stats: Vec<Value> = job["streams"]
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| {
            said(json!({ "streamName": stream["name"], "streamNamespace": stream["namespace"], "stats": {
                "recordsEmitted": stream["recordsRead"], "recordsCommitted": stream["recordsWritten"],
                "bytesEmitted": stream["bytes"],
            } }))
        })
        .collect();
    let failures: Vec<Value> = job["failure"]
        .as_object()
        .map(|failure| {
            said(json!({
                "failureOrigin": "source", "failureType": failure_type(&failure["kind"]),
                "externalMessage": failure["message"], "internalMessage": failure["detail"],
                "timestamp": SOME_DAY,
            }))
        })
        .into_iter()
        .collect();
    let about = json!({
        "id": id, "configType": "sync", "configId": job["connectionId"], "status": job["status"],
        "createdAt": SOME_DAY, "updatedAt": SOME_DAY,
    });
    Ok(json!({ "job": about, "attempts": [{ "attempt": {
        "id": 0, "status": attempt_status(&job["status"]), "createdAt": SOME_DAY, "updatedAt": SOME_DAY,
        "streamStats": stats, "failureSummary": { "failures": failures },
    } }] })
    .to_string())
}
